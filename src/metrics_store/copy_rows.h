// Reading a store bucket by bucket, for copying and comparing. Private to metrics_store/.
#pragma once

#include "metrics_store/metrics_store.h"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::metrics_store {

inline constexpr calendar::Grain kGrains[] = {calendar::Grain::Hour, calendar::Grain::Day,
                                              calendar::Grain::Week, calendar::Grain::Month};

// Of one view, all that says which rows there are.
struct Contents {
    std::map<PartitionId, std::vector<fold::Mark>> marks;
    std::map<calendar::Grain, std::vector<Header>> headers;

    int64_t buckets() const;
    bool has_live_rows(calendar::BucketKey hour) const;  // not, when they were retired
};
Result<Contents> contents_of(MetricsStore& store, fold::ViewId view);

// Live rows of one hour and partition, in order of their labels.
struct LiveHour {
    std::vector<fold::LiveRow> rows;
    std::vector<fold::LiveSketch> sketches;
};
Result<LiveHour> live_hour(MetricsStore& store, fold::ViewId view, PartitionId partition,
                           calendar::BucketKey hour);

// Month to what a view holds in it; months in which it holds nothing are absent.
struct MonthSum {
    int64_t rows = 0;
    int64_t clicks = 0;
    uint64_t checksum = 0;
};
using OnBucket = std::function<void(int64_t rows)>;
Result<std::map<std::string, MonthSum>> sum_months(MetricsStore& store, fold::ViewId view,
                                                   const Contents& contents,
                                                   const OnBucket& on_bucket);

}  // namespace clickmill::metrics_store
