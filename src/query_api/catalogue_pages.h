// The catalogue of features over HTTP: what people have written about them, and writing it.
#pragma once

#include "calendar/calendar.h"
#include "query_api/access.h"

namespace clickmill::query_api {

// A catalogue's changes come in one body: of so many bytes, for so many features.
inline constexpr int64_t kMaxCatalogueBytes = 1 << 20;
inline constexpr size_t kMaxCatalogueChanges = 1'000;

// GET /api/v1/catalogue.
Answer<std::string> catalogue_json(const control::Project& project, control::Control& control,
                                   const calendar::Calendar& calendar);

// POST /api/v1/catalogue: all changes of the body or none. 403: a read key, or another site's page.
// 400 invalid_body, invalid_feature.
Answer<std::string> change_catalogue(const http::Request& request, const Visitor& visitor,
                                     const control::Project& project, control::Control& control);

// DELETE /api/v1/catalogue?feature_id=...: what was written about one feature; its clicks stay.
// 404: nothing was.
Answer<void> remove_from_catalogue(const http::Head& head, const Visitor& visitor,
                                   const control::Project& project, control::Control& control);

}  // namespace clickmill::query_api
