#include "archive/archiver.h"

#include "event/test_click.h"
#include "event_log/memory/memory_event_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace clickmill::archive {
namespace {

using event::TestClick;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::chrono::sys_days kDay = 2025y / 11 / 23;
constexpr PartitionId kFirst{0};

// A log of two partitions, a clock, and an archive in a folder.
class ArchiverTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "clickmill-archive-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        store_ = open_folder(folder_.string()).value();
        begin();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void begin() {
        archiver_ = std::make_unique<Archiver>(
            ArchiverOptions{.engine = {}, .rules = {.max_events = 4}, .retention = retention_},
            ArchiverParts{*log_, [this] { return open_folder(folder_.string()); }, clock_, *logger_,
                          registry_, health_});
    }

    // One record with a line for each of the ids.
    void append(const std::vector<std::string>& ids, PartitionId partition = kFirst) {
        std::string payload;
        for (const std::string& id : ids) payload += event::line_of({.id = id});
        append_payload(payload, static_cast<int32_t>(ids.size()), partition);
    }
    void append_payload(std::string payload, int32_t events, PartitionId partition = kFirst) {
        log_->append(partition, {std::move(payload), events},
                     [](Result<Offset> done) { ASSERT_TRUE(done); });
    }

    int64_t catch_up() {
        const auto written = archiver_->catch_up({});
        EXPECT_TRUE(written) << written.error().message();
        return written.value_or(-1);
    }

    std::vector<std::string> names() {
        std::vector<std::string> names;
        const auto objects = store_->list().value();
        for (const Object& object : objects) names.push_back(object.name);
        return names;
    }

    // The rows of a question over every file, cells joined by '|'.
    std::vector<std::string> ask(const std::string& question) {
        const auto engine =
            Engine::open({.library = {}, .scratch_folder = {}, .folders = {folder_.string()}});
        EXPECT_TRUE(engine) << engine.error().message();
        const auto made = (*engine)->run(
            fmt::format("CREATE VIEW events AS FROM read_parquet({}, hive_partitioning = false)",
                        literal_of((folder_ / "*" / "*.parquet").string())));
        EXPECT_TRUE(made) << made.error().message();
        std::vector<std::string> rows;
        const auto asked = (*engine)->ask(question, [&](const Engine::Cells& cells) {
            std::string row;
            for (const auto& cell : cells)
                row.append(row.empty() ? "" : "|").append(cell ? *cell : "NULL");
            rows.push_back(row);
            return Result<void>();
        });
        EXPECT_TRUE(asked) << asked.error().message();
        return rows;
    }

    std::filesystem::path folder_;
    ManualClock clock_{kDay + 9h};
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    telemetry::Registry registry_;
    telemetry::Health health_;
    std::chrono::days retention_{0};
    std::unique_ptr<event_log::MemoryEventLog> log_ = std::make_unique<event_log::MemoryEventLog>(
        event_log::MemoryOptions{.partition_count = 2, .answers_from_thread = false}, clock_);
    std::unique_ptr<ObjectStore> store_;
    std::unique_ptr<Archiver> archiver_;
};

TEST_F(ArchiverTest, WritesAFileWhenItIsFullAndNotBefore) {
    append({"a.1#0", "a.1#1"});
    append({"a.1#2"});
    EXPECT_EQ(catch_up(), 0);
    append({"a.1#3", "a.1#4"});
    append({"a.1#5"});
    EXPECT_EQ(catch_up(), 1);
    EXPECT_THAT(names(), ElementsAre("date=2025-11-23/0-0-2.parquet"));
    EXPECT_THAT(ask("SELECT \"offset\", place, event_id FROM events"),
                ElementsAre("0|0|a.1#0", "0|1|a.1#1", "1|0|a.1#2", "2|0|a.1#3", "2|1|a.1#4"));
    EXPECT_EQ(catch_up(), 0);
}

TEST_F(ArchiverTest, EndsAFileWithTheDay) {
    append({"a.1#0"});
    clock_.advance(15h);  // midnight
    append({"a.1#1"});
    EXPECT_EQ(catch_up(), 0) << "the day is over for the log a minute later";
    clock_.advance(60s);
    EXPECT_EQ(catch_up(), 1);
    clock_.advance(24h);  // and nothing comes any more
    EXPECT_EQ(catch_up(), 1);
    EXPECT_THAT(names(),
                ElementsAre("date=2025-11-23/0-0-0.parquet", "date=2025-11-24/0-1-1.parquet"));
}

TEST_F(ArchiverTest, KeepsPartitionsApart) {
    append({"a.1#0"}, PartitionId{1});
    append({"a.1#1"});
    clock_.advance(24h);
    EXPECT_EQ(catch_up(), 2);
    EXPECT_THAT(names(),
                ElementsAre("date=2025-11-23/0-0-0.parquet", "date=2025-11-23/1-0-0.parquet"));
    EXPECT_THAT(ask("SELECT partition, event_id FROM events ORDER BY ALL"),
                ElementsAre("0|a.1#1", "1|a.1#0"));
}

