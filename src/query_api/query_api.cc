// Takes requests apart, finds who asks and about what, and hands each question to its file.
#include "query_api/query_api.h"

#include "base/hash.h"
#include "base/json_writer.h"
#include "query_api/access.h"
#include "query_api/answer_cache.h"
#include "query_api/answer_json.h"
#include "query_api/attention.h"
#include "query_api/catalogue_pages.h"
#include "query_api/change_watch.h"
#include "query_api/csv.h"
#include "query_api/dimensions.h"
#include "query_api/health_answers.h"
#include "query_api/json_parts.h"
#include "query_api/rollup_pages.h"
#include "query_api/session_pages.h"
#include "query_api/worker_pool.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <utility>

namespace clickmill::query_api {
namespace {

using http::Head;
using http::Method;
using http::Response;

constexpr http::BodyLimits kBodyLimits{.sent_bytes = 1024, .inflated_bytes = 1024};
constexpr size_t kMaxQueryBytes = 8 << 10;
constexpr int kMaxWaitSeconds = 25;
constexpr size_t kMaxTokenBytes = 64;

enum class Path {
    Series,
    SeriesCsv,
    Features,
    FeaturesCsv,
    Dimensions,
    Attention,
    Changes,
    Accounting,
    Status,
    Catalogue,
    Rollups,
    RollupCost,
    Session,
    SignOut,
    SignIn,
    Unknown
};

struct Route {
    std::string_view path;
    Path id;
};

constexpr std::array kRoutes = {Route{"/api/v1/series", Path::Series},
                                Route{"/api/v1/series.csv", Path::SeriesCsv},
                                Route{"/api/v1/features", Path::Features},
                                Route{"/api/v1/features.csv", Path::FeaturesCsv},
                                Route{"/api/v1/dimensions", Path::Dimensions},
                                Route{"/api/v1/attention", Path::Attention},
                                Route{"/api/v1/changes", Path::Changes},
                                Route{"/api/v1/accounting", Path::Accounting},
                                Route{"/api/v1/status", Path::Status},
                                Route{"/api/v1/catalogue", Path::Catalogue},
                                Route{"/api/v1/rollups", Path::Rollups},
                                Route{"/api/v1/rollups/cost", Path::RollupCost},
                                Route{"/api/v1/session", Path::Session},
                                Route{"/api/v1/session/sign-out", Path::SignOut},
                                Route{"/signin", Path::SignIn}};

Path path_of(std::string_view path) {
    for (const Route& route : kRoutes)
        if (route.path == path) return route.id;
    return Path::Unknown;
}

bool is_allowed(Path path, Method method) {
    if (path == Path::SignOut) return method == Method::Post;
    if (path == Path::Catalogue && (method == Method::Post || method == Method::Delete))
        return true;
    if (path == Path::Rollups && method == Method::Post) return true;
    return method == Method::Get || method == Method::Head;
}

Response unknown_path() {
    return http::error_response(
        404, "unknown_path", "there is nothing here: api/openapi.yaml lists the paths of /api/v1/");
}

Response wrong_method(Path path) {
    std::string_view allowed = "GET, HEAD";
    if (path == Path::SignOut) allowed = "POST";
    if (path == Path::Catalogue) allowed = "GET, HEAD, POST, DELETE";
    if (path == Path::Rollups) allowed = "GET, HEAD, POST";
    Response response =
        http::error_response(405, "method_not_allowed", fmt::format("this path takes {}", allowed));
    response.headers.emplace_back("Allow", std::string(allowed));
    return response;
}

Response busy() {
    return Refusal(503, "busy", "too many questions at once: ask again in a second", 1).response();
}

Response json_response(std::string body, std::string_view cache_control) {
    Response response;
    response.headers = {{"Cache-Control", std::string(cache_control)},
                        {"X-Content-Type-Options", "nosniff"}};
    response.body = std::move(body);
    return response;
}

// Whether `field` (If-None-Match) names `etag`. Compared weakly, as RFC 9110 13.1.2 wants. `*`
// names any answer there is, and whether there is one only the answer itself can tell: it gets it
// whole.
bool names_etag(std::string_view field, std::string_view etag) {
    return field.contains(etag.substr(2));  // without W/
}

Answer<ChangeWatch::Wish> read_wish(const Head& head, const std::string& project) {
    ASSIGN_OR_RETURN(const Parameters parameters,
                     Parameters::of(head, {"project", "since", "wait"}));
    ChangeWatch::Wish wish{.project = project, .since = {}, .wait = {}};
    ASSIGN_OR_RETURN(wish.since, parameters.text("since"));
    if (wish.since.size() > kMaxTokenBytes)
        return refuse("invalid_parameter", "since: give the token of the answer before");
    ASSIGN_OR_RETURN(const int64_t wait, parameters.number("wait", 0, kMaxWaitSeconds, 0));
    wish.wait = std::chrono::seconds(wait);
    return wish;
}

// What a question became: a body and how to send it.
struct Body {
    std::string text;
    std::string file_name;  // of CSV; empty: JSON
};

}  // namespace

struct QueryApi::State {
    State(Options o, Sources s)
        : options(std::move(o)),
          sources(std::move(s)),
          access(sources.control),
          cache(options.cache_bytes),
          watch({.interval = options.change_interval, .max_waiting = options.max_waiting},
                sources.clock, [this](const std::string& project) { return freshness(project); }),
          workers(options.threads, options.queue_limit) {}

