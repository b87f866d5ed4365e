// Reads a zone out of the system's database through Howard Hinnant's date library, which is fully
// enclosed here.
#include "calendar/zone.h"

#include <date/tz.h>

#include <exception>

namespace clickmill::calendar {
namespace {

constexpr int64_t kFrom = -2 * kDaySeconds;  // 1970 in every zone
constexpr int64_t kTo = 4'133'980'800;       // 2101-01-01
constexpr size_t kMaxStretches = 4'000;      // Casablanca has four a year

std::vector<Stretch> read(const date::time_zone& zone) {
    std::vector<Stretch> stretches;
    int64_t at = kFrom;
    while (at < kTo && stretches.size() < kMaxStretches) {
        const date::sys_info info = zone.get_info(date::sys_seconds{std::chrono::seconds{at}});
        const int64_t end = info.end.time_since_epoch().count();
        const auto offset = static_cast<int32_t>(info.offset.count());
        if (!stretches.empty() && stretches.back().utc_offset == offset) {
            stretches.back().end = end;  // only the abbreviation changed
        } else {
            stretches.push_back({at, end, offset});
        }
        if (end <= at) break;
        at = end;
    }
    stretches.front().begin = kFirstSecond;
    stretches.back().end = kLastSecond;
    return stretches;
}

}  // namespace

Result<std::vector<Stretch>> stretches_of(std::string_view zone) {
    try {
        return read(*date::locate_zone(zone));
    } catch (const std::exception& problem) {
        return fail(ErrorCode::InvalidInput, "cannot use time zone", std::string(zone),
                    std::string(problem.what()) +
                        "; give an IANA name such as Europe/Berlin, and check that the package "
                        "tzdata is installed");
    }
}

}  // namespace clickmill::calendar
