#include "metrics_store/clickhouse/session.h"

#include "metrics_store/clickhouse/row_binary.h"

#include <fmt/core.h>

#include <vector>

namespace clickmill::metrics_store {

class ChReadSession::ChStatement final : public sql::Statement {
public:
    ChStatement(ChClient& client, std::string text) : client_(client), text_(std::move(text)) {}

    void bind(int index, int64_t number) override { set(index, std::to_string(number), true); }
    void bind(int index, std::string_view text) override { set(index, escaped_text(text), false); }
    void bind_bytes(int index, std::string_view bytes) override { bind(index, bytes); }
    void bind_null(int index) override { set(index, "\\N", false); }

    Result<bool> step() override {
        if (!is_running_) RETURN_IF_ERROR(execute());
        if (reader_.is_at_end()) {
            const Result<void> whole = reader_.check_whole();
            reset();
            RETURN_IF_ERROR(whole);
            return false;
        }
        for (size_t i = 0; i < columns_.size(); ++i) read_value(columns_[i], values_[i]);
        return true;
    }
    Result<void> run() override {
        RETURN_IF_ERROR(execute());
        reset();
        return {};
    }
    void reset() override {
        is_running_ = false;
        answer_.clear();
        reader_ = RowBinaryReader({});
    }

    int64_t integer(int column) const override { return values_[at(column)].number; }
    std::string_view text(int column) const override { return values_[at(column)].text; }
    std::string_view bytes(int column) const override { return text(column); }

private:
    struct Value {
        int64_t number = 0;
        std::string_view text;
    };

    static size_t at(int column) { return static_cast<size_t>(column); }

    void set(int index, std::string value, bool is_number) {
        const auto place = static_cast<size_t>(index) - 1;
        if (place >= parameters_.size()) {
            parameters_.resize(place + 1);
            is_number_.resize(place + 1);
        }
        parameters_[place] = {fmt::format("p{}", index), std::move(value)};
        is_number_[place] = is_number;
    }

    // ?1 of the shared statements is {p1:Int64} here; what stands in quotes stays.
    std::string typed_text() const {
        std::string out;
        char quote = 0;
        for (size_t i = 0; i < text_.size(); ++i) {
            const char c = text_[i];
            if (quote != 0 ? c == quote : c == '"' || c == '\'') quote = quote != 0 ? '\0' : c;
            if (quote != 0 || c != '?') {
                out += c;
                continue;
            }
            size_t number = 0;
            while (i + 1 < text_.size() && text_[i + 1] >= '0' && text_[i + 1] <= '9')
                number = number * 10 + static_cast<size_t>(text_[++i] - '0');
            const bool is_number = number - 1 < is_number_.size() && is_number_[number - 1];
            out += fmt::format("{{p{}:{}}}", number, is_number ? "Int64" : "String");
        }
        return out;
    }

    Result<void> execute() {
        ASSIGN_OR_RETURN(answer_,
                         client_.query(typed_text(), "RowBinaryWithNamesAndTypes", parameters_));
        reader_ = RowBinaryReader(answer_);
        ASSIGN_OR_RETURN(columns_, read_columns(reader_));
        values_.assign(columns_.size(), Value());
        is_running_ = true;
        return {};
    }

    void read_value(const RowBinaryColumn& column, Value& value) {
        value = {};
        if (column.is_nullable && reader_.unsigned_of(1) != 0) return;
        if (column.kind == RowBinaryColumn::Kind::Text) {
            value.text = reader_.text();
            return;
        }
        const uint64_t raw = reader_.unsigned_of(column.width);
        const auto unused = static_cast<int>(64 - column.width * 8);
        value.number = static_cast<int64_t>(raw << unused);
        if (column.kind == RowBinaryColumn::Kind::Signed)
            value.number >>= unused;  // with its sign
        else
            value.number = static_cast<int64_t>(raw);
    }

    ChClient& client_;
    const std::string text_;
    std::vector<ChParameter> parameters_;
    std::vector<bool> is_number_;
    std::string answer_;
    RowBinaryReader reader_{{}};
    std::vector<RowBinaryColumn> columns_;
    std::vector<Value> values_;
    bool is_running_ = false;
};

ChReadSession::ChReadSession(ChClient& client) : client_(client) {}

ChReadSession::~ChReadSession() = default;

Result<sql::Statement*> ChReadSession::statement(const std::string& text) {
    auto& kept = statements_[text];
    if (!kept) kept = std::make_unique<ChStatement>(client_, text);
    kept->reset();
    return kept.get();
}

Result<std::unique_ptr<sql::Statement>> ChReadSession::prepare(const sql::Query& query) {
    auto statement = std::make_unique<ChStatement>(client_, query.text);
    sql::Binder(*statement).values(query);
    return statement;
}

}  // namespace clickmill::metrics_store