TEST_F(ArchiverTest, GoesOnWhereItsFilesEnd) {
    for (int i = 0; i < 9; ++i) append({fmt::format("a.1#{}", i)});
    EXPECT_EQ(catch_up(), 2);
    begin();
    EXPECT_EQ(catch_up(), 0);
    for (int i = 9; i < 12; ++i) append({fmt::format("a.1#{}", i)});
    EXPECT_EQ(catch_up(), 1);
    EXPECT_EQ(names().back(), "date=2025-11-23/0-8-11.parquet");
    EXPECT_THAT(ask("SELECT count(*), count(DISTINCT event_id) FROM events"), ElementsAre("12|12"));
}

// A repeated run makes the same files, row for row.
TEST_F(ArchiverTest, MakesALostFileAgainAsItWas) {
    for (int i = 0; i < 12; ++i) append({fmt::format("a.1#{}", i)});
    EXPECT_EQ(catch_up(), 3);
    const auto before = names();
    const std::string everything = "SELECT * FROM events ORDER BY \"offset\", place";
    const auto rows = ask(everything);
    for (size_t i = 0; i < 2; ++i) std::filesystem::remove(folder_ / before[2 - i]);
    begin();
    EXPECT_EQ(catch_up(), 2);
    EXPECT_EQ(names(), before);
    EXPECT_EQ(ask(everything), rows);
}

