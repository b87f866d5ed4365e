// The parameters of a question, taken strictly: an unknown, repeated or malformed one is refused by
// name.
#pragma once

#include "http/message.h"
#include "query_api/refusal.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::query_api {

struct Filter {
    std::string dimension;
    std::vector<std::string> values;  // sorted, at least one; any of these
};

class Parameters {
public:
    // `known` are the names taken; "filter." stands for all that begin so.
    static Answer<Parameters> of(const http::Head& head,
                                 std::initializer_list<std::string_view> known);

    // "" when absent; refused when given and empty.
    Answer<std::string> text(std::string_view name) const;
    std::optional<std::string> optional(std::string_view name) const;
    Answer<int64_t> number(std::string_view name, int64_t low, int64_t high,
                           int64_t fallback) const;
    Answer<bool> flag(std::string_view name) const;  // "1" or "0"
    // The index of the value in `values`; 0 when absent.
    Answer<size_t> choice(std::string_view name,
                          std::initializer_list<std::string_view> values) const;
    // Parts between commas; \, and \\ stand for themselves. No empty part, none twice, each once in
    // order.
    Answer<std::vector<std::string>> list(std::string_view name, size_t most) const;
    Answer<std::vector<Filter>> filters() const;  // sorted by dimension

private:
    std::map<std::string, std::string, std::less<>> values_;
};

// The names of dimensions that a rollup can have, besides properties.<name>.
bool is_dimension(std::string_view name);
std::string dimension_names();  // for messages

}  // namespace clickmill::query_api
