#include "server/server.h"

#include "aggregator/aggregator.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "collector/collector.h"
#include "config/settings.h"
#include "control/control.h"
#include "event_log/unreadable_log.h"
#include "query_api/query_api.h"
#include "server/accepted_gaps.h"
#include "server/data_folder.h"
#include "server/group_name.h"
#include "server/operations_handler.h"
#include "server/options.h"
#include "server/page_handler.h"
#include "server/rollups.h"
#include "server/sample_history.h"
#include "server/security_headers.h"
#include "server/systemd.h"
#include "server/trusted_clock.h"
#include "server/version.h"
#include "server/wiring.h"
#include "telemetry/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace clickmill::server {

namespace {

collector::Options collector_options_of(const config::Config& config) {
    collector::Options options;
    options.key_events_per_second = config.key_events_per_second;
    options.key_burst_events = config.key_burst_events;
    options.privacy_signal = config.privacy_signal == "drop" ? collector::PrivacySignal::Drop
                                                             : collector::PrivacySignal::Anonymous;
    options.hash_user_ids = config.privacy_user_ids == "hashed";
    options.page_patterns = config.page_patterns;
    options.geo_file = config.geo_file;
    return options;
}

aggregator::Retention retention_of(const config::Config& config, const config::KeepDays& own) {
    return {.hour_days = own.hour.value_or(config.hour_days),
            .day_days = own.day.value_or(config.day_days),
            .week_days = own.week.value_or(config.week_days),
            .month_days = own.month.value_or(config.month_days)};
}

aggregator::Options aggregator_options_of(const config::Config& config, int32_t partitions) {
    constexpr int64_t kEntryBytes = 16;
    constexpr int64_t kSlices = 4;
    aggregator::Options options;
    options.follower.flush_interval = std::chrono::milliseconds(config.flush_interval_ms);
    options.follower.wide_flush_interval = std::chrono::milliseconds(config.wide_flush_interval_ms);
    options.follower.folder.joins_within = config.replay_from_records;
    options.follower.folder.repeats.slice_seconds = config.repeat_slice_seconds;
    // A table is at most three quarters full.
    options.follower.folder.repeats.max_entries =
        (config.repeat_memory_mib << 20) / kSlices / kEntryBytes * 3 / 4;
    options.follower.folder.repeat_key = random_u64();
    // The embedded log counts what it lost, so a gap can be told from a mistake.
    options.follower.folder.accepts_gap = [is_known = !is_kafka(config),
                                           path = accepted_gaps_path(config.data_folder)](
                                              PartitionId partition, Offset position) {
        return is_known || is_gap_accepted(path, partition, position);
    };
    options.settler.retention = retention_of(config, {});
    for (const config::Rollup& rollup : config.rollups)
        options.settler.retention_of[rollup.name] = retention_of(config, rollup.keep);
    // Every partition has its share.
    options.follower.folder.repeats.max_entries /= partitions;
    options.follower.max_cells /= static_cast<size_t>(partitions);
    return options;
}

std::string demo_config_of(const SampleKeys& keys, const std::string& collector_url) {
    JsonWriter json;
    json.begin_object()
        .field("endpoint", collector_url.empty() ? "/" : collector_url)
        .field("write_key", keys.write_key)
        .field("read_key", keys.read_key)
        .field("project", kSampleProject)
        .end_object();
    return json.take();
}

// The same as http::Server::start, with the setting that chooses another address.
Result<std::unique_ptr<http::Server>> listen_for(std::string_view setting,
                                                 http::ServerOptions options,
                                                 std::vector<http::Route> routes) {
    auto server = http::Server::start(std::move(options), std::move(routes));
    if (server) return server;
    Error error = std::move(server).error();
    error.why += fmt::format("; {}, in the environment {}, chooses another address", setting,
                             config::environment_name(setting));
    return std::unexpected(std::move(error));
}

// The parts, in the order in which they need each other; they go in reverse.
class WholeServer final : public Server {
public:
    explicit WholeServer(StartOptions options)
        : config_(std::move(options.config)),
          role_(options.role),
          is_demo_(options.is_demo),
          collector_url_(std::move(options.collector_url)),
          go_on_waiting_(std::move(options.go_on_waiting)),
          logger_(telemetry::make_logger(options.level, format_of(config_), 2)) {}

