// For tests: a collector on real control and an event log in memory that can fail partitions.
#pragma once

#include "collector/collector.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clickmill::collector {

// Answers at once, with what the test wants. Any thread.
class RecordingLog final : public event_log::EventLog {
public:
    explicit RecordingLog(int32_t partitions = 1) : partitions_(partitions) {}

    void append(PartitionId partition, event_log::Record record,
                event_log::AppendDone done) override {
        if (fails_on.contains(partition.value)) {
            return done(fail(ErrorCode::Unavailable, "cannot append", "test", "disk full"));
        }
        Offset offset;
        {
            const std::lock_guard lock(mutex_);
            std::string_view rest = record.payload;
            while (!rest.empty()) {
                const size_t end = rest.find('\n');
                lines_.emplace_back(partition.value, std::string(rest.substr(0, end)));
                rest.remove_prefix(end + 1);
            }
            offset = Offset{records_++};
        }
        done(offset);
    }
    int32_t partition_count() const override { return partitions_; }
    Result<event_log::PartitionState> state(PartitionId) override { return not_here(); }
    Result<std::unique_ptr<event_log::Reader>> read(PartitionId, Offset) override {
        return not_here();
    }
    void allow_deletion(PartitionId, event_log::ReaderRole, Offset) override {}
    Result<void> health() override { return {}; }

    // Lines and their partitions.
    std::vector<std::pair<int32_t, std::string>> lines() {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    int64_t records() {
        const std::lock_guard lock(mutex_);
        return records_;
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        lines_.clear();
    }

    std::set<int32_t> fails_on;  // set before it is used

private:
    static std::unexpected<Error> not_here() { return fail(ErrorCode::Internal, "not here"); }

    const int32_t partitions_;
    std::mutex mutex_;  // guards what follows
    std::vector<std::pair<int32_t, std::string>> lines_;
    int64_t records_ = 0;
};

class TestFolder {
public:
    TestFolder() {
        std::string name = std::filesystem::temp_directory_path() / "clickmill-collector-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~TestFolder() { std::filesystem::remove_all(path); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    std::string path;
};

// One project "shop" with one write key.
class TestCollector {
public:
    explicit TestCollector(Options options = {}, int32_t partitions = 1,
                           std::vector<std::string> origins = {}, double events_per_second = 0)
        : log(partitions) {
        control = *control::Control::open({folder.path + "/control.db"}, clock);
        EXPECT_TRUE(control->add_project({.id = "shop", .name = "Shop", .zone = "UTC"}));
        auto made = control->add_key({.kind = control::KeyKind::Write,
                                      .project = "shop",
                                      .origins = std::move(origins),
                                      .events_per_second = events_per_second});
        EXPECT_TRUE(made);
        key = made->text;
        key_id = made->key.id;
        auto opened = Collector::open(options, {log, *control, clock, *logger, registry});
        EXPECT_TRUE(opened);
        collector = std::move(*opened);
    }

    http::Response send(http::Method method, std::string target, std::string body,
                        http::Headers headers = {}) {
        http::Request request;
        request.head.method = method;
        const size_t question = target.find('?');
        request.head.path = target.substr(0, question);
        if (question != std::string::npos) request.head.query = target.substr(question + 1);
        request.head.headers = std::move(headers);
        request.head.remote_address = address;
        request.body = std::move(body);
        request.body.reserve(request.body.size() + 64);
        auto admitted = collector->admit(request.head);
        if (!admitted) return std::move(admitted).error();
        http::Response response;
        collector->handle(std::move(request),
                          [&response](http::Response r) { response = std::move(r); });
        return response;
    }
    http::Response post(std::string body, http::Headers headers = {}) {
        return send(http::Method::Post, "/v1/events", std::move(body), std::move(headers));
    }
    // Sends events (JSON, comma-separated) under the key, other members before them.
    http::Response click(const std::string& events, http::Headers headers = {},
                         const std::string& others = "") {
        return post(R"({"key":")" + key + "\"," + others + R"("events":[)" + events + "]}",
                    std::move(headers));
    }
    // The one line that the log holds.
    std::string line() {
        const auto lines = log.lines();
        EXPECT_EQ(lines.size(), 1u);
        return lines.empty() ? std::string() : lines.front().second;
    }

    TestFolder folder;
    ManualClock clock{moment_of(1'800'000'000'000'000)};
    std::unique_ptr<telemetry::Logger> logger = telemetry::make_silent_logger();
    telemetry::Registry registry;
    RecordingLog log;
    std::unique_ptr<control::Control> control;
    std::string key;
    int64_t key_id = 0;
    std::string address = "192.0.2.1";
    std::unique_ptr<Collector> collector;
};

inline std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [found, value] : response.headers) {
        if (found == name) return value;
    }
    return {};
}

}  // namespace clickmill::collector
