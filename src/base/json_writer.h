// Writes JSON text: objects, arrays, escaped strings, numbers. No library in Debian 12 writes as
// fast as `to_chars` and a table, and answers are flat. Tested by json_writer_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clickmill {

// Appends `text` with JSON's quotes and escapes. Bytes from 0x80 pass unchanged, so UTF-8 stays
// UTF-8. Also escapes <, > and & so that the text is harmless inside HTML.
void append_json_string(std::string& out, std::string_view text);

// Builds one JSON text; commas are placed by the writer. One thread.
//   JsonWriter json;
//   json.begin_object().field("accepted",
//   2).key("rejected").begin_array().end_array().end_object();
class JsonWriter {
public:
    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(bool truth);
    JsonWriter& value(int number) { return value(static_cast<int64_t>(number)); }
    JsonWriter& value(int64_t number);
    JsonWriter& value(uint64_t number);
    JsonWriter& value(
        double number);  // shortest text that reads back the same; null when not finite
    JsonWriter& null();
    JsonWriter& raw(std::string_view json);  // `json` must be one JSON value

    template <typename T>
    JsonWriter& field(std::string_view name, const T& v) {
        return key(name).value(v);
    }

    const std::string& text() const { return text_; }
    std::string take() { return std::move(text_); }

private:
    void separate();

    std::string text_;
    bool needs_comma_ = false;
};

}  // namespace clickmill
