#include "metrics_store/declaration.h"

#include <algorithm>
#include <string_view>

namespace clickmill::metrics_store {
namespace {

constexpr size_t kMaxNameBytes = 40;

bool is_rollup_name(std::string_view name) {
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && name.size() <= kMaxNameBytes && is_small(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return is_small(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Result<void> check(const fold::ViewDefinition& definition) {
    if (!is_rollup_name(definition.rollup.name)) {
        return fail(ErrorCode::InvalidInput, "cannot declare rollup", definition.rollup.name,
                    "a name has up to 40 of a-z, 0-9 and _ and begins with a letter");
    }
    if (definition.rollup.dimensions.size() > fold::kMaxDimensions) {
        return fail(ErrorCode::InvalidInput, "cannot declare rollup", definition.rollup.name,
                    "it has more than 4 dimensions");
    }
    return {};
}

}  // namespace

Result<Declaration> plan_declaration(std::span<const fold::ViewDefinition> definitions,
                                     std::span<const fold::View> stored, Moment now) {
    std::vector<fold::View> known(stored.begin(), stored.end());
    fold::ViewId last;
    for (const fold::View& view : stored) last = std::max(last, view.id);

    Declaration plan;
    for (const fold::ViewDefinition& definition : definitions) {
        RETURN_IF_ERROR(check(definition));
        const auto is_same_rollup = [&](const fold::View& view) {
            return view.definition.project == definition.project &&
                   view.definition.rollup.name == definition.rollup.name;
        };
        const auto found = std::find_if(known.begin(), known.end(), is_same_rollup);
        if (found != known.end()) {
            if (found->definition != definition) {
                return fail(ErrorCode::Conflict, "cannot declare rollup",
                            definition.project + "/" + definition.rollup.name,
                            "it is stored with another definition (dimensions, users, zone, week "
                            "start or limits); give it back the old one, or a new name");
            }
            plan.views.push_back(*found);
            continue;
        }
        const bool is_project_known = std::any_of(
            stored.begin(), stored.end(),
            [&](const fold::View& view) { return view.definition.project == definition.project; });
        ++last.value;
        const fold::View view{
            .id = last, .definition = definition, .since = is_project_known ? now : Moment{}};
        known.push_back(view);
        plan.views.push_back(view);
        plan.added.push_back({view, is_project_known});
    }
    return plan;
}

}  // namespace clickmill::metrics_store
