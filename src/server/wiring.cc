#include "server/wiring.h"

#include "event_log/embedded/embedded_event_log.h"
#include "event_log/embedded/read_only_event_log.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"
#include "server/data_folder.h"

#include <algorithm>
#include <utility>

namespace clickmill::server {

namespace {

event_log::EmbeddedOptions event_log_options_of(const config::Config& config) {
    event_log::EmbeddedOptions options;
    options.path = event_log_path(config.data_folder);
    options.max_queue_bytes = config.event_log_queue_mib << 20;
    options.retention_age = std::chrono::hours(24 * config.event_log_retention_days);
    options.retention_bytes = config.event_log_retention_gib << 30;
    return options;
}

event_log::KnownPosition position_of(const metrics_store::Progress& known) {
    if (!known.has_ledger) return {};
    event_log::KnownPosition position;
    position.log_id = known.ledger.log_id;
    position.next = known.ledger.through;
    for (const auto& [view, at] : known.views) position.next = std::max(position.next, at.through);
    for (const auto& [project, accounting] : known.ledger.projects) {
        position.total_events += accounting.total();
    }
    return position;
}

}  // namespace

Result<std::unique_ptr<metrics_store::MetricsStore>> open_metrics_store(
    const config::Config& config, const World& world) {
    metrics_store::SqliteOptions options;
    options.path = metrics_path(config.data_folder);
    return metrics_store::SqliteMetricsStore::open(std::move(options), world.logger);
}

Result<std::unique_ptr<event_log::EventLog>> open_event_log(const config::Config& config,
                                                            const World& world,
                                                            const metrics_store::Progress& known) {
    event_log::EmbeddedOptions options = event_log_options_of(config);
    options.known_position = position_of(known);
    return event_log::EmbeddedEventLog::open(std::move(options), world.clock, world.logger,
                                             &world.registry);
}

Result<std::unique_ptr<event_log::EventLog>> open_event_log_to_read(const config::Config& config,
                                                                    const World& world) {
    return event_log::ReadOnlyEventLog::open(
        {.path = event_log_path(config.data_folder), .vfs = {}}, world.clock);
}

}  // namespace clickmill::server
