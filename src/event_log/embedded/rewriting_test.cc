#include "event_log/embedded/rewriting.h"

#include "base/durable_file.h"
#include "event_log/embedded/embedded_event_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace clickmill::event_log {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr PartitionId kFirst{0};

// Of 5000 bytes that zstd makes nothing smaller of, so that they lie in several pages.
std::string secret_of(int number) {
    std::string text;
    uint64_t state = static_cast<uint64_t>(number) + 1;
    while (text.size() < 5000) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        text += static_cast<char>(33 + (state >> 33) % 90);
    }
    return text;
}

class RewritingTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "clickmill-rewriting-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        options_.path = folder_ + "/events.db";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void open() { log_ = EmbeddedEventLog::open(options_, clock_, *logger_).value(); }
    Offset append(const std::string& line) {
        std::atomic<int64_t> at = -1;
        log_->append(kFirst, {line + "\n", 1}, [&](Result<Offset> done) {
            at = done ? done->value : -2;
            at.notify_one();
        });
        at.wait(-1);
        EXPECT_GE(at, 0);
        return Offset{at};
    }
    std::vector<std::string> payloads() {
        std::vector<std::string> found;
        const auto reader = log_->read(kFirst, log_->state(kFirst).value().first).value();
        for (;;) {
            const Batch batch = reader->next({.wait = {}}, {}).value();
            for (const StoredRecord& record : batch.records) {
                EXPECT_FALSE(record.is_damaged) << record.offset.value;
                found.push_back(record.payload);
            }
            if (batch.at_end_since) return found;
        }
    }
    // What somebody finds who looks through the bytes of the folder.
    std::string bytes() {
        std::string all;
        for (const auto& entry : std::filesystem::directory_iterator(folder_))
            all += text_of_file(entry.path().string()).value_or("");
        return all;
    }
    // A part of what a payload is stored as.
    static std::string trace_of(const std::string& line) {
        const std::string stored = Compressor(1).compress(line + "\n");
        return stored.substr(stored.size() / 2, 24);
    }

    std::string folder_;
    EmbeddedOptions options_;
    SystemClock clock_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    std::unique_ptr<EmbeddedEventLog> log_;
};

TEST_F(RewritingTest, LeavesNoByteOfTheOldPayloadBesideARunningLog) {
    open();
    std::vector<std::string> lines;
    for (int i = 0; i < 200; ++i) {
        lines.push_back(secret_of(i));
        append(lines.back());
    }
    ASSERT_THAT(bytes(), HasSubstr(trace_of(lines[7])));
    const Rewrite seventh = [](const StoredRecord& record) -> std::optional<std::string> {
        return record.offset.value % 10 == 7 ? std::optional<std::string>("gone\n") : std::nullopt;
    };
    const auto done = rewrite_records({options_.path, {}}, seventh, 10s);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->records, 200);
    EXPECT_EQ(done->changed, 20);
    EXPECT_FALSE(done->is_wal_in_use);
    const std::string left = bytes();
    int found = 0;
    for (int i = 0; i < 200; ++i) {
        const bool is_there =
            left.find(trace_of(lines[static_cast<size_t>(i)])) != std::string::npos;
        if (i % 10 == 7)
            EXPECT_FALSE(is_there) << i;
        else
            found += is_there;
    }
    EXPECT_GT(found, 150) << "some lie over the end of a page";

    append("after");
    lines.emplace_back("after");
    for (size_t i = 7; i < 200; i += 10) lines[i] = "gone";
    for (std::string& line : lines) line += '\n';
    EXPECT_EQ(payloads(), lines);
    log_.reset();
    open();
    EXPECT_EQ(payloads(), lines) << "the file is whole";
}

TEST_F(RewritingTest, WipesWhatRetentionDeletedEarlier) {
    options_.retention_bytes = 400'000;
    options_.retention_interval = 0ms;
    open();
    std::vector<std::string> lines;
    for (int i = 0; i < 200; ++i) {
        lines.push_back(secret_of(i));
        log_->allow_deletion(kFirst, ReaderRole::Aggregator, append(lines.back()));
    }
    const Offset first = log_->state(kFirst).value().first;
    ASSERT_GT(first, Offset{50});
    const auto is_nothing_changed = [](const StoredRecord&) {
        return std::optional<std::string>();
    };
    ASSERT_TRUE(rewrite_records({options_.path, {}}, is_nothing_changed, 10s));
    const std::string left = bytes();
    for (int i = 0; i < first.value; ++i)
        EXPECT_EQ(left.find(trace_of(lines[static_cast<size_t>(i)])), std::string::npos) << i;
    EXPECT_GT(payloads().size(), 30u) << "zeros that are written meanwhile count as no records";
}

TEST_F(RewritingTest, LosesNothingThatIsAppendedMeanwhile) {
    open();
    for (int i = 0; i < 300; ++i) append(secret_of(i));
    std::jthread rewriting([&] {
        for (int round = 0; round < 5; ++round) {
            const auto done = rewrite_records(
                {options_.path, {}},
                [round](const StoredRecord& record) -> std::optional<std::string> {
                    if (record.offset.value >= 300) return std::nullopt;
                    return fmt::format("{} in round {}\n", record.offset.value, round);
                },
                10s);
            ASSERT_TRUE(done) << done.error().message();
        }
    });
    for (int i = 300; i < 600; ++i) append(fmt::format("{}", i));
    rewriting.join();
    const auto found = payloads();
    ASSERT_EQ(found.size(), 600u);
    for (size_t i = 0; i < 600; ++i)
        EXPECT_EQ(found[i], i < 300 ? fmt::format("{} in round 4\n", i) : fmt::format("{}\n", i));
}

TEST_F(RewritingTest, CountsWhatItCannotRead) {
    open();
    for (int i = 0; i < 3; ++i) append(secret_of(i));
    log_.reset();
    {
        auto connection = sqlite::Connection::open({.path = options_.path}).value();
        ASSERT_TRUE(connection.execute("UPDATE records SET payload=x'00' WHERE offset=1"));
    }
    const auto done = rewrite_records(
        {options_.path, {}},
        [](const StoredRecord&) { return std::optional<std::string>("gone\n"); }, 10s);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->damaged, 1);
    EXPECT_EQ(done->changed, 2);
}

}  // namespace
}  // namespace clickmill::event_log
