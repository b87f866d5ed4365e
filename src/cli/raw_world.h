// Every raw event of some settings as a table for SQL, for as long as a command takes.
#pragma once

#include "archive/raw_events.h"
#include "cli/command_world.h"
#include "config/config.h"

#include <memory>
#include <string>

namespace clickmill::cli {

// A folder for what does not fit into memory, gone with it.
class ScratchFolder {
public:
    ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder();
    const std::string& path() const { return path_; }

private:
    std::string path_;  // empty: there is none
};

struct RawWorldOptions {
    int64_t memory_mib = 0;  // 0: as configured
    std::string out = {};    // a file that may be written; empty: none
};

class RawWorld {
public:
    // Says on standard error what is missing: damaged files, gaps.
    static Result<std::unique_ptr<RawWorld>> open(const config::Config& config,
                                                  const RawWorldOptions& options);

    server::World world() { return world_.world(); }
    archive::RawEvents& events() { return *raw_; }
    archive::Engine& engine() { return raw_->engine(); }
    bool is_whole() const { return raw_->left_out().empty() && raw_->gaps().empty(); }

private:
    RawWorld() = default;

    CommandWorld world_{telemetry::Level::Warn};
    ScratchFolder scratch_;
    std::unique_ptr<archive::ObjectStore> store_;
    std::unique_ptr<event_log::EventLog> log_;
    std::unique_ptr<archive::RawEvents> raw_;
};

}  // namespace clickmill::cli
