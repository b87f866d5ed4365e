// What the head of a request costs: found and framed, then taken apart. As a browser sends it.
#include "http/head_parser.h"

#include <benchmark/benchmark.h>

#include <string>

namespace clickmill::http {
namespace {

const std::string kRequest =
    "POST /v1/events?key=wk_0123456789abcdef0123456789abcdef HTTP/1.1\r\n"
    "Host: clicks.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0\r\n"
    "Accept: */*\r\n"
    "Accept-Language: de,en-US;q=0.7,en;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://shop.example.com/\r\n"
    "Content-Type: text/plain;charset=UTF-8\r\n"
    "Content-Length: 412\r\n"
    "Origin: https://shop.example.com\r\n"
    "Connection: keep-alive\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Site: same-site\r\n\r\n";

void ScanHead(benchmark::State& state) {
    const HeadLimits limits;
    for (auto _ : state) {
        HeadScanner scanner(limits);
        if (scanner.scan(kRequest) != HeadScanner::State::Complete)
            state.SkipWithError("the head was refused");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ScanHead);

void ScanAndParseHead(benchmark::State& state) {
    const HeadLimits limits;
    for (auto _ : state) {
        HeadScanner scanner(limits);
        if (scanner.scan(kRequest) != HeadScanner::State::Complete)
            state.SkipWithError("the head was refused");
        benchmark::DoNotOptimize(parse_head(kRequest, scanner.framing()));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ScanAndParseHead);

}  // namespace
}  // namespace clickmill::http
