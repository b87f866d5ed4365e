#include "collector/collector.h"

#include "collector/answer.h"
#include "collector/body_reader.h"
#include "collector/cors.h"
#include "collector/keys.h"
#include "collector/line_writer.h"
#include "collector/pages.h"
#include "collector/places.h"
#include "collector/user_agents.h"
#include "event/text.h"

#include <mutex>
#include <optional>

namespace clickmill::collector {
namespace {

constexpr Fault kNotFound{"not_found", "clicks go to POST /v1/events", 404};
constexpr Fault kWrongMethod{"method_not_allowed", "clicks are sent with POST", 405};
constexpr Fault kNoKey{"missing_key", R"(the body needs "key": a project's write key, or ?key=)",
                       401};
constexpr Fault kUnknownKey{"unknown_key",
                            "no project has this write key; see `clickmill key list`", 401};
constexpr Fault kDisabledKey{"disabled_key", "this write key was disabled", 401};
constexpr Fault kForeignOrigin{"origin_not_allowed",
                               "this key does not allow events from the origin", 403};
constexpr Fault kTooFast{"rate_limited", "over the rate of this key; send the same events later",
                         429};
constexpr int64_t kPreflightBytes = 4096;

std::string_view unquoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
    return text.substr(1, text.size() - 2);
}

// What one request needs while it is read; kept for the next one.
struct Workspace {
    BodyReader reader;
    LineWriter writer;
};

class EventCollector final : public Collector {
public:
    EventCollector(const Options& options, const Parts& parts, std::unique_ptr<Places> places)
        : options_(options),
          parts_(parts),
          keys_(parts.control, parts.clock, parts.logger,
                {options.key_events_per_second, options.key_burst_events}),
          pages_(options.page_patterns),
          places_(std::move(places)),
          agents_(static_cast<size_t>(options.cached_user_agents)),
          counters_(std::make_shared<Counters>(parts.registry)) {}

    Result<void> load_keys() { return keys_.load(); }

    std::expected<http::BodyLimits, http::Response> admit(const http::Head& head) override {
        if (head.path != "/v1/events" && head.path != "/v1/events/") {
            return std::unexpected(refused(head, kNotFound));
        }
        if (head.method == http::Method::Options) {
            return http::BodyLimits{kPreflightBytes, kPreflightBytes};
        }
        if (head.method != http::Method::Post) {
            http::Response response = refused(head, kWrongMethod);
            response.headers.emplace_back("Allow", "POST, OPTIONS");
            return std::unexpected(std::move(response));
        }
        if (const auto key = head.parameter("key")) {
            const auto found = keys_.find(*key);
            if (auto problem = problem_of(head, found.get())) {
                return std::unexpected(*std::move(problem));
            }
        }
        return http::BodyLimits{options_.max_body_bytes, options_.max_inflated_bytes};
    }

    void handle(http::Request request, http::Respond respond) override {
        if (request.head.method == http::Method::Options) {
            return respond(preflight(request.head));
        }
        std::unique_ptr<Workspace> workspace = borrow();
        receive(request, std::move(respond), *workspace);
        give_back(std::move(workspace));
    }

    void decorate(const http::Head& head, http::Response& refusal) override {
        counters_->count_refused("http_" + std::to_string(refusal.status));
        add_cors_headers(head, refusal);
    }

private:
    http::Response refused(const http::Head& head, const Fault& fault) {
        counters_->count_refused(fault.code);
        http::Response response = refusal(fault);
        add_cors_headers(head, response);
        return response;
    }

    // Why nothing may come in under this key now; nullopt: it may.
    std::optional<http::Response> problem_of(const http::Head& head, const WriteKey* key) {
        if (key == nullptr) return refused(head, kUnknownKey);
        if (key->is_disabled) return refused(head, kDisabledKey);
        const std::string_view origin = head.header("origin");
        if (!origin.empty() && !key->allows_origin(origin)) return refused(head, kForeignOrigin);
        const auto wait = key->bucket->wait(parts_.clock.steady(), key->rate);
        if (wait > std::chrono::nanoseconds(0)) {
            counters_->count_refused(kTooFast.code);
            http::Response response = refusal_until(kTooFast, wait);
            add_cors_headers(head, response);
            return response;
        }
        return std::nullopt;
    }

