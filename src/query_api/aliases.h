// Features that were renamed: which id stands for which, where a question wants them together.
#pragma once

#include "control/feature.h"
#include "query_api/counts.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace clickmill::query_api {

// Immutable once made; any thread. Without entries it changes nothing.
class Aliases {
public:
    Aliases() = default;
    explicit Aliases(std::span<const control::Feature> catalogue);

    bool empty() const { return today_.empty(); }
    // The id that clicks have today.
    const std::string& today(const std::string& feature) const;
    // The same features by their ids of today, each once, in order.
    std::vector<std::string> today(const std::vector<std::string>& features) const;
    // These and all that they were called before.
    std::vector<std::string> with_former(const std::vector<std::string>& features) const;
    // Counts of a feature's ids under that of today.
    void unite(CountsByKey& counts) const;

private:
    std::map<std::string, std::string> today_;        // former id -> id of today
    std::multimap<std::string, std::string> former_;  // and back
};

}  // namespace clickmill::query_api
