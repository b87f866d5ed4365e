// What a rollup can stand on: one row in dimensions.cc for each field of an event, and any
// property.
#pragma once

#include "base/result.h"
#include "event/event.h"

#include <optional>
#include <string>
#include <string_view>

namespace clickmill::fold {

// Takes one dimension's value from an event. Immutable.
class Dimension {
public:
    // "platform", "app_version", "device", "browser", "os", "locale", "country", "region", "page",
    // "experiment", "variant" or "properties.<name>". InvalidInput names those.
    static Result<Dimension> named(std::string_view name);

    // An event has one row for each of its experiments in a view that stands on experiment or
    // variant.
    bool is_of_experiments() const { return kind_ == Kind::Experiment || kind_ == Kind::Variant; }
    bool is_property() const { return kind_ == Kind::Property; }

    // Empty when the event has none. `experiment` is the one that the row is for, or nullptr.
    std::string_view value(const event::Event& event, const event::NamedValue* experiment) const;

private:
    enum class Kind { Field, Property, Experiment, Variant };
    Dimension(Kind kind, std::string_view event::Event::* field, std::string property)
        : kind_(kind), field_(field), property_(std::move(property)) {}

    Kind kind_;
    std::string_view event::Event::* field_;
    std::string property_;
};

}  // namespace clickmill::fold
