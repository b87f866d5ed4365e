#include "sql/postgres_session.h"

#include "sql/inserted_rows.h"
#include "sql/postgres_types.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <tuple>

namespace clickmill::sql {
namespace {

constexpr int kBinary = 1;
// Statements sent before their answers are looked at; libpq reads while it sends, so neither side
// waits for the other.
constexpr size_t kPipelined = 512;
// What one INSERT takes at most.
constexpr int32_t kRowsAtOnce = 5'000;
constexpr size_t kBytesAtOnce = 8 << 20;

// ?1 of the shared statements is $1 here; what stands in quotes stays.
std::string with_dollars(std::string_view text) {
    std::string out(text);
    char quote = 0;
    for (char& c : out) {
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '?') {
            c = '$';
        }
    }
    return out;
}

// Words of the server end with a line break, and may have several lines.
std::string in_one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_space = c == '\n' || c == '\t' || c == ' ';
        if (!is_space) out += c;
        if (is_space && !out.empty() && out.back() != ' ') out += ' ';
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

// SQLSTATE classes, from the manual's appendix A.
ErrorCode code_of(std::string_view state) {
    if (state == "22003") return ErrorCode::Internal;         // a number is out of range
    if (state.starts_with("23")) return ErrorCode::Conflict;  // a key is taken, or points nowhere
    for (const std::string_view retried :
         {"08", "25", "28", "40", "42501", "53", "55", "57", "3D"}) {
        if (state.starts_with(retried)) return ErrorCode::Unavailable;
    }
    return state.starts_with("XX") ? ErrorCode::Unavailable : ErrorCode::Internal;
}

std::string remedy_of(std::string_view state, std::string_view setting) {
    if (state == "25006")
        return fmt::format("; {} has to name the primary, not a replica", setting);
    if (state == "42501") return fmt::format("; grant the right to the role in {}", setting);
    if (state.starts_with("53100")) return "; nothing is lost, it goes on once there is space";
    if (state == "53300") return "; raise max_connections, or let fewer processes connect";
    return "";
}

}  // namespace

class PgSession::PgStatement final : public Statement {
public:
    // `is_kept`: the server keeps its plan.
    PgStatement(PgSession& session, const std::string& text, bool is_kept)
        : session_(session), text_(with_dollars(text)), is_kept_(is_kept) {}

    void bind(int index, int64_t number) override { set(index, kInt8, to_network(number)); }
    void bind(int index, std::string_view text) override { set(index, kText, std::string(text)); }
    void bind_bytes(int index, std::string_view bytes) override {
        set(index, kBytea, std::string(bytes));
    }
    void bind_null(int index) override { set(index, kUnknown, std::nullopt); }
    void bind(std::vector<InsertedRows::Array> arrays) {
        values_.clear();
        for (InsertedRows::Array& array : arrays)
            values_.push_back({array.type, std::move(array.bytes)});
    }

    Result<bool> step() override {
        if (!result_) {
            RETURN_IF_ERROR(execute());
        } else {
            ++row_;
        }
        if (row_ < PQntuples(result_.get())) return true;
        reset();
        return false;
    }
    Result<void> run() override {
        if (!result_) RETURN_IF_ERROR(execute());
        reset();
        return {};
    }
    void reset() override {
        result_.reset();
        row_ = 0;
    }

    int64_t integer(int column) const override {
        const char* value = PQgetvalue(result_.get(), row_, column);
        switch (PQgetlength(result_.get(), row_, column)) {
            case 8:
                return from_network<int64_t>(value);
            case 4:
                return from_network<int32_t>(value);
            case 1:
                return *value;
            default:
                return 0;
        }
    }
    std::string_view text(int column) const override { return bytes(column); }
    std::string_view bytes(int column) const override {
        return {PQgetvalue(result_.get(), row_, column),
                static_cast<size_t>(PQgetlength(result_.get(), row_, column))};
    }

    // Another's answer, as if it were of step().
    void show(PgResult result) {
        result_ = std::move(result);
        row_ = 0;
    }
    // Gives it to the server without waiting for the answer.
    Result<void> send() {
        RETURN_IF_ERROR(prepare());
        const Pointers pointers(values_);
        if (PQsendQueryPrepared(session_.connection_.get(), name_.c_str(), pointers.count,
                                pointers.values.data(), pointers.lengths.data(),
                                pointers.formats.data(), kBinary) == 1) {
            return {};
        }
        return std::unexpected(session_.error_of(nullptr, "cannot send to the database"));
    }
    // At its first use, when the types of its values are known.
    Result<void> prepare() {
        if (!name_.empty()) return {};
        const Pointers pointers(values_);
        const std::string name = fmt::format("s{}", ++session_.prepared_);
        RETURN_IF_ERROR(
            session_.checked(PQprepare(session_.connection_.get(), name.c_str(), text_.c_str(),
                                       pointers.count, pointers.types.data())));
        name_ = name;
        return {};
    }

private:
    struct Value {
        Oid type = kUnknown;
        std::optional<std::string> bytes;
    };
    // As libpq wants them.
    struct Pointers {
        explicit Pointers(const std::vector<Value>& from) : count(static_cast<int>(from.size())) {
            for (const Value& value : from) {
                values.push_back(value.bytes ? value.bytes->data() : nullptr);
                lengths.push_back(value.bytes ? static_cast<int>(value.bytes->size()) : 0);
                formats.push_back(kBinary);
                types.push_back(value.type);
            }
        }
        int count;
        std::vector<const char*> values;
        std::vector<int> lengths;
        std::vector<int> formats;
        std::vector<Oid> types;
    };

