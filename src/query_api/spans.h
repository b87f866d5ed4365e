// Sets of instants as sorted spans that neither touch nor overlap: what a question asks for, and
// what of it is not covered yet.
#pragma once

#include <cstdint>
#include <vector>

namespace clickmill::query_api {

struct Span {  // UTC seconds, `to` excluded
    int64_t from = 0;
    int64_t to = 0;
    bool operator==(const Span&) const = default;
};

using Spans = std::vector<Span>;

Spans united(Spans spans);  // in any order, may overlap
bool covers(const Spans& spans, const Span& part);
bool covers(const Spans& spans, int64_t instant);
void subtract(Spans& spans, const Span& part);
Spans before(const Spans& spans, int64_t cut);  // what lies before `cut`

}  // namespace clickmill::query_api
