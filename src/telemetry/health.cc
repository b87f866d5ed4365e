#include "telemetry/health.h"

#include "base/json_writer.h"

#include <algorithm>

namespace clickmill::telemetry {

void Health::report(std::string_view part, const Result<void>& state) {
    std::string text = state ? std::string() : state.error().message();
    const std::lock_guard lock(mutex_);
    parts_.insert_or_assign(std::string(part), std::move(text));
}

void Health::note(std::string_view part, std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (text.empty()) {
        notes_.erase(std::string(part));
    } else {
        notes_.insert_or_assign(std::string(part), std::string(text));
    }
}

bool Health::is_ready() const {
    const std::lock_guard lock(mutex_);
    return std::all_of(parts_.begin(), parts_.end(),
                       [](const auto& part) { return part.second.empty(); });
}

std::string Health::json() const {
    JsonWriter json;
    json.begin_object().field("ready", is_ready()).key("parts").begin_object();
    const std::lock_guard lock(mutex_);
    for (const auto& [part, text] : parts_) {
        json.field(part, text.empty() ? std::string("ok") : text);
    }
    json.end_object().key("notes").begin_object();
    for (const auto& [part, text] : notes_) json.field(part, text);
    json.end_object().end_object();
    return json.take();
}

}  // namespace clickmill::telemetry
