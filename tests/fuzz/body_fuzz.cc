// Whatever bytes are posted: nothing crashes, what is accepted is JSON to another parser as well,
// and each line that is written can be read back.
#include "base/check.h"
#include "collector/body_reader.h"
#include "collector/line_writer.h"
#include "event/line_reader.h"

#include <simdjson.h>

#include <cstdint>
#include <string>

using namespace clickmill;
using namespace clickmill::collector;

namespace {

// "NUMBER_ERROR" and the like are limits of that parser, not of JSON.
bool is_json_to_another_parser(const std::string& text) {
    simdjson::dom::parser parser;
    const auto error = parser.parse(text.data(), text.size()).error();
    return !error || error == simdjson::NUMBER_ERROR || error == simdjson::DEPTH_ERROR ||
           error == simdjson::STRING_ERROR;  // lone surrogates, which we reject by event
}

Sender some_sender(bool wants_privacy) {
    Sender sender;
    sender.key = std::make_shared<const WriteKey>(WriteKey{.project = "shop", .secret = "secret"});
    sender.agent = std::make_shared<const Agent>(Agent{.browser = "Firefox"});
    sender.wants_privacy = wants_privacy;
    sender.received_at = moment_of(1);
    return sender;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string body(reinterpret_cast<const char*>(data), size);
    body.reserve(size + event::kPadding);
    static const PageNames pages({"/product/:id", "/docs/*"});
    static BodyReader reader(BodyLimits{});
    if (const Fault fault = reader.read(body)) {
        CHECK(fault.status == 400 || fault.status == 413);
        return 0;
    }
    CHECK(is_json_to_another_parser(body));

    LineWriter writer({.partitions = 3, .hash_user_ids = true}, pages);
    const Sender sender = some_sender(size % 2 == 0);
    writer.begin(size);
    int32_t accepted = 0;
    for (uint32_t i = 0; i < reader.events().size(); ++i) {
        accepted += !writer.add(i, reader.events()[i], reader.context(), sender);
    }
    event::LineReader lines(event::Reads::Properties);
    for (Chunk& chunk : writer.take()) {
        chunk.lines.reserve(chunk.lines.size() + event::kPadding);
        for (const event::Line& line : lines.read(chunk.lines, moment_of(0))) {
            CHECK(line.readable);
            CHECK(line.event.project == "shop" && line.event.received_at == moment_of(1));
            --accepted;
        }
    }
    CHECK(accepted == 0);
    return 0;
}
