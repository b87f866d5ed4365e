#include "fold/dimensions.h"

namespace clickmill::fold {
namespace {

constexpr std::string_view kPropertyPrefix = "properties.";

}  // namespace

Result<Dimension> Dimension::named(std::string_view name) {
    for (const event::LabelField& known : event::kLabelFields) {
        if (known.name == name) return Dimension(Kind::Field, known.text, {});
    }
    if (name == "experiment") return Dimension(Kind::Experiment, nullptr, {});
    if (name == "variant") return Dimension(Kind::Variant, nullptr, {});
    if (name.starts_with(kPropertyPrefix) && name.size() > kPropertyPrefix.size()) {
        return Dimension(Kind::Property, nullptr, std::string(name.substr(kPropertyPrefix.size())));
    }
    return fail(ErrorCode::InvalidInput, "no such dimension", std::string(name),
                "use platform, app_version, device, browser, os, locale, country, region, page, "
                "experiment, variant or "
                "properties.<name>");
}

std::string_view Dimension::value(const event::Event& event,
                                  const event::NamedValue* experiment) const {
    switch (kind_) {
        case Kind::Field:
            return event.*field_;
        case Kind::Experiment:
            return experiment ? experiment->name : std::string_view();
        case Kind::Variant:
            return experiment ? experiment->value : std::string_view();
        case Kind::Property:
            for (const event::NamedValue& property : event.properties) {
                if (property.name == property_) return property.value;
            }
            return {};
    }
    return {};
}

}  // namespace clickmill::fold
