#include "query_api/rhythm.h"

#include <algorithm>

namespace clickmill::query_api {
namespace {

constexpr size_t kLeastDaysClicked = 5;
constexpr double kLeastClicksMissed = 7;  // e^-7 is 0.0009

}  // namespace

Rhythm rhythm_of(std::span<const int64_t> days, size_t known) {
    Rhythm rhythm;
    std::optional<size_t> last;
    for (size_t day = 0; day < days.size(); ++day) {
        if (days[day] == 0) continue;
        if (last)
            rhythm.longest_pause = std::max(rhythm.longest_pause, day - *last - 1);
        else
            rhythm.first_day = day;
        last = day;
        rhythm.clicks += days[day];
        ++rhythm.days_clicked;
    }
    if (!last) return rhythm;
    rhythm.last_day = *last;
    rhythm.pause = days.size() - 1 - *last;
    rhythm.usual_clicks = static_cast<double>(rhythm.clicks) /
                          static_cast<double>(rhythm.last_day - rhythm.first_day + 1);

    const double missed = rhythm.usual_clicks * static_cast<double>(rhythm.pause);
    if (rhythm.pause >= kDormantDays) {
        rhythm.standing = Standing::Dormant;
    } else if (rhythm.days_clicked >= kLeastDaysClicked && rhythm.pause > rhythm.longest_pause &&
               missed >= kLeastClicksMissed) {
        rhythm.standing = Standing::Silent;
    } else if (days.size() - rhythm.first_day <= kNewDays && known >= 2 * kNewDays) {
        rhythm.standing = Standing::New;
    }
    return rhythm;
}

}  // namespace clickmill::query_api
