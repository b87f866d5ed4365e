#include "telemetry/logger.h"

#include "base/json_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <unistd.h>

namespace clickmill::telemetry {

namespace {

constexpr size_t kMaxWaitingLines = 4096;

std::string_view name_of(Level level) {
    constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
    return kNames.at(static_cast<size_t>(level));
}

std::string time_text() {
    const auto now = std::chrono::system_clock::now();
    const auto milliseconds =
        std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(static_cast<std::time_t>(milliseconds / 1000)),
                       milliseconds % 1000);
}

// Characters that could end a line, move the cursor or colour the screen become \n, \t or \x1b;
// the control characters U+0080 to U+009F, two bytes in UTF-8, are among them.
void append_printable(std::string& out, std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        if (text[i] == '\n') {
            out += "\\n";
        } else if (text[i] == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
            out += fmt::format("\\x{:02x}", next);
            ++i;
        } else {
            out += text[i];
        }
    }
}

void append_text_value(std::string& out, const Field& field) {
    const bool is_plain =
        !field.value.empty() && field.value.find_first_of(" =\"\\") == std::string::npos;
    if (is_plain) return append_printable(out, field.value);
    out += '"';
    std::string escaped;
    for (const char c : field.value) {
        if (c == '"' || c == '\\') escaped += '\\';
        escaped += c;
    }
    append_printable(out, escaped);
    out += '"';
}

// "2026-11-23T09:30:00.123Z warn  cannot read the geo file  path=/etc/geo.mmdb"
std::string text_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
    std::string out = fmt::format("{} {:<5} ", time_text(), name_of(level));
    append_printable(out, message);
    if (fields.size() > 0) out += ' ';
    for (const Field& field : fields) {
        out += ' ';
        append_printable(out, field.name);
        out += '=';
        append_text_value(out, field);
    }
    out += '\n';
    return out;
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
    JsonWriter json;
    json.begin_object();
    json.field("time", time_text()).field("level", name_of(level)).field("message", message);
    for (const Field& field : fields) {
        json.key(field.name);
        if (field.is_number) {
            json.raw(field.value);
        } else {
            json.value(field.value);
        }
    }
    json.end_object();
    return json.take() + "\n";
}

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written <= 0) return;  // nobody is left to be told
        text.remove_prefix(static_cast<size_t>(written));
    }
}

class LineLogger final : public Logger {
public:
    LineLogger(std::shared_ptr<const std::atomic<Level>> level, Format format, int descriptor)
        : level_(std::move(level)),
          format_(format),
          descriptor_(descriptor),
          writer_([this](const std::stop_token& stop) { write_lines(stop); }) {}

    void write(Level level, std::string_view message,
               std::initializer_list<Field> fields) override {
        if (level < level_->load(std::memory_order_relaxed)) return;
        std::string line = format_line(level, message, fields);
        const std::lock_guard lock(mutex_);
        if (lines_.size() >= kMaxWaitingLines) {
            ++dropped_;
            return;
        }
        lines_.push_back(std::move(line));
        more_.notify_one();
    }

private:
    std::string format_line(Level level, std::string_view message,
                            std::initializer_list<Field> fields) const {
        return format_ == Format::Json ? json_line(level, message, fields)
                                       : text_line(level, message, fields);
    }

    // Until asked to stop and nothing waits: what was said before the end is written.
    void write_lines(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (true) {
            more_.wait(lock, stop, [this] { return !lines_.empty(); });
            if (lines_.empty()) return;
            std::string text;
            for (const std::string& line : lines_) text += line;
            lines_.clear();
            if (dropped_ > 0) {
                text += format_line(Level::Warn, "lines were dropped: standard error is too slow",
                                    {{"lines", dropped_}});
                dropped_ = 0;
            }
            lock.unlock();
            write_all(descriptor_, text);
            lock.lock();
        }
    }

    const std::shared_ptr<const std::atomic<Level>> level_;
    const Format format_;
    const int descriptor_;
    std::mutex mutex_;  // guards lines_ and dropped_
    std::condition_variable_any more_;
    std::deque<std::string> lines_;
    int64_t dropped_ = 0;
    std::jthread writer_;  // last: uses everything above
};

class SilentLogger final : public Logger {
public:
    void write(Level, std::string_view, std::initializer_list<Field>) override {}
};

}  // namespace

std::unique_ptr<Logger> make_logger(Level level, Format format) {
    return make_logger(std::make_shared<const std::atomic<Level>>(level), format, STDERR_FILENO);
}

std::unique_ptr<Logger> make_logger(std::shared_ptr<const std::atomic<Level>> level, Format format,
                                    int descriptor) {
    return std::make_unique<LineLogger>(std::move(level), format, descriptor);
}

std::unique_ptr<Logger> make_silent_logger() {
    return std::make_unique<SilentLogger>();
}

}  // namespace clickmill::telemetry
