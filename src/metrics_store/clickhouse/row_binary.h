// ClickHouse's RowBinary: values of rows one after the other, numbers little-endian, texts with
// their length before them (ClickHouse docs, interfaces/formats/RowBinary).
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::metrics_store {

// Rows to insert, value by value in the order of the columns.
class RowBinaryWriter {
public:
    RowBinaryWriter& integer(int64_t value);             // Int64
    RowBinaryWriter& wide(uint64_t high, uint64_t low);  // UInt128
    RowBinaryWriter& text(std::string_view value);       // String, LowCardinality(String)
    RowBinaryWriter& null();                             // of a Nullable
    RowBinaryWriter& nullable(int64_t value);            // Nullable(Int64)
    RowBinaryWriter& length(size_t count);               // of an Array, before its values

    const std::string& bytes() const { return bytes_; }
    bool is_empty() const { return bytes_.empty(); }

private:
    std::string bytes_;
};

// What an answer holds. A value beyond its end is 0 or empty, and is_whole() says so. Texts are
// views of the answer's bytes.
class RowBinaryReader {
public:
    explicit RowBinaryReader(std::string_view bytes) : rest_(bytes) {}

    uint64_t unsigned_of(size_t bytes);  // 1 to 8 of them
    int64_t integer() { return static_cast<int64_t>(unsigned_of(8)); }
    uint64_t length();
    std::string_view text();
    std::vector<int64_t> integers();        // Array(Int64)
    std::vector<std::string_view> texts();  // Array(String)

    bool is_at_end() const { return rest_.empty(); }
    bool is_whole() const { return is_whole_; }
    // Unavailable: the answer ends in the middle of a row.
    Result<void> check_whole() const;

private:
    std::string_view take(size_t count);

    std::string_view rest_;
    bool is_whole_ = true;
};

// The columns of RowBinaryWithNamesAndTypes.
struct RowBinaryColumn {
    enum class Kind { Signed, Unsigned, Text };
    Kind kind = Kind::Text;
    size_t width = 0;  // bytes of a number
    bool is_nullable = false;
};
// Internal: a type that no question of ours asks for.
Result<std::vector<RowBinaryColumn>> read_columns(RowBinaryReader& answer);

}  // namespace clickmill::metrics_store
