#include "metrics_store/sqlite/session.h"

#include <variant>

namespace clickmill::metrics_store {

Binder& Binder::dimensions(const fold::Labels& labels, size_t count) {
    std::string_view rest = labels.text();
    for (size_t i = 0; i <= count; ++i) {
        const size_t end = rest.find('\0');
        if (i > 0) text(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return *this;
}

fold::Labels read_labels(const sqlite::Statement& row, int first, size_t dimensions) {
    fold::Labels labels;
    for (size_t i = 0; i <= dimensions; ++i) labels.append(row.text(first + static_cast<int>(i)));
    return labels;
}

Result<Session> Session::open(const sqlite::OpenOptions& options) {
    ASSIGN_OR_RETURN(sqlite::Connection connection, sqlite::Connection::open(options));
    // Finds a damaged cell when its page is read, not when it is used.
    RETURN_IF_ERROR(connection.execute("PRAGMA cell_size_check = ON"));
    return Session(std::move(connection));
}

Result<sqlite::Statement*> Session::statement(const std::string& text) {
    auto found = statements_.find(text);
    if (found == statements_.end()) {
        ASSIGN_OR_RETURN(sqlite::Statement made, connection_.prepare(text));
        found = statements_.emplace(text, std::move(made)).first;
    }
    found->second.reset();
    return &found->second;
}

Result<sqlite::Statement> Session::prepare(const sql::Query& query) {
    ASSIGN_OR_RETURN(sqlite::Statement made, connection_.prepare(query.text));
    Binder binder(made);
    for (const sql::Value& value : query.values) {
        if (const auto* number = std::get_if<int64_t>(&value))
            binder.integer(*number);
        else
            binder.text(std::get<std::string>(value));
    }
    return made;
}

}  // namespace clickmill::metrics_store
