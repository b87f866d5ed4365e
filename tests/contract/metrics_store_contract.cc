#include "tests/contract/metrics_store_contract.h"

#include "metrics_store/clickhouse/clickhouse_metrics_store.h"
#include "metrics_store/memory/memory_metrics_store.h"
#include "metrics_store/postgres/postgres_metrics_store.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace clickmill::metrics_store {
namespace {

telemetry::Logger& silent_logger() {
    static const std::unique_ptr<telemetry::Logger> logger = telemetry::make_silent_logger();
    return *logger;
}

// Names may hold anything; a test's output stays one line.
std::string shown(std::string_view text) {
    return text.size() > 40 ? fmt::format("<{} bytes>", text.size()) : std::string(text);
}

// Each folder has a schema, or database, of its own, so that it is found again.
std::string schema_of(const std::filesystem::path& folder) {
    std::string schema = folder.filename().string();
    std::ranges::replace(schema, '-', '_');
    std::ranges::transform(schema, schema.begin(), [](char c) { return std::tolower(c); });
    return schema;
}

template <typename Store>
std::unique_ptr<MetricsStore> opened(Result<std::unique_ptr<Store>> store) {
    if (!store) {
        ADD_FAILURE() << store.error().message();
        std::abort();
    }
    return *std::move(store);
}

std::unique_ptr<MetricsStore> open_postgres(const std::string& url,
                                            const std::filesystem::path& folder) {
    const std::string schema = schema_of(folder);
    {
        auto session = sql::PgSession::open(url, kOfMetrics);
        if (!session || !(*session)->execute("CREATE SCHEMA IF NOT EXISTS " + schema)) {
            ADD_FAILURE() << "no schema for the test";
            std::abort();
        }
    }
    return opened(PostgresMetricsStore::open({.url = url + "?options=-csearch_path%3D" + schema}));
}

std::unique_ptr<MetricsStore> open_clickhouse(const std::string& url,
                                              const std::filesystem::path& folder) {
    const std::string database = schema_of(folder);
    ChClient client(*parse_clickhouse_url(url + "/default"), {});
    if (!client.query("CREATE DATABASE IF NOT EXISTS " + database)) {
        ADD_FAILURE() << "no database for the test";
        std::abort();
    }
    return opened(ClickHouseMetricsStore::open({.url = url + "/" + database}));
}

}  // namespace

std::vector<std::string> server_of(const char* variable) {
    const char* url = std::getenv(variable);
    return url ? std::vector<std::string>{url} : std::vector<std::string>{};
}

std::vector<Backend> backends() {
    if (const char* url = std::getenv("CLICKMILL_TEST_POSTGRES")) {
        return {{"Postgres", [url](const std::filesystem::path& folder) {
                     return open_postgres(url, folder);
                 }}};
    }
    if (const char* url = std::getenv("CLICKMILL_TEST_CLICKHOUSE")) {
        return {
            {"ClickHouse",
             [url](const std::filesystem::path& folder) { return open_clickhouse(url, folder); },
             false, 5}};  // a question takes it milliseconds
    }
    return {{"Memory",
             [](const auto&) -> std::unique_ptr<MetricsStore> {
                 return std::make_unique<MemoryMetricsStore>();
             }},
            {"Sqlite", [](const std::filesystem::path& folder) -> std::unique_ptr<MetricsStore> {
                 return opened(SqliteMetricsStore::open(
                     {.path = (folder / "metrics.db").string(),
                      .checkpoints = {.passive_pages = 20, .restart_pages = 160}},
                     silent_logger()));
             }}};
}

ScratchFolder::ScratchFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "metrics-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string sketch_of(std::initializer_list<std::string_view> people) {
    fold::Hll sketch;
    for (const std::string_view person : people) sketch.add(fold::hll_hash(person));
    return sketch.bytes();
}

Change::Change(const fold::View& view, int64_t from, int64_t to) {
    changes_.view = view.id;
    changes_.from = {from};
    changes_.position.through = {to};
}

Change& Change::clicks(int64_t hour_number, Labels labels, int64_t count) {
    changes_.rows.push_back({{hour(hour_number), std::move(labels)}, count});
    changes_.position.newest_hour = std::max(changes_.position.newest_hour, hour(hour_number));
    return mark(hour_number, changes_.position.through.value);
}

Change& Change::users(int64_t hour_number, Labels labels,
                      std::initializer_list<std::string_view> people) {
    return sketch(hour_number, std::move(labels), sketch_of(people));
}

Change& Change::sketch(int64_t hour_number, Labels labels, std::string bytes) {
    changes_.sketches.push_back({{hour(hour_number), std::move(labels)}, std::move(bytes)});
    return *this;
}

Change& Change::mark(int64_t hour_number, int64_t touched) {
    const auto is_hour = [&](const fold::Mark& mark) { return mark.hour == hour(hour_number); };
    std::erase_if(changes_.marks, is_hour);
    changes_.marks.push_back({hour(hour_number), {touched}});
    return *this;
}

Change& Change::complete_through(int64_t second) {
    changes_.position.complete_through = at_second(second);
    return *this;
}

