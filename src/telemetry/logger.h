// What the server says about itself: text on a terminal, JSON lines otherwise. One event a line;
// control characters are escaped, so no client can forge a line.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace clickmill::telemetry {

enum class Level { Debug, Info, Warn, Error };

struct Field {
    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, int64_t v) : name(n), value(std::to_string(v)), is_number(true) {}
    std::string_view name;  // static text
    std::string value;
    bool is_number = false;
};

// Any thread. Never blocks a caller for long and never throws.
class Logger {
public:
    virtual ~Logger() = default;
    virtual void write(Level level, std::string_view message,
                       std::initializer_list<Field> fields) = 0;

    void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
        write(Level::Debug, message, fields);
    }
    void info(std::string_view message, std::initializer_list<Field> fields = {}) {
        write(Level::Info, message, fields);
    }
    void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
        write(Level::Warn, message, fields);
    }
    void error(std::string_view message, std::initializer_list<Field> fields = {}) {
        write(Level::Error, message, fields);
    }
};

enum class Format { Text, Json };
// To standard error, by a thread of its own: a reader that stalls holds nobody up. A line that
// finds 4,096 others waiting is dropped, and the next one that is written says how many were.
std::unique_ptr<Logger> make_logger(Level level, Format format);
// The same to `descriptor`, with a level that can change while it runs.
std::unique_ptr<Logger> make_logger(std::shared_ptr<const std::atomic<Level>> level, Format format,
                                    int descriptor);
std::unique_ptr<Logger> make_silent_logger();  // for tests

}  // namespace clickmill::telemetry
