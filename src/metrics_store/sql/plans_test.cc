// How SQLite answers each statement on a filled store: by a search in the right order, without
// scans or sorting, and users and clicks apart from each other (design section 6, Key order
// decides).
#include "base/sqlite.h"
#include "metrics_store/sql/golden.h"
#include "metrics_store/sql/test_questions.h"
#include "metrics_store/sql/writes.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace clickmill::metrics_store::sql {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A rollup of 4 grains, 40 buckets, 50 features, 6 pairs of values and 2 partitions.
class FilledTables {
public:
    FilledTables() : connection_(*sqlite::Connection::open({.path = path()})) {
        std::vector<std::string> statements = create_common_tables(kSqlite);
        for (std::string& text : create_rollup_tables(kSqlite, tables_))
            statements.push_back(std::move(text));
        statements.push_back(fill(tables_.live,
                                  "hour, feature_id, platform, app_version, "
                                  "partition, clicks, through",
                                  "b, f, p, a, g % 2, 1, 1", "g < 2"));
        statements.push_back(fill(tables_.live_users,
                                  "hour, feature_id, platform, app_version, "
                                  "partition, sketch, through",
                                  "b, f, p, a, g % 2, x'00', 1", "g < 2"));
        statements.push_back(fill(tables_.settled,
                                  "bucket, feature_id, platform, app_version, "
                                  "grain, clicks, users",
                                  "b, f, p, a, g, 1, 1", "true"));
        statements.push_back(fill(tables_.settled_users,
                                  "bucket, feature_id, platform, "
                                  "app_version, grain, sketch",
                                  "b, f, p, a, g, x'00'", "true"));
        for (const std::string& text : statements) {
            const auto done = connection_.execute(text);
            EXPECT_TRUE(done) << text;
        }
    }
    ~FilledTables() { std::filesystem::remove_all(folder_); }

    const RollupTables& tables() const { return tables_; }

