// What the counting protocol means, in the plainest code there is: ids in sets, rows in maps, every
// record from the beginning. Shares nothing with fold/ but the calendar; follows
// model/counting_protocol's truth().
#pragma once

#include "calendar/calendar.h"
#include "fold/labels.h"
#include "fold/ledger.h"
#include "fold/rows.h"
#include "fold/view.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace clickmill::simulation {

struct SimulatedClick {
    std::string project;
    std::string id;
    std::string feature;
    std::string user;
    std::string platform;
    std::map<std::string, std::string> experiments;
    int64_t received_at = 0;  // seconds
    bool bot = false;
};

struct SimulatedRecord {
    int64_t append_time = 0;  // seconds
    std::vector<SimulatedClick> clicks;
};

struct TrueRow {
    int64_t clicks = 0;
    std::set<std::string> users;
    bool operator==(const TrueRow&) const = default;
};

using TrueRows = std::map<std::pair<calendar::BucketKey, fold::Labels>, TrueRow>;  // (hour, labels)

struct TruthLimits {
    int64_t slice_seconds = 0;
    int64_t max_entries = 0;
};

// One partition's meaning after each of its records.
class Truth {
public:
    Truth(std::vector<fold::View> views, TruthLimits limits);

    void append(const SimulatedRecord& record);
    // The rows of a view when the first `through` records are folded.
    const TrueRows& rows(fold::ViewId view, int64_t through) const {
        return states_.at(static_cast<size_t>(through)).at(view);
    }
    const std::map<std::string, fold::Accounting>& accounting() const { return accounting_; }
    int64_t records() const { return static_cast<int64_t>(states_.size()) - 1; }

private:
    struct Slice {
        int64_t number = 0;
        std::set<std::string> ids;
        std::set<std::string> blocks;
    };
    // Names that a view's local day has rows for: one set of features, one for each dimension.
    using Day = std::vector<std::set<std::string>>;

    void enter(int64_t append_time);
    bool is_repeat(const SimulatedClick& click);
    void add(const fold::View& view, const SimulatedClick& click, TrueRows& rows);

    std::vector<fold::View> views_;
    std::map<fold::ViewId, calendar::Calendar> calendars_;
    TruthLimits limits_;
    std::vector<Slice> slices_;
    std::map<std::pair<fold::ViewId, calendar::BucketKey>, Day> days_;
    std::vector<std::map<fold::ViewId, TrueRows>> states_;
    std::map<std::string, fold::Accounting> accounting_;
};

}  // namespace clickmill::simulation
