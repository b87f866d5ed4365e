#include "cli/feature_csv.h"

#include "base/spreadsheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csv.h>
#include <utility>

namespace clickmill::cli {
namespace {

using control::FeatureChange;

constexpr std::array<std::string_view, 7> kColumns = {"feature_id", "name",  "description", "owner",
                                                      "tags",       "state", "alias_of"};
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // of spreadsheets that write UTF-8

struct Line {
    size_t number = 0;  // of the line on which it begins, from 1
    std::vector<std::string> cells;
};

std::unexpected<Error> refuse(size_t line, std::string why) {
    return fail(ErrorCode::InvalidInput, "cannot read the catalogue", fmt::format("line {}", line),
                std::move(why));
}

// libcsv tells of cells and of lines; empty lines it skips.
struct Table {
    std::vector<Line> lines;
    Line open;
    size_t line_breaks = 0;  // within cells, of the lines so far
};

void on_cell(void* data, size_t length, void* user) {
    auto& table = *static_cast<Table*>(user);
    table.open.cells.emplace_back(static_cast<const char*>(data), length);
}

void on_line(int, void* user) {
    auto& table = *static_cast<Table*>(user);
    table.open.number = table.lines.size() + 1 + table.line_breaks;
    for (const std::string& cell : table.open.cells)
        table.line_breaks += static_cast<size_t>(std::ranges::count(cell, '\n'));
    table.lines.push_back(std::exchange(table.open, {}));
}

Result<std::vector<Line>> read_lines(std::string_view text) {
    csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return refuse(0, "the CSV parser cannot be made");
    Table table;
    const size_t read = csv_parse(&parser, text.data(), text.size(), on_cell, on_line, &table);
    const bool is_whole = read == text.size() && csv_fini(&parser, on_cell, on_line, &table) == 0;
    const std::string why = csv_strerror(csv_error(&parser));
    csv_free(&parser);
    if (!is_whole) {
        return refuse(table.lines.size() + 1 + table.line_breaks,
                      why +
                          ": a cell with a quote, a comma or a line break stands between "
                          "quotes, and a quote in it is written twice");
    }
    return std::move(table.lines);
}

// Which member each column is; the index into kColumns.
Result<std::vector<size_t>> read_head(const Line& head) {
    std::vector<size_t> columns;
    for (const std::string& name : head.cells) {
        const auto found = std::ranges::find(kColumns, name);
        const auto column = static_cast<size_t>(found - kColumns.begin());
        if (found == kColumns.end())
            return refuse(head.number, fmt::format("column '{}' is none of {}", name,
                                                   fmt::join(kColumns, ", ")));
        if (std::ranges::find(columns, column) != columns.end())
            return refuse(head.number, fmt::format("column '{}' stands twice", name));
        columns.push_back(column);
    }
    if (std::ranges::find(columns, size_t{0}) == columns.end())
        return refuse(head.number, "the first line names the columns, feature_id among them");
    return columns;
}

// Also one with apostrophes before it, of which one is a mark.
bool looks_like_formula(std::string_view text) {
    while (text.starts_with('\'')) text.remove_prefix(1);
    return is_formula(text);
}

std::string without_mark(std::string cell) {
    if (cell.starts_with('\'') && looks_like_formula(cell)) cell.erase(0, 1);
    return cell;
}

std::vector<std::string> tags_of(std::string_view cell) {
    std::vector<std::string> tags;
    while (!cell.empty()) {
        const size_t end = std::min(cell.find(';'), cell.size());
        std::string_view tag = cell.substr(0, end);
        while (tag.starts_with(' ')) tag.remove_prefix(1);
        while (tag.ends_with(' ')) tag.remove_suffix(1);
        if (!tag.empty()) tags.emplace_back(tag);
        cell.remove_prefix(std::min(end + 1, cell.size()));
    }
    return tags;
}

Result<FeatureChange> read_change(const Line& line, const std::vector<size_t>& columns) {
    if (line.cells.size() != columns.size())
        return refuse(line.number, fmt::format("{} cells, and the first line names {} columns",
                                               line.cells.size(), columns.size()));
    FeatureChange change;
    for (size_t i = 0; i < columns.size(); ++i) {
        const std::string cell = without_mark(line.cells[i]);
        const std::string_view name = kColumns[columns[i]];
        if (name == "feature_id") change.id = cell;
        if (name == "name") change.name = cell;
        if (name == "description") change.description = cell;
        if (name == "owner") change.owner = cell;
        if (name == "tags") change.tags = tags_of(cell);
        if (name == "alias_of") change.alias_of = cell;
        if (name == "state" && !cell.empty()) {
            const auto state = control::feature_state_named(cell);
            if (!state)
                return refuse(line.number, fmt::format("state '{}': {}", cell, state.error().why));
            change.state = *state;
        }
    }
    if (change.id.empty()) return refuse(line.number, "feature_id is empty");
    return change;
}

void append_cell(std::string& out, std::string_view text) {
    std::string marked = looks_like_formula(text) ? "'" : "";
    marked += text;
    std::string quoted(2 * marked.size() + 2, '\0');  // as libcsv needs at most
    quoted.resize(csv_write(quoted.data(), quoted.size(), marked.data(), marked.size()));
    out += quoted;
}

}  // namespace

Result<std::vector<FeatureChange>> read_feature_csv(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    ASSIGN_OR_RETURN(const std::vector<Line> lines, read_lines(text));
    if (lines.empty())
        return refuse(1,
                      "the file is empty; its first line names the columns, feature_id among "
                      "them");
    ASSIGN_OR_RETURN(const std::vector<size_t> columns, read_head(lines.front()));
    std::vector<FeatureChange> changes;
    for (size_t i = 1; i < lines.size(); ++i) {
        ASSIGN_OR_RETURN(FeatureChange change, read_change(lines[i], columns));
        changes.push_back(std::move(change));
    }
    return changes;
}

std::string feature_csv_of(std::span<const control::Feature> features) {
    std::string out = fmt::format("{}\r\n", fmt::join(kColumns, ","));
    for (const control::Feature& feature : features) {
        const std::string tags = fmt::format("{}", fmt::join(feature.tags, ";"));
        const std::string_view cells[] = {
            feature.id,      feature.name, feature.description,
            feature.owner,   tags,         control::name_of(feature.state),
            feature.alias_of};
        for (size_t i = 0; i < std::size(cells); ++i) {
            if (i > 0) out += ',';
            append_cell(out, cells[i]);
        }
        out += "\r\n";
    }
    return out;
}

}  // namespace clickmill::cli
