// The catalogue of features as CSV (RFC 4180), as a spreadsheet reads and writes it.
#pragma once

#include "control/feature.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::cli {

// The first line names the columns: feature_id, and any of name, description, owner, tags (parted
// by semicolons), state and alias_of; a column that is absent is not changed. InvalidInput names
// the line.
Result<std::vector<control::FeatureChange>> read_feature_csv(std::string_view text);

// All columns. What a spreadsheet would take for a formula gets an apostrophe before it, which
// read_feature_csv takes away again. Source: OWASP, CSV Injection.
std::string feature_csv_of(std::span<const control::Feature> features);

}  // namespace clickmill::cli
