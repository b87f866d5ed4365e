// What the server is told; that it understands it, the contract of metrics stores shows.
#include "sql/inserted_rows.h"

#include "sql/postgres_types.h"

#include <gtest/gtest.h>

namespace clickmill::sql {
namespace {

TEST(InsertedRows, TakeTheirValuesFromArrays) {
    InsertedRows rows;
    rows.bind(1, int64_t{7});
    rows.bind(2, int64_t{3'600});
    rows.bind(3, int64_t{0});
    rows.bind(4, int64_t{9});
    rows.end_row();
    EXPECT_EQ(rows.text_of("INSERT INTO marks (view_id, hour, partition, touched) VALUES (?1, ?2, "
                           "?3, ?4) ON CONFLICT (view_id, hour, partition) DO UPDATE SET touched = "
                           "excluded.touched WHERE marks.touched < excluded.touched"),
              "INSERT INTO marks (view_id, hour, partition, touched) SELECT * FROM "
              "unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[]) ON CONFLICT "
              "(view_id, hour, partition) DO UPDATE SET touched = excluded.touched WHERE "
              "marks.touched < excluded.touched");
}

TEST(InsertedRows, WriteArraysAsTheServerReadsThem) {
    InsertedRows rows;
    for (const char* text : {"a", ""}) {
        rows.bind(1, std::string_view(text));
        rows.bind_null(2);
        rows.bind_bytes(3, "\x01\x02");
        rows.end_row();
    }
    EXPECT_EQ(rows.text_of("INSERT INTO t (a, b, c) VALUES (?1, ?2, ?3)"),
              "INSERT INTO t (a, b, c) SELECT * FROM unnest(?1::text[], ?2::bigint[], "
              "?3::bytea[])");
    EXPECT_EQ(rows.bytes(), 5);
    const auto arrays = rows.take();
    ASSERT_EQ(arrays.size(), 3);
    using std::string_literals::operator""s;
    const auto head = [](bool has_null, Oid type) {
        return to_network(int32_t{1}) + to_network(int32_t{has_null}) + to_network(type) +
               to_network(int32_t{2}) + to_network(int32_t{1});
    };
    EXPECT_EQ(arrays[0].type, kTextArray);
    EXPECT_EQ(arrays[0].bytes, head(false, kText) + "\0\0\0\x01"s + "a" + "\0\0\0\0"s);
    EXPECT_EQ(arrays[1].type, kInt8Array);
    EXPECT_EQ(arrays[1].bytes, head(true, kInt8) + "\xff\xff\xff\xff\xff\xff\xff\xff");
    EXPECT_EQ(arrays[2].type, kByteaArray);
    EXPECT_EQ(arrays[2].bytes, head(false, kBytea) + "\0\0\0\x02\x01\x02"s + "\0\0\0\x02\x01\x02"s);
    EXPECT_EQ(rows.rows(), 0);
}

}  // namespace
}  // namespace clickmill::sql
