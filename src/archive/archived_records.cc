#include "archive/archived_records.h"

#include "archive/file_writer.h"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <vector>

namespace clickmill::archive {
namespace {

using event::Event;
using event::Line;

// What decides who clicked what.
constexpr event::LabelField kAlways[] = {
    {"project", &Event::project},           {"event_id", &Event::event_id},
    {"feature_id", &Event::feature_id},     {"user_id", &Event::user_id},
    {"anonymous_id", &Event::anonymous_id}, {"session_id", &Event::session_id},
};

// What is asked of a file, and where in a row it stands.
struct Columns {
    explicit Columns(const WantedDimensions& wanted) {
        for (const event::LabelField& column : kAlways) add_text(column);
        for (const event::LabelField& column : event::kLabelFields) {
            if (wanted.contains(column.name)) add_text(column);
        }
        if (wanted.contains("experiment") || wanted.contains("variant"))
            experiments = add({"experiments", ColumnType::TextMap});
        for (const std::string& dimension : wanted) {
            if (dimension.starts_with("properties.") && !properties)
                properties = add({"properties", ColumnType::Text});
        }
    }

    size_t add(Column column) {
        all.push_back(column);
        return all.size() - 1;
    }
    void add_text(const event::LabelField& column) {
        texts.emplace_back(add({column.name, ColumnType::Text}), column.text);
    }
    std::string names() const {
        std::string list;
        for (const Column& column : all)
            list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", column.name);
        return list;
    }

    std::vector<Column> all = {{"offset", ColumnType::Int64},
                               {"append_time", ColumnType::Moment},
                               {"received_at", ColumnType::Moment},
                               {"bot", ColumnType::Bool},
                               {"fault", ColumnType::Text}};
    enum : size_t { AtOffset, AppendTime, ReceivedAt, Bot, Fault };
    std::vector<std::pair<size_t, std::string_view Event::*>> texts;
    std::optional<size_t> experiments;
    std::optional<size_t> properties;
};

// Puts the rows of a record together. Its texts are DuckDB's; when its rows go before the record is
// complete, it keeps a copy.
class RecordBuilder {
public:
    RecordBuilder(const Columns& columns, const OnRecord& on_record)
        : columns_(columns), on_record_(on_record) {}

    Result<void> take(size_t rows, std::span<const AnswerColumn> cells) {
        for (size_t row = 0; row < rows; ++row) {
            const Offset offset{cells[Columns::AtOffset].integer(row)};
            if (used_ > 0 && offset != record_.offset) RETURN_IF_ERROR(hand_over());
            record_.offset = offset;
            record_.append_time = moment_of(cells[Columns::AppendTime].integer(row));
            add_line(row, cells);
        }
        keep_texts();
        return {};
    }
    Result<void> end() { return used_ > 0 ? hand_over() : Result<void>{}; }

private:
    Result<void> hand_over() {
        record_.lines = {lines_.data(), used_};
        used_ = kept_ = 0;
        const auto taken = on_record_(record_);
        properties_.forget();
        arenas_.clear();
        return taken;
    }

    Line& next_line() {
        if (used_ == lines_.size()) lines_.emplace_back();
        Line& line = lines_[used_++];
        line.readable = false;
        line.error = {};
        line.event.experiments.clear();
        line.event.properties.clear();
        return line;
    }

    void add_line(size_t row, std::span<const AnswerColumn> cells) {
        Line& line = next_line();
        if (cells[Columns::Fault].has(row)) {
            line.error = "it was no event when it was archived";
            return;
        }
        Event& event = line.event;
        line.readable = true;
        event.received_at = moment_of(cells[Columns::ReceivedAt].integer(row));
        event.bot = cells[Columns::Bot].flag(row);
        for (const auto& [column, text] : columns_.texts) event.*text = cells[column].text(row);
        if (columns_.experiments) {
            pairs_.clear();
            cells[*columns_.experiments].append_map(row, pairs_);
            for (const auto& [name, value] : pairs_) event.experiments.push_back({name, value});
        }
        if (!columns_.properties || !cells[*columns_.properties].has(row)) return;
        // As live: an event whose properties break the rules is none once a rollup stands on them.
        line.readable =
            properties_.read_properties(cells[*columns_.properties].text(row), event.properties);
        if (!line.readable) line.error = "its properties break the text rules";
    }

    // Of lines whose rows are about to go. Properties are copies already.
    void keep_texts() {
        size_t bytes = 0;
        for_each_text([&](std::string_view& text) { bytes += text.size(); });
        if (bytes > 0) {
            std::string& arena = arenas_.emplace_back();
            arena.reserve(bytes);
            for_each_text([&](std::string_view& text) {
                const size_t begin = arena.size();
                arena += text;
                text = std::string_view(arena).substr(begin);
            });
        }
        kept_ = used_;
    }
    template <typename Use>
    void for_each_text(Use use) {
        for (size_t i = kept_; i < used_; ++i) {
            if (!lines_[i].readable) continue;
            for (const auto& [column, text] : columns_.texts) use(lines_[i].event.*text);
            for (event::NamedValue& pair : lines_[i].event.experiments) {
                use(pair.name);
                use(pair.value);
            }
        }
    }

    const Columns& columns_;
    const OnRecord& on_record_;
    ArchivedRecord record_;
    std::vector<Line> lines_;
    size_t used_ = 0;
    size_t kept_ = 0;  // of those, lines whose texts are in arenas_
    std::deque<std::string> arenas_;
    event::LineReader properties_{event::Reads::Properties};
    AnswerColumn::Pairs pairs_;
};

}  // namespace

Result<void> read_records(const EngineOptions& options, ObjectStore& store, const FileName& file,
                          const std::string& log_id, Offset from, const WantedDimensions& wanted,
                          const OnRecord& on_record) {
    ASSIGN_OR_RETURN(const LocalFile local, store.get(text_of(file)));
    const std::string& path = local.path();
    EngineOptions own = options;
    own.files.push_back(path);
    ASSIGN_OR_RETURN(const auto engine, Engine::open(own));
    ASSIGN_OR_RETURN(const std::string found, log_id_of(*engine, path));
    if (found != log_id) {
        return fail(ErrorCode::Corrupt, "cannot replay an archive file", text_of(file),
                    "it is of another event log");
    }
    const Columns columns(wanted);
    Result<void> taken;  // what on_record said, apart from what is wrong with the file
    const OnRecord note = [&](const ArchivedRecord& record) {
        taken = on_record(record);
        return taken;
    };
    RecordBuilder builder(columns, note);
    auto scanned =
        engine->scan(fmt::format("SELECT {} FROM read_parquet({}) WHERE \"offset\" >= {}",
                                 columns.names(), literal_of(path), from.value),
                     columns.all, [&](size_t rows, std::span<const AnswerColumn> cells) {
                         return builder.take(rows, cells);
                     });
    if (scanned) scanned = builder.end();
    if (!taken) return taken;
    if (scanned || scanned.error().code == ErrorCode::Unavailable) return scanned;
    return fail(ErrorCode::Corrupt, "cannot read an archive file", text_of(file),
                scanned.error().why);
}

}  // namespace clickmill::archive
