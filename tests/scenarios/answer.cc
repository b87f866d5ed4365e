#include "tests/scenarios/answer.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <cctype>

namespace clickmill::scenarios {
namespace {

using simdjson::dom::element;

// An answer and the memory that it lies in.
struct Parsed {
    simdjson::padded_string text;
    simdjson::dom::parser parser;
    element root;
};

Result<std::unique_ptr<Parsed>> get(Stage& stage, const std::string& target) {
    const http::Response response = stage.get(target);
    auto parsed = std::make_unique<Parsed>();
    parsed->text = simdjson::padded_string(response.body);
    if (parsed->parser.parse(parsed->text).get(parsed->root)) {
        return fail(ErrorCode::Internal, "answer is not JSON", target, response.body);
    }
    if (response.status == 200) return parsed;
    std::string_view code = "?";
    std::string_view message;
    if (parsed->root["error"]["code"].get(code)) code = "?";
    if (parsed->root["error"]["message"].get(message)) message = "?";
    return fail(ErrorCode::InvalidInput, "the question was refused",
                fmt::format("{} {}", response.status, code), std::string(message));
}

// Texts without quotes; everything else as JSON has it.
std::string shown(element value) {
    if (value.is_string()) return std::string(value.get_string().value());
    return simdjson::minify(value);
}

void explain(Series& series, element reason) {
    const auto first = static_cast<size_t>(reason["first"].get_int64().value());
    const auto last = static_cast<size_t>(reason["last"].get_int64().value());
    const std::string why = "?" + shown(reason["reason"].value());
    for (size_t i = 0; i < series.columns.size(); ++i) {
        int64_t of = 0;
        const bool is_of_one = !reason["series"].get_int64().get(of);
        if (is_of_one && of != static_cast<int64_t>(i)) continue;
        for (size_t b = first; b <= last && b < series.labels.size(); ++b) {
            if (series.columns[i].values[b] == "null") series.columns[i].values[b] = why;
        }
    }
}

}  // namespace

Result<Series> ask_series(Stage& stage, const std::string& query) {
    ASSIGN_OR_RETURN(const auto parsed, get(stage, "/api/v1/series?" + query));
    const element root = parsed->root;
    Series series;
    for (const element start : root["bucket_starts"].get_array())
        series.starts.push_back(start.get_int64().value());
    for (const element label : root["buckets"].get_array()) series.labels.push_back(shown(label));
    for (const element line : root["series"].get_array()) {
        SeriesColumn column;
        for (const char* name : {"by", "feature_id"}) {
            const element value = line[name].value();
            if (column.name.empty() && !value.is_null()) column.name = shown(value);
        }
        for (const element value : line["values"].get_array())
            column.values.push_back(shown(value));
        column.total = shown(line["total"].value());
        series.columns.push_back(std::move(column));
    }
    for (const element reason : root["reasons"].get_array()) explain(series, reason);
    for (const char* name : {"complete_through", "complete_buckets", "rollup"})
        series.facts[name] = shown(root[name].value());
    for (const element note : root["notes"].get_array())
        series.notes.push_back(shown(note["code"].value()));
    return series;
}

Result<std::map<std::string, std::string>> ask_accounting(Stage& stage) {
    ASSIGN_OR_RETURN(const auto parsed, get(stage, "/api/v1/accounting"));
    std::map<std::string, std::string> facts;
    for (const auto& [name, value] : parsed->root.get_object())
        facts[std::string(name)] = shown(value);
    return facts;
}

Result<std::map<std::string, std::string>> ask_rollups(Stage& stage) {
    ASSIGN_OR_RETURN(const auto parsed, get(stage, "/api/v1/dimensions"));
    std::map<std::string, std::string> since;
    for (const element rollup : parsed->root["rollups"].get_array()) {
        const element moment = rollup["since"].value();
        since[shown(rollup["name"].value())] = moment.is_null() ? "beginning" : shown(moment);
    }
    return since;
}

Result<std::vector<std::pair<std::string, std::string>>> ask_features(Stage& stage,
                                                                      const std::string& query) {
    ASSIGN_OR_RETURN(const auto parsed, get(stage, "/api/v1/features?" + query));
    std::vector<std::pair<std::string, std::string>> features;
    for (const element row : parsed->root["features"].get_array())
        features.emplace_back(shown(row["feature_id"].value()), shown(row["clicks"].value()));
    return features;
}

std::string percent_encoded(const std::string& text) {
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == ',')
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", byte);
    }
    return encoded;
}

}  // namespace clickmill::scenarios
