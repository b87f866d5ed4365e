#include "archive/engine.h"

#include "archive/duckdb_api.h"
#include "base/check.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace clickmill::archive {
namespace {

using duckdb::Api;

// What DuckDB hands out, given back when it goes.
template <typename Handle>
class Owned {
public:
    explicit Owned(void (*destroy)(Handle*)) : destroy_(destroy) {}
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() {
        if (handle_) destroy_(&handle_);
    }
    Handle* out() { return &handle_; }
    Handle get() const { return handle_; }

private:
    Handle handle_ = nullptr;
    void (*destroy_)(Handle*);
};

class DuckRowChunk final : public RowChunk {
public:
    DuckRowChunk(const Api& api, duckdb::Chunk chunk, std::span<const Column> columns) : api_(api) {
        for (size_t i = 0; i < columns.size(); ++i) {
            Cells cells{.vector = api.data_chunk_get_vector(chunk, i)};
            cells.data = api.vector_get_data(cells.vector);
            // All of them NULL to begin with.
            api.vector_ensure_validity_writable(cells.vector);
            cells.validity = api.vector_get_validity(cells.vector);
            std::memset(cells.validity, 0, (capacity() + 63) / 64 * sizeof(uint64_t));
            columns_.push_back(cells);
        }
    }

    size_t capacity() const override { return api_.vector_size(); }
    void set(size_t row, size_t column, bool value) override { put(row, column, value); }
    void set(size_t row, size_t column, int32_t value) override { put(row, column, value); }
    void set(size_t row, size_t column, int64_t value) override { put(row, column, value); }
    void set(size_t row, size_t column, std::string_view value) override {
        api_.vector_assign_string_element_len(valid(row, column).vector, row, value.data(),
                                              value.size());
    }
    void set(size_t row, size_t column,
             std::span<const std::pair<std::string_view, std::string_view>> value) override {
        duckdb::Vector list = valid(row, column).vector;
        const uint64_t begin = api_.list_vector_get_size(list);
        CHECK(api_.list_vector_reserve(list, begin + value.size()) == duckdb::kSuccess);
        CHECK(api_.list_vector_set_size(list, begin + value.size()) == duckdb::kSuccess);
        duckdb::Vector pairs = api_.list_vector_get_child(list);
        duckdb::Vector names = api_.struct_vector_get_child(pairs, 0);
        duckdb::Vector values = api_.struct_vector_get_child(pairs, 1);
        for (size_t i = 0; i < value.size(); ++i) {
            const auto& [name, text] = value[i];
            api_.vector_assign_string_element_len(names, begin + i, name.data(), name.size());
            api_.vector_assign_string_element_len(values, begin + i, text.data(), text.size());
        }
        put(row, column, duckdb::ListEntry{begin, value.size()});
    }

private:
    struct Cells {
        duckdb::Vector vector = nullptr;
        void* data = nullptr;
        uint64_t* validity = nullptr;
    };

    Cells& valid(size_t row, size_t column) {
        Cells& cells = columns_[column];
        cells.validity[row / 64] |= uint64_t{1} << (row % 64);
        return cells;
    }
    template <typename T>
    void put(size_t row, size_t column, const T& value) {
        std::memcpy(static_cast<char*>(valid(row, column).data) + row * sizeof(T), &value,
                    sizeof(T));
    }

