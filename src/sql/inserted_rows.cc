#include "sql/inserted_rows.h"

#include "sql/postgres_types.h"

#include <fmt/core.h>

#include <utility>

namespace clickmill::sql {
namespace {

// A column of nothing but NULLs may have any type; of ours only those of numbers may be NULL.
Oid type_or_number(Oid type) {
    return type == kUnknown ? kInt8 : type;
}

Oid array_of(Oid type) {
    if (type == kText) return kTextArray;
    return type == kBytea ? kByteaArray : kInt8Array;
}

std::string_view name_of(Oid type) {
    if (type == kText) return "text";
    return type == kBytea ? "bytea" : "bigint";
}

}  // namespace

void InsertedRows::bind(int index, int64_t number) {
    add(index, kInt8, to_network(number));
}
void InsertedRows::bind(int index, std::string_view text) {
    add(index, kText, text);
}
void InsertedRows::bind_bytes(int index, std::string_view bytes) {
    add(index, kBytea, bytes);
}

void InsertedRows::bind_null(int index) {
    Column& of = column(index);
    of.has_null = true;
    of.values += to_network(int32_t{-1});
}

void InsertedRows::add(int index, Oid type, std::string_view bytes) {
    Column& of = column(index);
    of.type = type;
    of.values += to_network(static_cast<int32_t>(bytes.size()));
    of.values += bytes;
    bytes_ += bytes.size();
}

InsertedRows::Column& InsertedRows::column(int index) {
    const auto place = static_cast<size_t>(index - 1);
    if (columns_.size() <= place) columns_.resize(place + 1);
    return columns_[place];
}

std::string InsertedRows::text_of(std::string_view insert) const {
    constexpr std::string_view kValues = "VALUES (";
    const size_t begin = insert.find(kValues);
    const size_t end = insert.find(')', begin);
    std::string arrays;
    for (size_t i = 0; i < columns_.size(); ++i) {
        arrays += fmt::format("{}?{}::{}[]", i == 0 ? "" : ", ", i + 1,
                              name_of(type_or_number(columns_[i].type)));
    }
    return fmt::format("{}SELECT * FROM unnest({}){}", insert.substr(0, begin), arrays,
                       insert.substr(end + 1));
}

// Source: array_recv in src/backend/utils/adt/arrayfuncs.c: dimensions, whether a NULL is among
// them, type, then for each dimension its size and where it begins to count.
std::vector<InsertedRows::Array> InsertedRows::take() {
    std::vector<Array> arrays;
    for (Column& column : columns_) {
        const Oid type = type_or_number(column.type);
        std::string bytes = to_network(int32_t{1}) + to_network(int32_t{column.has_null}) +
                            to_network(type) + to_network(rows_) + to_network(int32_t{1});
        bytes += column.values;
        arrays.push_back({array_of(type), std::move(bytes)});
    }
    columns_.clear();
    rows_ = 0;
    bytes_ = 0;
    return arrays;
}

}  // namespace clickmill::sql
