#include "collector/rule_set.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

namespace clickmill::collector {
namespace {

constexpr int kMinAtomBytes = 3;
constexpr int64_t kMaxRegexMemory = 256 << 10;  // RE2's automaton cache, for each expression
constexpr int kMaxGroups = 10;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

uint32_t first_bytes(const char* text) {
    uint32_t bytes = 0;
    std::memcpy(&bytes, text, kMinAtomBytes);
    return bytes;
}

// Which of many literals occur in a text: those that begin as the text does at some place.
class AtomFinder {
public:
    void add(const std::string& atom, int id) {
        if (atom.size() < kMinAtomBytes) return;
        by_start_[first_bytes(atom.data())].emplace_back(atom, id);
    }

    std::vector<int> find(std::string_view text) const {
        std::vector<int> found;
        for (size_t i = 0; i + kMinAtomBytes <= text.size(); ++i) {
            const auto candidates = by_start_.find(first_bytes(text.data() + i));
            if (candidates == by_start_.end()) continue;
            for (const auto& [atom, id] : candidates->second) {
                if (text.substr(i).starts_with(atom)) found.push_back(id);
            }
        }
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
        return found;
    }

private:
    std::unordered_map<uint32_t, std::vector<std::pair<std::string, int>>> by_start_;
};

}  // namespace

struct RuleSet::State {
    re2::FilteredRE2 filter{kMinAtomBytes};
    AtomFinder atoms;
    std::vector<const char*> replacements;  // by the filter's index
    int skipped = 0;

    int first_match(std::string_view text) const {
        std::string small(text);
        std::transform(small.begin(), small.end(), small.begin(), lower);
        return filter.FirstMatch(re2::StringPiece(text.data(), text.size()), atoms.find(small));
    }
};

RuleSet::RuleSet(std::span<const Rule> rules) : state_(std::make_unique<State>()) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxRegexMemory);
    for (const Rule& rule : rules) {
        int index = 0;
        if (state_->filter.Add(rule.regex, options, &index) != re2::RE2::NoError) {
            ++state_->skipped;
        } else {
            state_->replacements.push_back(rule.replacement);
        }
    }
    std::vector<std::string> atoms;
    state_->filter.Compile(&atoms);
    for (size_t i = 0; i < atoms.size(); ++i) state_->atoms.add(atoms[i], static_cast<int>(i));
}

RuleSet::~RuleSet() = default;

int RuleSet::skipped() const {
    return state_->skipped;
}

bool RuleSet::matches(std::string_view text) const {
    return state_->first_match(text) >= 0;
}

std::string RuleSet::find(std::string_view text) const {
    const int index = state_->first_match(text);
    if (index < 0) return {};
    const re2::RE2& regex = state_->filter.GetRE2(index);
    std::array<re2::StringPiece, kMaxGroups> groups;
    const int count = std::min(kMaxGroups, regex.NumberOfCapturingGroups() + 1);
    const re2::StringPiece piece(text.data(), text.size());
    if (!regex.Match(piece, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), count)) return {};
    const std::string_view replacement = state_->replacements[static_cast<size_t>(index)];
    const auto group = [&](size_t i) {
        return i < static_cast<size_t>(count) ? std::string(groups[i].data(), groups[i].size())
                                              : std::string();
    };
    if (replacement.empty()) return group(1);
    std::string result;
    for (size_t i = 0; i < replacement.size(); ++i) {
        const bool is_group = replacement[i] == '$' && i + 1 < replacement.size() &&
                              replacement[i + 1] >= '1' && replacement[i + 1] <= '9';
        if (is_group) {
            result += group(static_cast<size_t>(replacement[++i] - '0'));
        } else {
            result += replacement[i];
        }
    }
    while (result.ends_with(' ')) result.pop_back();
    return result;
}

}  // namespace clickmill::collector
