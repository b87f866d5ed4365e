// Many rows for one INSERT: each parameter becomes an array of its column's values, which costs a
// fraction of a statement for each row. Binary values of PostgreSQL throughout.
#pragma once

#include "sql/session.h"

#include <cstdint>
#include <libpq-fe.h>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::sql {

// Takes rows value by value; one thread.
class InsertedRows final : public Values {
public:
    void bind(int index, int64_t number) override;
    void bind(int index, std::string_view text) override;
    void bind_bytes(int index, std::string_view bytes) override;
    void bind_null(int index) override;
    void end_row() { ++rows_; }

    int32_t rows() const { return rows_; }
    size_t bytes() const { return bytes_; }
    // `insert`, whose text is "... VALUES (?1, ...) ...", with the rows of unnest() as its source.
    std::string text_of(std::string_view insert) const;

    struct Array {
        Oid type = 0;
        std::string bytes;
    };
    // In order of the parameters; no rows are left behind.
    std::vector<Array> take();

private:
    struct Column {
        Oid type = 0;  // of one value; 0: only NULLs so far
        bool has_null = false;
        std::string values;  // each with its length before it
    };
    void add(int index, Oid type, std::string_view bytes);
    Column& column(int index);

    std::vector<Column> columns_;
    int32_t rows_ = 0;
    size_t bytes_ = 0;
};

}  // namespace clickmill::sql
