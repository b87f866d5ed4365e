// Answers of rows: clicks are grouped by SQL, sketches are streamed and united here.
#include "metrics_store/sql/questions.h"
#include "metrics_store/sqlite/sqlite_snapshot.h"

#include <map>
#include <tuple>

namespace clickmill::metrics_store {
namespace {

using sql::kSqlite;

// Reads the leading columns that a question groups by.
class GroupReader {
public:
    explicit GroupReader(const RowsQuestion& question) : question_(question) {}

    Group read(const sqlite::Statement& row) const {
        Group group;
        int column = 0;
        if (question_.by_bucket) group.bucket = row.integer(column++);
        if (question_.by_feature) group.feature = row.text(column++);
        if (question_.by_dimension) group.value = row.text(column++);
        return group;
    }
    int columns() const {
        return (question_.by_bucket ? 1 : 0) + (question_.by_feature ? 1 : 0) +
               (question_.by_dimension ? 1 : 0);
    }

private:
    const RowsQuestion& question_;
};

// Groups by key; several ranges of buckets may meet in one.
class Groups {
public:
    Group& at(Group&& group) {
        auto key = std::tuple(group.bucket, group.feature, group.value);
        return groups_.try_emplace(std::move(key), std::move(group)).first->second;
    }
    std::vector<Group> take() {
        std::vector<Group> list;
        list.reserve(groups_.size());
        for (auto& [key, group] : groups_) list.push_back(std::move(group));
        return list;
    }

private:
    std::map<std::tuple<calendar::BucketKey, std::string, std::string>, Group> groups_;
};

Result<int64_t> add_clicks(Session& session, const sql::Query& query, const RowsQuestion& question,
                           Groups& groups) {
    ASSIGN_OR_RETURN(sqlite::Statement rows, session.prepare(query));
    const GroupReader reader(question);
    int64_t read = 0;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows.step());
        if (!has_row) return read;
        const int64_t count = rows.integer(reader.columns() + 1);
        if (count == 0) continue;  // the sum of nothing
        read += count;
        Group& group = groups.at(reader.read(rows));
        if (__builtin_add_overflow(group.clicks, rows.integer(reader.columns()), &group.clicks)) {
            return fail(ErrorCode::Internal, "cannot sum clicks", group.feature,
                        "the sum is beyond 64 bits");
        }
    }
}

Result<int64_t> add_users(Session& session, const sql::Query& query, const RowsQuestion& question,
                          Groups& groups) {
    ASSIGN_OR_RETURN(sqlite::Statement rows, session.prepare(query));
    const GroupReader reader(question);
    int64_t read = 0;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows.step());
        if (!has_row) return read;
        ++read;
        Group& group = groups.at(reader.read(rows));
        RETURN_IF_ERROR(group.users.unite_bytes(rows.blob(reader.columns())));
    }
}

}  // namespace

Result<RowsAnswer> read_rows(Session& session, const Catalog& catalog,
                             const RowsQuestion& question) {
    RowsAnswer answer;
    const StoredView* stored = catalog.find(question.view);
    if (!stored) return answer;
    Groups groups;
    for (const BucketRange& range : question.buckets) {
        if (question.clicks) {
            ASSIGN_OR_RETURN(
                const int64_t read,
                add_clicks(session, sql::clicks_of(kSqlite, *stored->tables, question, range),
                           question, groups));
            answer.rows_read += read;
        }
        if (question.users) {
            ASSIGN_OR_RETURN(
                const int64_t read,
                add_users(session, sql::users_of(kSqlite, *stored->tables, question, range),
                          question, groups));
            answer.rows_read += read;
        }
    }
    answer.groups = groups.take();
    return answer;
}

Result<std::vector<SettledRow>> read_bucket(Session& session, const Catalog& catalog,
                                            const RowsQuestion& of) {
    const StoredView* stored = catalog.find(of.view);
    if (!stored) return std::vector<SettledRow>{};
    const size_t dimensions = stored->dimensions();
    const int value = static_cast<int>(dimensions) + 1;
    std::map<fold::Labels, std::pair<int64_t, std::optional<fold::Hll>>> sums;

    ASSIGN_OR_RETURN(sqlite::Statement clicks,
                     session.prepare(sql::clicks_in_bucket(kSqlite, *stored->tables, of)));
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, clicks.step());
        if (!has_row) break;
        sums[read_labels(clicks, 0, dimensions)].first += clicks.integer(value);
    }
    ASSIGN_OR_RETURN(sqlite::Statement users,
                     session.prepare(sql::users_in_bucket(kSqlite, *stored->tables, of)));
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, users.step());
        if (!has_row) break;
        auto& sketch = sums[read_labels(users, 0, dimensions)].second;
        if (!sketch) sketch.emplace();
        RETURN_IF_ERROR(sketch->unite_bytes(users.blob(value)));
    }
    std::vector<SettledRow> rows;
    rows.reserve(sums.size());
    for (const auto& [labels, sum] : sums)
        rows.push_back({labels, sum.first, sum.second ? sum.second->bytes() : std::string()});
    return rows;
}

}  // namespace clickmill::metrics_store
