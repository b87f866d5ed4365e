// A view: one generation of one project's rollup. Its definition lies in the metrics store; a
// process that does not know it does not fold it (design section 5).
#pragma once

#include "base/types.h"
#include "calendar/calendar.h"

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace clickmill::fold {

// Which rules made the rows; part of every definition. Stored: never change, only count up.
inline constexpr int32_t kFoldVersion = 1;
inline constexpr size_t kMaxDimensions = 4;

struct ViewId {
    int32_t value = 0;
    auto operator<=>(const ViewId&) const = default;
};

// The declaration of a rollup: the same for every project.
struct RollupDefinition {
    std::string name;                     // "by_platform_version"; [a-z][a-z0-9_]{0,39}
    std::vector<std::string> dimensions;  // see dimensions.h; at most kMaxDimensions
    bool users = true;                    // keep sketches of who clicked
    auto operator<=>(const RollupDefinition&) const = default;
};

struct Limits {
    int32_t features = 10'000;  // per project, partition and local day; later ones are (other)
    int32_t values = 1'000;     // the same for each dimension
    // A click appended later than this after its hour's end is late.
    int64_t late_seconds = int64_t{7} * 86'400;
    auto operator<=>(const Limits&) const = default;
};

// Everything that decides a view's rows. Two views with equal definitions have equal rows.
struct ViewDefinition {
    std::string project;
    RollupDefinition rollup;
    std::string zone;
    calendar::WeekStart week_start = calendar::WeekStart::Monday;
    Limits limits;
    int32_t fold_version = kFoldVersion;
    auto operator<=>(const ViewDefinition&) const = default;
};

// Stored: only add.
enum class ViewState : int8_t {
    Current,   // answers questions
    Building,  // catches up from the beginning of history
    Old,       // another generation took its place; its rows stay as they were
    Dropped,   // its rows may go
    Gone,      // and went; its id and generation are used up
};

inline bool is_same_rollup(const ViewDefinition& one, const ViewDefinition& other) {
    return one.project == other.project && one.rollup.name == other.rollup.name;
}
inline bool is_in_same_zone(const ViewDefinition& one, const ViewDefinition& other) {
    return one.zone == other.zone && one.week_start == other.week_start;
}

struct View {
    ViewId id;
    int32_t generation = 1;
    ViewDefinition definition;
    ViewState state = ViewState::Current;
    // Clicks received before this are not in it: raw events did not reach further back. Epoch: all
    // are.
    Moment since{};

    bool is_counted() const { return state == ViewState::Current || state == ViewState::Building; }
};

}  // namespace clickmill::fold

template <>
struct std::hash<clickmill::fold::ViewId> {
    size_t operator()(clickmill::fold::ViewId v) const noexcept {
        return std::hash<int32_t>{}(v.value);
    }
};