    const Api& api_;
    std::vector<Cells> columns_;
};

// A table whose rows are made by a RowSource: what DuckDB's callbacks find again.
struct Table {
    std::vector<Column> columns;
    Engine::MakeSource make;
    std::optional<Error>& failure;  // of the statement that runs
};

struct Scan {
    Table& table;
    std::unique_ptr<RowSource> source;
};

duckdb::LogicalType type_of(const Api& api, ColumnType type) {
    switch (type) {
        case ColumnType::Bool:
            return api.create_logical_type(duckdb::Type::Boolean);
        case ColumnType::Int32:
            return api.create_logical_type(duckdb::Type::Integer);
        case ColumnType::Int64:
            return api.create_logical_type(duckdb::Type::BigInt);
        case ColumnType::Moment:
            return api.create_logical_type(duckdb::Type::TimestampTz);
        case ColumnType::Text:
            return api.create_logical_type(duckdb::Type::Varchar);
        case ColumnType::Bytes:
            return api.create_logical_type(duckdb::Type::Blob);
        case ColumnType::TextMap:
            break;
    }
    duckdb::LogicalType text = api.create_logical_type(duckdb::Type::Varchar);
    duckdb::LogicalType map = api.create_map_type(text, text);
    api.destroy_logical_type(&text);
    return map;
}

// The callbacks of every table; which one it is lies in DuckDB's extra info. Nothing may be thrown
// through a C interface, and nothing is.

void bind(duckdb::BindInfo info) {
    const auto& table = *static_cast<Table*>(duckdb::api().bind_get_extra_info(info));
    for (const Column& column : table.columns) {
        duckdb::LogicalType type = type_of(duckdb::api(), column.type);
        duckdb::api().bind_add_result_column(info, column.name, type);
        duckdb::api().destroy_logical_type(&type);
    }
}

void begin(duckdb::InitInfo info) {
    auto& table = *static_cast<Table*>(duckdb::api().init_get_extra_info(info));
    duckdb::api().init_set_max_threads(info, 1);  // rows stay in the source's order
    auto source = table.make();
    if (!source) {
        table.failure = std::move(source).error();
        duckdb::api().init_set_error(info, table.failure->message().c_str());
        return;
    }
    duckdb::api().init_set_init_data(info, new Scan{table, *std::move(source)},
                                     [](void* scan) { delete static_cast<Scan*>(scan); });
}

void next(duckdb::CallInfo info, duckdb::Chunk chunk) {
    auto& scan = *static_cast<Scan*>(duckdb::api().function_get_init_data(info));
    DuckRowChunk rows(duckdb::api(), chunk, scan.table.columns);
    const auto filled = scan.source->fill(rows);
    if (!filled) {
        scan.table.failure = filled.error();
        duckdb::api().function_set_error(info, filled.error().message().c_str());
    }
    duckdb::api().data_chunk_set_size(chunk, filled.value_or(0));
}

class DuckEngine final : public Engine {
public:
    explicit DuckEngine(const Api& api)
        : api_(api), database_(api.close), connection_(api.disconnect) {}

    Result<void> open(const EngineOptions& options) {
        Owned<duckdb::Config> config(api_.destroy_config);
        CHECK(api_.create_config(config.out()) == duckdb::kSuccess);
        const std::string memory = fmt::format("{}MiB", options.memory_mib);
        for (const auto& [name, value] : std::vector<std::pair<const char*, std::string>>{
                 {"threads", std::to_string(options.threads)},
                 {"memory_limit", memory},
                 {"temp_directory", options.scratch_folder},
                 {"autoinstall_known_extensions", "false"},
                 {"autoload_known_extensions", "false"},
                 {"allow_community_extensions", "false"}}) {
            if (api_.set_config(config.get(), name, value.c_str()) != duckdb::kSuccess)
                return fail(ErrorCode::Internal, "cannot set up DuckDB", name,
                            "it has no such setting");
        }
        char* why = nullptr;
        if (api_.open_ext(nullptr, database_.out(), config.get(), &why) != duckdb::kSuccess) {
            const std::string text = why ? why : "no reason given";
            api_.free(why);
            return fail(ErrorCode::Unavailable, "cannot start DuckDB", "", text);
        }
        if (api_.connect(database_.get(), connection_.out()) != duckdb::kSuccess)
            return fail(ErrorCode::Unavailable, "cannot connect to DuckDB");
        RETURN_IF_ERROR(run("SET TimeZone = 'UTC'"));
        RETURN_IF_ERROR(run("SET allowed_directories = " + list_of(options.folders)));
        RETURN_IF_ERROR(run("SET allowed_paths = " + list_of(options.files)));
        RETURN_IF_ERROR(run("SET enable_external_access = false"));
        return run("SET lock_configuration = true");
    }

    Result<void> add_table(const std::string& name, std::span<const Column> columns,
                           MakeSource make) override {
        Owned<duckdb::TableFunction> function(api_.destroy_table_function);
        *function.out() = api_.create_table_function();
        tables_.push_back(std::make_unique<Table>(
            Table{{columns.begin(), columns.end()}, std::move(make), failure_}));
        api_.table_function_set_name(function.get(), name.c_str());
        api_.table_function_set_extra_info(function.get(), tables_.back().get(), nullptr);
        api_.table_function_set_bind(function.get(), bind);
        api_.table_function_set_init(function.get(), begin);
        api_.table_function_set_function(function.get(), next);
        if (api_.register_table_function(connection_.get(), function.get()) != duckdb::kSuccess)
            return fail(ErrorCode::Internal, "cannot add a table to DuckDB", name);
        return {};
    }