    ~WholeServer() override { stop(); }

    Result<void> start() {
        if (auto problems = problems_of(config_); !problems.empty()) {
            return std::unexpected(std::move(problems.front().error));
        }
        RETURN_IF_ERROR(check_role());
        report_unable("the server is starting");  // health is served before clicks are taken
        RETURN_IF_ERROR(make_data_folder(config_.data_folder));
        if (does(Role::Aggregate)) {
            // Aggregators on Kafka share a metrics store; a server of all roles has it alone.
            const auto share =
                role_ == Role::Aggregate ? FileLock::Share::Shared : FileLock::Share::Alone;
            ASSIGN_OR_RETURN(FileLock lock, lock_folder(config_.data_folder, share));
            lock_.emplace(std::move(lock));
        }
        if (does(Role::Aggregate) && is_kafka(config_) && config_.kafka_group.empty()) {
            ASSIGN_OR_RETURN(config_.kafka_group, group_name(config_.data_folder));
        }
        clock_.emplace(host_clock_, host_witnesses(clock_confirmation_path(config_.data_folder)),
                       *logger_);
        RETURN_IF_ERROR(open_stores());
        if (does(Role::Aggregate)) {
            start_aggregator();
            start_replayer();
        }
        if (archives()) start_archiver();
        RETURN_IF_ERROR(start_listeners());
        health_.report("server", {});
        tick();
        logger_->info("started", {{"listen", listen_},
                                  {"operations", operations_},
                                  {"data", config_.data_folder},
                                  {"version", kVersion}});
        notify_systemd("READY=1");
        return {};
    }

    const std::string& listen() const override { return listen_; }
    const std::string& operations() const override { return operations_; }
    const config::Config& config() const override { return config_; }
    const std::optional<Welcome>& welcome() const override { return welcome_; }
    Result<std::string> new_sign_in_token() override { return sign_in_token(*control_); }

    void tick() override {
        // Questions are answered from the metrics store, whatever has become of the log.
        if (event_log_ && role_ != Role::Query) {
            health_.report("event_log", event_log_->health());
        }
        if (store_) health_.report("metrics_store", store_->health());
        report_clock();
        if (watchdog_interval()) notify_systemd("WATCHDOG=1");
    }

    void stop() override {
        if (!operations_server_ || is_stopped_) return;
        is_stopped_ = true;
        notify_systemd("STOPPING=1");
        logger_->info("stopping: answering what is in flight");
        report_unable("the server is stopping");
        if (query_api_) query_api_->stop_waiting();
        if (http_server_) http_server_->stop(std::chrono::seconds(config_.stop_timeout_seconds));
        if (replayer_) replayer_->stop();
        if (aggregator_) aggregator_->stop();
        if (archiver_) archiver_->stop();
        operations_server_->stop(std::chrono::milliseconds(200));
        logger_->info("stopped");
    }

private:
    void report_unable(std::string why) {
        health_.report("server",
                       fail(ErrorCode::Unavailable, "cannot take clicks", "", std::move(why)));
    }

    bool does(Role role) const { return role_ == Role::All || role_ == role; }
    bool archives() const {
        return role_ == Role::Archive || (role_ == Role::All && does_archive(config_));
    }

    Result<void> check_role() const {
        const bool is_url = collector_url_.empty() || collector_url_.starts_with("http://") ||
                            collector_url_.starts_with("https://");
        if (!is_url || collector_url_.find_first_of(" ;,\"'\r\n") != std::string::npos) {
            return fail(ErrorCode::InvalidInput, "cannot use --collector", collector_url_,
                        "http://HOST:PORT is wanted");
        }
        if (role_ == Role::All || is_kafka(config_)) return {};
        return fail(ErrorCode::InvalidInput, "cannot run one role alone", "event_log.backend",
                    "roles share their clicks through Kafka: set it to \"kafka\", or run "
                    "'clickmill serve'");
    }

