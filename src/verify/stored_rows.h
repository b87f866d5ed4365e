// What a metrics store says, as a table for SQL: each row that an answer by hour, day, week or
// month would be made of.
#pragma once

#include "archive/engine.h"
#include "base/result.h"
#include "calendar/calendar.h"
#include "metrics_store/snapshot.h"

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace clickmill::verify {

// A bucket that is to be compared.
struct CheckedBucket {
    calendar::Grain grain;
    calendar::BucketKey bucket;
};

struct StoredRow {
    calendar::Grain grain;
    calendar::BucketKey bucket;  // that was asked for; the row may be of an hour of it
    fold::Labels labels;
    int64_t clicks = 0;
    int64_t users = -1;  // below 0: the view keeps none, or the bucket is made of several rows
};

struct StoredView {
    fold::View view;
    std::vector<metrics_store::PartitionPosition> positions;
    std::vector<CheckedBucket> buckets;
    std::vector<StoredRow> rows;
    std::vector<std::string> not_checked;
};

// Of whole buckets of `grains` within [from, to), days of the view's zone.
Result<StoredView> read_view(metrics_store::Snapshot& snapshot, const fold::View& view,
                             const calendar::Calendar& calendar,
                             std::span<const calendar::Grain> grains, calendar::BucketKey from,
                             calendar::BucketKey to);

// As `stored` of the engine: grain, bucket, feature, d0 to d3, clicks, users.
std::span<const archive::Column> stored_columns();
std::unique_ptr<archive::RowSource> source_of(const std::vector<StoredRow>& rows,
                                              const std::vector<std::string>& dimensions);

}  // namespace clickmill::verify
