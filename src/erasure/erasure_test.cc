#include "erasure/erasure.h"

#include "archive/file_writer.h"
#include "base/durable_file.h"
#include "base/hash.h"
#include "erasure/erasure_key.h"
#include "erasure/file_erasure.h"
#include "erasure/log_erasure.h"
#include "event_log/memory/memory_event_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

namespace clickmill::erasure {
namespace {

using event_log::MemoryEventLog;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr PartitionId kFirst{0};
const std::string kKey = std::string(64, 'k');

class ErasureTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "clickmill-erasure-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        store_ = archive::open_folder((folder_ / "archive").string()).value();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<MemoryEventLog> log_of(const std::vector<std::string>& payloads) {
        auto log = std::make_unique<MemoryEventLog>(
            event_log::MemoryOptions{.partition_count = 1, .answers_from_thread = false}, clock_);
        for (const std::string& payload : payloads) {
            log->append(kFirst, {payload, static_cast<int32_t>(std::ranges::count(payload, '\n'))},
                        [](Result<Offset> done) { ASSERT_TRUE(done); });
        }
        return log;
    }

    static std::vector<event_log::StoredRecord> records_of(MemoryEventLog& log) {
        return log.read(kFirst, Offset{}).value()->next({.wait = {}}, {}).value().records;
    }

    // A file of all records.
    archive::FileName archive_of(MemoryEventLog& log) {
        const auto engine = archive::Engine::open(options()).value();
        const std::string path = store_->scratch_folder() + "/new.parquet";
        clock_.advance(std::chrono::hours(25));
        const auto file = write_file(*engine, log, kFirst, Offset{}, {}, path, {});
        EXPECT_TRUE(file && *file) << (file ? "not whole" : file.error().message());
        EXPECT_TRUE(store_->put(path, text_of((*file)->name)));
        return (*file)->name;
    }

    archive::EngineOptions options() {
        archive::EngineOptions options;
        options.folders.push_back(folder_.string());
        return options;
    }

    // Every cell but the moments, which differ from log to log, and why a line is no event.
    std::vector<std::string> rows_of(const archive::FileName& file) {
        const auto engine = archive::Engine::open(options()).value();
        std::vector<std::string> rows;
        const auto asked = engine->ask(
            fmt::format("SELECT * EXCLUDE (append_time, received_at, fault) FROM read_parquet({})",
                        archive::literal_of(store_->get(text_of(file)).value().path())),
            [&](const archive::Engine::Cells& cells) {
                std::string row;
                for (const auto& cell : cells) row.append("|").append(cell ? *cell : "NULL");
                rows.push_back(row);
                return Result<void>();
            });
        EXPECT_TRUE(asked) << asked.error().message();
        return rows;
    }

    Count erase_in(const archive::FileName& file, Forgotten& forgotten) {
        EXPECT_TRUE(look_at(options(), *store_, file, forgotten));
        const auto count = erase_in_file(options(), *store_, file, forgotten, false);
        EXPECT_TRUE(count) << count.error().message();
        return count.value_or(Count{});
    }

    static std::vector<std::string> erased(MemoryEventLog& log, Forgotten& forgotten,
                                           Count* count = nullptr) {
        LogErasure erasure(forgotten);
        const auto records = records_of(log);
        for (const auto& record : records) erasure.look_at(record);
        std::vector<std::string> payloads;
        for (const auto& record : records)
            payloads.push_back(erasure.erase(record).value_or(record.payload));
        if (count) *count = erasure.count();
        return payloads;
    }

    std::filesystem::path folder_;
    ManualClock clock_{std::chrono::sys_days{std::chrono::year_month_day{
        std::chrono::year(2025), std::chrono::month(11), std::chrono::day(23)}}};
    std::unique_ptr<archive::ObjectStore> store_;
};

Forgotten ann() {
    const std::vector<People> people = {{"shop", {"ann", "device-7"}}, {"blog", {"ann"}}};
    return {people, kKey};
}

