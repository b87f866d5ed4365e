// Each feature's own rhythm: whether it is new, fell silent, or sleeps. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace clickmill::query_api {

// How many days are looked at, and of them how many at the end make a feature new or asleep.
inline constexpr size_t kRhythmDays = 56;
inline constexpr size_t kNewDays = 14;
inline constexpr size_t kDormantDays = 28;

enum class Standing { Silent, Dormant, New };

struct Rhythm {
    std::optional<Standing> standing;  // none: it goes as ever, or too little is known
    int64_t clicks = 0;
    size_t days_clicked = 0;
    size_t first_day = 0;  // index of the first and last day with clicks; when there are any
    size_t last_day = 0;
    size_t longest_pause = 0;  // days without a click between two with
    size_t pause = 0;          // the days without one at the end
    double usual_clicks = 0;   // a day, from the first to the last with clicks
};

// `days`: clicks by the day, oldest first, up to the last day that is complete. `known`: of these
// the project knows so many at the end; before that it did not exist.
//
// Silent: the pause is longer than any before it, at least five days had clicks, and so long that
// with clicks as usual it happens by chance less than once in a thousand times (seven or more
// clicks would have been expected; Poisson). So a feature of workdays is not silent on Sunday, and
// one that is clicked twice a month not after a week. Dormant: 28 days without a click after some.
// New: its first click lies in the last 14 days, of a project that was there for as long before.
Rhythm rhythm_of(std::span<const int64_t> days, size_t known);

}  // namespace clickmill::query_api
