// Reading: what the settler and the query API ask of a metrics store, in one moment of it.
#pragma once

#include "base/result.h"
#include "calendar/calendar.h"
#include "fold/hll.h"
#include "fold/rows.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::metrics_store {

// The feature that every rollup keeps beside the single ones: all of them together.
inline constexpr std::string_view kAllFeatures = "(all)";

// Hours from the one that starts at `first` to the one that starts at `last`, both included.
struct HourRange {
    calendar::BucketKey first = 0;
    calendar::BucketKey last = 0;
    bool operator==(const HourRange&) const = default;
};

// Which build of a bucket answers, and what it was made of. It counts while no mark of an hour that
// it holds exceeds `positions` (design section 5, Live and settled).
struct Header {
    calendar::Grain grain = calendar::Grain::Hour;
    calendar::BucketKey bucket = 0;
    int64_t build = 0;
    std::vector<Offset> positions;  // the view's position in each partition, read before the marks
    std::vector<HourRange> held;    // sorted, apart from each other
    bool is_live_gone = false;      // hours only: the live rows were retired
    bool is_forgotten = false;      // its rows went with their retention: what they said is unknown
};

struct SettledRow {
    fold::Labels labels;
    int64_t clicks = 0;
    std::string sketch;  // empty when the view keeps no users
};

// A bucket to be stored; `header.build` is given by the store.
struct Build {
    fold::ViewId view;
    Header header;
    std::vector<SettledRow> rows;  // sorted by labels
};

struct PartitionMark {
    PartitionId partition;
    calendar::BucketKey hour = 0;
    Offset touched;
};

struct PartitionPosition {
    PartitionId partition;
    fold::Position position;
};

struct BucketRange {  // keys from `first` to `last`, both included
    calendar::BucketKey first = 0;
    calendar::BucketKey last = 0;
};

inline constexpr BucketRange kAllBuckets{INT64_MIN, INT64_MAX};

struct DimensionFilter {
    size_t dimension = 0;             // index into the view's dimensions
    std::vector<std::string> values;  // any of these
};

// Which rows to read of one view, and what to group them by.
struct RowsQuestion {
    fold::ViewId view;
    bool is_live = false;  // live rows of hours, over all partitions; else settled rows of `grain`
    calendar::Grain grain = calendar::Grain::Hour;
    std::vector<BucketRange> buckets;   // sorted, apart from each other
    std::vector<std::string> features;  // these; empty: every single feature, without (all)
    std::vector<DimensionFilter> filters;
    bool by_bucket = false;
    bool by_feature = false;
    std::optional<size_t> by_dimension;
    bool clicks = true;
    bool users = false;  // unite sketches; dearer
};

struct Group {
    calendar::BucketKey bucket = 0;  // when by_bucket
    std::string feature;             // when by_feature
    std::string value;               // when by_dimension
    int64_t clicks = 0;
    fold::Hll users;  // when the question asks for users
};

struct RowsAnswer {
    std::vector<Group> groups;  // sorted by (bucket, feature, value)
    int64_t rows_read = 0;
};

// One thread. Where a store has no snapshots, each call reads the latest: ask positions, then
// marks, then headers, then rows, and a race leaves a bucket open, never wrong.
class Snapshot {
public:
    virtual ~Snapshot() = default;

    virtual Result<std::vector<fold::View>> views() = 0;
    virtual Result<std::vector<fold::Ledger>> ledgers() = 0;
    virtual Result<std::vector<PartitionPosition>> positions(fold::ViewId view) = 0;
    // Marks of the hours that start in [from, to], all partitions, sorted by (hour, partition).
    virtual Result<std::vector<PartitionMark>> marks(fold::ViewId view, BucketRange hours) = 0;
    virtual Result<std::vector<Header>> headers(fold::ViewId view, calendar::Grain grain,
                                                BucketRange buckets) = 0;
    virtual Result<RowsAnswer> rows(const RowsQuestion& question) = 0;
    // Every row of one bucket with full labels: live rows summed and united over partitions, or
    // settled.
    virtual Result<std::vector<SettledRow>> bucket_rows(fold::ViewId view, bool is_live,
                                                        calendar::Grain grain,
                                                        calendar::BucketKey bucket) = 0;
};

}  // namespace clickmill::metrics_store
