// clickmill raw query, export, cat, schema: SQL over every raw event, while a server runs or not.
#include "archive/event_table.h"
#include "calendar/calendar.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/raw_world.h"

#include <fmt/format.h>

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace clickmill::cli {

namespace {

using archive::Engine;

constexpr size_t kTableRows = 1'000;  // a terminal shows; more are for the other formats

// Says on a terminal how far a question is, once it takes long.
class QuestionProgress {
public:
    explicit QuestionProgress(Engine& engine) {
        if (isatty(STDERR_FILENO) == 0) return;
        thread_ = std::jthread([&engine](std::stop_token stop) {
            std::mutex mutex;
            std::condition_variable_any changed;
            std::unique_lock lock(mutex);
            ProgressLine line;
            while (!changed.wait_for(lock, stop, std::chrono::seconds(1),
                                     [&] { return stop.stop_requested(); })) {
                const double done = engine.progress();
                if (done >= 0) line.show(fmt::format("{:.0f} % read", 100 * done));
            }
        });
    }

private:
    std::jthread thread_;
};

// Standard output, or a file that is whole or not there.
class Output {
public:
    static Result<std::unique_ptr<Output>> open(const std::string& path) {
        auto output = std::make_unique<Output>();
        if (path.empty()) return output;
        output->file_ = std::fopen(path.c_str(), "w");
        if (output->file_) return output;
        return fail(ErrorCode::Unavailable, "cannot write the answer", path, std::strerror(errno));
    }
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() {
        if (file_) std::fclose(file_);
    }

    Result<void> write(std::string_view text) {
        if (std::fwrite(text.data(), 1, text.size(), stream()) == text.size()) return {};
        return cannot();
    }
    Result<void> flush() { return std::fflush(stream()) == 0 ? Result<void>() : cannot(); }

private:
    std::FILE* stream() { return file_ ? file_ : stdout; }
    static Result<void> cannot() {
        return fail(ErrorCode::Unavailable, "cannot write the answer", "", std::strerror(errno));
    }
    std::FILE* file_ = nullptr;
};

// RFC 4180. NULL is nothing between two commas, an empty text a pair of quotes.
void append_csv(std::string& line, std::optional<std::string_view> cell) {
    if (!cell) return;
    if (!cell->empty() && cell->find_first_of(",\"\r\n") == std::string_view::npos) {
        line += *cell;
        return;
    }
    line += '"';
    for (const char c : *cell) {
        line += c;
        if (c == '"') line += c;
    }
    line += '"';
}

Result<void> answer_as_csv(Engine& engine, const std::string& sql, Output& output) {
    const auto write = [&](const auto& cells) {
        std::string line;
        for (const auto& cell : cells) {
            append_csv(line, cell);
            line += ',';
        }
        line.back() = '\n';
        return output.write(line);
    };
    return engine.ask(sql, write, write);
}

Result<void> answer_as_json(Engine& engine, const std::string& sql, Output& output) {
    RETURN_IF_ERROR(engine.require_question(sql));
    return engine.ask(
        fmt::format("SELECT to_json(answer) FROM ({}) AS answer", archive::without_semicolon(sql)),
        [&](const Engine::Cells& cells) -> Result<void> {
            RETURN_IF_ERROR(output.write(cells[0].value_or("null")));
            return output.write("\n");
        });
}

Result<void> answer_as_table(Engine& engine, const std::string& sql) {
    std::vector<std::vector<std::string>> table;
    size_t rows = 0;
    const auto take_names = [&](const std::vector<std::string>& names) -> Result<void> {
        table.push_back(names);
        return {};
    };
    const auto take_row = [&](const Engine::Cells& cells) -> Result<void> {
        if (++rows > kTableRows) return {};
        auto& row = table.emplace_back();
        for (const auto& cell : cells) row.emplace_back(cell.value_or("NULL"));
        return {};
    };
    RETURN_IF_ERROR(engine.ask(sql, take_row, take_names));
    print_table(table);
    if (rows > kTableRows) {
        fmt::print(stderr, "{} of {} rows; --format csv, json or parquet has all\n", kTableRows,
                   rows);
    }
    return {};
}

Result<void> answer_as_parquet(Engine& engine, const std::string& sql, const std::string& out) {
    RETURN_IF_ERROR(engine.require_question(sql));
    return engine.run(fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd)",
                                  archive::without_semicolon(sql), archive::literal_of(out)));
}

Result<void> answer(Engine& engine, const std::string& sql, const std::string& format,
                    const std::string& out) {
    const QuestionProgress progress(engine);
    if (format == "parquet") return answer_as_parquet(engine, sql, out);
    if (format == "table") return answer_as_table(engine, sql);
    ASSIGN_OR_RETURN(const auto output, Output::open(out));
    RETURN_IF_ERROR(format == "csv" ? answer_as_csv(engine, sql, *output)
                                    : answer_as_json(engine, sql, *output));
    return output->flush();
}

int answer_question(const RawArguments& arguments, const std::string& sql,
                    const std::string& format) {
    if (format == "parquet" && arguments.out.empty()) {
        fmt::print(stderr, "clickmill: --format parquet wants --out FILE\n");
        return kWrongUse;
    }
    if (format == "table" && !arguments.out.empty()) {
        fmt::print(stderr, "clickmill: --out wants --format csv, json or parquet\n");
        return kWrongUse;
    }
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    const auto events =
        RawWorld::open(*config, {.memory_mib = arguments.memory_mib, .out = arguments.out});
    if (!events) return report(events.error());
    if (const auto done = answer((*events)->engine(), sql, format, arguments.out); !done)
        return report(done.error());
    return (*events)->is_whole() ? kDone : kFailed;
}

// "append_time >= ... AND ...", or nothing.
Result<std::string> condition_of(const RawArguments& arguments) {
    std::vector<std::string> parts;
    ASSIGN_OR_RETURN(const auto utc, calendar::Calendar::make("UTC", calendar::WeekStart::Monday));
    for (const auto& [text, compares] : {std::pair(arguments.from, ">="), {arguments.to, "<"}}) {
        if (text.empty()) continue;
        ASSIGN_OR_RETURN(const Moment moment, utc.parse(text));
        parts.push_back(
            fmt::format("append_time {} make_timestamptz({})", compares, microseconds_of(moment)));
    }
    if (!arguments.project.empty())
        parts.push_back("project = " + archive::literal_of(arguments.project));
    return parts.empty() ? std::string() : fmt::format(" WHERE {}", fmt::join(parts, " AND "));
}

}  // namespace

int query_raw(const RawArguments& arguments) {
    return answer_question(arguments, arguments.sql,
                           arguments.format.empty() ? "table" : arguments.format);
}

int export_raw(const RawArguments& arguments) {
    const auto condition = condition_of(arguments);
    if (!condition) return report(condition.error());
    return answer_question(arguments, "SELECT * FROM events" + *condition,
                           arguments.format.empty() ? "json" : arguments.format);
}

int print_raw_schema() {
    std::vector<std::vector<std::string>> table = {{"column", "type", "what"}};
    for (const archive::Column& column : archive::event_columns())
        table.push_back({column.name, std::string(name_of(column.type)), column.meaning});
    print_table(table);
    return kDone;
}

}  // namespace clickmill::cli
