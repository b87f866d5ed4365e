#include "metrics_store/copy_rows.h"

#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace clickmill::metrics_store {
namespace {

std::string month_of(calendar::BucketKey bucket) {
    const std::chrono::sys_seconds at{std::chrono::seconds{bucket}};
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at)};
    return fmt::format("{:04}-{:02}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()));
}

// Adds up what the buckets of a month hold, in the order in which they come.
class Months {
public:
    void add_text(calendar::BucketKey bucket, std::string_view text) {
        MonthSum& sum = sums_[month_of(bucket)];
        sum.checksum = keyed_hash(text, sum.checksum);
    }
    void add_row(calendar::BucketKey bucket, const fold::Labels& labels, int64_t clicks,
                 std::string_view sketch) {
        add_text(bucket, fmt::format("{}\n{}\n{}", labels.text(), clicks, sketch));
        MonthSum& sum = sums_[month_of(bucket)];
        ++sum.rows;
        sum.clicks += clicks;
    }
    std::map<std::string, MonthSum> take() { return std::move(sums_); }

private:
    std::map<std::string, MonthSum> sums_;
};

std::string text_of(const Header& header) {
    std::string text =
        fmt::format("grain {} bucket {} gone {} forgotten {}", static_cast<int>(header.grain),
                    header.bucket, header.is_live_gone, header.is_forgotten);
    for (const Offset position : header.positions) text += fmt::format(" {}", position.value);
    for (const HourRange& range : header.held)
        text += fmt::format(" [{} {}]", range.first, range.last);
    return text;
}

Result<void> add_live(MetricsStore& store, fold::ViewId view, const Contents& contents,
                      Months& months, const OnBucket& on_bucket) {
    for (const auto& [partition, marks] : contents.marks) {
        for (const fold::Mark& mark : marks) {
            months.add_text(mark.hour, fmt::format("partition {} hour {} touched {}",
                                                   partition.value, mark.hour, mark.touched.value));
            LiveHour hour;
            if (contents.has_live_rows(mark.hour)) {
                ASSIGN_OR_RETURN(hour, live_hour(store, view, partition, mark.hour));
            }
            for (const fold::LiveRow& row : hour.rows)
                months.add_row(mark.hour, row.key.labels, row.clicks, {});
            for (const fold::LiveSketch& row : hour.sketches)
                months.add_row(mark.hour, row.key.labels, 0, row.sketch);
            on_bucket(static_cast<int64_t>(hour.rows.size() + hour.sketches.size()));
        }
    }
    return {};
}

Result<void> add_settled(MetricsStore& store, fold::ViewId view, const Contents& contents,
                         Months& months, const OnBucket& on_bucket) {
    for (const auto& [grain, headers] : contents.headers) {
        for (const Header& header : headers) {
            months.add_text(header.bucket, text_of(header));
            ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
            ASSIGN_OR_RETURN(const std::vector<SettledRow> rows,
                             snapshot->bucket_rows(view, false, grain, header.bucket));
            for (const SettledRow& row : rows)
                months.add_row(header.bucket, row.labels, row.clicks, row.sketch);
            on_bucket(static_cast<int64_t>(rows.size()));
        }
    }
    return {};
}

}  // namespace

int64_t Contents::buckets() const {
    size_t count = 0;
    for (const auto& [partition, of_partition] : marks) count += of_partition.size();
    for (const auto& [grain, of_grain] : headers) count += of_grain.size();
    return static_cast<int64_t>(count);
}

bool Contents::has_live_rows(calendar::BucketKey hour) const {
    const auto hours = headers.find(calendar::Grain::Hour);
    if (hours == headers.end()) return true;
    const auto header = std::ranges::lower_bound(hours->second, hour, {}, &Header::bucket);
    return header == hours->second.end() || header->bucket != hour || !header->is_live_gone;
}

Result<Contents> contents_of(MetricsStore& store, fold::ViewId view) {
    Contents contents;
    ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
    ASSIGN_OR_RETURN(const std::vector<PartitionMark> marks, snapshot->marks(view, kAllBuckets));
    for (const PartitionMark& mark : marks)
        contents.marks[mark.partition].push_back({mark.hour, mark.touched});
    for (const calendar::Grain grain : kGrains) {
        ASSIGN_OR_RETURN(contents.headers[grain], snapshot->headers(view, grain, kAllBuckets));
    }
    return contents;
}

Result<LiveHour> live_hour(MetricsStore& store, fold::ViewId view, PartitionId partition,
                           calendar::BucketKey hour) {
    const calendar::BucketKey hours[] = {hour};
    ASSIGN_OR_RETURN(std::vector<fold::Labels> labels, store.labels_of(view, partition, hours));
    std::ranges::sort(labels);
    labels.erase(std::ranges::unique(labels).begin(), labels.end());
    std::vector<fold::CellKey> keys;
    keys.reserve(labels.size());
    for (fold::Labels& one : labels) keys.push_back({hour, std::move(one)});
    ASSIGN_OR_RETURN(std::vector<fold::StoredCell> cells, store.load(view, partition, keys));
    LiveHour live;
    for (size_t i = 0; i < keys.size(); ++i) {
        if (cells[i].clicks_through > Offset{}) live.rows.push_back({keys[i], cells[i].clicks});
        if (cells[i].sketch_through > Offset{})
            live.sketches.push_back({keys[i], std::move(cells[i].sketch)});
    }
    return live;
}

Result<std::map<std::string, MonthSum>> sum_months(MetricsStore& store, fold::ViewId view,
                                                   const Contents& contents,
                                                   const OnBucket& on_bucket) {
    Months months;
    RETURN_IF_ERROR(add_live(store, view, contents, months, on_bucket));
    RETURN_IF_ERROR(add_settled(store, view, contents, months, on_bucket));
    return months.take();
}

}  // namespace clickmill::metrics_store
