#include "base/spreadsheet.h"

#include <algorithm>
#include <array>

namespace clickmill {
namespace {

constexpr std::string_view kFormulaStarts = "=+-@\t\r\n|%";
// The same as East Asian keyboards write them; spreadsheets of those languages read them so.
constexpr std::array<std::string_view, 4> kWideFormulaStarts = {"\uff1d", "\uff0b", "\uff0d",
                                                                "\uff20"};

}  // namespace

// Spreadsheets skip spaces before they look for a formula.
bool is_formula(std::string_view text) {
    const size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return false;
    text.remove_prefix(start);
    return kFormulaStarts.contains(text.front()) ||
           std::ranges::any_of(kWideFormulaStarts,
                               [&](std::string_view wide) { return text.starts_with(wide); });
}

}  // namespace clickmill
