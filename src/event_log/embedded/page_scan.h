// Finds the rows of an events.db in its bare pages, without SQLite: whatever happened to header,
// schema and tree, a row is where its checksum says so. Source: sqlite.org/fileformat2.html.
#pragma once

#include "base/result.h"
#include "event_log/embedded/log_file.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace clickmill::event_log {

inline constexpr int64_t kPageBytes = 4096;

using Page = std::array<uint8_t, kPageBytes>;
using Column = std::variant<std::monostate, int64_t, std::string>;

// The pages of a file as its last commit left them: what the WAL holds stands above the file.
// One thread.
class DamagedFile {
public:
    static Result<std::unique_ptr<DamagedFile>> open(const std::string& path);
    int64_t page_count() const { return page_count_; }
    // Numbered from 1. False: it cannot be read.
    bool read(int64_t page, Page& into);

private:
    void read_wal(const std::string& path);

    std::ifstream file_;
    std::ifstream wal_;
    int64_t page_count_ = 0;
    std::map<int64_t, int64_t> in_wal_;  // page -> place of its newest committed frame
};

// A cell that has the shape of one of our rows. Where its payload runs over to other pages, its
// last column may be cut off.
struct Cell {
    int64_t key = 0;
    std::vector<Column> columns;  // the key's own column is empty
    bool is_whole = true;
};

struct CellPlace {
    int64_t page = 0;
    int32_t start = 0;
};

// Calls `found` for every place on the page that reads as a cell of six or eight columns; most of
// them are chance, so check what they hold. Without the last column of long ones.
void scan_page(const Page& page, const std::function<void(int32_t start, const Cell& cell)>& found);

// The cell at `place`, whole where its overflow pages can be read.
std::optional<Cell> read_cell(DamagedFile& file, const CellPlace& place);

}  // namespace clickmill::event_log
