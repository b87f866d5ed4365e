#include "metrics_store/clickhouse/row_binary.h"

#include <charconv>

namespace clickmill::metrics_store {
namespace {

void append_number(std::string& bytes, uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(value >> shift);
}

// "LowCardinality(String)" -> "String"
bool unwrap(std::string_view& type, std::string_view wrapper) {
    if (!type.starts_with(wrapper) || !type.ends_with(')')) return false;
    type.remove_prefix(wrapper.size());
    type.remove_suffix(1);
    return true;
}

Result<RowBinaryColumn> column_of(std::string_view type) {
    RowBinaryColumn column;
    std::string_view plain = type;
    unwrap(plain, "SimpleAggregateFunction(max, ");
    unwrap(plain, "LowCardinality(");
    column.is_nullable = unwrap(plain, "Nullable(");
    if (plain == "String") return column;
    column.kind = RowBinaryColumn::Kind::Signed;
    if (plain.starts_with('U')) {
        column.kind = RowBinaryColumn::Kind::Unsigned;
        plain.remove_prefix(1);
    }
    size_t bits = 0;
    if (plain.starts_with("Int")) std::from_chars(plain.data() + 3, plain.end(), bits);
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64) {
        return fail(ErrorCode::Internal, "cannot read metrics", "ClickHouse",
                    "a column of the unknown type " + std::string(type));
    }
    column.width = bits / 8;
    return column;
}

}  // namespace

RowBinaryWriter& RowBinaryWriter::integer(int64_t value) {
    append_number(bytes_, static_cast<uint64_t>(value));
    return *this;
}

RowBinaryWriter& RowBinaryWriter::wide(uint64_t high, uint64_t low) {
    append_number(bytes_, low);
    append_number(bytes_, high);
    return *this;
}

RowBinaryWriter& RowBinaryWriter::length(size_t count) {
    for (; count >= 0x80; count >>= 7) bytes_ += static_cast<char>((count & 0x7f) | 0x80);
    bytes_ += static_cast<char>(count);
    return *this;
}

RowBinaryWriter& RowBinaryWriter::text(std::string_view value) {
    length(value.size());
    bytes_ += value;
    return *this;
}

RowBinaryWriter& RowBinaryWriter::null() {
    bytes_ += '\1';
    return *this;
}

RowBinaryWriter& RowBinaryWriter::nullable(int64_t value) {
    bytes_ += '\0';
    return integer(value);
}

std::string_view RowBinaryReader::take(size_t count) {
    if (count > rest_.size()) {
        is_whole_ = false;
        rest_ = {};
        return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
}

uint64_t RowBinaryReader::unsigned_of(size_t bytes) {
    const std::string_view taken = take(bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.size(); ++i)
        value |= uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
    return value;
}

uint64_t RowBinaryReader::length() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const uint64_t byte = unsigned_of(1);
        value |= (byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    is_whole_ = false;  // no length has that many bytes
    return 0;
}

std::string_view RowBinaryReader::text() {
    return take(length());
}

Result<void> RowBinaryReader::check_whole() const {
    if (is_whole_) return {};
    return fail(ErrorCode::Unavailable, "cannot read metrics", "ClickHouse",
                "its answer ends in the middle of a row");
}

std::vector<int64_t> RowBinaryReader::integers() {
    std::vector<int64_t> values;
    for (uint64_t left = length(); left > 0 && is_whole_; --left) values.push_back(integer());
    return values;
}

std::vector<std::string_view> RowBinaryReader::texts() {
    std::vector<std::string_view> values;
    for (uint64_t left = length(); left > 0 && is_whole_; --left) values.push_back(text());
    return values;
}

Result<std::vector<RowBinaryColumn>> read_columns(RowBinaryReader& answer) {
    const uint64_t count = answer.length();
    for (uint64_t i = 0; i < count && answer.is_whole(); ++i) answer.text();  // names
    std::vector<RowBinaryColumn> columns;
    for (uint64_t i = 0; i < count && answer.is_whole(); ++i) {
        ASSIGN_OR_RETURN(const RowBinaryColumn column, column_of(answer.text()));
        columns.push_back(column);
    }
    return columns;
}

}  // namespace clickmill::metrics_store
