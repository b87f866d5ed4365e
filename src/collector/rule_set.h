// Many regular expressions at once: the first of a list, in its order, that fits a text. A search
// for the literals that each expression needs (RE2's FilteredRE2) leaves a handful to try.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace clickmill::collector {

struct Rule {
    const char* regex;
    const char* replacement;  // "$1" stands for the first group; empty: the first group itself
};

// Any thread.
class RuleSet {
public:
    // Rules that RE2 does not take are left out; `skipped` counts them.
    explicit RuleSet(std::span<const Rule> rules);
    ~RuleSet();

    bool matches(std::string_view text) const;
    // The replacement of the first rule that fits, groups filled in; empty when none does.
    std::string find(std::string_view text) const;
    int skipped() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clickmill::collector
