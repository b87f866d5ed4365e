#include "tests/scenarios/teller.h"

#include "tests/scenarios/question.h"

#include <fmt/core.h>

#include <charconv>
#include <map>
#include <span>

namespace clickmill::scenarios {
namespace {

Error wrong(std::string what, std::string why) {
    return {ErrorCode::InvalidInput, "cannot play this line", std::move(what), std::move(why)};
}

Result<int64_t> number_of(const std::string& text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::unexpected(wrong(text, "not a number"));
    return number;
}

// "zone Europe/Berlin  features 2": names and values by turns.
Result<std::map<std::string, std::string>> pairs_of(const std::vector<std::string>& words,
                                                    size_t first) {
    std::map<std::string, std::string> pairs;
    for (size_t i = first; i < words.size(); i += 2) {
        if (i + 1 == words.size()) return std::unexpected(wrong(words[i], "no value behind it"));
        pairs[words[i]] = words[i + 1];
    }
    return pairs;
}

Result<Casting> casting_of(const StoryLine& line) {
    if (line.words.empty()) return std::unexpected(wrong("project", "it needs a name"));
    ASSIGN_OR_RETURN(const auto settings, pairs_of(line.words, 1));
    Casting casting{.project = line.words[0], .zone = "UTC"};
    for (const auto& [name, value] : settings) {
        if (name == "zone") {
            casting.zone = value;
            continue;
        }
        if (name == "week_start") {
            ASSIGN_OR_RETURN(casting.week_start, calendar::week_start_named(value));
            continue;
        }
        ASSIGN_OR_RETURN(const int64_t number, number_of(value));
        if (name == "features")
            casting.limits.features = static_cast<int32_t>(number);
        else if (name == "values")
            casting.limits.values = static_cast<int32_t>(number);
        else if (name == "partitions")
            casting.partitions = static_cast<int32_t>(number);
        else
            return std::unexpected(
                wrong(name, "known are zone, week_start, features, values, partitions"));
    }
    return casting;
}

class Teller {
public:
    Teller(Stage& stage, std::string project, const Complain& complain)
        : stage_(stage), project_(std::move(project)), complain_(complain) {}

    Result<void> play(const StoryLine& line) {
        if (!line.time.empty()) {
            ASSIGN_OR_RETURN(const Moment at, moment_of(stage_, day_, line.time));
            RETURN_IF_ERROR(stage_.pass_to(at));
        }
        if (line.verb == "day") return begin_day(line);
        if (line.verb == "click") return click(line);
        if (line.verb == "rollup") return rollup(line);
        if (line.verb == "flush") return stage_.flush();
        if (line.verb == "settle") return stage_.settle();
        if (line.verb == "restart") return stage_.restart();
        if (line.verb == "passes") return {};
        if (line.verb == "ask") {
            RETURN_IF_ERROR(stage_.flush());
            return answer(stage_, day_, line, complain_);
        }
        return std::unexpected(wrong(line.verb, "stands in the first line only"));
    }

private:
    Result<void> begin_day(const StoryLine& line) {
        if (line.words.size() != 1) return std::unexpected(wrong("day", "give one date"));
        day_ = line.words[0];
        ASSIGN_OR_RETURN(const Moment start, stage_.calendar().parse(day_));
        return stage_.pass_to(std::max(start, stage_.now()));
    }

    Result<void> click(const StoryLine& line) {
        if (day_.empty()) return std::unexpected(wrong("click", "say first which day it is"));
        event::Event event{.project = project_, .received_at = stage_.now()};
        const std::string made_id = fmt::format("made-{}", ++clicks_);
        event.event_id = made_id;
        event.feature_id = "checkout.pay";
        const std::map<std::string, std::string_view*> texts = {
            {"id", &event.event_id},       {"feature", &event.feature_id},
            {"user", &event.user_id},      {"session", &event.session_id},
            {"platform", &event.platform}, {"version", &event.app_version},
            {"page", &event.page},         {"country", &event.country}};
        for (const std::string& word : line.words) {
            const auto at = word.find('=');
            const std::string name = word.substr(0, at);
            const std::string_view value = at == std::string::npos
                                               ? std::string_view()
                                               : std::string_view(word).substr(at + 1);
            if (const auto text = texts.find(name); text != texts.end()) {
                *text->second = value;
            } else if (name == "bot") {
                event.bot = true;
            } else if (name == "received") {
                ASSIGN_OR_RETURN(event.received_at, moment_of(stage_, day_, std::string(value)));
            } else if (name == "experiment" && value.contains(':')) {
                const size_t colon = value.find(':');
                event.experiments.push_back({value.substr(0, colon), value.substr(colon + 1)});
            } else {
                return std::unexpected(wrong(word, "a click has no such word"));
            }
        }
        stage_.click(event);
        return {};
    }

    Result<void> rollup(const StoryLine& line) {
        if (line.words.size() < 2)
            return std::unexpected(wrong("rollup", "give a name and its dimensions"));
        return stage_.add_rollup({line.words[0], split(line.words[1], ','), true});
    }

    Stage& stage_;
    const std::string project_;
    const Complain& complain_;
    std::string day_;
    int clicks_ = 0;
};

}  // namespace

void tell(const Story& story, const Backend& backend, const Complain& complain) {
    const StoryLine& first = story.lines.front();
    const auto casting = casting_of(first);
    if (!casting) return complain(first.number, casting.error().message());
    const auto stage = Stage::open(backend, *casting);
    if (!stage) return complain(first.number, stage.error().message());
    Teller teller(**stage, casting->project, complain);
    for (const StoryLine& line : std::span(story.lines).subspan(1)) {
        if (const auto played = teller.play(line); !played)
            return complain(line.number, played.error().message());
    }
}

}  // namespace clickmill::scenarios
