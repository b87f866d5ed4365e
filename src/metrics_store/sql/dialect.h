// In what the SQL of the stores differs. The statements themselves are built once, for any dialect.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace clickmill::metrics_store::sql {

struct Dialect {
    std::string_view integer = "INTEGER";  // 64 bits
    std::string_view text = "TEXT";
    std::string_view bytes = "BLOB";
    std::string_view clustered = " WITHOUT ROWID";      // stores a table in the order of its key
    std::string_view greatest = "max";                  // the larger of two values
    std::string_view identity = "INTEGER PRIMARY KEY";  // a key that numbers itself
    // How many tables, views and indexes have the name ?1, whatever its case, or one like ?2.
    std::string_view count_relations =
        "SELECT count(*) FROM sqlite_master WHERE name = ?1 COLLATE NOCASE OR name LIKE ?2 ESCAPE "
        "'\\'";
    std::string_view indexed_by = " INDEXED BY ";  // names the index to use; empty: cannot
};

inline constexpr Dialect kSqlite;

// A value of a statement; what comes from outside is never part of its text.
using Value = std::variant<int64_t, std::string>;

struct Query {
    std::string text;
    std::vector<Value> values;  // of its parameters, in order
};

// `"properties.plan"`: a name that may hold any character.
std::string quoted(std::string_view identifier);

// Hands out the parameters of one statement in order.
class Parameters {
public:
    std::string next() { return "?" + std::to_string(++count_); }
    std::string next(size_t count);  // "?1, ?2, ?3"

private:
    int count_ = 0;
};

// Joins the parts that are not empty with ", ".
std::string comma(const std::vector<std::string>& parts);

}  // namespace clickmill::metrics_store::sql
