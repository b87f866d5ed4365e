#include "query_api/aliases.h"

#include "base/combine.h"

#include <algorithm>

namespace clickmill::query_api {

Aliases::Aliases(std::span<const control::Feature> catalogue) {
    for (const control::Feature& feature : catalogue) {
        if (feature.alias_of.empty()) continue;
        today_.emplace(feature.id, feature.alias_of);
        former_.emplace(feature.alias_of, feature.id);
    }
}

const std::string& Aliases::today(const std::string& feature) const {
    const auto found = today_.find(feature);
    return found == today_.end() ? feature : found->second;
}

std::vector<std::string> Aliases::today(const std::vector<std::string>& features) const {
    std::vector<std::string> now;
    for (const std::string& feature : features) {
        const std::string& id = today(feature);
        if (std::ranges::find(now, id) == now.end()) now.push_back(id);
    }
    return now;
}

std::vector<std::string> Aliases::with_former(const std::vector<std::string>& features) const {
    std::vector<std::string> all = features;
    for (const std::string& feature : features) {
        const auto [first, last] = former_.equal_range(feature);
        for (auto former = first; former != last; ++former) all.push_back(former->second);
    }
    return all;
}

void Aliases::unite(CountsByKey& counts) const {
    if (empty()) return;
    for (auto& [key, value] : counts) key.feature = today(key.feature);
    combine_equal(counts, &key_of, &add_counts);
}

}  // namespace clickmill::query_api