TEST_F(ArchiverTest, HoldsEveryColumnOfAnEvent) {
    event::Event event;
    event.project = "shop";
    event.received_at = kDay + 8h + 123456us;
    event.event_id = "a.1#0";
    event.feature_id = "caf\xc3\xa9";
    event.user_id = "ann";
    event.anonymous_id = "anon";
    event.session_id = "s";
    event.page = "/p";
    event.platform = "web";
    event.app_version = "1";
    event.device = "desktop";
    event.browser = "Firefox";
    event.os = "Linux";
    event.locale = "de";
    event.country = "DE";
    event.region = "BY";
    event.bot = true;
    event.experiments = {{"new_pay", "B"}, {"it's", "wide, \"x\""}};
    event.properties_json = R"({"plan":"pro","seats":3})";
    event.client_timestamp = "17";
    event.other = R"("extra":[1,2])";
    std::string payload;
    event::append_line(payload, event);
    append_payload(payload, 1);
    append({"a.1#1"});
    clock_.advance(24h);
    ASSERT_EQ(catch_up(), 1);
    EXPECT_THAT(
        ask("SELECT * FROM events"),
        ElementsAre(
            "0|0|0|2025-11-23 09:00:00+00|2025-11-23 08:00:00.123456+00|shop|a.1#0|caf\xc3\xa9|"
            "ann|anon|s|/p|web|1|desktop|Firefox|Linux|de|DE|BY|true|"
            "{new_pay=B, 'it\\'s'='wide, "
            "\"x\"'}|{\"plan\":\"pro\",\"seats\":3}|17|{\"extra\":[1,2]}|"
            "NULL|NULL|NULL",
            "0|1|0|2025-11-23 09:00:00+00|2025-11-23 09:00:00+00|shop|a.1#1|pay|"
            "ann|NULL|NULL|NULL|web|NULL|NULL|NULL|NULL|NULL|NULL|NULL|false|"
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL"));
    EXPECT_THAT(
        ask("SELECT experiments['new_pay'], properties->>'plan', (properties->'seats')::INT + 1 "
            "FROM events WHERE bot"),
        ElementsAre("B|pro|4"));
}

TEST_F(ArchiverTest, KeepsWhatIsNoEventAndSaysWhatIsLost) {
    append_payload("{\"feature_id\":\"pay\"}\n\nno event\n{\"feature_id\":7}\n", 3);
    append({"a.1#1", "a.1#2"});
    append({"a.1#3"});
    append({"a.1#4"});
    log_->damage(kFirst, Offset{1});
    log_->lose(kFirst, Offset{2});
    clock_.advance(24h);
    ASSERT_EQ(catch_up(), 2);
    EXPECT_THAT(
        ask("SELECT \"offset\", place, feature_id, fault, lost, line FROM events ORDER BY ALL"),
        ElementsAre("0|0|pay|NULL|NULL|NULL",
                    "0|1|NULL|not a JSON object with members of the right types|NULL|no event",
                    "0|2|NULL|not a JSON object with members of the right "
                    "types|NULL|{\\x22feature_id\\x22:7}",
                    "1|0|NULL|damaged in the log|2|NULL", "3|0|pay|NULL|NULL|NULL",
                    "3|NULL|NULL|lost before this record|1|NULL"));
    EXPECT_EQ(names(), (std::vector<std::string>{"date=2025-11-23/0-0-1.parquet",
                                                 "date=2025-11-23/0-2-3.parquet"}));
}

TEST_F(ArchiverTest, TakesARecordOfMoreEventsThanDuckDbAsksForAtOnce) {
    std::vector<std::string> ids;
    for (int i = 0; i < 5'000; ++i) ids.push_back(fmt::format("a.1#{}", i));
    append(ids);
    ASSERT_EQ(catch_up(), 1);
    EXPECT_THAT(ask("SELECT count(*), count(DISTINCT event_id), max(place), "
                    "bool_and(event_id = 'a.1#' || place) FROM events"),
                ElementsAre("5000|5000|4999|true"));
}

TEST_F(ArchiverTest, LetsTheLogDeleteWhatIsArchivedAlone) {
    for (int i = 0; i < 6; ++i) append({fmt::format("a.1#{}", i)});
    EXPECT_EQ(catch_up(), 1);
    EXPECT_EQ(log_->kept_from(kFirst), Offset{4});
}

TEST_F(ArchiverTest, GoesOnBehindWhatWasDeletedAndItsNamesSaySo) {
    for (int i = 0; i < 4; ++i) append({fmt::format("a.1#{}", i)});
    EXPECT_EQ(catch_up(), 1);
    for (int i = 4; i < 12; ++i) append({fmt::format("a.1#{}", i)});
    log_->trim(kFirst, Offset{6});
    EXPECT_EQ(catch_up(), 1);
    EXPECT_EQ(names().back(), "date=2025-11-23/0-6-9.parquet");
    std::vector<FileName> files;
    for (const std::string& name : names()) files.push_back(*file_name_of(name));
    ASSERT_EQ(partitions_of(files)[0].seams.size(), 1u);
}

TEST_F(ArchiverTest, DoesNotMixTwoLogs) {
    for (int i = 0; i < 5; ++i) append({fmt::format("a.1#{}", i)});
    EXPECT_EQ(catch_up(), 1);
    log_ = std::make_unique<event_log::MemoryEventLog>(
        event_log::MemoryOptions{
            .partition_count = 2, .log_id = "another", .answers_from_thread = false},
        clock_);
    begin();
    for (int i = 0; i < 9; ++i) append({fmt::format("b.1#{}", i)});
    const auto written = archiver_->catch_up({});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::Conflict);
    EXPECT_THAT(written.error().message(), HasSubstr("another event log"));
    EXPECT_EQ(names().size(), 1u);
}

TEST_F(ArchiverTest, ForgetsOldFilesButNotWhereItWas) {
    retention_ = std::chrono::days(2);
    begin();
    for (int i = 0; i < 8; ++i) append({fmt::format("a.1#{}", i)});
    clock_.advance(24h);
    append({"a.1#8"});
    EXPECT_EQ(catch_up(), 2);
    clock_.advance(48h);
    EXPECT_EQ(catch_up(), 1);
    EXPECT_THAT(names(), ElementsAre("date=2025-11-24/0-8-8.parquet"));
    clock_.advance(480h);
    EXPECT_EQ(catch_up(), 0);
    EXPECT_EQ(names().size(), 1u) << "the last file says where the archive goes on";
}

TEST_F(ArchiverTest, ClearsAwayWhatAKilledOneLeft) {
    std::ofstream(folder_ / ".new" / "0-0.parquet") << "half a file";
    append({"a.1#0"});
    EXPECT_EQ(catch_up(), 0);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / ".new"));
}

TEST_F(ArchiverTest, ComesBackWhenItsFolderDoes) {
    std::filesystem::remove_all(folder_);
    std::ofstream(folder_) << "in the way";
    for (int i = 0; i < 4; ++i) append({fmt::format("a.1#{}", i)});
    const auto written = archiver_->catch_up({});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::Unavailable) << written.error().message();
    EXPECT_EQ(log_->kept_from(kFirst), Offset{0});
    std::filesystem::remove(folder_);
    EXPECT_EQ(catch_up(), 1);
}

TEST_F(ArchiverTest, SaysThatTheDiskRefuses) {
    EXPECT_EQ(catch_up(), 0);
    for (int i = 0; i < 4; ++i) append({fmt::format("a.1#{}", i)});
    std::filesystem::remove(folder_ / ".new");
    const auto written = archiver_->catch_up({});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::Unavailable) << written.error().message();
    EXPECT_EQ(log_->kept_from(kFirst), Offset{0});
    std::filesystem::create_directory(folder_ / ".new");
    EXPECT_EQ(catch_up(), 1);
}

}  // namespace
}  // namespace clickmill::archive
