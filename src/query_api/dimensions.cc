#include "query_api/dimensions.h"

#include "query_api/search_text.h"
#include "query_api/view_choice.h"
#include "query_api/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace clickmill::query_api {
namespace {

// The smallest view of each dimension. Any will do here: clicks of one value are counted once in
// each view.
std::map<std::string, fold::View> smallest_views(const std::vector<fold::View>& views) {
    std::map<std::string, fold::View> smallest;
    const auto size_of = [](const fold::View& view) {
        return std::tuple(view.definition.rollup.dimensions.size(), view.since, view.id);
    };
    for (const fold::View& view : views)
        for (const std::string& name : view.definition.rollup.dimensions) {
            const auto [place, is_new] = smallest.try_emplace(name, view);
            if (!is_new && size_of(view) < size_of(place->second)) place->second = view;
        }
    return smallest;
}

Answer<void> add_values(const DimensionsQuestion& question, const Spans& spans, ViewReader& reader,
                        DimensionAnswer& answer) {
    const Selection selection{.features = {std::string(kAll)},
                              .filters = {},
                              .by_feature = false,
                              .by_dimension = dimension_index(reader.view(), answer.name),
                              .users = false};
    ASSIGN_OR_RETURN(const CountsByKey counts, reader.read(spans, selection));
    RETURN_IF_ERROR(reader.check_retention());
    for (const auto& [key, value] : counts)
        if (value.clicks > 0 && contains_text(key.value, question.search))
            answer.values.push_back({key.value, value.clicks});
    std::ranges::stable_sort(answer.values, {}, [](const auto& value) { return -value.clicks; });
    answer.value_count = answer.values.size();
    answer.values.resize(std::min(answer.values.size(), question.limit));
    return {};
}

}  // namespace

Answer<DimensionsQuestion> read_dimensions_question(const http::Head& head) {
    ASSIGN_OR_RETURN(
        const Parameters parameters,
        Parameters::of(head, {"project", "from", "to", "dimension", "limit", "search"}));
    DimensionsQuestion question;
    question.range = {parameters.optional("from"), parameters.optional("to")};
    ASSIGN_OR_RETURN(question.dimension, parameters.text("dimension"));
    ASSIGN_OR_RETURN(const int64_t limit, parameters.number("limit", 1, 1000, 100));
    question.limit = static_cast<size_t>(limit);
    ASSIGN_OR_RETURN(question.search, parameters.text("search"));
    return question;
}

Answer<DimensionsAnswer> answer_dimensions(const Context& context,
                                           const DimensionsQuestion& question, Budget& budget) {
    ASSIGN_OR_RETURN(const Range range, read_range(context.calendar, question.range, context.now));
    const auto views = smallest_views(context.views);
    if (!question.dimension.empty() && !views.contains(question.dimension)) {
        std::vector<std::string> names;
        names.reserve(views.size());
        for (const auto& [name, view] : views) names.push_back(name);
        return refuse("invalid_parameter", fmt::format("dimension={}: no rollup holds it; take {}",
                                                       question.dimension, fmt::join(names, ", ")));
    }
    DimensionsAnswer answer;
    answer.head = {.project = context.project,
                   .zone = context.calendar.zone(),
                   .from = start_of(context.calendar, range),
                   .to = end_of(context.calendar, range),
                   .now = context.now,
                   .complete_through = {},
                   .is_users_exact = true,
                   .notes = {},
                   .rollup = {},
                   .rows_read = 0};
    ASSIGN_OR_RETURN(answer.head.complete_through,
                     complete_through(context, context.views.front().id));
    const Spans spans = spans_of(context.calendar, range);
    for (const auto& [name, view] : views) {
        if (!question.dimension.empty() && name != question.dimension) continue;
        DimensionAnswer dimension{.name = name, .rollups = {}, .values = {}, .value_count = 0};
        for (const auto& other : context.views) {
            const auto& rollup = other.definition.rollup;
            if (std::ranges::find(rollup.dimensions, name) != rollup.dimensions.end())
                dimension.rollups.push_back(rollup.name);
        }
        ViewReader reader(*context.snapshot, view, context.calendar, *context.aliases, budget);
        RETURN_IF_ERROR(add_values(question, spans, reader, dimension));
        answer.dimensions.push_back(std::move(dimension));
    }
    answer.head.rows_read = budget.rows_read();
    return answer;
}

}  // namespace clickmill::query_api
