// clickmill_history: writes an event log with a past, for benchmarks that need weeks of clicks or a
// large file: the real event log under a clock that is moved. The server on that folder then folds
// it. Clicks are of the project `default`, which a server makes on its first start.
#include "base/clock.h"
#include "event/event.h"
#include "event_log/embedded/embedded_event_log.h"
#include "telemetry/logger.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <future>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace clickmill;

constexpr int kEventsPerRecord = 500;  // padded ones too stay below what a record may hold
constexpr double kSecondsPerDay = 86'400;

struct Options {
    std::string data;
    int64_t events = 0;
    double gib = 0;  // or so many bytes
    int days = 90;
    int features = 5000;
    int users = 200'000;
    double zipf = 1.1;
    int padding = 0;  // random bytes in each event, to make a large file of few events
    uint64_t seed = 1;
};

constexpr const char* kPlatforms[] = {"web", "web", "web", "ios", "android"};
constexpr const char* kVersions[] = {"4.12.0", "4.12.0", "4.11.2", "4.11.1", "4.10.0"};
constexpr const char* kPages[] = {"/",         "/search",  "/product/:id", "/cart",
                                  "/checkout", "/account", "/help",        "/settings"};

class History {
public:
    explicit History(const Options& options) : options_(options), random_(options.seed) {
        double sum = 0;
        for (int rank = 1; rank <= options.features; ++rank) {
            sum += 1.0 / std::pow(rank, options.zipf);
            shares_.push_back(sum);
            features_.push_back(fmt::format("area{}.button{}", (rank - 1) % 40, rank - 1));
        }
    }

    // Fewer clicks by night: a day's share of a moment, between 0.2 and 1.8 of the mean.
    double busyness(double day) const {
        return 1.0 - 0.8 * std::cos(2 * std::numbers::pi * (day - std::floor(day)));
    }

    event_log::Record record(Moment at) {
        event_log::Record record;
        record.event_count = kEventsPerRecord;
        for (int i = 0; i < kEventsPerRecord; ++i) append_click(record.payload, at);
        return record;
    }

private:
    void append_click(std::string& out, Moment at) {
        const std::string id = fmt::format("{:012x}.1f#{}", number_ / 8, number_ % 8);
        ++number_;
        const std::string user =
            fmt::format("u_{:08}", random_() % static_cast<uint64_t>(options_.users));
        event::Event click;
        click.project = "default";
        click.received_at = at;
        click.event_id = id;
        click.feature_id = draw_feature();
        click.user_id = user;
        click.page = kPages[random_() % std::size(kPages)];
        click.platform = kPlatforms[random_() % std::size(kPlatforms)];
        click.app_version = kVersions[random_() % std::size(kVersions)];
        if (random_() % 4 == 0) click.experiments = {{"new_pay", random_() % 2 ? "A" : "B"}};
        std::string padding;
        if (options_.padding > 0) {
            padding = R"({"padding":")";
            for (int i = 0; i < options_.padding; i += 16)
                padding += fmt::format("{:016x}", random_());
            padding += "\"}";
            click.properties_json = padding;
        }
        event::append_line(out, click);
    }

    std::string_view draw_feature() {
        std::uniform_real_distribution<double> draw(0, shares_.back());
        const auto found = std::upper_bound(shares_.begin(), shares_.end(), draw(random_));
        return features_[static_cast<size_t>(std::min(found, shares_.end() - 1) - shares_.begin())];
    }

    const Options& options_;
    std::mt19937_64 random_;
    std::vector<double> shares_;
    std::vector<std::string> features_;
    uint64_t number_ = 0;
};

Result<void> append(event_log::EventLog& log, event_log::Record record) {
    std::promise<Result<Offset>> promise;
    std::future<Result<Offset>> done = promise.get_future();
    log.append(PartitionId{0}, std::move(record),
               [&promise](Result<Offset> offset) { promise.set_value(std::move(offset)); });
    RETURN_IF_ERROR(done.get());
    return {};
}

Result<void> write(const Options& options) {
    std::filesystem::create_directories(options.data);
    SystemClock host;
    const Moment now = host.now();
    ManualClock clock(now - std::chrono::days(options.days));
    const auto logger = telemetry::make_silent_logger();
    ASSIGN_OR_RETURN(const auto log, event_log::EmbeddedEventLog::open(
                                         {.path = options.data + "/events.db"}, clock, *logger));
    History history(options);

    // Evenly many records a day, closer together when people are awake.
    const auto bytes = static_cast<int64_t>(options.gib * (1 << 30));
    const double per_record = 300.0 + options.padding * 0.55;
    const int64_t events = options.events > 0
                               ? options.events
                               : static_cast<int64_t>(static_cast<double>(bytes) / per_record);
    const int64_t records = std::max<int64_t>(1, events / kEventsPerRecord);
    const double mean_step = options.days / static_cast<double>(records);
    double day = 0;
    for (int64_t i = 0; i < records && day < options.days; ++i) {
        clock.jump_to(now - std::chrono::days(options.days) +
                      std::chrono::microseconds(static_cast<int64_t>(day * kSecondsPerDay * 1e6)));
        RETURN_IF_ERROR(append(*log, history.record(clock.now())));
        // In small steps: one that begins at night must not jump over the morning.
        constexpr double kSlice = 0.005;  // days
        for (double left = mean_step; left > 0; left -= kSlice)
            day += std::min(left, kSlice) / history.busyness(day);
    }
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Writes an event log with a past.");
    Options options;
    app.add_option("--data", options.data, "the data folder; made when absent")->required();
    app.add_option("--events", options.events, "so many clicks");
    app.add_option("--gib", options.gib, "or about so large a file");
    app.add_option("--days", options.days, "from so long ago until now");
    app.add_option("--features", options.features, "Zipf-distributed");
    app.add_option("--users", options.users, "");
    app.add_option("--padding", options.padding, "random bytes in each click");
    app.add_option("--seed", options.seed, "");
    CLI11_PARSE(app, argc, argv);
    if (const auto written = write(options); !written) {
        fmt::print(stderr, "clickmill_history: {}\n", written.error().message());
        return 1;
    }
    return 0;
}