    void set(int index, Oid type, std::optional<std::string> bytes) {
        const auto place = static_cast<size_t>(index - 1);
        if (values_.size() <= place) values_.resize(place + 1);
        values_[place] = {type, std::move(bytes)};
    }
    Result<void> execute() {
        PGconn* connection = session_.connection_.get();
        const Pointers pointers(values_);
        row_ = 0;
        if (!is_kept_) {
            ASSIGN_OR_RETURN(result_,
                             session_.checked(PQexecParams(
                                 connection, text_.c_str(), pointers.count, pointers.types.data(),
                                 pointers.values.data(), pointers.lengths.data(),
                                 pointers.formats.data(), kBinary)));
            return {};
        }
        RETURN_IF_ERROR(prepare());
        ASSIGN_OR_RETURN(result_,
                         session_.checked(PQexecPrepared(
                             connection, name_.c_str(), pointers.count, pointers.values.data(),
                             pointers.lengths.data(), pointers.formats.data(), kBinary)));
        return {};
    }

    PgSession& session_;
    const std::string text_;
    const bool is_kept_;
    std::string name_;  // empty: not prepared
    std::vector<Value> values_;
    PgResult result_;
    int row_ = 0;
};

PgSession::PgSession(std::unique_ptr<PGconn, PgDelete> connection, PgPurpose purpose)
    : connection_(std::move(connection)), purpose_(purpose) {}

PgSession::~PgSession() = default;

Result<void> PgSession::check_url(const std::string& url, PgPurpose purpose) {
    PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
    PQconninfoFree(options);
    if (options) return {};
    // libpq's words repeat the url, which may hold a password.
    return fail(ErrorCode::InvalidInput, fmt::format("cannot use {}", purpose.store),
                std::string(purpose.setting),
                "a url is postgresql://user:password@host:5432/database");
}

Result<std::unique_ptr<PgSession>> PgSession::open(const std::string& url, PgPurpose purpose) {
    // What the url says wins over these, whatever the order (expand_dbname).
    const std::array<const char*, 6> names = {
        "connect_timeout", "tcp_user_timeout", "fallback_application_name",
        "client_encoding", "dbname",           nullptr};
    const std::array<const char*, 6> values = {"5",    "30000",     "clickmill",
                                               "UTF8", url.c_str(), nullptr};
    std::unique_ptr<PGconn, PgDelete> connection(PQconnectdbParams(names.data(), values.data(), 1));
    std::unique_ptr<PgSession> session(new PgSession(std::move(connection), purpose));
    PQsetNoticeProcessor(session->connection_.get(), [](void*, const char*) {}, nullptr);
    if (PQstatus(session->connection_.get()) == CONNECTION_OK) return session;
    Error error =
        session->error_of(nullptr, fmt::format("cannot connect to the {}", purpose.store));
    error.code = ErrorCode::Unavailable;
    error.why += fmt::format("; server, name and password are those of {}", purpose.setting);
    return std::unexpected(std::move(error));
}

bool PgSession::is_alive() {
    return PQconsumeInput(connection_.get()) == 1 && PQstatus(connection_.get()) == CONNECTION_OK;
}

bool PgSession::is_idle() const {
    return PQstatus(connection_.get()) == CONNECTION_OK &&
           PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

Error PgSession::error_of(const PGresult* result, std::string what) const {
    const char* field = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    const std::string state = field ? field : "";
    const char* primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
    const char* words = primary ? primary : PQerrorMessage(connection_.get());
    const bool is_lost = PQstatus(connection_.get()) != CONNECTION_OK;
    const char* host = PQhost(connection_.get());
    const char* port = PQport(connection_.get());
    const char* database = PQdb(connection_.get());
    Error error{.code = is_lost || state.empty() ? ErrorCode::Unavailable : code_of(state),
                .what = std::move(what),
                .where = fmt::format("PostgreSQL {}:{}/{}", host ? host : "", port ? port : "",
                                     database ? database : ""),
                .why = in_one_line(words)};
    if (!state.empty()) error.why += fmt::format(" ({})", state);
    error.why += remedy_of(state, purpose_.setting);
    return error;
}

Error PgSession::refusal(const PGresult* result) const {
    return error_of(result, fmt::format("the {} refuses", purpose_.store));
}

Result<PgResult> PgSession::checked(PGresult* result) {
    PgResult owned(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return std::unexpected(refusal(result));
    const std::string_view changed = PQcmdTuples(result);
    changes_ = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), changes_);
    return owned;
}