    Result<void> run(const std::string& sql) override {
        const auto drain = [this](duckdb::Answer& answer) -> Result<void> {
            while (duckdb::Chunk chunk = api_.fetch_chunk(answer)) api_.destroy_data_chunk(&chunk);
            return {};
        };
        return execute(sql, nullptr, drain);
    }

    Result<void> ask(const std::string& sql, const OnRow& on_row,
                     const OnNames& on_names) override {
        RETURN_IF_ERROR(require_question(sql));
        // Whatever a column is, DuckDB knows it as text.
        return execute(
            fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({})", without_semicolon(sql)),
            nullptr, [&](duckdb::Answer& answer) { return hand_over(answer, on_row, on_names); });
    }

    Result<void> scan(const std::string& sql, std::span<const Column> columns,
                      const OnRows& on_rows) override {
        return execute(sql, nullptr, [&](duckdb::Answer& answer) -> Result<void> {
            CHECK(api_.column_count(&answer) == columns.size());
            std::vector<AnswerColumn> in_hand;
            for (;;) {
                Owned<duckdb::Chunk> chunk(api_.destroy_data_chunk);
                *chunk.out() = api_.fetch_chunk(answer);
                const uint64_t rows = chunk.get() ? api_.data_chunk_get_size(chunk.get()) : 0;
                if (rows == 0) return {};
                in_hand.clear();
                for (size_t i = 0; i < columns.size(); ++i) {
                    in_hand.push_back(
                        column_of(api_.data_chunk_get_vector(chunk.get(), i), columns[i].type));
                }
                RETURN_IF_ERROR(on_rows(rows, in_hand));
            }
        });
    }

    Result<void> require_question(const std::string& sql) override {
        return execute(sql, [](int32_t type) { return type == duckdb::kSelectStatement; }, {});
    }

    void interrupt() override { api_.interrupt(connection_.get()); }
    double progress() override { return api_.query_progress(connection_.get()).percentage / 100; }

private:
    using Accepts = bool (*)(int32_t statement_type);
    using Use = std::function<Result<void>(duckdb::Answer&)>;

    static std::string list_of(std::span<const std::string> texts) {
        std::string list;
        for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + literal_of(text);
        return "[" + list + "]";
    }

    Error error_of(const char* why, const std::string& sql) {
        if (failure_) return *std::exchange(failure_, std::nullopt);
        const std::string_view text = why ? why : "no reason given";
        const bool is_ours = text.starts_with("IO Error") || text.starts_with("Out of Memory");
        return Error{is_ours ? ErrorCode::Unavailable : ErrorCode::InvalidInput,
                     "DuckDB cannot do that", sql.substr(0, 200), std::string(text)};
    }

    // Prepares the statement; runs it, unless it is only asked whether it is `accepted`.
    Result<void> execute(const std::string& sql, Accepts accepts, const Use& use) {
        failure_.reset();
        Owned<duckdb::Statements> statements(api_.destroy_extracted);
        const uint64_t count =
            api_.extract_statements(connection_.get(), sql.c_str(), statements.out());
        if (count == 0) {
            const char* why = api_.extract_statements_error(statements.get());
            return std::unexpected(error_of(why && *why ? why : "there is no statement", sql));
        }
        if (count > 1) {
            return fail(ErrorCode::InvalidInput, "DuckDB cannot do that", sql.substr(0, 200),
                        "there is more than one statement");
        }
        Owned<duckdb::Prepared> prepared(api_.destroy_prepare);
        if (api_.prepare_extracted_statement(connection_.get(), statements.get(), 0,
                                             prepared.out()) != duckdb::kSuccess)
            return std::unexpected(error_of(api_.prepare_error(prepared.get()), sql));
        if (accepts) {
            if (accepts(api_.prepared_statement_type(prepared.get()))) return {};
            return fail(ErrorCode::InvalidInput, "cannot run this statement", sql.substr(0, 200),
                        "only a SELECT is answered: events are never changed");
        }
        Owned<duckdb::Pending> pending(api_.destroy_pending);
        if (api_.pending_prepared_streaming(prepared.get(), pending.out()) != duckdb::kSuccess)
            return std::unexpected(error_of(api_.pending_error(pending.get()), sql));
        duckdb::Answer answer{};
        const bool is_done = api_.execute_pending(pending.get(), &answer) == duckdb::kSuccess;
        Result<void> used;
        if (is_done) {
            used = use(answer);
        } else {
            used = std::unexpected(error_of(api_.result_error(&answer), sql));
        }
        // What fails while rows are fetched is found in the answer afterwards.
        if (const char* why = api_.result_error(&answer); used && why && *why)
            used = std::unexpected(error_of(why, sql));
        api_.destroy_result(&answer);
        return used;
    }

