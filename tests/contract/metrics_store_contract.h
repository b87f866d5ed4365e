// What every metrics store promises, as a small language: hours by number, changes by name. The
// promises stand in metrics_store_*_test.cc beside this file, asked of every backend.
#pragma once

#include "fold/hll.h"
#include "metrics_store/metrics_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::metrics_store {

using calendar::BucketKey;
using calendar::Grain;
using fold::Labels;

struct Backend {
    std::string name;
    std::function<std::unique_ptr<MetricsStore>(const std::filesystem::path& folder)> open;
    bool has_snapshots = true;  // false: each call on one reads the latest (snapshot.h)
    // Of many questions that differ little, each so-many-th is asked; all of them where
    // CLICKMILL_ASK_ALL is set.
    int asks_each = 1;
};
std::vector<Backend> backends();
// The url of the server that an environment variable names; nothing where it names none.
std::vector<std::string> server_of(const char* variable);
inline void PrintTo(const Backend& backend, std::ostream* out) {
    *out << backend.name;
}

class ScratchFolder {
public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline BucketKey hour(int64_t number) {
    return 1'793'523'600 + number * 3'600;  // 2026-11-01T09:00:00Z and on
}
inline Moment at_second(int64_t second) {
    return Moment{std::chrono::seconds{second}};
}

std::string sketch_of(std::initializer_list<std::string_view> people);

// What one view commits, from one position to another.
class Change {
public:
    Change(const fold::View& view, int64_t from, int64_t to);
    Change& clicks(int64_t hour_number, Labels labels, int64_t count);
    Change& users(int64_t hour_number, Labels labels,
                  std::initializer_list<std::string_view> people);
    Change& sketch(int64_t hour_number, Labels labels, std::string bytes);
    Change& mark(int64_t hour_number, int64_t touched);
    Change& complete_through(int64_t second);
    const fold::ViewChanges& changes() const { return changes_; }

private:
    fold::ViewChanges changes_;
};

fold::Ledger ledger_at(int64_t through, int32_t partition = 0);

// A settled bucket in the making.
class Settled {
public:
    Settled(const fold::View& view, Grain grain, BucketKey bucket, std::vector<int64_t> positions);
    Settled& row(Labels labels, int64_t clicks,
                 std::initializer_list<std::string_view> people = {});
    Settled& holds(int64_t first_hour, int64_t last_hour);
    const Build& build() const { return build_; }

private:
    Build build_;
};

class MetricsStoreContract : public testing::TestWithParam<Backend> {
protected:
    MetricsStoreContract() { reopen(); }

    MetricsStore& store() { return *store_; }
    void reopen();  // memory: an empty one
    void begin_anew();

    fold::View declare(std::string project = "shop",
                       fold::RollupDefinition rollup = {"totals", {}});
    Result<void> commit(std::vector<Change> changes, int64_t ledger_through, int32_t partition = 0);
    // A commit that must succeed.
    void committed(const Change& change, int32_t partition = 0);
    fold::StoredCell cell(const fold::View& view, int64_t hour_number, const Labels& labels,
                          int32_t partition = 0);
    fold::Position position(const fold::View& view, int32_t partition = 0);
    RowsAnswer ask(const RowsQuestion& question);
    // "bucket feature value clicks users" of each group, as far as asked for.
    std::vector<std::string> groups(const RowsQuestion& question);
    static std::vector<std::string> groups(const RowsQuestion& question, Snapshot& snapshot);
    std::vector<std::string> rows_in(const fold::View& view, bool is_live, Grain grain,
                                     BucketKey bucket);
    std::vector<Header> headers(const fold::View& view, Grain grain);

private:
    std::unique_ptr<ScratchFolder> folder_ = std::make_unique<ScratchFolder>();
    std::unique_ptr<MetricsStore> store_;
};

}  // namespace clickmill::metrics_store
