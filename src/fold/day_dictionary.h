// The names that one local day of a view has rows for, each with a small number: what a day's
// limits on variety stand on, and what makes a cell's key 64 bits (design section 5, Limits on
// variety).
#pragma once

#include "base/hash.h"
#include "fold/labels.h"
#include "fold/view.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::fold {

// Numbers of names that are never counted against a limit.
inline constexpr uint16_t kAllNumber = 0;
inline constexpr uint16_t kOtherNumber = 1;
inline constexpr uint16_t kNoneNumber = 2;

// A name with its hash: a feature is looked up in every view of its project, and hashed once.
struct HashedName {
    HashedName(std::string_view name) : text(name), hash(keyed_hash(name, 0)) {}
    std::string_view text;
    uint64_t hash;
};

// One column of a day: the features, or the values of one dimension.
class Column {
public:
    Column();
    // The number of `name`: known, or new while fewer than `limit` are known, else kOtherNumber.
    uint16_t admit(const HashedName& name, int32_t limit);
    // Makes `name` known whatever the limit: a stored row has it.
    uint16_t restore(const HashedName& name);
    const std::string& name(uint16_t number) const { return names_[number]; }
    // By number: its place among the names in their order.
    std::vector<uint16_t> places() const;

private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(const std::string& name) const { return keyed_hash(name, 0); }
        size_t operator()(const HashedName& name) const { return name.hash; }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const std::string& a, const std::string& b) const { return a == b; }
        bool operator()(const HashedName& a, const std::string& b) const { return a.text == b; }
        bool operator()(const std::string& a, const HashedName& b) const { return a == b.text; }
    };

    boost::unordered_flat_map<std::string, uint16_t, Hash, Equal> numbers_;
    std::vector<std::string> names_;  // by number
    std::vector<uint16_t> by_name_;   // numbers in the order of their names
};

// The feature and the dimension values of a cell as numbers of its day: 16 bits for the feature, 12
// for each value.
using PackedLabels = uint64_t;
inline constexpr int32_t kMaxFeatureLimit = 65'000;
inline constexpr int32_t kMaxValueLimit = 4'000;

inline PackedLabels pack(uint16_t feature, const std::array<uint16_t, kMaxDimensions>& values) {
    PackedLabels packed = feature;
    for (const uint16_t value : values) packed = packed << 12 | value;
    return packed;
}

class DayDictionary {
public:
    explicit DayDictionary(size_t dimensions) : columns_(dimensions + 1) {}

    Column& features() { return columns_[0]; }
    Column& values(size_t dimension) { return columns_[dimension + 1]; }
    PackedLabels restore(const Labels& labels);
    Labels labels(PackedLabels packed) const;
    const std::vector<Column>& columns() const { return columns_; }

private:
    std::vector<Column> columns_;  // the features, then the values of each dimension
};

// The order of a day's labels as the order of numbers: thousands of rows are sorted without looking
// at their texts. Of the names known when it is made.
class LabelsOrder {
public:
    explicit LabelsOrder(const DayDictionary& names);
    // Less for labels that come before.
    PackedLabels rank(PackedLabels labels) const;

private:
    std::vector<std::vector<uint16_t>> places_;  // by column
};

}  // namespace clickmill::fold
