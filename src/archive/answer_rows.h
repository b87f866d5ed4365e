// Rows of an answer as DuckDB hands them out: columns of typed values, some thousand rows at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace clickmill::archive {

// One column of the rows in hand. What it holds is known from the question; what is read of a row
// that has nothing is meaningless.
class AnswerColumn {
public:
    struct Data {
        const uint64_t* validity = nullptr;  // null: every row has something
        const void* cells = nullptr;
        const void* keys = nullptr;  // of a map
        const void* values = nullptr;
    };
    explicit AnswerColumn(Data data) : data_(data) {}

    bool has(size_t row) const {
        return !data_.validity || ((data_.validity[row / 64] >> (row % 64)) & 1) != 0;
    }
    bool flag(size_t row) const { return static_cast<const bool*>(data_.cells)[row]; }
    int64_t integer(size_t row) const { return static_cast<const int64_t*>(data_.cells)[row]; }
    std::string_view text(size_t row) const;  // empty where there is none

    using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;
    void append_map(size_t row, Pairs& pairs) const;

private:
    Data data_;
};

}  // namespace clickmill::archive
