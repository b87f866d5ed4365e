#include "fold/day_dictionary.h"

#include "base/check.h"
#include "base/hash.h"
#include "event/text.h"

namespace clickmill::fold {

size_t Column::Hash::operator()(std::string_view text) const {
    return keyed_hash(text, 0);
}

Column::Column() {
    for (const std::string_view reserved : {event::kAll, event::kOther, event::kNone}) {
        numbers_.emplace(reserved, static_cast<uint16_t>(names_.size()));
        names_.emplace_back(reserved);
    }
}

uint16_t Column::admit(std::string_view name, int32_t limit) {
    if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
    if (static_cast<int32_t>(names_.size()) - kNoneNumber - 1 >= limit) return kOtherNumber;
    return restore(name);
}

uint16_t Column::restore(std::string_view name) {
    if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
    const auto number = static_cast<uint16_t>(names_.size());
    CHECK(number < UINT16_MAX);
    numbers_.emplace(name, number);
    names_.emplace_back(name);
    return number;
}

PackedLabels DayDictionary::restore(const Labels& labels) {
    std::array<uint16_t, kMaxDimensions> values{};
    for (size_t i = 0; i + 1 < columns_.size(); ++i)
        values[i] = columns_[i + 1].restore(labels.dimension(i));
    return pack(columns_[0].restore(labels.feature()), values);
}

Labels DayDictionary::labels(PackedLabels packed) const {
    constexpr int kValueBits = 12;
    Labels labels;
    labels.append(columns_[0].name(static_cast<uint16_t>(packed >> (kValueBits * kMaxDimensions))));
    for (size_t i = 0; i + 1 < columns_.size(); ++i) {
        const auto shift = kValueBits * (kMaxDimensions - 1 - i);
        labels.append(columns_[i + 1].name(
            static_cast<uint16_t>(packed >> shift & ((1U << kValueBits) - 1))));
    }
    return labels;
}

}  // namespace clickmill::fold
