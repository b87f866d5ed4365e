// One connection to a SQL database, whichever it is: what the SQL stores share is written against
// this. Implementations: sqlite_session.h, postgres_session.h, and for reading the metrics store's
// of ClickHouse.
#pragma once

#include "base/result.h"
#include "base/types.h"
#include "sql/dialect.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace clickmill::sql {

// What takes the values of a statement's parameters, by index from 1; texts and bytes are copied.
class Values {
public:
    virtual ~Values() = default;

    virtual void bind(int index, int64_t number) = 0;
    virtual void bind(int index, std::string_view text) = 0;
    virtual void bind_bytes(int index, std::string_view bytes) = 0;
    virtual void bind_null(int index) = 0;
};

// A statement with its values: parameters are ?1, ?2 and so on, in every dialect. One thread.
class Statement : public Values {
public:
    // Goes to the next row: true while there is one. After false the statement is reset.
    virtual Result<bool> step() = 0;
    // To the end, whatever rows are left; then the statement is reset.
    virtual Result<void> run() = 0;
    // Back to before the first row; values stay.
    virtual void reset() = 0;

    // Of the row; views are valid until the next step.
    virtual int64_t integer(int column) const = 0;  // 0 for NULL
    virtual std::string_view text(int column) const = 0;
    virtual std::string_view bytes(int column) const = 0;
};

// What a transaction is going to change, and so who has to wait for it.
struct Change {
    enum class Kind {
        Partition,
        Builds,
        Everything,
        Control,  // projects, keys and people, which lie beside all that
    };
    Kind kind = Kind::Everything;
    PartitionId partition{};  // of Kind::Partition
};

// What can be asked. One thread at a time.
class ReadSession {
public:
    virtual ~ReadSession() = default;

    virtual const Dialect& dialect() const = 0;
    // The statement, made at its first use; reset and ready to be bound. For texts of which there
    // are few: it is kept as long as the session.
    virtual Result<Statement*> statement(const std::string& text) = 0;
    // A statement for one use, its values bound.
    virtual Result<std::unique_ptr<Statement>> prepare(const Query& query) = 0;
};

// And changed, in transactions.
class Session : public ReadSession {
public:
    // Runs one or more statements that take no values and give no rows that matter.
    virtual Result<void> execute(const std::string& text) = 0;
    // Runs an INSERT ... VALUES (?1, ...) for so many rows, each with the values that `bind` gives
    // it. Of one key there is one row.
    using BindOne = std::function<void(size_t which, Values&)>;
    virtual Result<void> run_all(const std::string& text, size_t count, const BindOne& bind);
    // Runs one that gives a row at most, in the same way; `found` is told of each row.
    using Found = std::function<void(size_t which, const Statement& row)>;
    virtual Result<void> find_all(const std::string& text, size_t count, const BindOne& bind,
                                  const Found& found);
    virtual int64_t changes() const = 0;  // rows changed by the last statement

    // Whoever changes the same waits until this transaction ends.
    virtual Result<void> begin(const Change& change) = 0;
    virtual Result<void> commit() = 0;
    virtual void roll_back() = 0;

    // Whether the connection still stands, as far as is known without asking for anything.
    virtual bool is_alive() { return true; }
};

// The first column of the first row; 0 where there is none.
Result<int64_t> integer_of(ReadSession& session, const Query& query);

// From begin() to commit(); rolls back when it goes without.
class Transaction {
public:
    static Result<Transaction> begin(Session& session, const Change& change);
    Transaction(Transaction&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(Session& session) : session_(&session) {}
    Session* session_;
};

// Binds values in order: Binder(statement).integer(1).text("a")
class Binder {
public:
    explicit Binder(Values& values) : values_(values) {}

    Binder& integer(int64_t value) {
        values_.bind(++index_, value);
        return *this;
    }
    Binder& text(std::string_view value) {
        values_.bind(++index_, value);
        return *this;
    }
    Binder& bytes(std::string_view value) {
        values_.bind_bytes(++index_, value);
        return *this;
    }
    Binder& null() {
        values_.bind_null(++index_);
        return *this;
    }
    Binder& values(const Query& query);

private:
    Values& values_;
    int index_ = 0;
};

}  // namespace clickmill::sql
