// A part of a slice of the repeat tables as it is stored, so that a restart or a takeover reads the
// log from there on only (design section 5, Repeats).
#pragma once

#include "base/types.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::fold {

struct IdBlock;

// What the records from `first` to below `next` added to the slice that begins at `slice`: a
// function of the partition's records and cuts, so whoever writes it writes the same. Of two with
// one `first`, the longer one says more.
struct RepeatPiece {
    Offset slice;
    Offset first;
    Offset next;
    std::string ids;  // pack_ids()
    bool operator==(const RepeatPiece&) const = default;
};

// Blocks with their members united, in few bytes; sorts `ids`. Stored: never change.
std::string pack_ids(std::vector<IdBlock>& ids);
// Nothing: these are not the bytes that were packed.
std::optional<std::vector<IdBlock>> unpack_ids(std::string_view bytes);

}  // namespace clickmill::fold
