// What one event costs the collector between the socket and the event log: read, check, merge,
// write. And what a user agent costs, known and new.
#include "collector/body_reader.h"
#include "collector/line_writer.h"
#include "collector/user_agents.h"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace clickmill;
using namespace clickmill::collector;

constexpr const char* kChrome =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Mobile Safari/537.36";

// As our browser SDK sends them, about 190 bytes an event.
std::string body_of(int events) {
    std::string body = R"({"key":"wk_0123456789abcdef0123456789abcdef","sent_at":1763900000123,)"
                       R"("context":{"platform":"web","app_version":"4.12.0"},"events":[)";
    for (int i = 0; i < events; ++i) {
        if (i > 0) body += ',';
        body += R"({"event_id":"k3JdX9.1f#)" + std::to_string(i) +
                R"(","feature_id":"checkout.pay","user_id":"u_)" + std::to_string(i % 17) +
                R"(","session_id":"s_5","page":"/checkout","client_timestamp":1763900000001,)"
                R"("experiments":{"new_pay":"B"},"properties":{"plan":"pro"}})";
    }
    body += "]}";
    body.reserve(body.size() + 64);
    return body;
}

void ReadCheckAndWrite(benchmark::State& state) {
    const auto events = static_cast<int>(state.range(0));
    const std::string body = body_of(events);
    const PageNames pages({});
    BodyReader reader(BodyLimits{});
    LineWriter writer({}, pages);
    Sender sender;
    sender.key = std::make_shared<const WriteKey>(WriteKey{.project = "shop"});
    sender.agent = std::make_shared<const Agent>(
        Agent{.browser = "Chrome Mobile", .os = "Android", .device = "mobile"});
    for (auto _ : state) {
        if (reader.read(body)) state.SkipWithError("the body was refused");
        writer.begin(body.size());
        uint32_t index = 0;
        for (Fields& event : reader.events()) {
            benchmark::DoNotOptimize(writer.add(index++, event, reader.context(), sender));
        }
        benchmark::DoNotOptimize(writer.take());
    }
    state.SetItemsProcessed(state.iterations() * events);
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(ReadCheckAndWrite)->Arg(1)->Arg(10)->Arg(100);

void ReadAndCheck(benchmark::State& state) {
    const auto events = static_cast<int>(state.range(0));
    const std::string body = body_of(events);
    BodyReader reader(BodyLimits{});
    for (auto _ : state) benchmark::DoNotOptimize(reader.read(body).status);
    state.SetItemsProcessed(state.iterations() * events);
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(ReadAndCheck)->Arg(1)->Arg(100);

void ReadAKnownUserAgent(benchmark::State& state) {
    UserAgents agents;
    agents.read(kChrome);
    for (auto _ : state) benchmark::DoNotOptimize(agents.read(kChrome));
}
BENCHMARK(ReadAKnownUserAgent);

void ReadANewUserAgent(benchmark::State& state) {
    const UserAgents agents;
    agents.parse(kChrome);
    for (auto _ : state) benchmark::DoNotOptimize(agents.parse(kChrome));
}
BENCHMARK(ReadANewUserAgent);

}  // namespace
