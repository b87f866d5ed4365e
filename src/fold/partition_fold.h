// The fold of one partition: records in order, each event judged once, then added to every view of
// its project. A pure function: the same records under the same definitions and recorded cuts give
// the same rows. No I/O, no clock, no threads; what it needs to know of the store it asks for
// (design section 5).
#pragma once

#include "event/line_reader.h"
#include "fold/freshness.h"
#include "fold/ledger.h"
#include "fold/repeats.h"
#include "fold/view_fold.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::fold {

// What one offset of the log holds; event::kPadding bytes can be read behind `payload`.
struct Input {
    Offset offset;
    Moment append_time{};
    int32_t event_count = 0;
    int64_t lost_before = 0;  // events known to be gone before this record
    bool is_damaged = false;  // the payload is gone
    std::string_view fault;   // not empty: why the payload must not be read; static text
    std::string_view payload;
    // In the place of `payload`: the record was read already. They stay until apply().
    std::optional<std::span<const event::Line>> lines;
};

// A view's day whose stored names are needed before the record just read can be applied.
struct MissingDay {
    ViewId view;
    calendar::BucketKey day = 0;
    std::vector<calendar::BucketKey> hours;  // of that day
};

// Lines of a record that are no events, as they stand in it, and why the first of them is none.
struct Unread {
    std::string_view reason;  // static text
    std::string lines;
};

// One thread.
class PartitionFold {
public:
    struct Options {
        PartitionId partition;
        std::string log_id;
        int32_t partition_count = 1;
        RepeatLimits repeats;
        uint64_t repeat_key = 0;  // for a partition without a ledger; else the ledger's is used
    };

    // `ledger` is the stored one, or nullptr at the beginning of the log.
    PartitionFold(Options options, const Ledger* ledger);

    // A project becomes known by its first view. Views may be added at any time between records.
    // InvalidInput as ViewFold::make and Calendar::make.
    Result<void> add_view(View view, Position position);

    // Before anything was read: the log begins at `first` now, which is above what is to be read.
    // `lost` events that were not accounted are gone with the records before it.
    void begin_after_gap(Offset first, int64_t lost);
    // Before anything was read, after the first views: what is stored of the repeat tables need not
    // be read again.
    void restore_repeats(std::span<const RepeatPiece> stored);
    // Where reading must start so that the repeat tables are whole, and where adding goes on.
    Offset read_from() const { return read_from_; }
    Offset next() const { return next_; }

    // Takes the next record: judges its events. Then missing_projects() and missing_days() are
    // answered by add_view() and provide_day() as far as the store knows, and apply() adds the
    // clicks. Until next() reaches the views' least position, records only fill the repeat tables.
    void read(const Input& input);
    std::vector<std::string> missing_projects() const;
    std::vector<MissingDay> missing_days() const;
    void provide_day(ViewId view, calendar::BucketKey day, std::span<const Labels> stored);
    // What the record just read holds that is no event, unless it is accounted already. A function
    // of the record alone: events of a project that nobody knows are counted as unreadable, too,
    // but can be read.
    std::optional<Unread> unread() const;
    void apply();

    // Cells whose stored rows must be known before changes(); asked after a batch of records.
    std::map<ViewId, ViewFold>& views() { return views_; }
    const std::map<ViewId, ViewFold>& views() const { return views_; }
    // The first record that changes anything but the repeat tables.
    Offset next_to_apply() const;

    // The ledger when everything below next() is folded. `at_end_since`: the log's end was reached,
    // and this is a moment before it was asked for.
    Ledger ledger(std::optional<Moment> at_end_since) const;
    // Every click received before this is in the views' cells when everything below next() is.
    Moment complete_through(std::optional<Moment> at_end_since) const;
    const RepeatTables& repeats() const { return repeats_; }
    // As RepeatTables.
    void end_piece() { repeats_.end_piece(next_); }
    void stored_pieces(size_t count) { repeats_.stored(count); }

private:
    // Views of a project that place clicks into the same hours. There are several while the project
    // moves to another zone.
    struct Timeline {
        calendar::Calendar calendar;
        int64_t late_seconds;
        std::vector<ViewFold*> views;
        calendar::Hour last_hour;   // a cache: neighbours are often of one
        std::vector<Click> clicks;  // of the record being applied
        calendar::Hour hour_at(Moment moment);
        bool is_late(const calendar::Hour& hour, Moment append_time) const;
    };
    struct Project {
        Accounting* accounting;          // in ledger_
        std::deque<Timeline> timelines;  // late is what is late in the first
    };
    enum class Verdict : int8_t { Unreadable, Duplicate, LeftOut, Late, Counted };
    struct Judged {
        const event::Line* line = nullptr;
        Project* project = nullptr;  // nullptr: unknown, or the line is unreadable
        bool is_repeat = false;
        bool is_late = false;
    };

    void judge_repeats();
    bool is_rebuilding() const;
    void account_record();
    Result<Timeline*> timeline_of(const ViewDefinition& definition);
    void find_missing_days(const Timeline& timeline, calendar::BucketKey day,
                           std::vector<MissingDay>& missing) const;
    void find_project(Judged& judged);
    void place_clicks(bool is_new);
    void place_click(Judged& judged, Timeline& timeline);
    static Verdict verdict_of(const Judged& judged);
    void account(const Judged& judged);

    Options options_;
    Ledger ledger_;
    Offset ledger_through_;  // records below are accounted already
    RepeatTables repeats_;
    Offset read_from_;
    bool is_restored_ = false;  // where reading starts is settled
    Offset next_;
    Offset first_to_apply_;  // records below only fill the repeat tables
    event::LineReader lines_;
    Freshness freshness_;
    std::map<std::string, Project, std::less<>> projects_;
    std::map<ViewId, ViewFold> views_;
    std::pair<const std::string, Project>* last_project_ =
        nullptr;  // a cache: neighbours are often of one

    Moment read_to_{};  // the newest append time read
    Input input_;
    std::vector<Judged> judged_;
    std::vector<Timeline*> clicked_;  // those that have clicks in the record being applied
    std::vector<IdBlock> ids_;
    std::vector<bool> repeated_;
};

}  // namespace clickmill::fold
