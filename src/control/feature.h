// What people write about a feature: the catalogue. Clicks need no entry here; an entry needs no
// clicks, for a feature may be planned.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::control {

enum class FeatureState { Planned, Live, Deprecated, Removed };

std::string_view name_of(FeatureState state);  // "planned"
// InvalidInput: none of the four.
Result<FeatureState> feature_state_named(std::string_view name);

struct Feature {
    std::string id;           // as clicks name it: 1 to 128 bytes (event/text.h)
    std::string name;         // for people; empty: the id
    std::string description;  // up to 2,000 bytes
    std::string owner;        // a person or a team
    std::vector<std::string> tags;
    FeatureState state = FeatureState::Live;
    std::string alias_of;  // it was renamed: clicks on it are meant for this one; empty: it was not
    int64_t changed_at = 0;  // microseconds since 1970
    bool operator==(const Feature&) const = default;
};

// What to set of a feature; what is absent stays, or is as in a new Feature.
struct FeatureChange {
    std::string id;
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<std::string> owner;
    std::optional<std::vector<std::string>> tags;
    std::optional<FeatureState> state;
    std::optional<std::string> alias_of;
};

inline constexpr size_t kMaxFeatures = 100'000;  // of a project's catalogue

Feature with_change(Feature feature, const FeatureChange& change);
// The text rules. InvalidInput names the feature and the field.
Result<void> check_feature(const Feature& feature);
// Aliases lead to features that are none themselves. `features`: the whole catalogue, sorted by id.
Result<void> check_aliases(std::span<const Feature> features);

}  // namespace clickmill::control
