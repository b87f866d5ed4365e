// Counts by what was asked, as a view reader gives them.
#pragma once

#include "metrics_store/snapshot.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::query_api {

struct Counts {
    int64_t clicks = 0;
    fold::Hll users;  // of everything summed here, united
};

struct CountsKey {
    size_t asked = 0;     // index into what was asked
    std::string feature;  // when by_feature
    std::string value;    // when by_dimension
    auto operator<=>(const CountsKey&) const = default;
};

// Sorted by key, each key once.
using CountsByKey = std::vector<std::pair<CountsKey, Counts>>;

inline const CountsKey& key_of(const std::pair<CountsKey, Counts>& entry) {
    return entry.first;
}

inline void add_counts(std::pair<CountsKey, Counts>& sum,
                       const std::pair<CountsKey, Counts>& more) {
    sum.second.clicks += more.second.clicks;
    sum.second.users.unite(more.second.users);
}

// Null when nothing was counted under it.
const Counts* find(const CountsByKey& counts, const CountsKey& key);

}  // namespace clickmill::query_api
