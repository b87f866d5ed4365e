#include "sql/dialect.h"

namespace clickmill::sql {

std::string quoted(std::string_view identifier) {
    std::string out = "\"";
    for (const char c : identifier) {
        if (c == '"') out += '"';
        out += c == '\0' ? '_' : c;
    }
    return out + '"';
}

std::string Parameters::next(size_t count) {
    std::vector<std::string> parts;
    parts.reserve(count);
    for (size_t i = 0; i < count; ++i) parts.push_back(next());
    return comma(parts);
}

std::string comma(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (!out.empty()) out += ", ";
        out += part;
    }
    return out;
}

}  // namespace clickmill::sql