    Result<void> open_stores() {
        const World world{*clock_, *logger_, registry_};
        if (role_ == Role::Archive) {
            ASSIGN_OR_RETURN(event_log_, open_event_log_to_read(config_, world));
            return {};
        }
        RETURN_IF_ERROR(open_control());
        if (does(Role::Query)) RETURN_IF_ERROR(prepare_projects());
        if (role_ != Role::Collect) {
            const Writes writes = does(Role::Aggregate) ? Writes::Here : Writes::Elsewhere;
            ASSIGN_OR_RETURN(store_, open_metrics_store(config_, world, writes));
        }
        if (does(Role::Aggregate)) RETURN_IF_ERROR(declare_rollups());
        if (!does(Role::Collect)) {
            ASSIGN_OR_RETURN(event_log_, open_event_log_to_read(config_, world));
            return {};
        }
        if (has_spool(config_)) {
            RETURN_IF_ERROR(make_data_folder(spool_folder_of(config_)));
            ASSIGN_OR_RETURN(FileLock lock,
                             lock_folder(spool_folder_of(config_), FileLock::Share::Alone,
                                         "kafka.spool_folder"));
            spool_lock_.emplace(std::move(lock));
            ASSIGN_OR_RETURN(event_log_, open_event_log_with_spool(config_, world, health_));
            return {};
        }
        metrics_store::Progress progress;
        if (store_) {
            auto known = store_->progress(PartitionId{0});
            // While a database server is away, clicks are taken all the same.
            if (!known && !has_shared_store(config_)) return std::unexpected(known.error());
            if (known) progress = *std::move(known);
        }
        ASSIGN_OR_RETURN(event_log_, open_event_log(config_, world, progress));
        return {};
    }

    // Waits for a database server that is away: without keys and projects no role can do anything.
    Result<void> open_control() {
        for (bool is_told = false;; is_told = true) {
            auto opened = control::Control::open(control_options_of(config_), *clock_);
            if (opened) {
                control_ = *std::move(opened);
                return {};
            }
            const bool may_come = opened.error().code == ErrorCode::Unavailable &&
                                  !config_.control_url.empty() && go_on_waiting_;
            if (may_come && !is_told) {
                logger_->warn("waiting for the control store", {{"why", opened.error().message()}});
            }
            if (!may_come || !go_on_waiting_()) return std::unexpected(std::move(opened.error()));
        }
    }

    // The first start of a folder, and the sample project of a demo.
    Result<void> prepare_projects() {
        if (is_demo_) {
            RETURN_IF_ERROR(add_sample_project(config_, *control_, *clock_, {}));
            ASSIGN_OR_RETURN(sample_keys_,
                             sample_keys(*control_, sample_keys_path(config_.data_folder)));
        } else {
            ASSIGN_OR_RETURN(welcome_, server::welcome(*control_, default_project()));
        }
        return {};
    }

    Result<void> declare_rollups() {
        ASSIGN_OR_RETURN(const auto projects, control_->projects());
        ASSIGN_OR_RETURN(const auto definitions, definitions_of(config_, projects));
        const auto declared = metrics_store::declare(*store_, definitions);
        if (!declared) return {};  // a store that is away now is tried again by the aggregator
        for (size_t i = 0; i < definitions.size(); ++i) {
            const fold::ViewDefinition& stored = (*declared)[i].definition;
            if (stored == definitions[i]) continue;
            logger_->warn(
                "the configuration has another definition of a rollup than the one that "
                "is counted: 'clickmill rollup rebuild' brings it into force",
                {{"project", stored.project}, {"rollup", stored.rollup.name}});
        }
        return {};
    }

    void start_aggregator() {
        aggregator::Options options = aggregator_options_of(config_, event_log_->partition_count());
        if (is_kafka(config_)) {
            const World world{*clock_, *logger_, registry_};
            unreadable_.emplace(
                config_.kafka_topic, [this, world] { return open_unreadable_log(config_, world); },
                *clock_, *logger_, registry_);
            options.follower.folder.set_aside = [this](PartitionId partition, const auto& records) {
                return unreadable_->keep(partition, records);
            };
        }
        aggregator_ = std::make_unique<aggregator::Aggregator>(
            std::move(options),
            aggregator::Parts{*event_log_, *store_, *clock_, *logger_, registry_, health_},
            [this]() -> Result<std::vector<fold::ViewDefinition>> {
                ASSIGN_OR_RETURN(const auto projects, control_->projects());
                return definitions_of(config_, projects);
            });
        aggregator_->start();
    }

