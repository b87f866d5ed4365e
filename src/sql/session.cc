#include "sql/session.h"

#include <variant>

namespace clickmill::sql {

Result<void> Session::run_all(const std::string& text, size_t count, const BindOne& bind) {
    if (count == 0) return {};
    ASSIGN_OR_RETURN(Statement * one, statement(text));
    for (size_t i = 0; i < count; ++i) {
        bind(i, *one);
        RETURN_IF_ERROR(one->run());
    }
    return {};
}

Result<void> Session::find_all(const std::string& text, size_t count, const BindOne& bind,
                               const Found& found) {
    if (count == 0) return {};
    ASSIGN_OR_RETURN(Statement * one, statement(text));
    for (size_t i = 0; i < count; ++i) {
        bind(i, *one);
        ASSIGN_OR_RETURN(const bool has_row, one->step());
        if (has_row) found(i, *one);
        one->reset();
    }
    return {};
}

Result<int64_t> integer_of(ReadSession& session, const Query& query) {
    ASSIGN_OR_RETURN(const auto rows, session.prepare(query));
    ASSIGN_OR_RETURN(const bool has_row, rows->step());
    return has_row ? rows->integer(0) : 0;
}

Result<Transaction> Transaction::begin(Session& session, const Change& change) {
    RETURN_IF_ERROR(session.begin(change));
    return Transaction(session);
}

Transaction::~Transaction() {
    if (session_) session_->roll_back();
}

Result<void> Transaction::commit() {
    RETURN_IF_ERROR(session_->commit());
    session_ = nullptr;
    return {};
}

Binder& Binder::values(const Query& query) {
    for (const Value& value : query.values) {
        if (const auto* number = std::get_if<int64_t>(&value))
            integer(*number);
        else
            text(std::get<std::string>(value));
    }
    return *this;
}

}  // namespace clickmill::sql