    Result<void> hand_over(duckdb::Answer& answer, const OnRow& on_row, const OnNames& on_names) {
        const uint64_t columns = api_.column_count(&answer);
        std::vector<std::string> names;
        names.reserve(columns);
        for (uint64_t i = 0; i < columns; ++i) names.emplace_back(api_.column_name(&answer, i));
        if (on_names) RETURN_IF_ERROR(on_names(names));
        Cells cells(columns);
        for (;;) {
            Owned<duckdb::Chunk> chunk(api_.destroy_data_chunk);
            *chunk.out() = api_.fetch_chunk(answer);
            if (!chunk.get()) return {};
            const uint64_t rows = api_.data_chunk_get_size(chunk.get());
            if (rows == 0) return {};
            for (uint64_t row = 0; row < rows; ++row) {
                for (uint64_t i = 0; i < columns; ++i) cells[i] = text_at(chunk.get(), i, row);
                RETURN_IF_ERROR(on_row(cells));
            }
        }
    }

    AnswerColumn column_of(duckdb::Vector vector, ColumnType type) {
        AnswerColumn::Data data{.validity = api_.vector_get_validity(vector),
                                .cells = api_.vector_get_data(vector)};
        if (type == ColumnType::TextMap) {
            duckdb::Vector entries = api_.list_vector_get_child(vector);
            data.keys = api_.vector_get_data(api_.struct_vector_get_child(entries, 0));
            data.values = api_.vector_get_data(api_.struct_vector_get_child(entries, 1));
        }
        return AnswerColumn(data);
    }

    std::optional<std::string_view> text_at(duckdb::Chunk chunk, uint64_t column, uint64_t row) {
        const AnswerColumn cells =
            column_of(api_.data_chunk_get_vector(chunk, column), ColumnType::Text);
        return cells.has(row) ? std::optional(cells.text(row)) : std::nullopt;
    }

    const Api& api_;
    std::optional<Error> failure_;                // of a source, while a statement runs
    std::vector<std::unique_ptr<Table>> tables_;  // live as long as DuckDB may call them
    Owned<duckdb::Database> database_;
    Owned<duckdb::Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
    RETURN_IF_ERROR(duckdb::load(options.library));
    auto engine = std::make_unique<DuckEngine>(duckdb::api());
    RETURN_IF_ERROR(engine->open(options));
    return std::unique_ptr<Engine>(std::move(engine));
}

namespace {

std::string_view text_of(const void* cells, size_t row) {
    const auto& cell = static_cast<const duckdb::StringCell*>(cells)[row];
    constexpr uint32_t kInside = 12;
    return {cell.length <= kInside ? cell.start : cell.bytes, cell.length};
}

}  // namespace

std::string_view AnswerColumn::text(size_t row) const {
    return has(row) ? text_of(data_.cells, row) : std::string_view();
}

void AnswerColumn::append_map(size_t row, Pairs& pairs) const {
    if (!has(row)) return;
    const auto& entry = static_cast<const duckdb::ListEntry*>(data_.cells)[row];
    for (uint64_t i = entry.offset; i < entry.offset + entry.length; ++i)
        pairs.emplace_back(text_of(data_.keys, i), text_of(data_.values, i));
}

std::string_view name_of(ColumnType type) {
    switch (type) {
        case ColumnType::Bool:
            return "BOOLEAN";
        case ColumnType::Int32:
            return "INTEGER";
        case ColumnType::Int64:
            return "BIGINT";
        case ColumnType::Moment:
            return "TIMESTAMP WITH TIME ZONE";
        case ColumnType::Text:
            return "VARCHAR";
        case ColumnType::Bytes:
            return "BLOB";
        case ColumnType::TextMap:
            return "MAP(VARCHAR, VARCHAR)";
    }
    return "";
}

Result<int64_t> ask_number(Engine& engine, const std::string& sql) {
    int64_t number = 0;
    RETURN_IF_ERROR(engine.ask(sql, [&](const Engine::Cells& cells) -> Result<void> {
        if (cells[0])
            std::from_chars(cells[0]->data(), cells[0]->data() + cells[0]->size(), number);
        return {};
    }));
    return number;
}

std::string without_semicolon(std::string sql) {
    sql.erase(sql.find_last_not_of("; \t\r\n") + 1);
    return sql + '\n';
}

std::string literal_of(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

}  // namespace clickmill::archive
