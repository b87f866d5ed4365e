// clickmill log cat, log verify: reads the raw clicks back, while a server runs or not.
#include "base/lines.h"
#include "calendar/calendar.h"
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "event_log/read_all.h"
#include "server/data_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <functional>

namespace clickmill::cli {

namespace {

using OnRecord = std::function<void(const event_log::StoredRecord&)>;

// Hands over every record of the log, in order, up to the end that it had at the start.
Result<void> read_all(const config::Config& config, const OnRecord& on_record) {
    const std::string path = server::event_log_path(config.data_folder);
    std::error_code missing;
    if (!server::is_kafka(config) && !std::filesystem::exists(path, missing)) {
        return fail(ErrorCode::NotFound, "cannot read the event log", path,
                    "there is none; name the data folder with --data");
    }
    CommandWorld world(telemetry::Level::Warn);
    ASSIGN_OR_RETURN(const auto log, server::open_event_log_to_read(config, world.world()));
    for (int32_t i = 0; i < log->partition_count(); ++i) {
        ASSIGN_OR_RETURN(const auto state, log->state(PartitionId{i}));
        RETURN_IF_ERROR(event_log::read_all(*log, PartitionId{i}, state.first, state.end,
                                            [&](const event_log::StoredRecord& record) {
                                                on_record(record);
                                                return true;
                                            }));
    }
    return {};
}

// An empty text is `otherwise`; dates and moments are UTC unless they say otherwise.
Result<Moment> moment_of_text(const std::string& text, Moment otherwise) {
    if (text.empty()) return otherwise;
    ASSIGN_OR_RETURN(const auto utc, calendar::Calendar::make("UTC", calendar::WeekStart::Monday));
    return utc.parse(text);
}

std::string time_text(Moment moment) {
    const auto microseconds = microseconds_of(moment);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                       fmt::gmtime(static_cast<std::time_t>(microseconds / 1'000'000)),
                       microseconds % 1'000'000);
}

// {"offset":7,"append_time":"...","event":{...}} for each line; `whole` lines as they are stored.
void print_record(const event_log::StoredRecord& record, bool payload_only, std::string& out) {
    const std::string head =
        fmt::format("{{\"offset\":{},\"append_time\":\"{}\",\"event\":", record.offset.value,
                    time_text(record.append_time));
    std::string_view rest = record.payload;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        if (line.empty()) continue;
        if (payload_only) {
            out += line;
        } else {
            out += head;
            out += line;
            out += '}';
        }
        out += '\n';
    }
}

}  // namespace

int cat_event_log(const CatArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    const auto from = moment_of_text(arguments.from, Moment::min());
    if (!from) return report(from.error());
    const auto to = moment_of_text(arguments.to, Moment::max());
    if (!to) return report(to.error());

    std::string out;
    const auto read = read_all(*config, [&](const event_log::StoredRecord& record) {
        if (record.is_damaged || record.append_time < *from || record.append_time >= *to) return;
        out.clear();
        print_record(record, arguments.payload_only, out);
        std::fwrite(out.data(), 1, out.size(), stdout);
    });
    if (!read) return report(read.error());
    if (std::fflush(stdout) != 0) return kFailed;
    return kDone;
}

int verify_event_log(const CatArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    int64_t records = 0;
    int64_t events = 0;
    int64_t lost = 0;
    const auto read = read_all(*config, [&](const event_log::StoredRecord& record) {
        ++records;
        lost += record.lost_before + (record.is_damaged ? record.event_count : 0);
        events += record.is_damaged ? 0 : record.event_count;
    });
    if (!read) return report(read.error());
    fmt::print("{} records with {} events are whole, {} events are lost\n", records, events, lost);
    return lost == 0 ? kDone : kFailed;
}

}  // namespace clickmill::cli