    http::Response preflight(const http::Head& head) {
        if (const auto key = head.parameter("key")) {
            const auto found = keys_.find(*key);
            if (found && !found->allows_origin(head.header("origin"))) {
                return refused(head, kForeignOrigin);
            }
        }
        return preflight_response(head);
    }

    void receive(const http::Request& request, http::Respond respond, Workspace& workspace) {
        const http::Head& head = request.head;
        const Fault fault = workspace.reader.read(request.body);
        if (fault) return respond(refused(head, fault));

        auto key_text = head.parameter("key");
        if (!key_text) key_text = std::string(workspace.reader.key());
        if (key_text->empty()) return respond(refused(head, kNoKey));
        const auto key = keys_.find(*key_text);
        if (auto problem = problem_of(head, key.get())) return respond(*std::move(problem));
        const std::span<Fields> events = workspace.reader.events();
        key->bucket->take(static_cast<int64_t>(events.size()), parts_.clock.steady(), key->rate);

        counters_->client_dropped.add(workspace.reader.client_dropped());

        const Sender sender = sender_of(head, key);
        std::vector<Rejected> rejected;
        workspace.writer.begin(request.body.size());
        for (size_t i = 0; i < events.size(); ++i) {
            const auto index = static_cast<uint32_t>(i);
            const Fault why =
                workspace.writer.add(index, events[i], workspace.reader.context(), sender);
            if (why) rejected.push_back({index, why.code, why.message});
        }
        count_kinds(sender, events.size() - rejected.size());
        // Only what CORS needs of the head outlives this call.
        http::Head kept;
        if (const auto origin = head.header("origin"); !origin.empty()) {
            kept.headers.emplace_back("Origin", origin);
        }
        const auto answer = std::make_shared<Answer>(
            std::move(respond),
            [kept = std::move(kept)](http::Response& response) {
                add_cors_headers(kept, response);
            },
            std::move(rejected), counters_);
        answer->append(parts_.event_log, workspace.writer.take());
    }

    Sender sender_of(const http::Head& head, std::shared_ptr<const WriteKey> key) {
        Sender sender;
        sender.key = std::move(key);
        sender.agent = agents_.read(head.header("user-agent"));
        sender.place = places_->find(head.remote_address);
        const std::string_view platform = unquoted(head.header("sec-ch-ua-platform"));
        if (event::is_id(platform)) sender.platform_hint = platform;
        sender.is_mobile_hint = head.header("sec-ch-ua-mobile") == "?1";
        sender.wants_privacy = head.header("sec-gpc") == "1" || head.header("dnt") == "1";
        sender.received_at = parts_.clock.now();
        return sender;
    }

    void count_kinds(const Sender& sender, size_t events) {
        const auto count = static_cast<int64_t>(events);
        if (sender.agent->is_crawler) counters_->crawlers.add(count);
        if (sender.wants_privacy) counters_->anonymous.add(count);
    }

    std::unique_ptr<Workspace> borrow() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto workspace = std::move(idle_.back());
                idle_.pop_back();
                return workspace;
            }
        }
        const BodyLimits body{.max_events = static_cast<size_t>(options_.max_events),
                              .max_event_bytes = static_cast<size_t>(options_.max_event_bytes)};
        const WriterOptions writer{.partitions = parts_.event_log.partition_count(),
                                   .hash_user_ids = options_.hash_user_ids,
                                   .drop_private = options_.privacy_signal == PrivacySignal::Drop};
        return std::make_unique<Workspace>(BodyReader(body), LineWriter(writer, pages_));
    }

    void give_back(std::unique_ptr<Workspace> workspace) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(workspace));
    }

    const Options options_;
    const Parts parts_;
    Keys keys_;
    const PageNames pages_;
    const std::unique_ptr<Places> places_;
    UserAgents agents_;
    const std::shared_ptr<Counters> counters_;

    std::mutex mutex_;                              // guards what follows
    std::vector<std::unique_ptr<Workspace>> idle_;  // at most one for each HTTP thread
};

}  // namespace

Result<std::unique_ptr<Collector>> Collector::open(const Options& options, const Parts& parts) {
    ASSIGN_OR_RETURN(auto places, Places::open(options.geo_file));
    auto collector = std::make_unique<EventCollector>(options, parts, std::move(places));
    RETURN_IF_ERROR(collector->load_keys());
    return collector;
}

}  // namespace clickmill::collector
