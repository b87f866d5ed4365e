// Texts that clients choose: user agents, pages, paths, tokens of JSON. What comes out obeys the
// rules.
#include "base/check.h"
#include "collector/json_text.h"
#include "collector/keys.h"
#include "collector/pages.h"
#include "collector/user_agents.h"
#include "event/text.h"
#include "http/message.h"
#include "http/proxies.h"
#include "http/response_writer.h"

#include <cstdint>
#include <string>

using namespace clickmill;
using namespace clickmill::collector;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);

    static const UserAgents agents;
    const Agent agent = agents.parse(text);
    CHECK(agent.browser.empty() || event::is_id(agent.browser));
    CHECK(agent.os.empty() || event::is_id(agent.os));

    static const PageNames pages({"/product/:id", "/:lang/help", "/docs/*"});
    const std::string_view page = pages.name_of(text);
    CHECK(page.size() <= event::kMaxIdBytes);
    CHECK(!page.contains('?') && !page.contains('#'));

    std::string arena;
    arena.reserve(size);
    std::string_view undone;
    if (decode(text, arena, undone) == Decoded::Ok) CHECK(undone.size() <= size);
    is_json_number(text);
    string_token(text.data(), text.data() + size);

    http::Head head;
    head.query = text;
    head.headers = {{"Cookie", text}};
    head.parameters();
    head.cookie("a");
    http::accepts_gzip(text);
    static const auto proxies = *http::TrustedProxies::parse({"10.0.0.0/8"});
    proxies.client_of("10.0.0.1", text);
    WriteKey{.origins = {"https://*.shop.example", text}}.allows_origin(text);
    return 0;
}
