// Answers about numbers as JSON, field by field as api/openapi.yaml says.
#pragma once

#include "query_api/answers.h"
#include "query_api/attention.h"
#include "query_api/features.h"
#include "query_api/series.h"

#include <string>

namespace clickmill::query_api {

std::string json_of(const SeriesAnswer& answer, const SeriesQuestion& question,
                    const calendar::Calendar& calendar);
std::string json_of(const FeaturesAnswer& answer, const FeaturesQuestion& question,
                    const calendar::Calendar& calendar);
std::string json_of(const DimensionsAnswer& answer, const Context& context);
std::string json_of(const AttentionAnswer& answer, const calendar::Calendar& calendar);

}  // namespace clickmill::query_api
