// A page's name: without query and fragment, and one name for the many pages of a pattern.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clickmill::collector {

// Any thread.
class PageNames {
public:
    // "/product/:id" fits "/product/42": a part that begins with ':' stands for any one part, a '*'
    // at the end for all that follows. The first that fits gives its name.
    explicit PageNames(const std::vector<std::string>& patterns);

    // At most event::kMaxIdBytes, cut between characters. The result points into `page` or into
    // this.
    std::string_view name_of(std::string_view page) const;

private:
    struct Pattern {
        std::string text;
        std::vector<std::string> parts;
    };
    std::vector<Pattern> patterns_;
};

}  // namespace clickmill::collector
