// What the fold hands over and gets back: absolute rows with `through`, marks and positions (design
// section 5).
#pragma once

#include "base/types.h"
#include "calendar/calendar.h"
#include "fold/labels.h"
#include "fold/ledger.h"
#include "fold/repeat_piece.h"
#include "fold/view.h"

#include <cstdint>
#include <string>
#include <vector>

namespace clickmill::fold {

// How far a view has folded one partition.
struct Position {
    Offset through;                               // the next record to fold
    calendar::BucketKey newest_hour = INT64_MIN;  // no row of a newer hour exists
    Moment complete_through{};  // every click received before this is in the view's rows
    bool operator==(const Position&) const = default;
};

struct CellKey {
    calendar::BucketKey hour = 0;
    Labels labels;
    auto operator<=>(const CellKey&) const = default;
};

// A live row: (view, partition, hour, labels) -> clicks through an offset.
struct LiveRow {
    CellKey key;
    int64_t clicks = 0;
};

// The same for who clicked, in a table of its own. `sketch` is postgresql-hll bytes (hll.h).
struct LiveSketch {
    CellKey key;
    std::string sketch;
};

// The offset after the last record that touched an hour, skipped clicks too. Never cleared.
struct Mark {
    calendar::BucketKey hour = 0;
    Offset touched;
};

// What one view commits for one partition. Rows and sketches are complete through
// `position.through`.
struct ViewChanges {
    ViewId view;
    Offset from;  // the stored position must be this, or the commit is refused
    Position position;
    std::vector<Mark> marks;
    std::vector<LiveRow> rows;         // sorted by (hour, labels)
    std::vector<LiveSketch> sketches;  // sorted by (hour, labels)
};

struct Commit {
    Ledger ledger;  // names the partition
    std::vector<RepeatPiece> pieces;
    Offset pieces_from;  // those that end at or below it are needed no more
    std::vector<ViewChanges> views;
};

// What the store holds of one cell, with where each part is complete. Nothing stored: zeros and
// empty.
struct StoredCell {
    int64_t clicks = 0;
    Offset clicks_through;
    std::string sketch;
    Offset sketch_through;
};

}  // namespace clickmill::fold
