#include "tests/scenarios/question.h"

#include "tests/scenarios/answer.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

namespace clickmill::scenarios {
namespace {

Error wrong(std::string what, std::string why) {
    return {ErrorCode::InvalidInput, "cannot play this line", std::move(what), std::move(why)};
}

struct SeriesQuestion {
    std::vector<std::string> metrics;
    std::string query;  // without the metric
};

// Words behind "by GRAIN": of, split, where, from, to, each with a value.
Result<std::string> parameter_of(const std::string& name, const std::string& value) {
    if (name == "of") return "&feature_id=" + percent_encoded(value);
    if (name == "split") return "&by=" + percent_encoded(value);
    if (name == "from" || name == "to") return "&" + name + "=" + percent_encoded(value);
    if (name == "where") {
        const auto [dimension, wanted] = name_and_value(value);
        return "&filter." + dimension + "=" + percent_encoded(wanted);
    }
    return std::unexpected(wrong(name, "known are of, split, where, from, to"));
}

std::string date_after(const Stage& stage, const std::string& day) {
    const calendar::Calendar& calendar = stage.calendar();
    const auto key = calendar.bucket_at(calendar::Grain::Day, *calendar.parse(day));
    return calendar.label(calendar::Grain::Day, calendar.next(calendar::Grain::Day, key));
}

Result<SeriesQuestion> question_of(const Stage& stage, const std::string& day,
                                   const std::vector<std::string>& words) {
    SeriesQuestion question;
    size_t i = 0;
    for (; i < words.size() && words[i] != "by"; ++i) {
        const std::string metric = words[i].substr(0, words[i].find(','));
        if (metric != "clicks" && metric != "users")
            return std::unexpected(wrong(metric,
                                         "ask for clicks or users, by hour, day, week "
                                         "or month; or for accounting, rollups, features"));
        question.metrics.push_back(metric);
    }
    if (i + 1 >= words.size() || question.metrics.empty())
        return std::unexpected(wrong("ask", "say by hour, day, week or month"));
    question.query = "grain=" + words[i + 1];
    bool has_range = false;
    for (i += 2; i + 1 < words.size(); i += 2) {
        ASSIGN_OR_RETURN(const std::string parameter, parameter_of(words[i], words[i + 1]));
        question.query += parameter;
        has_range = has_range || words[i] == "from";
    }
    if (!has_range) question.query += "&from=" + day + "&to=" + date_after(stage, day);
    return question;
}

// The rows under one question about numbers over time, checked against one answer a metric.
class Rows {
public:
    Rows(Stage& stage, const std::string& day, std::vector<Series> answers,
         const Complain& complain)
        : stage_(stage), day_(day), answers_(std::move(answers)), complain_(complain) {}

    Result<void> check(const std::vector<StoryLine>& rows, int line_of_question) {
        std::optional<std::string> otherwise;
        for (const StoryLine& row : rows) {
            if (row.verb == "otherwise" && row.words.size() == 1)
                otherwise = row.words[0];
            else
                RETURN_IF_ERROR(check_row(row));
        }
        const Series& first = answers_.front();
        for (size_t bucket = 0; bucket < first.labels.size(); ++bucket) {
            if (listed_.contains(bucket)) continue;
            const std::vector<std::string> got = columns(bucket);
            const bool is_fine = std::all_of(got.begin(), got.end(), [&](const Shown& value) {
                return otherwise ? value == *otherwise : is_nothing(value);
            });
            if (is_fine) continue;
            complain_(
                line_of_question,
                fmt::format("{}, which no row names: expected {}, got {}", first.labels[bucket],
                            otherwise.value_or("nothing"), fmt::join(got, " ")));
        }
        return {};
    }

private:
    Result<void> check_row(const StoryLine& row) {
        const Series& first = answers_.front();
        if (row.verb == "columns") {
            std::vector<std::string> names;
            for (const SeriesColumn& column : first.columns) names.push_back(column.name);
            compare(row.number, "columns", row.words, names);
        } else if (row.verb == "total") {
            compare(row.number, "total", row.words, totals());
        } else if (row.verb == "note") {
            compare(row.number, "note", row.words, first.notes);
        } else if (row.verb == "complete_through" && row.words.size() == 1) {
            ASSIGN_OR_RETURN(const Moment moment, moment_of(stage_, day_, row.words[0]));
            compare(row.number, row.verb, {stage_.calendar().format(moment)},
                    {first.facts.at(row.verb)});
        } else if (row.verb == "answered_by") {
            compare(row.number, row.verb, row.words, {first.facts.at("rollup")});
        } else if (row.verb == "complete_buckets") {
            compare(row.number, row.verb, row.words, {first.facts.at(row.verb)});
        } else {
            return check_bucket(row);
        }
        return {};
    }

    static bool is_nothing(const Shown& value) {
        return value == "0" || value == "?before_first_event" || value == "?future";
    }

    Result<void> check_bucket(const StoryLine& row) {
        ASSIGN_OR_RETURN(const size_t bucket, bucket_of(row.verb));
        listed_.insert(bucket);
        compare(row.number, row.verb, row.words, columns(bucket));
        return {};
    }

