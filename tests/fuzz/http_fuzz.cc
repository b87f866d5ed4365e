// Heads, chunked bodies and gzip: never a crash, and never a verdict that depends on how the bytes
// were cut into packets.
#include "base/check.h"
#include "http/framing.h"
#include "http/gzip.h"
#include "http/head_parser.h"

#include <algorithm>
#include <cstdint>
#include <string>

using namespace clickmill;
using namespace clickmill::http;

namespace {

using State = HeadScanner::State;

void check_head(const std::string& bytes) {
    HeadScanner whole({});
    const State verdict = whole.scan(bytes);
    if (verdict == State::Complete) {
        const auto head =
            std::string_view(bytes).substr(whole.start(), whole.end() - whole.start());
        parse_head(head, whole.framing());
    }
    for (size_t cut = 1; cut < bytes.size(); cut += 1 + bytes.size() / 64) {
        HeadScanner halves({});
        State state = halves.scan(std::string_view(bytes).substr(0, cut));
        if (state == State::NeedMore) state = halves.scan(bytes);
        CHECK(state == verdict);
        if (state == State::Complete) CHECK(halves.end() == whole.end());
        if (state == State::Refused) CHECK(halves.refusal().status == whole.refusal().status);
    }
}

std::string decoded(std::string_view bytes, size_t step) {
    ChunkDecoder decoder;
    std::string body, pending;
    while (!bytes.empty()) {
        pending += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
        while (true) {
            const auto taken = decoder.next(pending);
            body += taken.data;
            pending.erase(0, taken.consumed);
            if (taken.state == ChunkDecoder::State::Bad) return "bad";
            if (taken.state == ChunkDecoder::State::Done) return body + "|done";
            if (taken.state == ChunkDecoder::State::NeedMore) break;
        }
    }
    return body + "|more";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    check_head(bytes);
    CHECK(decoded(bytes, 1) == decoded(bytes, std::max<size_t>(1, size)));
    GzipInflater inflater;
    std::string out;
    inflater.add(bytes, out, 1 << 16);
    CHECK(out.size() <= (1 << 16) + 1);
    return 0;
}
