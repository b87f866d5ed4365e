// Labels of buckets and the text form of instants.
#include "calendar/calendar.h"
#include "calendar/zone.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <optional>

namespace clickmill::calendar {
namespace {

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2100;

std::string date_text(BucketKey day) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days{std::chrono::days{floor_to(day, kDaySeconds) / kDaySeconds}}};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// "+05:45"; Monrovia had "-00:44:30" until 1972.
std::string offset_text(int32_t offset) {
    const int32_t size = std::abs(offset);
    std::string text =
        fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
    if (size % 60 != 0) text += fmt::format(":{:02}", size % 60);
    return text;
}

std::string instant_text(int64_t second, int32_t offset) {
    const int64_t local = second + offset;
    const int64_t in_day = local - floor_to(local, kDaySeconds);
    return fmt::format("{}T{:02}:{:02}:{:02}{}", date_text(local), in_day / 3600, in_day / 60 % 60,
                       in_day % 60, offset_text(offset));
}

// Takes fixed-width parts off the front of a text.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool take(char wanted) {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::optional<int> number(size_t digits) {
        if (rest_.size() < digits) return std::nullopt;
        int value = 0;
        for (const char c : rest_.substr(0, digits)) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }
    // ":30" up to 59.
    std::optional<int> sixtieth() {
        if (!take(':')) return std::nullopt;
        const auto value = number(2);
        return value && *value < 60 ? value : std::nullopt;
    }
    bool is_at_end() const { return rest_.empty(); }
    char front() const { return rest_.empty() ? '\0' : rest_.front(); }

private:
    std::string_view rest_;
};

std::optional<int64_t> read_date(Reader& reader) {
    const auto year = reader.number(4);
    if (!year || *year < kFirstYear || *year > kLastYear || !reader.take('-')) return std::nullopt;
    const auto month = reader.number(2);
    if (!month || !reader.take('-')) return std::nullopt;
    const auto day = reader.number(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date}.time_since_epoch().count() * kDaySeconds;
}

// "09:00" or "09:00:30", in seconds.
std::optional<int64_t> read_clock(Reader& reader, int hours_below) {
    const auto hour = reader.number(2);
    if (!hour || *hour >= hours_below) return std::nullopt;
    const auto minute = reader.sixtieth();
    if (!minute) return std::nullopt;
    int64_t seconds = int64_t{*hour} * 3600 + int64_t{*minute} * 60;
    if (reader.front() == ':') {
        const auto second = reader.sixtieth();
        if (!second) return std::nullopt;
        seconds += *second;
    }
    return seconds;
}

struct Parsed {
    int64_t local = 0;
    std::optional<int64_t> offset;
};

std::optional<Parsed> read_instant(std::string_view text) {
    Reader reader(text);
    const auto date = read_date(reader);
    if (!date) return std::nullopt;
    if (reader.is_at_end()) return Parsed{*date, std::nullopt};
    if (!reader.take('T')) return std::nullopt;
    const auto clock = read_clock(reader, 24);
    if (!clock) return std::nullopt;
    Parsed parsed{*date + *clock, std::nullopt};
    if (reader.take('Z')) {
        parsed.offset = 0;
    } else if (const char sign = reader.front(); sign == '+' || sign == '-') {
        reader.take(sign);
        const auto size = read_clock(reader, 24);
        if (!size) return std::nullopt;
        parsed.offset = sign == '-' ? -*size : *size;
    }
    if (!reader.is_at_end()) return std::nullopt;
    return parsed;
}

}  // namespace

std::string Calendar::label(Grain grain, BucketKey bucket) const {
    if (grain == Grain::Hour) return instant_text(bucket, hour_of(bucket).utc_offset);
    const std::string date = date_text(bucket);
    return grain == Grain::Month ? date.substr(0, date.rfind('-')) : date;
}

Result<Moment> Calendar::parse(std::string_view text) const {
    const auto parsed = read_instant(text);
    if (!parsed) {
        return fail(ErrorCode::InvalidInput, "cannot read date or time", std::string(text),
                    fmt::format("give 2026-11-01, 2026-11-01T09:00 or 2026-11-01T09:00:00, a time "
                                "also with Z or an offset such as +05:45; years {} to {}",
                                kFirstYear, kLastYear));
    }
    const int64_t second =
        parsed->offset ? parsed->local - *parsed->offset : zone_->instant_of_local(parsed->local);
    return Moment{std::chrono::seconds{second}};
}

std::string Calendar::format(Moment moment) const {
    const int64_t second =
        std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
    return instant_text(second, zone_->hour_at(second).utc_offset);
}

}  // namespace clickmill::calendar
