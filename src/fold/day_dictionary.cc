#include "fold/day_dictionary.h"

#include "base/check.h"
#include "event/text.h"

#include <algorithm>

namespace clickmill::fold {
namespace {

constexpr unsigned kValueBits = 12;

uint16_t feature_of(PackedLabels packed) {
    return static_cast<uint16_t>(packed >> (kValueBits * kMaxDimensions));
}

uint16_t value_of(PackedLabels packed, size_t dimension) {
    return packed >> (kValueBits * (kMaxDimensions - 1 - dimension)) & ((1U << kValueBits) - 1);
}

}  // namespace

Column::Column() {
    for (const std::string_view reserved : {event::kAll, event::kOther, event::kNone})
        restore(reserved);
}

uint16_t Column::admit(const HashedName& name, int32_t limit) {
    if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
    if (static_cast<int32_t>(names_.size()) - kNoneNumber - 1 >= limit) return kOtherNumber;
    return restore(name);
}

uint16_t Column::restore(const HashedName& name) {
    if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
    const auto number = static_cast<uint16_t>(names_.size());
    CHECK(number < UINT16_MAX);
    const auto after =
        std::upper_bound(by_name_.begin(), by_name_.end(), name.text,
                         [&](std::string_view text, uint16_t of) { return text < names_[of]; });
    by_name_.insert(after, number);
    numbers_.emplace(name.text, number);
    names_.emplace_back(name.text);
    return number;
}

std::vector<uint16_t> Column::places() const {
    std::vector<uint16_t> places(by_name_.size());
    for (size_t place = 0; place < by_name_.size(); ++place)
        places[by_name_[place]] = static_cast<uint16_t>(place);
    return places;
}

PackedLabels DayDictionary::restore(const Labels& labels) {
    std::array<uint16_t, kMaxDimensions> values{};
    for (size_t i = 0; i + 1 < columns_.size(); ++i)
        values[i] = columns_[i + 1].restore(labels.dimension(i));
    return pack(columns_[0].restore(labels.feature()), values);
}

Labels DayDictionary::labels(PackedLabels packed) const {
    Labels labels;
    labels.append(columns_[0].name(feature_of(packed)));
    for (size_t i = 0; i + 1 < columns_.size(); ++i)
        labels.append(columns_[i + 1].name(value_of(packed, i)));
    return labels;
}

LabelsOrder::LabelsOrder(const DayDictionary& names) {
    for (const Column& column : names.columns()) places_.push_back(column.places());
}

PackedLabels LabelsOrder::rank(PackedLabels labels) const {
    std::array<uint16_t, kMaxDimensions> values{};
    for (size_t i = 0; i + 1 < places_.size(); ++i) values[i] = places_[i + 1][value_of(labels, i)];
    return pack(places_[0][feature_of(labels)], values);
}

}  // namespace clickmill::fold
