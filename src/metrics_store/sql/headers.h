// Headers of builds and marks of hours, as the SQL stores hold them. Private to metrics_store/.
#pragma once

#include "metrics_store/snapshot.h"
#include "metrics_store/sql/labels.h"

#include <string>
#include <vector>

namespace clickmill::metrics_store {

// Stored as JSON, which SQL can look into: [12, 7] and [[first, last], ...].
std::string positions_text(const std::vector<Offset>& positions);
std::string held_text(const std::vector<HourRange>& held);

// What the column is_live_gone says.
inline constexpr int64_t kLiveGone = 1;
inline constexpr int64_t kForgotten = 2;

// Headers of a grain in a range of buckets, sorted by bucket.
Result<std::vector<Header>> read_headers(sql::ReadSession& session, fold::ViewId view,
                                         calendar::Grain grain, BucketRange buckets);
// Marks of hours in a range, sorted by (hour, partition).
Result<std::vector<PartitionMark>> read_marks(sql::ReadSession& session, fold::ViewId view,
                                              BucketRange hours);

// Whether one of the marks, of an hour that the header holds, lies above its positions.
bool is_touched_since(const Header& header, const std::vector<PartitionMark>& marks);

}  // namespace clickmill::metrics_store