TEST_F(ErasureTest, LeavesWhatAClickCountsAs) {
    const auto log = log_of(
        {R"({"project":"shop","received_at":5,"event_id":"in.b#70","feature_id":"buy","user_id":"ann",)"
         R"("anonymous_id":"x","session_id":"s","page":"/a","platform":"web","experiments":{"e":"v"},)"
         R"("properties":{"mail":"ann@x"},"client_timestamp":7,"friend":"ann"})"
         "\n"
         R"({"project":"shop","received_at":6,"event_id":"in.b#71","feature_id":"buy","user_id":"bob"})"
         "\n"});
    Forgotten forgotten = ann();
    Count count;
    const auto payloads = erased(*log, forgotten, &count);
    EXPECT_EQ(count.events, 1);
    EXPECT_EQ(count.mentions, 0);
    const std::string& text = payloads[0];
    EXPECT_THAT(text, HasSubstr(R"("feature_id":"buy")"));
    EXPECT_THAT(
        text, HasSubstr(R"("page":"/a","platform":"web","experiments":{"e":"v"},"erased":true})"));
    EXPECT_THAT(text, HasSubstr("#70\"")) << "repeats are recognised by the counter's block";
    EXPECT_THAT(text, HasSubstr(R"("user_id":"bob")"));
    for (const char* gone : {"ann", "in.b#70", "\"x\"", "\"s\"", "properties", "client_timestamp"})
        EXPECT_THAT(text, Not(HasSubstr(gone)));
}

TEST_F(ErasureTest, TakesEveryCopyOfAClickAlong) {
    const auto log =
        log_of({R"({"project":"shop","event_id":"one","feature_id":"buy"})"
                "\n",
                R"({"project":"shop","event_id":"one","feature_id":"buy","user_id":"ann"})"
                "\n",
                R"({"project":"blog","event_id":"one","feature_id":"buy"})"
                "\n"});
    Forgotten forgotten = ann();
    const auto payloads = erased(*log, forgotten);
    EXPECT_THAT(payloads[0], Not(HasSubstr("\"one\"")));
    EXPECT_EQ(payloads[0].substr(payloads[0].find("event_id"), 44),
              payloads[1].substr(payloads[1].find("event_id"), 44))
        << "both have the same id";
    EXPECT_THAT(payloads[2], HasSubstr("\"one\"")) << "another project's";
}

TEST_F(ErasureTest, NamesWhatItLeaves) {
    const auto log = log_of(
        {R"({"project":"shop","event_id":"1","feature_id":"buy","user_id":"bob","page":"/ann"})"
         "\n",
         R"({"project":"shop","event_id":"2","feature_id":"buy","user_id":"ann","page":"/ann"})"
         "\n",
         "{\"user_id\":\"ann\"}\nno JSON\n"});
    Forgotten forgotten = ann();
    Count count;
    const auto payloads = erased(*log, forgotten, &count);
    EXPECT_EQ(count.mentions, 2);
    EXPECT_EQ(count.unreadable, 1);
    EXPECT_THAT(payloads[2], Not(HasSubstr("ann")));
    EXPECT_THAT(payloads[2], HasSubstr("no JSON\n"));
}

