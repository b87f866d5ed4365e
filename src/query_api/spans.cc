#include "query_api/spans.h"

#include <algorithm>

namespace clickmill::query_api {

Spans united(Spans spans) {
    std::erase_if(spans, [](const Span& span) { return span.from >= span.to; });
    std::ranges::sort(spans, {}, &Span::from);
    Spans result;
    for (const Span& span : spans) {
        if (!result.empty() && span.from <= result.back().to)
            result.back().to = std::max(result.back().to, span.to);
        else
            result.push_back(span);
    }
    return result;
}

bool covers(const Spans& spans, const Span& part) {
    const auto after = std::ranges::upper_bound(spans, part.from, {}, &Span::from);
    return after != spans.begin() && part.to <= std::prev(after)->to;
}

bool covers(const Spans& spans, int64_t instant) {
    return covers(spans, Span{instant, instant + 1});
}

void subtract(Spans& spans, const Span& part) {
    Spans result;
    result.reserve(spans.size() + 1);
    for (const Span& span : spans) {
        if (span.to <= part.from || part.to <= span.from) {
            result.push_back(span);
            continue;
        }
        if (span.from < part.from) result.push_back({span.from, part.from});
        if (part.to < span.to) result.push_back({part.to, span.to});
    }
    spans = std::move(result);
}

Spans before(const Spans& spans, int64_t cut) {
    Spans result;
    for (const Span& span : spans)
        if (span.from < cut) result.push_back({span.from, std::min(span.to, cut)});
    return result;
}

}  // namespace clickmill::query_api
