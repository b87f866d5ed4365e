// One view in one partition: clicks go into cells, cells come out as absolute rows. Pure
// arithmetic; what it has to know of the store it asks for and is given. The rules are those of
// design section 5, Rows.
#pragma once

#include "calendar/calendar.h"
#include "event/event.h"
#include "fold/cell_table.h"
#include "fold/day_dictionary.h"
#include "fold/dimensions.h"
#include "fold/hll.h"
#include "fold/rows.h"

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace clickmill::fold {

// One event of a record, judged.
struct Click {
    const event::Event* event = nullptr;
    HashedName feature;
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

    // Adds the clicks of a record at or above position().through.
    void add(std::span<const Click> clicks);

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
    struct HourCells {
        calendar::BucketKey day = 0;
        int64_t last_used = 0;  // in commits
        // Every row that the hour ever had is here: what is not, is not in the store either.
        bool is_whole = false;
        CellTable cells;
    };
    struct Day {
        DayDictionary names;
        int64_t last_used = 0;
    };
    // Neighbouring clicks are nearly always of one hour: what its key leads to.
    struct OpenHour {
        calendar::BucketKey key = INT64_MIN;
        HourCells* cells = nullptr;
        DayDictionary* names = nullptr;
    };
    // A click's row, before it is added.
    struct Row {
        const Click* click;
        HourCells* hour;
        PackedLabels labels;
    };
    struct CellPlace {
        calendar::BucketKey hour;
        PackedLabels labels;
    };
    // A cell whose stored row is not known yet keeps what was added apart, with offsets, because
    // only the row can say which of it is already in there.
    struct MissingCell {
        struct Waiting {
            Offset offset;
            uint64_t who_hash;
            bool has_who;
        };
        CellPlace place;
        std::vector<Waiting> waiting;
    };

    ViewFold(View view, Position position, const calendar::Calendar& calendar,
             std::vector<Dimension> dimensions);
    Day& day_of(calendar::BucketKey key);
    void touch(const Click& click);
    OpenHour& open_hour(const calendar::Hour& hour);
    void find_rows(const Click& click);
    void add_row(const Row& row);
    const Cell& cell_at(const CellPlace& place) const;
    Cell& cell_at(const CellPlace& place);
    std::vector<CellPlace> changed_in_order() const;
    CellKey key_of(const CellPlace& place) const;
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
    std::vector<MissingCell> missing_;
    std::vector<CellPlace> dirty_;
    // Hour -> offset after the last record that touched it.
    std::map<calendar::BucketKey, Offset> touched_;
    std::pair<const calendar::BucketKey, Offset>* last_touched_ = nullptr;
    OpenHour open_;
    std::vector<Row> rows_;  // of the record being added
};

}  // namespace clickmill::fold