Result<Statement*> PgSession::statement(const std::string& text) {
    auto& kept = statements_[text];
    if (!kept) kept = std::make_unique<PgStatement>(*this, text, true);
    kept->reset();
    return kept.get();
}

Result<std::unique_ptr<Statement>> PgSession::prepare(const Query& query) {
    auto statement = std::make_unique<PgStatement>(*this, query.text, false);
    Binder(*statement).values(query);
    return statement;
}

Result<void> PgSession::execute(const std::string& text) {
    RETURN_IF_ERROR(checked(PQexec(connection_.get(), text.c_str())));
    return {};
}

Result<void> PgSession::run_all(const std::string& text, size_t count, const BindOne& bind) {
    InsertedRows rows;
    for (size_t i = 0; i < count; ++i) {
        bind(i, rows);
        rows.end_row();
        const bool is_last = i + 1 == count;
        if (!is_last && rows.rows() < kRowsAtOnce && rows.bytes() < kBytesAtOnce) continue;
        ASSIGN_OR_RETURN(Statement * insert, statement(rows.text_of(text)));
        static_cast<PgStatement&>(*insert).bind(rows.take());
        RETURN_IF_ERROR(insert->run());
    }
    return {};
}

Result<void> PgSession::find_all(const std::string& text, size_t count, const BindOne& bind,
                                 const Found& found) {
    if (count == 0) return {};
    ASSIGN_OR_RETURN(Statement * shared, statement(text));
    auto& one = static_cast<PgStatement&>(*shared);
    bind(0, one);
    RETURN_IF_ERROR(one.prepare());
    if (PQenterPipelineMode(connection_.get()) != 1)
        return std::unexpected(error_of(nullptr, "cannot send to the database"));
    Result<void> done;
    for (size_t first = 0; done && first < count; first += kPipelined) {
        const size_t end = std::min(count, first + kPipelined);
        for (size_t i = first; done && i < end; ++i) {
            if (i > 0) bind(i, one);
            done = one.send();
        }
        if (!done || PQpipelineSync(connection_.get()) != 1) {
            if (done) done = std::unexpected(error_of(nullptr, "cannot send to the database"));
            break;
        }
        done = read_answers(one, first, end, found);
    }
    if (PQexitPipelineMode(connection_.get()) != 1 && done)
        done = std::unexpected(error_of(nullptr, "cannot send to the database"));
    return done;
}

// One result and a null for each statement, then that of the sync.
Result<void> PgSession::read_answers(PgStatement& of, size_t first, size_t end,
                                     const Found& found) {
    Result<void> done;
    for (size_t i = first; i < end; ++i) {
        PGresult* result = PQgetResult(connection_.get());
        if (!result) return std::unexpected(refusal(nullptr));
        const bool is_skipped = PQresultStatus(result) == PGRES_PIPELINE_ABORTED;
        auto answer = checked(result);
        if (answer && found && PQntuples(answer->get()) > 0) {
            of.show(*std::move(answer));
            found(i, of);
            of.reset();
        } else if (!answer && done && !is_skipped) {
            done = std::unexpected(std::move(answer).error());
        }
        while (PgResult rest{PQgetResult(connection_.get())}) {
        }
    }
    PgResult sync(PQgetResult(connection_.get()));
    if (done && PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC)
        return std::unexpected(refusal(nullptr));
    return done;
}

Result<void> PgSession::begin(const Change& change) {
    constexpr int32_t kControl = -1;
    constexpr int32_t kEverything = 0;
    constexpr int32_t kBuilds = 1;
    constexpr int32_t kFirstPartition = 2;
    const auto lock = [](std::string_view how, int32_t number) {
        return fmt::format("SELECT pg_advisory_xact_lock{}({}, {});", how, kPgLocks, number);
    };
    std::string text = "BEGIN ISOLATION LEVEL READ COMMITTED;";
    switch (change.kind) {
        case Change::Kind::Control:
            text += lock("", kControl);
            break;
        case Change::Kind::Everything:
            text += lock("", kEverything);
            break;
        case Change::Kind::Builds:
            text += lock("_shared", kEverything) + lock("", kBuilds);
            break;
        case Change::Kind::Partition:
            text +=
                lock("_shared", kEverything) + lock("", kFirstPartition + change.partition.value);
            break;
    }
    Result<void> begun = execute(text);
    if (!begun) roll_back();
    return begun;
}

// A transaction that failed ends with ROLLBACK as its answer.
Result<void> PgSession::commit() {
    ASSIGN_OR_RETURN(const PgResult result, checked(PQexec(connection_.get(), "COMMIT")));
    if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return {};
    return fail(ErrorCode::Unavailable, "cannot commit", "", "the transaction had failed before");
}

void PgSession::roll_back() {
    if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) std::ignore = execute("ROLLBACK");
}

}  // namespace clickmill::sql
