// Metrics, logger and health as an operator sees them.
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <thread>
#include <unistd.h>

namespace clickmill::telemetry {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Registry, WritesCountersAndGaugesInPrometheusFormat) {
    Registry registry;
    registry.counter("clicks_total", "Clicks.", {{"project", "shop"}}).add(3);
    registry.gauge("lag_seconds", "Lag.").set(0.5);
    EXPECT_EQ(registry.text(),
              "# HELP clicks_total Clicks.\n# TYPE clicks_total counter\n"
              "clicks_total{project=\"shop\"} 3\n"
              "# HELP lag_seconds Lag.\n# TYPE lag_seconds gauge\nlag_seconds 0.5\n");
}

TEST(Registry, GivesTheSameMetricForTheSameNameAndLabels) {
    Registry registry;
    Counter& first = registry.counter("a_total", "A.", {{"x", "1"}});
    EXPECT_EQ(&first, &registry.counter("a_total", "A.", {{"x", "1"}}));
    EXPECT_NE(&first, &registry.counter("a_total", "A.", {{"x", "2"}}));
}

TEST(Registry, EscapesWhatAClientCouldHaveSent) {
    Registry registry;
    registry.gauge("g", "one\ntwo", {{"x", "a\"b\\c\nd"}}).set(1);
    EXPECT_THAT(registry.text(), HasSubstr("# HELP g one\\ntwo\n"));
    EXPECT_THAT(registry.text(), HasSubstr("g{x=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Registry, WritesValuesThatAreNoNumbers) {
    Registry registry;
    registry.gauge("g", "G.").set(std::numeric_limits<double>::infinity());
    EXPECT_THAT(registry.text(), HasSubstr("g +Inf\n"));
}

TEST(Histogram, CountsAValueInItsBucketAndEveryOneAbove) {
    Registry registry;
    Histogram& histogram = registry.histogram("wait_seconds", "Wait.", {{"a", "b"}}, {0.1, 1});
    for (const double value : {0.1, 0.5, 7.0}) histogram.observe(value);
    const std::string text = registry.text();
    EXPECT_THAT(text, HasSubstr("wait_seconds_bucket{a=\"b\",le=\"0.1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("wait_seconds_bucket{a=\"b\",le=\"1\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("wait_seconds_bucket{a=\"b\",le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("wait_seconds_count{a=\"b\"} 3\n"));
    EXPECT_EQ(histogram.count(), 3);
}

TEST(Histogram, HoldsEveryObservationOfSeveralThreads) {
    Registry registry;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&registry] {
                for (int n = 0; n < 1000; ++n) registry.histogram("h_seconds", "H.").observe(0.01);
            });
        }
    }
    EXPECT_EQ(registry.histogram("h_seconds", "H.").count(), 4000);
}

TEST(Health, IsReadyOnlyWhenEveryPartIs) {
    Health health;
    health.report("event_log", fail(ErrorCode::Unavailable, "cannot append", "e.db", "disk full"));
    health.report("aggregator", {});
    EXPECT_FALSE(health.is_ready());
    EXPECT_EQ(
        health.json(),
        R"({"ready":false,"parts":{"aggregator":"ok","event_log":"cannot append: e.db: disk full"},"notes":{}})");

    health.report("event_log", {});
    EXPECT_TRUE(health.is_ready());
}

TEST(Health, ShowsNotesThatKeepNobodyFromWorking) {
    Health health;
    health.note("clock", "the host's clock jumped");
    EXPECT_TRUE(health.is_ready());
    EXPECT_THAT(health.json(), HasSubstr(R"("notes":{"clock":"the host's clock jumped"})"));
    health.note("clock", "");
    EXPECT_THAT(health.json(), HasSubstr(R"("notes":{})"));
}

// What a logger wrote to a pipe, once it has gone.
class Lines {
public:
    Lines() { EXPECT_EQ(pipe(pipe_.data()), 0); }
    ~Lines() { close(pipe_[0]); }
    int descriptor() const { return pipe_[1]; }
    int reader() const { return pipe_[0]; }
    std::string read_all() {
        close(pipe_[1]);
        std::string text;
        std::array<char, 4096> buffer{};
        for (ssize_t n = 0; (n = read(pipe_[0], buffer.data(), buffer.size())) > 0;) {
            text.append(buffer.data(), static_cast<size_t>(n));
        }
        return text;
    }

private:
    std::array<int, 2> pipe_{};
};

std::shared_ptr<std::atomic<Level>> at(Level level) {
    return std::make_shared<std::atomic<Level>>(level);
}

TEST(Logger, WritesOneReadableLineForATerminal) {
    Lines lines;
    make_logger(at(Level::Info), Format::Text, lines.descriptor())
        ->warn("cannot read", {{"path", "/etc/geo file"}, {"tries", 3}});
    EXPECT_THAT(lines.read_all(),
                EndsWith("Z warn  cannot read  path=\"/etc/geo file\" tries=3\n"));
}

TEST(Logger, WritesOneJsonObjectALine) {
    Lines lines;
    make_logger(at(Level::Info), Format::Json, lines.descriptor())
        ->info("started", {{"listen", "127.0.0.1:1"}, {"threads", 2}});
    EXPECT_THAT(lines.read_all(), EndsWith(R"(,"level":"info","message":"started",)"
                                           R"("listen":"127.0.0.1:1","threads":2})"
                                           "\n"));
}

TEST(Logger, LetsNoClientForgeALine) {
    for (const Format format : {Format::Text, Format::Json}) {
        Lines lines;
        make_logger(at(Level::Info), format, lines.descriptor())
            ->info("bad\nmessage", {{"page", "/a\n2026 error forged\x1b[2J\r"}});
        const std::string text = lines.read_all();
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
        EXPECT_THAT(text, Not(HasSubstr("\x1b")));
        EXPECT_THAT(text, Not(HasSubstr("\r")));
    }
}

TEST(Logger, ShowsOtherLettersAndEscapesQuotesAndLateControlCharacters) {
    Lines lines;
    make_logger(at(Level::Info), Format::Text, lines.descriptor())
        ->info("m", {{"page", "/\u00e4 \"b\\\u009b2J\u0085"}, {"feature", "\u00a0\u0080"}});
    EXPECT_THAT(lines.read_all(),
                EndsWith("page=\"/\u00e4 \\\"b\\\\\\x9b2J\\x85\" feature=\u00a0\\x80\n"));
}

TEST(Logger, SaysOnlyWhatItsLevelAllowsAndTheLevelMayChange) {
    Lines lines;
    const auto level = at(Level::Warn);
    {
        const auto logger = make_logger(level, Format::Text, lines.descriptor());
        logger->info("quiet");
        *level = Level::Debug;
        logger->debug("loud");
    }
    const std::string text = lines.read_all();
    EXPECT_THAT(text, Not(HasSubstr("quiet")));
    EXPECT_THAT(text, HasSubstr("loud"));
}

TEST(Logger, NeverWaitsForAReaderThatStallsAndSaysWhatItDropped) {
    Lines lines;
    std::string text;
    std::jthread reader;
    {
        const auto logger = make_logger(at(Level::Info), Format::Text, lines.descriptor());
        const std::string long_text(1000, 'x');
        for (int i = 0; i < 20'000; ++i) logger->info(long_text);  // far over a pipe's buffer
        logger->info("last");
        reader = std::jthread([&lines, &text] {
            std::array<char, 65536> buffer{};
            // All of it again after every read would take half a minute under ThreadSanitizer.
            size_t looked_to = 0;
            while (text.find("lines were dropped", looked_to) == std::string::npos) {
                looked_to = std::max<size_t>(text.size(), 100) - 100;
                const ssize_t n = read(lines.reader(), buffer.data(), buffer.size());
                if (n <= 0) return;
                text.append(buffer.data(), static_cast<size_t>(n));
            }
        });
    }
    reader.join();
    EXPECT_THAT(text, HasSubstr("lines were dropped"));
}

}  // namespace
}  // namespace clickmill::telemetry
