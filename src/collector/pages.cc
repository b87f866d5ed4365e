#include "collector/pages.h"

#include "event/text.h"

#include <algorithm>

namespace clickmill::collector {
namespace {

// Takes the part before the next '/'. `path` keeps what is behind it, with is_more telling an
// empty last part ("/a/") from the end ("/a").
std::string_view next_part(std::string_view& path, bool& is_more) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    is_more = slash != std::string_view::npos;
    path.remove_prefix(is_more ? slash + 1 : path.size());
    return part;
}

bool fits(const std::vector<std::string>& parts, std::string_view path) {
    bool is_more = true;
    for (const std::string& part : parts) {
        if (part == "*") return true;
        if (!is_more) return false;
        const std::string_view found = next_part(path, is_more);
        const bool stands_for_any = part.starts_with(':') && !found.empty();
        if (!stands_for_any && part != found) return false;
    }
    return !is_more;
}

// The path of "https://host/path"; other texts as they are.
std::string_view path_of(std::string_view page) {
    const size_t scheme = page.find("://");
    if (scheme == std::string_view::npos || page.substr(0, scheme).contains('/')) return page;
    const size_t slash = page.find('/', scheme + 3);
    return slash == std::string_view::npos ? std::string_view("/") : page.substr(slash);
}

std::string_view cut(std::string_view text, size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xc0) == 0x80) {
        --max_bytes;
    }
    return text.substr(0, max_bytes);
}

}  // namespace

PageNames::PageNames(const std::vector<std::string>& patterns) {
    for (const std::string& text : patterns) {
        Pattern& pattern = patterns_.emplace_back();
        pattern.text = text;
        std::string_view rest = text;
        bool is_more = true;
        while (is_more) pattern.parts.emplace_back(next_part(rest, is_more));
    }
}

std::string_view PageNames::name_of(std::string_view page) const {
    const std::string_view plain = page.substr(0, page.find_first_of("?#"));
    if (!patterns_.empty()) {
        const std::string_view path = path_of(plain);
        const auto pattern =
            std::find_if(patterns_.begin(), patterns_.end(),
                         [path](const Pattern& candidate) { return fits(candidate.parts, path); });
        if (pattern != patterns_.end()) return cut(pattern->text, event::kMaxIdBytes);
    }
    return cut(plain, event::kMaxIdBytes);
}

}  // namespace clickmill::collector
