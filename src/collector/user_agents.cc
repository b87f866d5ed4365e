#include "collector/user_agents.h"

#include "base/hash.h"
#include "collector/rule_set.h"
#include "event/text.h"

#include <algorithm>
#include <initializer_list>

namespace clickmill::collector {
namespace {

#include "user_agent_rules.inc"

constexpr size_t kMaxBytes = 512;

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [text](std::string_view word) { return text.contains(word); });
}

// The order matters: a television may run Android, and an Android tablet is one without "Mobile".
std::string_view device_of(std::string_view agent) {
    if (has_any(agent, {"SmartTV", "SMART-TV", "Smart-TV", "AppleTV", "Apple TV", "GoogleTV",
                        "HbbTV", "Roku", "BRAVIA", "AFTB", "AFTS", "AFTM", "CrKey", "Web0S",
                        "NetCast", "Android TV"})) {
        return "tv";
    }
    if (has_any(agent, {"PlayStation", "Xbox", "Nintendo"})) return "console";
    if (has_any(agent, {"iPad", "Tablet", "Kindle", "Silk/", "PlayBook"})) return "tablet";
    if (agent.contains("Android")) return agent.contains("Mobile") ? "mobile" : "tablet";
    if (has_any(agent, {"iPhone", "iPod", "Mobile", "Windows Phone", "BlackBerry", "Opera Mini"})) {
        return "mobile";
    }
    if (has_any(agent, {"Windows NT", "Macintosh", "X11", "CrOS", "Linux x86_64"})) {
        return "desktop";
    }
    return {};
}

// "Other" is uap-core's word for nothing; what breaks the text rules is nothing, too.
std::string name_or_nothing(std::string name) {
    if (name == "Other" || !event::is_id(name)) return {};
    return name;
}

}  // namespace

struct UserAgents::Rules {
    RuleSet browsers{kBrowserRules};
    RuleSet systems{kOsRules};
    RuleSet crawlers{kCrawlerRules};
};

UserAgents::UserAgents(size_t cached_agents)
    : cached_in_a_shard_(
          std::max<size_t>(1, cached_agents / std::tuple_size_v<decltype(shards_)>)) {}
UserAgents::~UserAgents() = default;

const UserAgents::Rules& UserAgents::rules() const {
    std::call_once(once_, [this] { rules_ = std::make_unique<const Rules>(); });
    return *rules_;
}

Agent UserAgents::parse(std::string_view user_agent) const {
    const std::string_view text = user_agent.substr(0, kMaxBytes);
    if (text.empty()) return {};
    return {.browser = name_or_nothing(rules().browsers.find(text)),
            .os = name_or_nothing(rules().systems.find(text)),
            .device = std::string(device_of(text)),
            .is_crawler = rules().crawlers.matches(text)};
}

std::shared_ptr<const Agent> UserAgents::read(std::string_view user_agent) {
    const std::string_view text = user_agent.substr(0, kMaxBytes);
    Shard& shard = shards_[keyed_hash(text, 0) % shards_.size()];
    {
        const std::lock_guard lock(shard.mutex);
        if (const auto found = shard.by_text.find(text); found != shard.by_text.end()) {
            shard.order.splice(shard.order.begin(), shard.order, found->second);
            return found->second->second;
        }
    }
    auto agent = std::make_shared<const Agent>(parse(text));
    const std::lock_guard lock(shard.mutex);
    if (shard.by_text.contains(text)) return agent;
    shard.order.emplace_front(std::string(text), agent);
    shard.by_text.emplace(shard.order.front().first, shard.order.begin());
    if (shard.order.size() > cached_in_a_shard_) {
        shard.by_text.erase(shard.order.back().first);
        shard.order.pop_back();
    }
    return agent;
}

}  // namespace clickmill::collector
