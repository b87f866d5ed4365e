// What spreadsheets make of text in a CSV file.
#pragma once

#include <string_view>

namespace clickmill {

// Whether a spreadsheet would take it for a formula, so that it needs an apostrophe before it.
// Source: OWASP, CSV Injection.
bool is_formula(std::string_view text);

}  // namespace clickmill