    // The steps of SQLite's plan, a line each.
    std::string plan(const std::string& statement) {
        auto rows = connection_.prepare("EXPLAIN QUERY PLAN " + statement);
        if (!rows) return rows.error().message();
        std::string plan;
        while (rows->step().value_or(false)) plan += std::string(rows->text(3)) + "\n";
        return plan;
    }
    std::string plan(const Query& query) { return plan(query.text); }

private:
    std::string path() {
        std::string pattern = (std::filesystem::temp_directory_path() / "plans-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        return folder_ + "/metrics.db";
    }

    static std::string fill(const std::string& table, const std::string& columns,
                            const std::string& values, const std::string& where) {
        return "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 47999), "
               "parts AS (SELECT i % 40 AS b, 'feature' || (i / 40 % 50) AS f, "
               "'platform' || (i / 2000 % 2) AS p, 'version' || (i / 4000 % 3) AS a, "
               "i / 12000 AS g FROM n) "
               "INSERT INTO " +
               table + " (view_id, " + columns + ") SELECT 1, " + values + " FROM parts WHERE " +
               where;
    }

    std::string folder_;
    sqlite::Connection connection_;
    RollupTables tables_{"by_platform_version", kDimensions};
};

class QueryPlans : public testing::Test {
protected:
    static FilledTables& store() {
        static FilledTables filled;
        return filled;
    }
    const RollupTables& tables() { return store().tables(); }
};

const auto kIsOrderedSearch =
    AllOf(HasSubstr("SEARCH"), Not(HasSubstr("SCAN")), Not(HasSubstr("TEMP B-TREE")));
constexpr std::string_view kSeriesOrder =
    "(view_id=? AND grain=? AND feature_id=? AND bucket>? AND bucket<?)";

TEST_F(QueryPlans, ReadASeriesAsARangeOfBucketsOfEachFeature) {
    for (const auto& [name, question, range] : questions()) {
        if (!name.starts_with("series") && !name.starts_with("sum")) continue;
        if (question.is_live) continue;
        const std::string clicks =
            store().plan(clicks_of(kSqlite, tables(), question, {&range, 1}));
        EXPECT_THAT(clicks, AllOf(kIsOrderedSearch, HasSubstr(kSeriesOrder))) << name;
        const std::string users = store().plan(users_of(kSqlite, tables(), question, {&range, 1}));
        EXPECT_THAT(users, AllOf(kIsOrderedSearch, HasSubstr(kSeriesOrder))) << name;
    }
}

TEST_F(QueryPlans, ReadARankingAsTheFeaturesOfABucket) {
    for (const auto& [name, question, range] : questions()) {
        if (name != "ranking of one bucket" && name != "ranking with a filter") continue;
        const std::string clicks =
            store().plan(clicks_of(kSqlite, tables(), question, {&range, 1}));
        EXPECT_THAT(clicks, AllOf(kIsOrderedSearch, HasSubstr("USING COVERING INDEX"),
                                  HasSubstr("(view_id=? AND grain=? AND bucket=?)")))
            << name;
        const std::string users = store().plan(users_of(kSqlite, tables(), question, {&range, 1}));
        EXPECT_THAT(users, AllOf(kIsOrderedSearch, HasSubstr("_users_by_bucket"),
                                 HasSubstr("(view_id=? AND grain=? AND bucket=?)")))
            << name;
    }
}

TEST_F(QueryPlans, ReadLiveHoursOneByOneForTheFeaturesAskedFor) {
    for (const auto& [name, question, range] : questions()) {
        if (name != "series of many live hours") continue;
        for (const Query& query : {clicks_of(kSqlite, tables(), question, {&range, 1}),
                                   users_of(kSqlite, tables(), question, {&range, 1})}) {
            EXPECT_THAT(store().plan(query),
                        AllOf(HasSubstr("(view_id=? AND hour=? AND feature_id=?)"),
                              HasSubstr("SEARCH marks USING"), Not(HasSubstr("SCAN"))));
        }
    }
}

// Groups of several buckets or of a value behind the feature cannot come in order; their rows do.
TEST_F(QueryPlans, SortOnlyGroupsThatMeetAcrossBuckets) {
    for (const auto& [name, question, range] : questions()) {
        if (name != "ranking of many buckets" && name != "values of a dimension") continue;
        const std::string clicks =
            store().plan(clicks_of(kSqlite, tables(), question, {&range, 1}));
        EXPECT_THAT(clicks, AllOf(HasSubstr("SEARCH"), Not(HasSubstr("SCAN")),
                                  HasSubstr("(view_id=? AND grain=? AND bucket>? AND bucket<?)")))
            << name;
    }
}

TEST_F(QueryPlans, ReadALiveHourByItsFeatures) {
    for (const auto& [name, question, range] : questions()) {
        if (!question.is_live || range.first != range.last) continue;
        const std::string_view keys = question.features.empty()
                                          ? "(view_id=? AND hour=?)"
                                          : "(view_id=? AND hour=? AND feature_id=?)";
        EXPECT_THAT(store().plan(clicks_of(kSqlite, tables(), question, {&range, 1})),
                    AllOf(kIsOrderedSearch, HasSubstr(keys)))
            << name;
        EXPECT_THAT(store().plan(users_of(kSqlite, tables(), question, {&range, 1})),
                    AllOf(kIsOrderedSearch, HasSubstr(keys)))
            << name;
    }
}

TEST_F(QueryPlans, TakeABucketWholeInTheOrderOfItsLabels) {
    for (const bool is_live : {false, true}) {
        const RowsQuestion bucket{
            .view = {1}, .is_live = is_live, .buckets = {kOneBucket}, .filters = {}};
        EXPECT_THAT(store().plan(clicks_in_bucket(kSqlite, tables(), bucket)), kIsOrderedSearch);
        EXPECT_THAT(store().plan(users_in_bucket(kSqlite, tables(), bucket)), kIsOrderedSearch);
    }
}

TEST_F(QueryPlans, NeverTouchClicksForUsersNorUsersForClicks) {
    const auto only = [](const std::string& table, const std::string& index) {
        return [=](const std::string& plan) {
            std::istringstream lines(plan);
            for (std::string line; std::getline(lines, line);) {
                if (!line.starts_with("SEARCH ")) return false;
                const std::string name = line.substr(7, line.find(' ', 7) - 7);
                if ('"' + name + '"' != table && '"' + name + '"' != index) return false;
            }
            return true;
        };
    };
    for (const auto& [name, question, range] : questions()) {
        if (!name.starts_with("series") && range.first != range.last) continue;
        if (name == "series of many live hours") continue;  // also asks which hours there are
        const std::string clicks = question.is_live ? tables().live : tables().settled;
        const std::string users = question.is_live ? tables().live_users : tables().settled_users;
        EXPECT_THAT(store().plan(clicks_of(kSqlite, tables(), question, {&range, 1})),
                    testing::Truly(only(clicks, tables().settled_by_bucket)))
            << name;
        EXPECT_THAT(store().plan(users_of(kSqlite, tables(), question, {&range, 1})),
                    testing::Truly(only(users, tables().settled_users_by_bucket)))
            << name;
    }
}

TEST_F(QueryPlans, LoadAndDeleteBySearch) {
    const std::string whole_key =
        "(view_id=? AND hour=? AND feature_id=? AND platform=? AND app_version=? AND partition=?)";
    EXPECT_THAT(store().plan(load_clicks(tables())), HasSubstr(whole_key));
    EXPECT_THAT(store().plan(load_users(tables())), HasSubstr(whole_key));
    for (const std::string& statement :
         {live_labels(tables()), delete_live_clicks(tables()), delete_live_users(tables()),
          delete_settled(tables()), delete_settled_users(tables())}) {
        EXPECT_THAT(store().plan(statement), kIsOrderedSearch) << statement;
    }
}

}  // namespace
}  // namespace clickmill::metrics_store::sql
