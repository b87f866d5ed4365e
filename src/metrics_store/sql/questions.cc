#include "metrics_store/sql/questions.h"

#include <fmt/format.h>

namespace clickmill::metrics_store::sql {
namespace {

using Ranges = std::span<const BucketRange>;

// Builds one SELECT over live or settled rows; values join in the order of their parameters.
class RowsQuery {
public:
    RowsQuery(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& question)
        : dialect_(dialect), tables_(tables), question_(question) {}

    // The columns that the question groups by.
    std::string groups() const { return comma({group_bucket(), group_feature(), group_value()}); }

    std::string clicks_table() const {
        return question_.is_live ? tables_.live
                                 : settled(tables_.settled, tables_.settled_by_bucket);
    }
    std::string users_table() const {
        return question_.is_live ? tables_.live_users
                                 : settled(tables_.settled_users, tables_.settled_users_by_bucket);
    }

    std::string labels() const { return comma({"feature_id", comma(tables_.columns)}); }

    std::string where(Ranges ranges) {
        std::string text = fmt::format("view_id = {}", bind(int64_t{question_.view.value}));
        if (!question_.is_live)
            text += fmt::format(" AND grain = {}", bind(static_cast<int64_t>(question_.grain)));
        const bool is_one_bucket = ranges.size() == 1 && ranges[0].first == ranges[0].last;
        if (!is_one_bucket && question_.is_live && !question_.features.empty())
            text += fmt::format(" AND hour IN (SELECT hour FROM marks WHERE {})", marked(ranges));
        else
            text += " AND " + within(bucket(), ranges);
        if (dialect_.keeps_rows)
            text += question_.is_live ? of_live_hours(ranges) : of_standing_build(ranges);
        return text;
    }

    std::string filters() {
        std::string text;
        if (question_.features.empty())
            text = fmt::format(" AND feature_id <> {}", bind(std::string(kAllFeatures)));
        else
            text = " AND feature_id" + is_among(question_.features);
        for (const DimensionFilter& filter : question_.filters) {
            text +=
                fmt::format(" AND {}", tables_.columns[filter.dimension]) + is_among(filter.values);
        }
        return text;
    }

    Query take(std::string text) { return {std::move(text), std::move(values_)}; }

private:
    std::string bucket() const { return question_.is_live ? "hour" : "bucket"; }
    std::string group_bucket() const { return question_.by_bucket ? bucket() : ""; }
    std::string group_feature() const { return question_.by_feature ? "feature_id" : ""; }
    std::string group_value() const {
        return question_.by_dimension ? tables_.columns[*question_.by_dimension] : "";
    }

    // SQLite would rather read a grain's whole history in the order of features than sort the
    // groups of a few buckets.
    std::string settled(const std::string& table, const std::string& by_bucket) const {
        if (!question_.features.empty() || dialect_.indexed_by.empty()) return table;
        return table + std::string(dialect_.indexed_by) + by_bucket;
    }

    // The key of live rows has the hour before the feature, and an hour without a mark has no rows:
    // hour by hour only the features asked for are read, instead of all in a range of hours.
    std::string marked(Ranges hours) {
        const std::string view = bind(int64_t{question_.view.value});
        return fmt::format("view_id = {} AND {}", view, within("hour", hours));
    }

    std::string of_standing_build(Ranges buckets) {
        const std::string view = bind(int64_t{question_.view.value});
        const std::string grain = bind(static_cast<int64_t>(question_.grain));
        return fmt::format(
            " AND (bucket, build) IN (SELECT bucket, build FROM headers WHERE view_id = {} AND "
            "grain = {} AND {})",
            view, grain, within("bucket", buckets));
    }

    std::string of_live_hours(Ranges hours) {
        const std::string view = bind(int64_t{question_.view.value});
        return fmt::format(
            " AND hour NOT IN (SELECT bucket FROM headers WHERE view_id = {} AND grain = 0 AND "
            "is_live_gone <> 0 AND {})",
            view, within("bucket", hours));
    }