// Made-up lines of every kind.
std::vector<std::string> some_payloads(uint32_t seed) {
    std::mt19937 chance(seed);
    const auto one_of = [&](std::initializer_list<const char*> texts) {
        return *(texts.begin() + chance() % texts.size());
    };
    std::vector<std::string> payloads;
    for (int record = 0; record < 60; ++record) {
        std::string payload;
        for (uint32_t line = 0; line < 1 + chance() % 5; ++line) {
            if (chance() % 12 == 0) {
                payload += one_of({"broken ann", "{}", "\xff\xfe ann", "{\"user_id\":\"ann\"}"});
                payload += '\n';
                continue;
            }
            payload +=
                fmt::format(R"({{"project":"{}","received_at":{},"feature_id":"f{}")",
                            one_of({"shop", "shop", "blog", "news"}), 1000 + record, chance() % 3);
            payload += one_of({R"(,"event_id":"a.b#7")", R"(,"event_id":"a.b#70")",
                               R"(,"event_id":"a#b#0")", R"(,"event_id":"a.b#007")",
                               R"(,"event_id":"plain")", R"(,"event_id":"ann.x#12")", ""});
            payload += one_of({R"(,"user_id":"ann")", R"(,"user_id":"bob")", ""});
            payload +=
                one_of({R"(,"anonymous_id":"device-7")", R"(,"anonymous_id":"ann\u0020")", ""});
            payload += one_of({R"(,"session_id":"s1")", R"(,"session_id":"\u0061nn")", ""});
            payload += one_of({R"(,"page":"/ann")", R"(,"page":"/\"q\"")", ""});
            payload += one_of({R"(,"properties":{"a":"ann","b":[1]})", ""});
            payload += one_of({R"(,"client_timestamp":"2025-01-01")", ""});
            payload += one_of({R"(,"extra":{"who":"ann"})", ""});
            payload += one_of({R"(,"bot":true)", ""});
            payload += one_of({R"(,"experiments":{"e":"1","f":"2"})", ""});
            payload += "}\n";
        }
        payloads.push_back(payload);
    }
    return payloads;
}

TEST_F(ErasureTest, IsTheSameInFilesAndInTheLog) {
    for (uint32_t seed = 1; seed <= 5; ++seed) {
        const auto log = log_of(some_payloads(seed));
        Forgotten in_log = ann();
        Count log_count;
        const auto erased_log = log_of(erased(*log, in_log, &log_count));
        const archive::FileName file = archive_of(*log);
        const size_t rows_before = rows_of(file).size();
        Forgotten in_files = ann();
        const Count count = erase_in(file, in_files);
        const auto rows = rows_of(file);
        EXPECT_THAT(rows, SizeIs(rows_before));
        EXPECT_EQ(in_files.noted(), in_log.noted());
        EXPECT_GT(count.events, 30);
        EXPECT_EQ(count.events, log_count.events);
        EXPECT_EQ(count.unreadable, log_count.unreadable);
        EXPECT_EQ(rows, rows_of(archive_of(*erased_log))) << seed;
        EXPECT_EQ(erase_in(file, in_files).events, 0) << "nobody is erased twice";
    }
}

TEST_F(ErasureTest, KeepsTheFooterThatTheArchiverNeeds) {
    const auto log = log_of(some_payloads(1));
    const archive::FileName file = archive_of(*log);
    Forgotten forgotten = ann();
    erase_in(file, forgotten);
    const auto engine = archive::Engine::open(options()).value();
    EXPECT_EQ(log_id_of(*engine, store_->get(text_of(file)).value().path()).value(),
              log->state(kFirst).value().log_id);
}

TEST_F(ErasureTest, NamesAFileThatNobodyCanReadAndGoesOn) {
    const auto log = log_of(some_payloads(1));
    archive_of(*log);
    const std::string bad = store_->scratch_folder() + "/bad.parquet";
    ASSERT_TRUE(write_durably(bad, "no Parquet"));
    ASSERT_TRUE(store_->put(bad, "date=2025-11-22/1-0-9.parquet"));
    const std::vector<People> people = {{"shop", {"ann"}}};
    const std::string key_file = (folder_ / "key").string();
    const auto report = erase({.archive = store_.get(), .engine = options()},
                              {.people = people, .key_file = key_file});
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(report->unreadable_files, ElementsAre(HasSubstr("date=2025-11-22/1-0-9.parquet")));
    EXPECT_EQ(report->files_changed, 1);
    EXPECT_FALSE(report->is_complete());
    EXPECT_TRUE(std::filesystem::exists(key_file)) << "kept, so that the same hashes go on";
    ASSERT_TRUE(store_->remove("date=2025-11-22/1-0-9.parquet"));
    EXPECT_TRUE(erase({.archive = store_.get(), .engine = options()},
                      {.people = people, .key_file = key_file})
                    .value()
                    .is_complete());
    EXPECT_FALSE(std::filesystem::exists(key_file));
}

TEST_F(ErasureTest, KnowsACopyWhoseOthersAreErasedAlready) {
    const std::string path = (folder_ / "key").string();
    const std::vector<People> people = {{"shop", {"ann"}}};
    const std::string theirs =
        R"({"project":"shop","event_id":"one","feature_id":"buy","user_id":"ann"})"
        "\n";
    const std::string copy = R"({"project":"shop","event_id":"one","feature_id":"buy"})"
                             "\n";
    Forgotten before(people, take_key(path, people).value().key);
    const auto whole = log_of({theirs, copy});
    std::vector<std::string> half = erased(*whole, before);
    ASSERT_TRUE(keep_noted(path, before));
    half[1] = copy;  // killed here
    const Begun begun = take_key(path, people).value();
    Forgotten after(people, begun.key, begun.noted);
    const auto log = log_of(half);
    EXPECT_THAT(erased(*log, after)[1], Not(HasSubstr("\"one\"")));
}

TEST_F(ErasureTest, GoesOnWithTheKeyOfWhatWasBegun) {
    const std::string path = (folder_ / "key").string();
    const std::vector<People> ann_of_shop = {{"shop", {"ann"}}};
    const std::vector<People> bob = {{"shop", {"bob"}}};
    const std::string key = take_key(path, ann_of_shop).value().key;
    EXPECT_EQ(take_key(path, ann_of_shop).value().key, key);
    EXPECT_THAT(text_of_file(path).value(), Not(HasSubstr("ann")));
    EXPECT_EQ(take_key(path, bob).error().code, ErrorCode::Conflict);
    ASSERT_TRUE(throw_key_away(path));
    EXPECT_NE(take_key(path, bob).value().key, key);
    ASSERT_TRUE(write_durably(path, std::string(98, '0')));
    EXPECT_TRUE(take_key(path, ann_of_shop)) << "killed between overwriting and deleting it";
}

}  // namespace
}  // namespace clickmill::erasure
