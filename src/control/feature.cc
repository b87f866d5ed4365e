#include "control/feature.h"

#include "event/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace clickmill::control {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"planned", "live", "deprecated", "removed"};
constexpr size_t kMaxTextBytes = 200;  // of a name and an owner
constexpr size_t kMaxDescriptionBytes = 2'000;
constexpr size_t kMaxTags = 20;
constexpr size_t kMaxTagBytes = 40;

std::unexpected<Error> refuse(const Feature& feature, std::string why) {
    return fail(ErrorCode::InvalidInput, "cannot change the catalogue",
                fmt::format("feature '{}'", feature.id), std::move(why));
}

bool is_text(std::string_view text, size_t max_bytes) {
    return text.size() <= max_bytes && event::is_clean(text);
}

// A description may have several lines.
bool is_description(std::string_view text) {
    std::string flat(text);
    std::ranges::replace(flat, '\n', ' ');
    return is_text(flat, kMaxDescriptionBytes);
}

// Commas and semicolons part tags where they are written in one line.
bool is_tag(std::string_view tag) {
    return event::is_id(tag, kMaxTagBytes) && tag.find_first_of(",;") == std::string_view::npos;
}

}  // namespace

std::string_view name_of(FeatureState state) {
    return kStates[static_cast<size_t>(state)];
}

Result<FeatureState> feature_state_named(std::string_view name) {
    const auto found = std::ranges::find(kStates, name);
    if (found != kStates.end()) return static_cast<FeatureState>(found - kStates.begin());
    return fail(ErrorCode::InvalidInput, "cannot read a state", fmt::format("'{}'", name),
                "take planned, live, deprecated or removed");
}

Feature with_change(Feature feature, const FeatureChange& change) {
    feature.id = change.id;
    if (change.name) feature.name = *change.name;
    if (change.description) feature.description = *change.description;
    if (change.owner) feature.owner = *change.owner;
    if (change.tags) feature.tags = *change.tags;
    if (change.state) feature.state = *change.state;
    if (change.alias_of) feature.alias_of = *change.alias_of;
    return feature;
}

Result<void> check_feature(const Feature& feature) {
    if (!event::is_id(feature.id))
        return refuse(feature,
                      "an id is 1 to 128 bytes of UTF-8 without control characters, and "
                      "not one of (all), (other), (none) and (rest)");
    if (!is_text(feature.name, kMaxTextBytes))
        return refuse(feature, "a name has up to 200 bytes without control characters");
    if (!is_description(feature.description))
        return refuse(feature,
                      "a description has up to 2,000 bytes, and no control characters "
                      "but line breaks");
    if (!is_text(feature.owner, kMaxTextBytes))
        return refuse(feature, "an owner has up to 200 bytes without control characters");
    if (feature.tags.size() > kMaxTags || !std::ranges::all_of(feature.tags, is_tag))
        return refuse(feature,
                      "give up to 20 tags of 1 to 40 bytes, without commas and "
                      "semicolons");
    if (feature.alias_of == feature.id) return refuse(feature, "it cannot be an alias of itself");
    if (!feature.alias_of.empty() && !event::is_id(feature.alias_of))
        return refuse(feature, "alias_of is the id of another feature");
    return {};
}

Result<void> check_aliases(std::span<const Feature> features) {
    for (const Feature& feature : features) {
        if (feature.alias_of.empty()) continue;
        const auto target = std::ranges::lower_bound(features, feature.alias_of, {}, &Feature::id);
        if (target == features.end() || target->id != feature.alias_of ||
            target->alias_of.empty()) {
            continue;
        }
        return refuse(feature, fmt::format("it is to be an alias of '{}', which is an alias of "
                                           "'{}' itself: name that one",
                                           target->id, target->alias_of));
    }
    return {};
}

}  // namespace clickmill::control
