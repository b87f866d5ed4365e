// Finding text in names as people type it.
#pragma once

#include <string>
#include <string_view>

namespace clickmill::query_api {

// Whether `name` contains `search`; ASCII capitals do not matter. An empty search is everywhere.
bool contains_text(std::string_view name, std::string_view search);

}  // namespace clickmill::query_api
