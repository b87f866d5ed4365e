// Chooses the backends: wiring.cc is the only file that names them.
#pragma once

#include "archive/archiver.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "control/control.h"
#include "event_log/event_log.h"
#include "event_log/rewrite.h"
#include "metrics_store/metrics_store.h"
#include "replay/replayer.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace clickmill::server {

// What every backend is told about the world. All outlive it.
struct World {
    Clock& clock;
    telemetry::Logger& logger;
    telemetry::Registry& registry;
};

// Who changes the metrics store: this process, or another one on the same folder.
enum class Writes { Here, Elsewhere };

// Where projects, keys and people lie: the data folder's control.db, or control.url.
control::Options control_options_of(const config::Config& config);

// The archive of raw clicks: whether a server of all roles writes it, and where it lies.
bool does_archive(const config::Config& config);
std::string archive_folder_of(const config::Config& config);
// InvalidInput: archive.url, or what goes with it.
Result<void> check_archive(const config::Config& config);
// Opens it, or makes it; asks a store elsewhere for nothing yet.
Result<std::unique_ptr<archive::ObjectStore>> open_archive(const config::Config& config);
archive::EngineOptions engine_options_of(const config::Config& config);
archive::ArchiverOptions archiver_options_of(const config::Config& config);
// To read or to erase in; null where there is none.
Result<std::unique_ptr<archive::ObjectStore>> archive_if_any(const config::Config& config);
// To read: null where no archive is wanted and none is there. Unavailable: it ought to be there.
Result<std::unique_ptr<archive::ObjectStore>> find_archive(const config::Config& config);
replay::ReplayerOptions replayer_options_of(const config::Config& config,
                                            const fold::RepeatLimits& repeats);

// Whether the metrics live in a database server that may be away, and not in the data folder.
bool has_shared_store(const config::Config& config);

// A metrics.db that SQLite refuses is set aside: everything in it is folded again from the log.
Result<std::unique_ptr<metrics_store::MetricsStore>> open_metrics_store(
    const config::Config& config, const World& world, Writes writes);

// A store by its address: as metrics_store.url says it, or sqlite:PATH of a metrics.db. `cluster`:
// as metrics_store.cluster. NotFound: it is to be read, and there is no such file.
Result<std::unique_ptr<metrics_store::MetricsStore>> open_store_at(const std::string& url,
                                                                   const std::string& cluster,
                                                                   const World& world,
                                                                   Writes writes);

bool is_kafka(const config::Config& config);

// Clicks are appended and read. `known` is what the metrics store has folded: an embedded log that
// had to be set aside goes on above it.
Result<std::unique_ptr<event_log::EventLog>> open_event_log(const config::Config& config,
                                                            const World& world,
                                                            const metrics_store::Progress& known);

// The same on Kafka with a spool, as configured. `health` outlives it.
bool has_spool(const config::Config& config);
std::string spool_folder_of(const config::Config& config);
Result<std::unique_ptr<event_log::EventLog>> open_event_log_with_spool(const config::Config& config,
                                                                       const World& world,
                                                                       telemetry::Health& health);

// Beside a running server or without one; appends are refused.
Result<std::unique_ptr<event_log::EventLog>> open_event_log_to_read(const config::Config& config,
                                                                    const World& world);

// Replaces payloads in the embedded log, beside a running server or without one.
Result<event_log::Rewritten> rewrite_event_log(const config::Config& config,
                                               const event_log::Rewrite& rewrite);

// How long a repeat is recognised at least: the newest slice may just have begun.
std::chrono::seconds surely_held(const config::Config& config);

// The log of what nobody could read in the event log; name and way to open it. InvalidInput where
// there is none: the embedded log keeps those itself.
std::string unreadable_log_name(const config::Config& config);
Result<std::unique_ptr<event_log::EventLog>> open_unreadable_log(const config::Config& config,
                                                                 const World& world);

// The topics on Kafka as configured, those that are missing; returns their names. Conflict: all are
// there already.
Result<std::vector<std::string>> create_topics(const config::Config& config, const World& world);
// What about them does not keep what is promised; one line each, with what to do.
Result<std::vector<std::string>> topic_problems(const config::Config& config, const World& world);

}  // namespace clickmill::server
