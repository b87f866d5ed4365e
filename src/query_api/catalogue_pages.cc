#include "query_api/catalogue_pages.h"

#include "base/json_writer.h"
#include "query_api/own_pages.h"
#include "query_api/parameters.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <utility>

namespace clickmill::query_api {
namespace {

using control::FeatureChange;

std::unexpected<Refusal> invalid_body(std::string message) {
    return refuse("invalid_body", std::move(message));
}

Answer<void> check_may_change(const http::Head& head, const Visitor& visitor) {
    if (!is_from_our_pages(head))
        return std::unexpected(Refusal(
            403, "cross_site", "the catalogue is changed from the dashboard's own pages only"));
    if (!visitor.person)
        return std::unexpected(Refusal(
            403, "read_only",
            "a read key changes nothing: sign in, or use `clickmill feature` on the server"));
    return {};
}

// Which of a change's members holds this one; null: it is none of them.
std::optional<std::string>* text_member(FeatureChange& change, std::string_view name) {
    if (name == "name") return &change.name;
    if (name == "description") return &change.description;
    if (name == "owner") return &change.owner;
    if (name == "alias_of") return &change.alias_of;
    return nullptr;
}

Answer<std::vector<std::string>> read_tags(const simdjson::dom::element& value, size_t number) {
    simdjson::dom::array array;
    if (value.get(array))
        return invalid_body(fmt::format("features[{}]: tags is an array of texts", number));
    std::vector<std::string> tags;
    for (const simdjson::dom::element one : array) {
        std::string_view tag;
        if (one.get(tag))
            return invalid_body(fmt::format("features[{}]: tags is an array of texts", number));
        tags.emplace_back(tag);
    }
    return tags;
}

Answer<FeatureChange> read_change(const simdjson::dom::element& element, size_t number) {
    simdjson::dom::object object;
    if (element.get(object))
        return invalid_body(fmt::format("features[{}] is an object with a feature_id", number));
    FeatureChange change;
    for (const auto& [name, value] : object) {
        if (name == "tags") {
            ASSIGN_OR_RETURN(change.tags, read_tags(value, number));
            continue;
        }
        std::string_view text;
        std::optional<std::string>* const member = text_member(change, name);
        if (!member && name != "feature_id" && name != "state")
            return invalid_body(fmt::format(
                "features[{}]: '{}' is none of feature_id, name, description, owner, tags, state "
                "and alias_of",
                number, name));
        if (value.get(text))
            return invalid_body(fmt::format("features[{}]: {} is a text", number, name));
        if (member) {
            *member = text;
        } else if (name == "feature_id") {
            change.id = text;
        } else {
            const auto state = control::feature_state_named(text);
            if (!state)
                return refuse("invalid_feature", fmt::format("features[{}]: state '{}': {}", number,
                                                             text, state.error().why));
            change.state = *state;
        }
    }
    if (change.id.empty())
        return invalid_body(fmt::format("features[{}] has no feature_id", number));
    return change;
}

Answer<std::vector<FeatureChange>> read_changes(const std::string& body) {
    constexpr std::string_view kForm =
        R"(the body must be {"features": [{"feature_id": "checkout.pay", "name": "Pay"}]})";
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::object object;
    simdjson::dom::array features;
    if (parser.parse(body.data(), body.size(), false).get(root) || root.get(object) ||
        object.size() != 1 || object["features"].get(features)) {
        return invalid_body(std::string(kForm));
    }
    std::vector<FeatureChange> changes;
    for (const simdjson::dom::element element : features) {
        if (changes.size() == kMaxCatalogueChanges)
            return invalid_body("over 1,000 features: send them in several requests");
        ASSIGN_OR_RETURN(FeatureChange change, read_change(element, changes.size()));
        changes.push_back(std::move(change));
    }
    if (changes.empty()) return invalid_body(std::string(kForm));
    return changes;
}

}  // namespace

Answer<std::string> catalogue_json(const control::Project& project, control::Control& control,
                                   const calendar::Calendar& calendar) {
    ASSIGN_OR_RETURN(const auto features, control.features(project.id));
    JsonWriter json;
    json.begin_object().field("project", project.id).key("features").begin_array();
    for (const control::Feature& feature : features) {
        json.begin_object().field("feature_id", feature.id).field("name", feature.name);
        json.field("description", feature.description).field("owner", feature.owner);
        json.key("tags").begin_array();
        for (const std::string& tag : feature.tags) json.value(tag);
        json.end_array().field("state", control::name_of(feature.state)).key("alias_of");
        if (feature.alias_of.empty())
            json.null();
        else
            json.value(feature.alias_of);
        json.field("changed_at", calendar.format(moment_of(feature.changed_at))).end_object();
    }
    json.end_array().end_object();
    return json.take();
}

Answer<std::string> change_catalogue(const http::Request& request, const Visitor& visitor,
                                     const control::Project& project, control::Control& control) {
    RETURN_IF_ERROR(Parameters::of(request.head, {"project"}));
    RETURN_IF_ERROR(check_may_change(request.head, visitor));
    ASSIGN_OR_RETURN(const std::vector<FeatureChange> changes, read_changes(request.body));
    const auto changed = control.set_features(project.id, changes);
    if (!changed && changed.error().code == ErrorCode::InvalidInput)
        return refuse("invalid_feature",
                      fmt::format("{}: {}", changed.error().where, changed.error().why));
    if (!changed) return std::unexpected(Refusal(changed.error()));
    JsonWriter json;
    json.begin_object().field("changed", *changed).end_object();
    return json.take();
}

Answer<void> remove_from_catalogue(const http::Head& head, const Visitor& visitor,
                                   const control::Project& project, control::Control& control) {
    ASSIGN_OR_RETURN(const Parameters parameters, Parameters::of(head, {"project", "feature_id"}));
    RETURN_IF_ERROR(check_may_change(head, visitor));
    const auto feature = parameters.optional("feature_id");
    if (!feature || feature->empty())
        return refuse("missing_parameter", "feature_id: say which, as feature_id=checkout.pay");
    const auto removed = control.remove_feature(project.id, *feature);
    if (!removed && removed.error().code == ErrorCode::NotFound)
        return std::unexpected(
            Refusal(404, "unknown_feature", "the catalogue says nothing about this feature"));
    if (!removed) return std::unexpected(Refusal(removed.error()));
    return {};
}

}  // namespace clickmill::query_api
