// Answers of rows: they are streamed, and summed and united here.
#include "base/combine.h"
#include "metrics_store/sql/questions.h"
#include "metrics_store/sql/reads.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>

namespace clickmill::metrics_store {
namespace {

// Reads the leading columns that a question groups by; `bucket`, `feature` and `value` hold until
// the next row.
class GroupReader {
public:
    explicit GroupReader(const RowsQuestion& question)
        : has_bucket_(question.by_bucket),
          has_feature_(question.by_feature),
          has_value_(question.by_dimension.has_value()) {}

    void read(const sql::Statement& row) {
        int column = 0;
        if (has_bucket_) bucket = row.integer(column++);
        if (has_feature_) feature = row.text(column++);
        if (has_value_) value = row.text(column++);
    }
    int columns() const { return int{has_bucket_} + int{has_feature_} + int{has_value_}; }
    bool is_in(const Group& group) const {
        return group.bucket == bucket && group.feature == feature && group.value == value;
    }
    Group group() const {
        return {.bucket = bucket,
                .feature = std::string(feature),
                .value = std::string(value),
                .clicks = 0,
                .users = {}};
    }

    calendar::BucketKey bucket = 0;
    std::string_view feature;
    std::string_view value;

private:
    const bool has_bucket_;
    const bool has_feature_;
    const bool has_value_;
};

// Collects groups as their rows come. Rows of one group stand together mostly, so a list that is
// put in order now and then needs no look-up by row, and stays near the size of the answer.
class Groups {
public:
    Group& at(const GroupReader& row) {
        if (list_.empty() || !row.is_in(list_.back())) {
            if (list_.size() >= full_) tidy();
            list_.push_back(row.group());
        }
        return list_.back();
    }
    Result<std::vector<Group>> take() {
        tidy();
        if (!is_sum_known_) {
            return fail(ErrorCode::Internal, "cannot sum clicks", "a group of rows",
                        "the sum is beyond 64 bits");
        }
        return std::move(list_);
    }
    void add_clicks(Group& group, int64_t clicks) {
        if (__builtin_add_overflow(group.clicks, clicks, &group.clicks)) is_sum_known_ = false;
    }

private:
    void tidy() {
        combine_equal(
            list_,
            [](const Group& group) {
                return std::tuple(group.bucket, std::string_view(group.feature),
                                  std::string_view(group.value));
            },
            [this](Group& kept, const Group& next) {
                add_clicks(kept, next.clicks);
                kept.users.unite(next.users);
            });
        full_ = std::max(kFirstFull, list_.size() * 2);
    }

    static constexpr size_t kFirstFull = 16'384;
    std::vector<Group> list_;
    size_t full_ = kFirstFull;
    bool is_sum_known_ = true;
};

Result<int64_t> add_clicks(sql::ReadSession& session, const sql::Query& query,
                           const RowsQuestion& question, Groups& groups) {
    ASSIGN_OR_RETURN(const auto rows, session.prepare(query));
    GroupReader reader(question);
    int64_t read = 0;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return read;
        ++read;
        reader.read(*rows);
        groups.add_clicks(groups.at(reader), rows->integer(reader.columns()));
    }
}

Result<int64_t> add_users(sql::ReadSession& session, const sql::Query& query,
                          const RowsQuestion& question, Groups& groups) {
    ASSIGN_OR_RETURN(const auto rows, session.prepare(query));
    GroupReader reader(question);
    int64_t read = 0;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return read;
        ++read;
        reader.read(*rows);
        RETURN_IF_ERROR(groups.at(reader).users.unite_bytes(rows->bytes(reader.columns())));
    }
}

}  // namespace

Result<RowsAnswer> read_rows(sql::ReadSession& session, const Catalog& catalog,
                             const RowsQuestion& question) {
    RowsAnswer answer;
    const StoredView* stored = catalog.find(question.view);
    if (!stored) return answer;
    Groups groups;
    const sql::Dialect& dialect = session.dialect();
    for (std::span<const BucketRange> rest = question.buckets; !rest.empty();) {
        const auto ranges = rest.first(std::min(rest.size(), dialect.ranges_at_once));
        rest = rest.subspan(ranges.size());
        if (question.clicks) {
            ASSIGN_OR_RETURN(
                const int64_t read,
                add_clicks(session, sql::clicks_of(dialect, *stored->tables, question, ranges),
                           question, groups));
            answer.rows_read += read;
        }
        if (question.users) {
            ASSIGN_OR_RETURN(
                const int64_t read,
                add_users(session, sql::users_of(dialect, *stored->tables, question, ranges),
                          question, groups));
            answer.rows_read += read;
        }
    }
    ASSIGN_OR_RETURN(answer.groups, groups.take());
    return answer;
}

Result<std::vector<SettledRow>> read_bucket(sql::ReadSession& session, const Catalog& catalog,
                                            const RowsQuestion& of) {
    const StoredView* stored = catalog.find(of.view);
    if (!stored) return std::vector<SettledRow>{};
    const size_t dimensions = stored->dimensions();
    const int value = static_cast<int>(dimensions) + 1;
    std::map<fold::Labels, std::pair<int64_t, std::optional<fold::Hll>>> sums;

    ASSIGN_OR_RETURN(const auto clicks, session.prepare(sql::clicks_in_bucket(
                                            session.dialect(), *stored->tables, of)));
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, clicks->step());
        if (!has_row) break;
        sums[sql::read_labels(*clicks, 0, dimensions)].first += clicks->integer(value);
    }
    ASSIGN_OR_RETURN(const auto users,
                     session.prepare(sql::users_in_bucket(session.dialect(), *stored->tables, of)));
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, users->step());
        if (!has_row) break;
        auto& sketch = sums[sql::read_labels(*users, 0, dimensions)].second;
        if (!sketch) sketch.emplace();
        RETURN_IF_ERROR(sketch->unite_bytes(users->bytes(value)));
    }
    std::vector<SettledRow> rows;
    rows.reserve(sums.size());
    for (const auto& [labels, sum] : sums)
        rows.push_back({labels, sum.first, sum.second ? sum.second->bytes() : std::string()});
    return rows;
}

}  // namespace clickmill::metrics_store