    Answer<Context> context(const std::string& project);
    Answer<Freshness> freshness(const std::string& project);
    Response answer(Path path, const http::Request& request);
    Answer<Response> answer_or_refuse(Path path, const http::Request& request);
    Answer<Response> catalogue(const http::Request& request, const Visitor& visitor,
                               const control::Project& project);
    Answer<std::string> state_json(Path path, const Head& head, const Visitor& visitor,
                                   const Context& context);
    Answer<Response> question(Path path, const Head& head, const std::string& project);
    Answer<Body> compute(Path path, const Head& head, const Context& context);
    void wait_for_changes(const Head& head, http::Respond respond);
    void count(Path path, const Response& response, std::chrono::steady_clock::time_point since);

    const Options options;
    const Sources sources;
    Access access;
    Calendars calendars;
    FirstHours first_hours;
    AnswerCache cache;
    ChangeWatch watch;
    WorkerPool workers;  // last: it ends first, and its tasks use all above
};

Answer<Context> QueryApi::State::context(const std::string& project) {
    const Moment now = sources.clock.now();
    ASSIGN_OR_RETURN(auto snapshot, sources.store.snapshot());
    return make_context(std::move(snapshot), project, now, {calendars, first_hours});
}

Answer<Freshness> QueryApi::State::freshness(const std::string& project) {
    ASSIGN_OR_RETURN(const Context context, this->context(project));
    ASSIGN_OR_RETURN(const std::string token, change_token(context));
    ASSIGN_OR_RETURN(const auto through, complete_through(context, context.views.front().id));
    JsonWriter json;
    write(json, through, context.calendar);
    return Freshness{.token = token, .complete_through = json.take()};
}

Answer<Body> QueryApi::State::compute(Path path, const Head& head, const Context& context) {
    Budget budget(sources.clock, options.question_time, options.question_rows);
    if (path == Path::Series || path == Path::SeriesCsv) {
        ASSIGN_OR_RETURN(auto question, read_series_question(head, path == Path::SeriesCsv));
        question.features = context.aliases->today(question.features);
        ASSIGN_OR_RETURN(const auto answer, answer_series(context, question, budget));
        if (path == Path::Series) return Body{json_of(answer, question, context.calendar), {}};
        return Body{csv_of(answer, question, context.calendar),
                    fmt::format("clickmill-{}-by-{}.csv", context.project,
                                calendar::name_of(question.grain))};
    }
    if (path == Path::Features || path == Path::FeaturesCsv) {
        ASSIGN_OR_RETURN(const auto question,
                         read_features_question(head, path == Path::FeaturesCsv));
        ASSIGN_OR_RETURN(const auto answer, answer_features(context, question, budget));
        if (path == Path::Features) return Body{json_of(answer, question, context.calendar), {}};
        return Body{csv_of(answer), fmt::format("clickmill-{}-features.csv", context.project)};
    }
    if (path == Path::Attention) {
        ASSIGN_OR_RETURN(const auto question, read_attention_question(head));
        ASSIGN_OR_RETURN(const auto answer, answer_attention(context, question, budget));
        return Body{json_of(answer, context.calendar), {}};
    }
    ASSIGN_OR_RETURN(const auto question, read_dimensions_question(head));
    ASSIGN_OR_RETURN(const auto answer, answer_dimensions(context, question, budget));
    return Body{json_of(answer, context), {}};
}

// A question whose answer has an ETag: the same while nothing it stands on changed.
Answer<Response> QueryApi::State::question(Path path, const Head& head,
                                           const std::string& project) {
    ASSIGN_OR_RETURN(Context context, this->context(project));
    ASSIGN_OR_RETURN(std::string state, state_of(context));
    if (head.parameter("aliases") == "1" || path == Path::Attention) {
        ASSIGN_OR_RETURN(const Catalogue catalogue, access.catalogue(project));
        context.aliases = catalogue.aliases;
        context.catalogue = catalogue.features;
        state += fmt::format(" {}", catalogue.version);
    }
    const std::string text = fmt::format("{} {}?{}", project, head.path, head.query);
    const std::string etag = fmt::format("W/\"{:016x}\"", keyed_hash(state, keyed_hash(text, 0)));

    Response response = json_response({}, "private, no-cache");
    response.headers.emplace_back("ETag", etag);
    if (path == Path::SeriesCsv || path == Path::FeaturesCsv)
        response.content_type = "text/csv; charset=utf-8";
    if (names_etag(head.header("if-none-match"), etag)) {
        response.status = 304;
        response.content_type.clear();
        return response;
    }
    if (const auto cached = cache.find(text, etag)) {
        response.body = *cached;
        return response;
    }
    ASSIGN_OR_RETURN(Body body, compute(path, head, context));
    if (!body.file_name.empty())
        response.headers.emplace_back("Content-Disposition",
                                      fmt::format("attachment; filename=\"{}\"", body.file_name));
    if (body.file_name.empty()) cache.store(text, etag, body.text);
    response.body = std::move(body.text);
    return response;
}

Answer<Response> QueryApi::State::catalogue(const http::Request& request, const Visitor& visitor,
                                            const control::Project& project) {
    const Method method = request.head.method;
    if (method == Method::Delete) {
        RETURN_IF_ERROR(remove_from_catalogue(request.head, visitor, project, sources.control));
        return Response{.status = 204, .content_type = {}};
    }
    if (method == Method::Post) {
        ASSIGN_OR_RETURN(std::string body,
                         change_catalogue(request, visitor, project, sources.control));
        return json_response(std::move(body), "no-store");
    }
    RETURN_IF_ERROR(Parameters::of(request.head, {"project"}));
    ASSIGN_OR_RETURN(const auto week_start, calendar::week_start_named(project.week_start));
    ASSIGN_OR_RETURN(const auto calendar, calendars.of(project.zone, week_start));
    ASSIGN_OR_RETURN(std::string body, catalogue_json(project, sources.control, calendar));
    return json_response(std::move(body), "private, no-store");
}

Answer<Response> QueryApi::State::answer_or_refuse(Path path, const http::Request& request) {
    const Head& head = request.head;
    if (path == Path::SignIn) return sign_in_page(head, sources.control, options.is_https);
    if (path == Path::SignOut) return sign_out(head, sources.control, options.is_https);

    ASSIGN_OR_RETURN(const Visitor visitor, access.visitor(head));
    if (path == Path::Session) {
        RETURN_IF_ERROR(Parameters::of(head, {}));
        ASSIGN_OR_RETURN(std::string body, session_json(visitor, access));
        return json_response(std::move(body), "no-store");
    }
    ASSIGN_OR_RETURN(const control::Project project, access.project(visitor, head));
    if (path == Path::Catalogue) return catalogue(request, visitor, project);
    if (path == Path::Rollups && head.method == Method::Post)
        RETURN_IF_ERROR(add_rollup(request, visitor, project.id, sources.rollups));
    else if (path != Path::Accounting && path != Path::Status && path != Path::Rollups &&
             path != Path::RollupCost)
        return question(path, head, project.id);

    ASSIGN_OR_RETURN(const Context context, this->context(project.id));
    ASSIGN_OR_RETURN(std::string body, state_json(path, head, visitor, context));
    Response response = json_response(std::move(body), "private, no-store");
    if (head.method == Method::Post) response.status = 202;
    return response;
}

// What is not cached: it changes while nothing is counted.
Answer<std::string> QueryApi::State::state_json(Path path, const Head& head, const Visitor& visitor,
                                                const Context& context) {
    if (path == Path::RollupCost) return rollup_cost_json(head, context, sources.rollups);
    RETURN_IF_ERROR(Parameters::of(head, {"project"}));
    if (path == Path::Accounting) return accounting_json(context, sources.tails);
    if (path == Path::Rollups) return rollups_json(context, visitor, sources.rollups);
    return status_json(context, options, sources);
}

Response QueryApi::State::answer(Path path, const http::Request& request) {
    Answer<Response> response = answer_or_refuse(path, request);
    if (response) return *std::move(response);
    const Refusal& refusal = response.error();
    if (refusal.status >= 500)
        sources.logger.warn(
            "question failed",
            {{"path", request.head.path}, {"code", refusal.code}, {"why", refusal.message}});
    return refusal.response();
}

void QueryApi::State::wait_for_changes(const Head& head, http::Respond respond) {
    const auto wish = [&]() -> Answer<ChangeWatch::Wish> {
        ASSIGN_OR_RETURN(const Visitor visitor, access.visitor(head));
        ASSIGN_OR_RETURN(const control::Project project, access.project(visitor, head));
        return read_wish(head, project.id);
    }();
    if (!wish) return respond(wish.error().response());

    // Shared by the two ways out: the watch takes `done` only when it has room.
    ChangeWatch::Done done = [since = wish->since,
                              respond = std::move(respond)](Answer<Freshness> now) mutable {
        if (!now) return respond(now.error().response());
        JsonWriter json;
        json.begin_object().field("token", now->token);
        json.field("is_changed", now->token != since);
        json.key("complete_through").raw(now->complete_through).end_object();
        respond(json_response(json.take(), "no-store"));
    };
    if (!watch.wait(*wish, done))
        done(std::unexpected(Refusal(503, "busy", "too many are waiting: ask again later", 5)));
}

void QueryApi::State::count(Path path, const Response& response,
                            std::chrono::steady_clock::time_point since) {
    const std::string name(path == Path::Unknown ? "unknown"
                                                 : kRoutes[static_cast<size_t>(path)].path);
    sources.metrics
        .counter("clickmill_query_answers_total", "Answers of the query API",
                 {{"path", name}, {"status", std::to_string(response.status)}})
        .add();
    sources.metrics
        .histogram("clickmill_query_answer_seconds", "From a question's arrival to its answer",
                   {{"path", name}})
        .observe(std::chrono::duration<double>(sources.clock.steady() - since).count());
}

QueryApi::QueryApi(Options options, Sources sources)
    : state_(std::make_unique<State>(std::move(options), std::move(sources))) {}

QueryApi::~QueryApi() = default;

void QueryApi::stop_waiting() {
    state_->watch.stop_waiting();
}

std::expected<http::BodyLimits, Response> QueryApi::admit(const Head& head) {
    const Path path = path_of(head.path);
    if (path == Path::Unknown) return std::unexpected(unknown_path());
    if (!is_allowed(path, head.method)) return std::unexpected(wrong_method(path));
    if (head.query.size() > kMaxQueryBytes)
        return std::unexpected(http::error_response(
            400, "invalid_parameter", "the question has over 8 KiB of parameters: ask for less"));
    if (path == Path::Catalogue && head.method == Method::Post)
        return http::BodyLimits{.sent_bytes = kMaxCatalogueBytes,
                                .inflated_bytes = kMaxCatalogueBytes};
    return kBodyLimits;
}

void QueryApi::handle(http::Request request, http::Respond respond) {
    const auto since = state_->sources.clock.steady();
    // Kept beside the task, which is given back untouched when the queue is full.
    struct Job {
        http::Request request;
        http::Respond respond;
    };
    auto job = std::make_unique<Job>(std::move(request), std::move(respond));
    Job* const kept = job.get();
    WorkerPool::Task task = [state = state_.get(), job = std::move(job), since] {
        const Head& head = job->request.head;
        const Path path = path_of(head.path);
        if (path == Path::Changes) return state->wait_for_changes(head, std::move(job->respond));
        Response response = state->answer(path, job->request);
        state->count(path, response, since);
        job->respond(std::move(response));
    };
    if (!state_->workers.run(task)) kept->respond(busy());
}

}  // namespace clickmill::query_api
