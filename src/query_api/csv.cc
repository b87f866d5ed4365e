#include "query_api/csv.h"

#include "base/spreadsheet.h"

#include <fmt/format.h>

#include <cmath>

namespace clickmill::query_api {
namespace {

double rounded(double ratio) {
    return std::round(ratio * 10'000) / 10'000;
}

std::string heading_of(const SeriesLine& line) {
    if (!line.by) return line.feature.value_or("all features");
    return line.feature ? *line.feature + " / " + *line.by : *line.by;
}

}  // namespace

void CsvWriter::separate() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
}

CsvWriter& CsvWriter::text(std::string_view text) {
    separate();
    const bool is_quoted = text.find_first_of(",\"\r\n") != std::string_view::npos ||
                           text.starts_with(' ') || text.ends_with(' ');
    if (is_quoted) text_ += '"';
    if (is_formula(text)) text_ += '\'';
    for (const char c : text) {
        if (c == '"') text_ += '"';
        text_ += c;
    }
    if (is_quoted) text_ += '"';
    return *this;
}

CsvWriter& CsvWriter::number(int64_t number) {
    separate();
    text_ += std::to_string(number);
    return *this;
}

CsvWriter& CsvWriter::number(std::optional<int64_t> number) {
    if (number) return this->number(*number);
    separate();
    return *this;
}

CsvWriter& CsvWriter::number(std::optional<double> number) {
    separate();
    if (number) text_ += fmt::format("{}", rounded(*number));
    return *this;
}

void CsvWriter::end_line() {
    text_ += "\r\n";
    is_first_ = true;
}

std::string csv_of(const SeriesAnswer& answer, const SeriesQuestion& question,
                   const calendar::Calendar& calendar) {
    CsvWriter csv;
    csv.text(calendar::name_of(question.grain));
    for (const SeriesLine& line : answer.main.lines) csv.text(heading_of(line));
    csv.end_line();
    const Range& range = answer.main.range;
    for (size_t i = 0; i < range.buckets.size(); ++i) {
        csv.text(calendar.label(range.grain, range.buckets[i]));
        for (const SeriesLine& line : answer.main.lines) csv.number(line.values[i]);
        csv.end_line();
    }
    return csv.take();
}

std::string csv_of(const FeaturesAnswer& answer) {
    const bool users = !answer.rows.empty() && answer.rows.front().users.has_value();
    CsvWriter csv;
    csv.text("feature_id").text("clicks").text("share").text("previous_clicks").text("change");
    if (users) csv.text("users");
    csv.end_line();
    for (const FeatureRow& row : answer.rows) {
        csv.text(row.feature).number(row.clicks);
        std::optional<double> share;
        if (answer.total_clicks.value_or(0) > 0)
            share = static_cast<double>(row.clicks) / static_cast<double>(*answer.total_clicks);
        csv.number(share).number(row.change.before).number(row.change.ratio());
        if (users) csv.number(row.users);
        csv.end_line();
    }
    return csv.take();
}

}  // namespace clickmill::query_api
