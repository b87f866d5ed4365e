#include "query_api/search_text.h"

#include <algorithm>

namespace clickmill::query_api {

bool contains_text(std::string_view name, std::string_view search) {
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto same = [&](char a, char b) { return small(a) == small(b); };
    return std::search(name.begin(), name.end(), search.begin(), search.end(), same) !=
               name.end() ||
           search.empty();
}

}  // namespace clickmill::query_api