    void start_replayer() {
        replayer_ = std::make_unique<replay::Replayer>(
            replayer_options_of(config_,
                                aggregator_options_of(config_, event_log_->partition_count())
                                    .follower.folder.repeats),
            replay::ReplayerParts{*event_log_, *store_, [this] { return find_archive(config_); },
                                  [this] { return aggregator_->partitions(); }, *clock_, *logger_,
                                  registry_, health_});
        replayer_->start();
    }

    // Its folder may be on another disk than the clicks: while that is away the server works on.
    void start_archiver() {
        archiver_ = std::make_unique<archive::Archiver>(
            archiver_options_of(config_),
            archive::ArchiverParts{*event_log_, [this] { return lock_and_open_archive(); }, *clock_,
                                   *logger_, registry_, health_});
        archiver_->start();
    }

    Result<std::unique_ptr<archive::ObjectStore>> lock_and_open_archive() {
        const std::string folder = archive_folder_of(config_);
        RETURN_IF_ERROR(make_data_folder(folder));
        archive_lock_.reset();
        ASSIGN_OR_RETURN(FileLock lock,
                         lock_folder(folder, FileLock::Share::Alone, "archive.folder"));
        archive_lock_.emplace(std::move(lock));
        return open_archive(config_);
    }

    query_api::RollupWorks rollup_works() {
        return {.sample =
                    [this](const auto& project, const auto& dimensions) {
                        return sample_rollup(*event_log_, project, dimensions);
                    },
                .add = [this](const auto& project,
                              const auto& rollup) { return add_rollup_here(project, rollup); }};
    }

    Result<void> add_rollup_here(const std::string& project, const fold::RollupDefinition& wanted) {
        const config::Rollup rollup{
            .name = wanted.name, .dimensions = wanted.dimensions, .users = wanted.users};
        if (does(Role::Aggregate)) {
            RETURN_IF_ERROR(add_rollup(*store_, config_, project, rollup));
            return {};
        }
        const World world{*clock_, *logger_, registry_};
        ASSIGN_OR_RETURN(const auto store, open_metrics_store(config_, world, Writes::Here));
        RETURN_IF_ERROR(add_rollup(*store, config_, project, rollup));
        return {};
    }

    Result<std::vector<query_api::PartitionTail>> tails() {
        std::vector<query_api::PartitionTail> out;
        for (int32_t i = 0; i < event_log_->partition_count(); ++i) {
            ASSIGN_OR_RETURN(const auto state, event_log_->state(PartitionId{i}));
            out.push_back({.partition = PartitionId{i},
                           .end = state.end,
                           .total_events = state.total_events,
                           .bytes = state.bytes});
        }
        return out;
    }

    Result<void> make_collector(std::vector<http::Route>& routes) {
        ASSIGN_OR_RETURN(collector_, collector::Collector::open(
                                         collector_options_of(config_),
                                         {*event_log_, *control_, *clock_, *logger_, registry_}));
        routes.push_back({"/v1/events", collector_.get()});
        return {};
    }

    void make_pages(std::vector<http::Route>& routes) {
        query_api::Options query_options;
        query_options.version = kVersion;
        query_options.is_https = config_.public_url.starts_with("https://");
        query_options.threads = static_cast<size_t>(std::max(2, threads_of(config_)));
        query_api_ = std::make_unique<query_api::QueryApi>(
            query_options, query_api::Sources{*store_, *control_, *clock_, registry_, *logger_,
                                              [this] { return tails(); }, rollup_works()});
        pages_ = std::make_unique<PageHandler>(
            PageOptions{.is_demo = is_demo_,
                        .demo_config = is_demo_ ? demo_config_of(sample_keys_, collector_url_) : "",
                        .collector_url = collector_url_},
            embedded_web_files());
        secure_pages_ = std::make_unique<SecureHandler>(*pages_);
        secure_query_api_ = std::make_unique<SecureHandler>(*query_api_);
        routes.push_back({"/api/", secure_query_api_.get()});
        routes.push_back({"/signin", secure_query_api_.get()});
        routes.push_back({"/", secure_pages_.get()});
    }

