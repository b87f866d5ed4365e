// The names that one local day of a view has rows for, each with a small number: what a day's
// limits on variety stand on, and what makes a cell's key 64 bits (design section 5, Limits on
// variety).
#pragma once

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

// One column of a day: the features, or the values of one dimension.
class Column {
public:
    Column();
    // The number of `name`: known, or new while fewer than `limit` are known, else kOtherNumber.
    uint16_t admit(std::string_view name, int32_t limit);
    // Makes `name` known whatever the limit: a stored row has it.
    uint16_t restore(std::string_view name);
    const std::string& name(uint16_t number) const { return names_[number]; }

private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const;
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(std::string_view a, std::string_view b) const { return a == b; }
    };

    boost::unordered_flat_map<std::string, uint16_t, Hash, Equal> numbers_;
    std::vector<std::string> names_;  // by number
};

// The feature and the dimension values of a cell as numbers of its day: 16 bits for the feature, 12
// for each value.
using PackedLabels = uint64_t;
inline constexpr int32_t kMaxFeatureLimit = 65'000;
inline constexpr int32_t kMaxValueLimit = 4'000;

class DayDictionary {
public:
    explicit DayDictionary(size_t dimensions) : columns_(dimensions + 1) {}

    Column& features() { return columns_[0]; }
    Column& values(size_t dimension) { return columns_[dimension + 1]; }
    PackedLabels restore(const Labels& labels);
    Labels labels(PackedLabels packed) const;

private:
    std::vector<Column> columns_;
};

inline PackedLabels pack(uint16_t feature, const std::array<uint16_t, kMaxDimensions>& values) {
    PackedLabels packed = feature;
    for (const uint16_t value : values) packed = packed << 12 | value;
    return packed;
}

}  // namespace clickmill::fold
