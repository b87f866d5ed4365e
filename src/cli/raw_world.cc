#include "cli/raw_world.h"

#include "server/data_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace clickmill::cli {

ScratchFolder::ScratchFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "clickmill-raw-XXXXXX").string();
    if (mkdtemp(pattern.data())) path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<std::unique_ptr<RawWorld>> RawWorld::open(const config::Config& config,
                                                 const RawWorldOptions& wanted) {
    auto made = std::unique_ptr<RawWorld>(new RawWorld());
    const server::World world = made->world_.world();
    ASSIGN_OR_RETURN(made->store_, server::archive_if_any(config));
    std::error_code missing;
    if (server::is_kafka(config) ||
        std::filesystem::exists(server::event_log_path(config.data_folder), missing)) {
        ASSIGN_OR_RETURN(made->log_, server::open_event_log_to_read(config, world));
    }
    archive::EngineOptions engine = server::engine_options_of(config);
    if (wanted.memory_mib > 0) engine.memory_mib = wanted.memory_mib;
    engine.threads = config.archive_threads > 0
                         ? static_cast<int>(config.archive_threads)
                         : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    engine.scratch_folder = made->scratch_.path();
    if (!wanted.out.empty()) engine.files.push_back(wanted.out);
    ASSIGN_OR_RETURN(made->raw_,
                     archive::RawEvents::open(engine, {made->store_.get(), made->log_.get()}));
    for (const archive::LeftOut& file : made->raw_->left_out())
        fmt::print(stderr, "clickmill: left out {}: {}\n", file.name, file.why);
    for (const std::string& gap : made->raw_->gaps())
        fmt::print(stderr, "clickmill: in neither archive nor log: {}\n", gap);
    return made;
}

}  // namespace clickmill::cli
