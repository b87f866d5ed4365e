// One connection with the statements that it prepared before, and short ways to bind and read.
#pragma once

#include "base/sqlite.h"
#include "base/types.h"
#include "fold/labels.h"
#include "metrics_store/sql/dialect.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace clickmill::metrics_store {

// Binds parameters in order: bind(statement).integer(1).text("a").labels(row.labels, 2)
class Binder {
public:
    explicit Binder(sqlite::Statement& statement) : statement_(statement) {}

    Binder& integer(int64_t value) {
        statement_.bind(++index_, value);
        return *this;
    }
    Binder& text(std::string_view value) {
        statement_.bind(++index_, value);
        return *this;
    }
    Binder& bytes(std::string_view value) {
        statement_.bind_blob(++index_, value);
        return *this;
    }
    Binder& null() {
        statement_.bind_null(++index_);
        return *this;
    }
    Binder& dimensions(const fold::Labels& labels, size_t count);

private:
    sqlite::Statement& statement_;
    int index_ = 0;
};

// Feature and `dimensions` values from the columns that begin at `first`.
fold::Labels read_labels(const sqlite::Statement& row, int first, size_t dimensions);

// One thread at a time.
class Session {
public:
    static Result<Session> open(const sqlite::OpenOptions& options);

    sqlite::Connection& connection() { return connection_; }
    // The statement, made at its first use; reset and ready to be bound. For texts of which there
    // are few: it is kept as long as the session.
    Result<sqlite::Statement*> statement(const std::string& text);
    // A statement for one use, its values bound.
    Result<sqlite::Statement> prepare(const sql::Query& query);

private:
    explicit Session(sqlite::Connection connection) : connection_(std::move(connection)) {}

    sqlite::Connection connection_;
    std::map<std::string, sqlite::Statement> statements_;
};

}  // namespace clickmill::metrics_store
