#include "metrics_store/sql/session.h"

#include <variant>

namespace clickmill::metrics_store::sql {

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

Binder& Binder::dimensions(const fold::Labels& labels, size_t count) {
    std::string_view rest = labels.text();
    for (size_t i = 0; i <= count; ++i) {
        const size_t end = rest.find('\0');
        if (i > 0) text(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return *this;
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

fold::Labels read_labels(const Statement& row, int first, size_t dimensions) {
    fold::Labels labels;
    for (size_t i = 0; i <= dimensions; ++i) labels.append(row.text(first + static_cast<int>(i)));
    return labels;
}

}  // namespace clickmill::metrics_store::sql