    Result<void> start_listeners() {
        operations_handler_ =
            std::make_unique<OperationsHandler>(registry_, health_, [this] { tick(); });
        ASSIGN_OR_RETURN(const Address operations,
                         address_of("server.operations_listen", config_.operations_listen));
        http::ServerOptions operations_options = http_options_of(config_, operations);
        operations_options.threads = 1;
        ASSIGN_OR_RETURN(operations_server_,
                         listen_for("server.operations_listen", std::move(operations_options),
                                    {{"/", operations_handler_.get()}}));
        operations_ = text_of({operations.host, operations_server_->port()});

        std::vector<http::Route> routes;
        if (does(Role::Collect)) RETURN_IF_ERROR(make_collector(routes));
        if (does(Role::Query)) make_pages(routes);
        if (routes.empty()) return {};
        ASSIGN_OR_RETURN(const Address listen, address_of("server.listen", config_.listen));
        http::ServerOptions options = http_options_of(config_, listen);
        options.registry = &registry_;
        ASSIGN_OR_RETURN(http_server_,
                         listen_for("server.listen", std::move(options), std::move(routes)));
        listen_ = text_of({listen.host, http_server_->port()});
        if (does(Role::Query)) keep_address(config_.data_folder, listen_);
        if (!is_loopback(listen)) {
            logger_->warn("listening beyond this machine: put a TLS proxy in front",
                          {{"listen", listen_}});
        }
        return {};
    }

    void report_clock() {
        const auto jump = clock_->doubted_jump();
        const auto jump_seconds = std::chrono::duration_cast<std::chrono::seconds>(jump).count();
        registry_
            .gauge("clickmill_server_clock_doubted_jump_seconds",
                   "How far the host's clock is ahead of the one in use; 0 while it is believed.")
            .set(static_cast<double>(jump_seconds));
        health_.note("clock", jump_seconds == 0
                                  ? std::string()
                                  : fmt::format("the host's clock jumped by {} s and is not "
                                                "believed; run 'clickmill clock confirm' if it is "
                                                "right",
                                                jump_seconds));
    }

    config::Config config_;
    const Role role_;
    const bool is_demo_;
    const std::string collector_url_;
    const std::function<bool()> go_on_waiting_;
    std::unique_ptr<telemetry::Logger> logger_;
    telemetry::Registry registry_;
    telemetry::Health health_;
    SystemClock host_clock_;
    std::optional<FileLock> lock_;
    std::optional<FileLock> spool_lock_;
    std::optional<FileLock> archive_lock_;  // of the archiver's thread alone
    std::optional<TrustedClock> clock_;
    std::unique_ptr<control::Control> control_;
    std::unique_ptr<metrics_store::MetricsStore> store_;
    std::unique_ptr<event_log::EventLog> event_log_;
    std::optional<event_log::UnreadableLog> unreadable_;
    std::unique_ptr<aggregator::Aggregator> aggregator_;
    std::unique_ptr<replay::Replayer> replayer_;
    std::unique_ptr<archive::Archiver> archiver_;
    std::unique_ptr<collector::Collector> collector_;
    std::unique_ptr<query_api::QueryApi> query_api_;
    std::unique_ptr<PageHandler> pages_;
    std::unique_ptr<SecureHandler> secure_pages_;
    std::unique_ptr<SecureHandler> secure_query_api_;
    std::unique_ptr<OperationsHandler> operations_handler_;
    std::unique_ptr<http::Server> operations_server_;
    std::unique_ptr<http::Server> http_server_;

    std::string listen_;
    std::string operations_;
    std::optional<Welcome> welcome_;
    SampleKeys sample_keys_;
    bool is_stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(StartOptions options) {
    auto server = std::make_unique<WholeServer>(std::move(options));
    RETURN_IF_ERROR(server->start());
    return std::unique_ptr<Server>(std::move(server));
}

}  // namespace clickmill::server