fold::Ledger ledger_at(int64_t through, int32_t partition) {
    fold::Ledger ledger;
    ledger.partition = {partition};
    ledger.log_id = "log";
    ledger.partition_count = 4;
    ledger.through = {through};
    // The largest offsets name no moment.
    const Moment moment = at_second(std::min<int64_t>(through, 4'102'444'800));
    ledger.folded_to = moment;
    ledger.complete_through = moment;
    return ledger;
}

Settled::Settled(const fold::View& view, Grain grain, BucketKey bucket,
                 std::vector<int64_t> positions) {
    build_.view = view.id;
    build_.header.grain = grain;
    build_.header.bucket = bucket;
    for (const int64_t position : positions) build_.header.positions.push_back({position});
    if (grain == Grain::Hour) build_.header.held = {{bucket, bucket}};
}

Settled& Settled::row(Labels labels, int64_t clicks,
                      std::initializer_list<std::string_view> people) {
    build_.rows.push_back({std::move(labels), clicks, people.size() == 0 ? "" : sketch_of(people)});
    return *this;
}

Settled& Settled::holds(int64_t first_hour, int64_t last_hour) {
    build_.header.held.push_back({hour(first_hour), hour(last_hour)});
    return *this;
}

void MetricsStoreContract::reopen() {
    store_.reset();
    store_ = GetParam().open(folder_->path());
}

void MetricsStoreContract::begin_anew() {
    store_.reset();
    folder_ = std::make_unique<ScratchFolder>();
    reopen();
}

fold::View MetricsStoreContract::declare(std::string project, fold::RollupDefinition rollup) {
    const std::vector<fold::ViewDefinition> definitions{
        {.project = std::move(project), .rollup = std::move(rollup), .zone = "Europe/Berlin"}};
    const auto views = metrics_store::declare(store(), definitions);
    EXPECT_TRUE(views) << views.error().message();
    return views ? views->front() : fold::View{};
}

Result<void> MetricsStoreContract::commit(std::vector<Change> changes, int64_t ledger_through,
                                          int32_t partition) {
    fold::Commit commit{.ledger = ledger_at(ledger_through, partition)};
    for (const Change& change : changes) commit.views.push_back(change.changes());
    return store().commit(commit);
}

void MetricsStoreContract::committed(const Change& change, int32_t partition) {
    const auto done = commit({change}, change.changes().position.through.value, partition);
    ASSERT_TRUE(done) << done.error().message();
}

fold::StoredCell MetricsStoreContract::cell(const fold::View& view, int64_t hour_number,
                                            const Labels& labels, int32_t partition) {
    const std::vector<fold::CellKey> keys{{hour(hour_number), labels}};
    const auto cells = store().load(view.id, {partition}, keys);
    EXPECT_TRUE(cells) << cells.error().message();
    return cells ? cells->at(0) : fold::StoredCell{};
}

fold::Position MetricsStoreContract::position(const fold::View& view, int32_t partition) {
    const auto progress = store().progress({partition});
    EXPECT_TRUE(progress) << progress.error().message();
    for (const auto& [id, position] : progress->views) {
        if (id == view.id) return position;
    }
    return {};
}

RowsAnswer MetricsStoreContract::ask(const RowsQuestion& question) {
    const auto snapshot = store().snapshot();
    EXPECT_TRUE(snapshot) << snapshot.error().message();
    auto answer = (*snapshot)->rows(question);
    EXPECT_TRUE(answer) << answer.error().message();
    return answer ? *std::move(answer) : RowsAnswer{};
}

std::vector<std::string> MetricsStoreContract::groups(const RowsQuestion& question) {
    const auto snapshot = store().snapshot();
    EXPECT_TRUE(snapshot) << snapshot.error().message();
    return groups(question, **snapshot);
}

std::vector<std::string> MetricsStoreContract::groups(const RowsQuestion& question,
                                                      Snapshot& snapshot) {
    const auto answer = snapshot.rows(question);
    EXPECT_TRUE(answer) << answer.error().message();
    std::vector<std::string> lines;
    for (const Group& group : answer->groups) {
        std::string line;
        if (question.by_bucket) line += fmt::format("{} ", (group.bucket - hour(0)) / 3'600);
        if (question.by_feature) line += shown(group.feature) + " ";
        if (question.by_dimension) line += shown(group.value) + " ";
        line += std::to_string(group.clicks);
        if (question.users) line += fmt::format(" {}", group.users.count());
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> MetricsStoreContract::rows_in(const fold::View& view, bool is_live,
                                                       Grain grain, BucketKey bucket) {
    const auto snapshot = store().snapshot();
    EXPECT_TRUE(snapshot) << snapshot.error().message();
    const auto rows = (*snapshot)->bucket_rows(view.id, is_live, grain, bucket);
    EXPECT_TRUE(rows) << rows.error().message();
    std::vector<std::string> lines;
    for (const SettledRow& row : *rows) {
        std::string labels;
        for (const char c : row.labels.text()) labels += c == '\0' ? '|' : c;
        lines.push_back(fmt::format(
            "{} {} {}", shown(labels), row.clicks,
            row.sketch.empty() ? "-" : std::to_string(fold::Hll::parse(row.sketch)->count())));
    }
    return lines;
}

std::vector<Header> MetricsStoreContract::headers(const fold::View& view, Grain grain) {
    const auto snapshot = store().snapshot();
    EXPECT_TRUE(snapshot) << snapshot.error().message();
    auto headers = (*snapshot)->headers(view.id, grain, kAllBuckets);
    EXPECT_TRUE(headers) << headers.error().message();
    return headers ? *std::move(headers) : std::vector<Header>{};
}

}  // namespace clickmill::metrics_store
