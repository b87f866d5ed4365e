// CSV by RFC 4180 that a spreadsheet opens without harm.
#pragma once

#include "query_api/features.h"
#include "query_api/series.h"

#include <optional>
#include <string>
#include <string_view>

namespace clickmill::query_api {

// Builds lines cell by cell. One thread.
class CsvWriter {
public:
    // Text. What a spreadsheet would take for a formula gets an apostrophe before it.
    // Source: OWASP, CSV Injection.
    CsvWriter& text(std::string_view text);
    CsvWriter& number(int64_t number);
    CsvWriter& number(std::optional<int64_t> number);  // empty when not known
    CsvWriter& number(std::optional<double> number);
    void end_line();
    std::string take() { return std::move(text_); }

private:
    void separate();

    std::string text_;
    bool is_first_ = true;
};

std::string csv_of(const SeriesAnswer& answer, const SeriesQuestion& question,
                   const calendar::Calendar& calendar);
std::string csv_of(const FeaturesAnswer& answer);

}  // namespace clickmill::query_api
