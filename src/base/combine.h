// Sums in sorted lists: a list is filled in any order, sorted, and what has equal keys becomes one.
// Cheaper than a map where the items come in sorted runs, as the rows of a database do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace clickmill {

// Sorts `items` by `key`, stable: a merge sort of the sorted runs that are there.
template <typename Item, typename Key>
void sort_runs(std::vector<Item>& items, Key key) {
    const auto end = items.end();
    std::vector<typename std::vector<Item>::iterator> bounds = {items.begin()};
    while (bounds.back() != end)
        bounds.push_back(std::ranges::is_sorted_until(bounds.back(), end, {}, key));
    while (bounds.size() > 2) {
        std::vector<typename std::vector<Item>::iterator> merged = {items.begin()};
        size_t i = 2;
        for (; i < bounds.size(); i += 2) {
            std::ranges::inplace_merge(bounds[i - 2], bounds[i - 1], bounds[i], {}, key);
            merged.push_back(bounds[i]);
        }
        if (i == bounds.size()) merged.push_back(end);
        bounds = std::move(merged);
    }
}

// Sorts `items` by `key` and calls combine(kept, next) for each further item of an equal key.
template <typename Item, typename Key, typename Combine>
void combine_equal(std::vector<Item>& items, Key key, Combine combine) {
    if (items.empty()) return;
    sort_runs(items, key);
    size_t kept = 0;
    for (size_t next = 1; next < items.size(); ++next) {
        if (key(items[kept]) == key(items[next])) {
            combine(items[kept], items[next]);
        } else if (++kept != next) {
            items[kept] = std::move(items[next]);
        }
    }
    items.erase(items.begin() + static_cast<ptrdiff_t>(kept) + 1, items.end());
}

// The union of two lists, each sorted by `key` and without equal keys.
template <typename Item, typename Key, typename Combine>
std::vector<Item> combine_sorted(std::vector<Item> first, std::vector<Item> second, Key key,
                                 Combine combine) {
    if (first.empty()) return second;
    std::vector<Item> all;
    all.reserve(first.size() + second.size());
    auto one = first.begin();
    auto other = second.begin();
    while (one != first.end() && other != second.end()) {
        const auto order = key(*one) <=> key(*other);
        if (order == 0) combine(*one, *other++);
        all.push_back(std::move(order > 0 ? *other++ : *one++));
    }
    std::move(one, first.end(), std::back_inserter(all));
    std::move(other, second.end(), std::back_inserter(all));
    return all;
}

}  // namespace clickmill
