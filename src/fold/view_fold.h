// One view in one partition: clicks go into cells, cells come out as absolute rows. Pure
// arithmetic; what it has to know of the store it asks for and is given. The rules are those of
// design section 5, Rows.
#pragma once

#include "calendar/calendar.h"
#include "event/event.h"
#include "fold/day_dictionary.h"
#include "fold/dimensions.h"
#include "fold/hll.h"
#include "fold/rows.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace clickmill::fold {

// One event of a record, judged.
struct Click {
    const event::Event* event = nullptr;
    Offset offset;
    calendar::Hour hour;
    uint64_t who_hash = 0;  // hll_hash of who clicked; meaningless when there is nobody
    bool has_who = false;
    bool is_repeat = false;  // touches its hour, adds nothing
};

// One thread.
class ViewFold {
public:
    // InvalidInput: a dimension that does not exist, limits beyond kMaxFeatureLimit or
    // kMaxValueLimit.
    static Result<ViewFold> make(View view, Position position, const calendar::Calendar& calendar);

    const View& view() const { return view_; }
    const Position& position() const { return position_; }  // as stored
    bool wants_properties() const;

    // Whether add() of a click of `day` must wait until provide_day() gave the names of the stored
    // rows of it.
    bool needs_day(calendar::BucketKey day) const;
    void provide_day(calendar::BucketKey day, std::span<const Labels> stored);

    // Adds a click of a record at or above position().through.
    void add(const Click& click);

    // Cells that clicks were added to and whose stored rows are not known yet; provide_cells()
    // answers in the same order, and must do so before changes().
    std::vector<CellKey> missing_cells() const;
    Result<void> provide_cells(std::span<const StoredCell> stored);

    bool has_changes() const { return !touched_.empty(); }
    size_t changed_cells() const { return dirty_.size(); }
    // What is to be committed when everything below `through` has been added.
    ViewChanges changes(Offset through, Moment complete_through) const;
    // The changes were stored.
    void committed(const Position& position);

    // Forgets committed cells: those of hours untouched since the `before`-last commit, then any
    // until at most `keep` are left. Returns how many are kept.
    size_t evict(int64_t commits_before, size_t keep);
    size_t cells() const { return cell_count_; }

private:
    // A row in memory. A cell whose stored row is not known yet keeps what was added apart, with
    // offsets, because only the row can say which of it is already in there.
    struct Cell {
        struct Waiting {
            Offset offset;
            uint64_t who_hash;
            bool has_who;
        };

        int64_t clicks = 0;
        Offset clicks_through;  // records below are in `clicks`; never falls
        Hll users;
        bool is_known = true;
        bool is_dirty = false;
        bool clicks_changed = false;
        bool users_changed = false;
        std::vector<Waiting> waiting;
    };
    struct HourCells {
        calendar::BucketKey day = 0;
        int64_t last_used = 0;  // in commits
        // Every row that the hour ever had is here: what is not, is not in the store either.
        bool is_whole = false;
        boost::unordered_flat_map<PackedLabels, std::unique_ptr<Cell>> cells;
    };
    struct Day {
        DayDictionary names;
        int64_t last_used = 0;
    };
    struct DirtyCell {
        calendar::BucketKey hour;
        PackedLabels labels;
        Cell* cell;
    };

    ViewFold(View view, Position position, const calendar::Calendar& calendar,
             std::vector<Dimension> dimensions);
    Day& day_of(calendar::BucketKey key);
    void add_row(HourCells& hour, const Click& click, PackedLabels labels);
    static void apply(Cell& cell, Offset offset, const uint64_t* who_hash);

    View view_;
    Position position_;
    calendar::Calendar calendar_;
    std::vector<Dimension> dimensions_;
    bool is_of_experiments_ = false;
    calendar::BucketKey newest_day_;  // of position_.newest_hour
    int64_t commits_ = 0;

    std::map<calendar::BucketKey, HourCells> hours_;
    std::map<calendar::BucketKey, Day> days_;
    size_t cell_count_ = 0;
    std::vector<DirtyCell> missing_;
    std::vector<DirtyCell> dirty_;
    std::map<calendar::BucketKey, Offset>
        touched_;  // hour -> offset after the last record that touched it
};

}  // namespace clickmill::fold