    std::string within(std::string_view column, Ranges ranges) {
        std::vector<std::string> parts;
        for (const BucketRange& range : ranges) {
            if (range.first == range.last) {
                parts.push_back(fmt::format("{} = {}", column, bind(range.first)));
                continue;
            }
            const std::string first = bind(range.first);
            parts.push_back(fmt::format("{} BETWEEN {} AND {}", column, first, bind(range.last)));
        }
        return parts.size() == 1 ? parts.front() : fmt::format("({})", fmt::join(parts, " OR "));
    }

    std::string bind(Value value) {
        values_.push_back(std::move(value));
        return parameters_.next();
    }

    std::string is_among(const std::vector<std::string>& values) {
        if (values.size() == 1) return fmt::format(" = {}", bind(values.front()));
        std::vector<std::string> parts;
        parts.reserve(values.size());
        for (const std::string& value : values) parts.push_back(bind(value));
        return fmt::format(" IN ({})", comma(parts));
    }

    const Dialect& dialect_;
    const RollupTables& tables_;
    const RowsQuestion& question_;
    Parameters parameters_;
    std::vector<Value> values_;
};

Query rows_of(RowsQuery& query, const std::string& table, const std::string& value, Ranges ranges) {
    std::string text =
        fmt::format("SELECT {} FROM {} WHERE ", comma({query.groups(), value}), table);
    text += query.where(ranges);
    text += query.filters();
    return query.take(std::move(text));
}

std::string load(const RollupTables& tables, const std::string& table, const std::string& value) {
    Parameters parameters;
    std::string text = fmt::format("SELECT {}, through FROM {} WHERE view_id = {}", value, table,
                                   parameters.next());
    for (const char* column : {"hour", "feature_id"})
        text += fmt::format(" AND {} = {}", column, parameters.next());
    for (const std::string& column : tables.columns)
        text += fmt::format(" AND {} = {}", column, parameters.next());
    return text + fmt::format(" AND partition = {}", parameters.next());
}

Query in_bucket(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& of,
                const std::string& table, const std::string& value) {
    RowsQuery query(dialect, tables, of);
    const std::string labels = query.labels();
    return query.take(fmt::format("SELECT {}, {} FROM {} WHERE {} ORDER BY {}", labels, value,
                                  table, query.where(Ranges(of.buckets).first(1)), labels));
}

}  // namespace

Query clicks_of(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& question,
                Ranges ranges) {
    RowsQuery query(dialect, tables, question);
    return rows_of(query, query.clicks_table(), "clicks", ranges);
}

Query users_of(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& question,
               Ranges ranges) {
    RowsQuery query(dialect, tables, question);
    return rows_of(query, query.users_table(), "sketch", ranges);
}

Query clicks_in_bucket(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& of) {
    return in_bucket(dialect, tables, of, of.is_live ? tables.live : tables.settled, "clicks");
}

Query users_in_bucket(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& of) {
    return in_bucket(dialect, tables, of, of.is_live ? tables.live_users : tables.settled_users,
                     "sketch");
}

std::string load_clicks(const RollupTables& tables) {
    return load(tables, tables.live, "clicks");
}

std::string load_users(const RollupTables& tables) {
    return load(tables, tables.live_users, "sketch");
}

std::string live_labels(const RollupTables& tables) {
    const std::string labels = comma({"feature_id", comma(tables.columns)});
    Parameters parameters;
    std::string where = "view_id = " + parameters.next();
    where += " AND hour = " + parameters.next();
    where += " AND partition = " + parameters.next();
    return fmt::format("SELECT {0} FROM {1} WHERE {3} UNION ALL SELECT {0} FROM {2} WHERE {3}",
                       labels, tables.live, tables.live_users, where);
}

}  // namespace clickmill::metrics_store::sql
