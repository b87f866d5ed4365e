#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace clickmill {
namespace {

TEST(JsonWriter, PlacesCommasBetweenValuesAndNotAfterKeys) {
    JsonWriter json;
    json.begin_object().field("accepted", 2).key("rejected").begin_array();
    json.begin_object().field("index", 1).end_object().value("x").null().end_array().end_object();
    EXPECT_EQ(json.text(), R"({"accepted":2,"rejected":[{"index":1},"x",null]})");
}

TEST(JsonWriter, EscapesWhatJsonAndHtmlWouldMisread) {
    std::string out;
    append_json_string(out, std::string_view("a\"\\\n\0</script>&\xc3\xa9", 17));
    EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0000\\u003c/script\\u003e\\u0026\xc3\xa9\"");
}

TEST(JsonWriter, WritesNumbersThatReadBackTheSame) {
    JsonWriter json;
    json.begin_array().value(std::numeric_limits<int64_t>::min()).value(0.1).value(true);
    json.value(std::numeric_limits<double>::quiet_NaN()).end_array();
    EXPECT_EQ(json.text(), "[-9223372036854775808,0.1,true,null]");
}

}  // namespace
}  // namespace clickmill
