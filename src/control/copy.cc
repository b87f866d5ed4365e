#include "control/copy.h"

#include "control/homes.h"
#include "control/schema.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

namespace clickmill::control {
namespace {

enum class Kind { Text, Integer, Real };

struct Column {
    std::string_view name;
    Kind kind = Kind::Text;
};

struct Table {
    std::string_view name;
    std::vector<Column> columns;
    bool numbers_itself = false;  // its id
};

// In the order in which they point to each other.
std::vector<Table> tables() {
    const Column created{"created_at", Kind::Integer};
    const Column id{"id", Kind::Integer};
    const std::vector<Column> token = {
        {"token_hash"}, {"person", Kind::Integer}, {"expires_at", Kind::Integer}};
    return {
        {"projects",
         {{"id"},
          {"name"},
          {"zone"},
          {"week_start"},
          {"is_sample", Kind::Integer},
          {"secret"},
          created}},
        {"keys",
         {id,
          {"kind"},
          {"project"},
          {"hash"},
          {"hint"},
          {"origins"},
          {"events_per_second", Kind::Real},
          {"is_disabled", Kind::Integer},
          created},
         true},
        {"people", {id, {"name"}, {"role"}, created}, true},
        {"sign_ins", token},
        {"sessions", token},
        {"features",
         {{"project"},
          {"id"},
          {"name"},
          {"description"},
          {"owner"},
          {"tags"},
          {"state"},
          {"alias_of"},
          {"changed_at", Kind::Integer}}},
    };
}

using Row = std::vector<sql::Value>;

Result<std::vector<Row>> read(sql::Session& session, const Table& table) {
    std::vector<std::string> columns;
    columns.reserve(table.columns.size());
    for (const Column& column : table.columns)
        columns.push_back(fmt::format(
            fmt::runtime(column.kind == Kind::Real ? "CAST({} AS TEXT)" : "{}"), column.name));
    ASSIGN_OR_RETURN(
        const auto select,
        session.prepare({fmt::format("SELECT {} FROM {}", sql::comma(columns), table.name), {}}));
    std::vector<Row> rows;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, select->step());
        if (!has_row) return rows;
        Row& row = rows.emplace_back();
        for (size_t i = 0; i < table.columns.size(); ++i) {
            const int place = static_cast<int>(i);
            if (table.columns[i].kind == Kind::Integer)
                row.emplace_back(select->integer(place));
            else
                row.emplace_back(std::string(select->text(place)));
        }
    }
}

Result<void> write(sql::Session& session, const Table& table, const std::vector<Row>& rows) {
    std::vector<std::string> columns;
    std::vector<std::string> values;
    sql::Parameters parameters;
    for (const Column& column : table.columns) {
        columns.emplace_back(column.name);
        values.push_back(fmt::format(
            fmt::runtime(column.kind == Kind::Real ? "CAST({} AS DOUBLE PRECISION)" : "{}"),
            parameters.next()));
    }
    const std::string text = fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name,
                                         sql::comma(columns), sql::comma(values));
    for (const Row& row : rows) {
        ASSIGN_OR_RETURN(const auto insert, session.prepare({text, row}));
        RETURN_IF_ERROR(insert->run());
    }
    // A server's sequence knows nothing of ids that it has not given out itself.
    const std::string_view note = session.dialect().note_identities;
    if (!table.numbers_itself || note.empty() || rows.empty()) return {};
    return session.execute(fmt::format(fmt::runtime(note), table.name));
}

Result<bool> is_empty(sql::Session& session) {
    ASSIGN_OR_RETURN(
        const int64_t rows,
        sql::integer_of(
            session,
            {"SELECT (SELECT count(*) FROM projects) + (SELECT count(*) FROM people)", {}}));
    return rows == 0;
}

Result<void> check_empty(sql::Session& target) {
    ASSIGN_OR_RETURN(const bool is_free, is_empty(target));
    if (is_free) return {};
    return fail(ErrorCode::Conflict, "cannot copy the control store", "the new one",
                "projects or people are in it already; name an empty database");
}

}  // namespace

Result<int64_t> copy_control(const Options& from, const Options& to) {
    std::error_code error;
    if (from.url.empty() && !std::filesystem::exists(from.path, error))
        return fail(ErrorCode::NotFound, "cannot copy the control store", from.path,
                    "there is no such file");
    ASSIGN_OR_RETURN(const auto source, connect(from));
    ASSIGN_OR_RETURN(const auto target, connect(to));
    ASSIGN_OR_RETURN(const bool has_nothing, is_empty(*source));
    if (has_nothing)
        return fail(ErrorCode::NotFound, "cannot copy the control store", "the old one",
                    "there are no projects and no people in it");
    // Before any lock: one that is copied onto itself would wait for itself.
    RETURN_IF_ERROR(check_empty(*target));
    // Both wait: what is changed in the old one meanwhile would be lost.
    ASSIGN_OR_RETURN(const auto reading, sql::Transaction::begin(*source, kChange));
    ASSIGN_OR_RETURN(auto writing, sql::Transaction::begin(*target, kChange));
    RETURN_IF_ERROR(check_empty(*target));
    int64_t copied = 0;
    for (const Table& table : tables()) {
        ASSIGN_OR_RETURN(const std::vector<Row> rows, read(*source, table));
        RETURN_IF_ERROR(write(*target, table, rows));
        copied += static_cast<int64_t>(rows.size());
    }
    RETURN_IF_ERROR(commit_change(*target, writing));
    return copied;
}

}  // namespace clickmill::control