    // By its label, or by the moment at which it begins.
    Result<size_t> bucket_of(const std::string& text) const {
        const Series& first = answers_.front();
        const auto label = std::find(first.labels.begin(), first.labels.end(), text);
        if (label != first.labels.end()) return static_cast<size_t>(label - first.labels.begin());
        ASSIGN_OR_RETURN(const Moment moment, moment_of(stage_, day_, text));
        const auto start = std::find(first.starts.begin(), first.starts.end(),
                                     microseconds_of(moment) / 1'000'000);
        if (start == first.starts.end())
            return std::unexpected(wrong(text, fmt::format("no bucket begins there; there are {}",
                                                           fmt::join(first.labels, ", "))));
        return static_cast<size_t>(start - first.starts.begin());
    }

    // What the answers say about one bucket: column by column, each metric in the order asked.
    std::vector<std::string> columns(size_t bucket) const {
        std::vector<std::string> values;
        for (size_t i = 0; i < answers_.front().columns.size(); ++i) {
            for (const Series& series : answers_)
                values.push_back(series.columns[i].values[bucket]);
        }
        return values;
    }
    std::vector<std::string> totals() const {
        std::vector<std::string> values;
        for (size_t i = 0; i < answers_.front().columns.size(); ++i) {
            for (const Series& series : answers_) values.push_back(series.columns[i].total);
        }
        return values;
    }

    void compare(int line, const std::string& what, const std::vector<std::string>& want,
                 const std::vector<std::string>& got) const {
        if (want == got) return;
        complain_(line, fmt::format("{}: expected {}, got {}", what, fmt::join(want, " "),
                                    fmt::join(got, " ")));
    }

    Stage& stage_;
    const std::string& day_;
    std::vector<Series> answers_;
    const Complain& complain_;
    std::set<size_t> listed_;
};

Result<void> answer_series(Stage& stage, const std::string& day, const StoryLine& ask,
                           const Complain& complain) {
    ASSIGN_OR_RETURN(const SeriesQuestion question, question_of(stage, day, ask.words));
    const bool is_refused = !ask.rows.empty() && ask.rows.front().verb == "refused";
    std::vector<Series> answers;
    for (const std::string& metric : question.metrics) {
        auto series = ask_series(stage, question.query + "&metric=" + metric);
        if (is_refused) {
            const std::string want = fmt::format("{}", fmt::join(ask.rows.front().words, " "));
            const std::string got = series ? "an answer" : series.error().where;
            if (want != got)
                complain(ask.rows.front().number,
                         fmt::format("refused: expected {}, got {}", want, got));
            return {};
        }
        if (!series) return std::unexpected(std::move(series).error());
        answers.push_back(*std::move(series));
    }
    const bool is_alike = std::all_of(answers.begin(), answers.end(), [&](const Series& series) {
        return series.columns.size() == answers.front().columns.size();
    });
    if (!is_alike) return std::unexpected(wrong("ask", "the metrics have other columns"));
    return Rows(stage, day, std::move(answers), complain).check(ask.rows, ask.number);
}

void compare_facts(const StoryLine& ask, const std::map<std::string, std::string>& facts,
                   const Complain& complain) {
    for (const StoryLine& row : ask.rows) {
        const auto fact = facts.find(row.verb);
        const std::string got = fact == facts.end() ? "nothing" : fact->second;
        const std::string want = fmt::format("{}", fmt::join(row.words, " "));
        if (want != got)
            complain(row.number, fmt::format("{}: expected {}, got {}", row.verb, want, got));
    }
}

Result<void> answer_features(Stage& stage, const std::string& day, const StoryLine& ask,
                             const Complain& complain) {
    ASSIGN_OR_RETURN(const auto features,
                     ask_features(stage, "from=" + day + "&to=" + date_after(stage, day)));
    std::vector<std::string> got;
    for (const auto& [name, clicks] : features) got.push_back(name + " " + clicks);
    std::vector<std::string> want;
    for (const StoryLine& row : ask.rows)
        want.push_back(fmt::format("{} {}", row.verb, fmt::join(row.words, " ")));
    if (want != got)
        complain(ask.number, fmt::format("features: expected {}, got {}", fmt::join(want, ", "),
                                         fmt::join(got, ", ")));
    return {};
}

}  // namespace

Result<Moment> moment_of(const Stage& stage, const std::string& day, const std::string& text) {
    const bool is_of_day = text.contains(':') && !text.contains('T');
    return stage.calendar().parse(is_of_day ? day + "T" + text : text);
}

Result<void> answer(Stage& stage, const std::string& day, const StoryLine& ask,
                    const Complain& complain) {
    const std::string subject = ask.words.empty() ? "" : ask.words.front();
    if (subject == "accounting" || subject == "rollups") {
        ASSIGN_OR_RETURN(const auto facts,
                         subject == "rollups" ? ask_rollups(stage) : ask_accounting(stage));
        compare_facts(ask, facts, complain);
        return {};
    }
    if (subject == "features") return answer_features(stage, day, ask, complain);
    return answer_series(stage, day, ask, complain);
}

}  // namespace clickmill::scenarios
