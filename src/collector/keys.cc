#include "collector/keys.h"

#include <algorithm>

namespace clickmill::collector {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kKeyBytes = 35;  // "wk_" and 32 hex digits

bool looks_like_a_write_key(std::string_view key) {
    return key.size() == kKeyBytes && key.starts_with("wk_") &&
           key.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
}

bool fits(std::string_view allowed, std::string_view origin) {
    const size_t star = allowed.find("://*.");
    if (star == std::string_view::npos) return allowed == origin;
    const std::string_view scheme = allowed.substr(0, star + 3);
    const std::string_view domain = allowed.substr(star + 4);  // ".example.com"
    return origin.starts_with(scheme) && origin.ends_with(domain) &&
           origin.size() > scheme.size() + domain.size();
}

}  // namespace

bool WriteKey::allows_origin(std::string_view origin) const {
    return origins.empty() ||
           std::any_of(origins.begin(), origins.end(),
                       [origin](const std::string& allowed) { return fits(allowed, origin); });
}

Keys::Keys(control::Control& control, Clock& clock, telemetry::Logger& logger, Rate default_rate)
    : control_(control), clock_(clock), logger_(logger), default_rate_(default_rate) {}

Result<void> Keys::load() {
    const std::lock_guard lock(refreshing_);
    return refresh();
}

std::shared_ptr<const WriteKey> Keys::find(std::string_view key) {
    if (!looks_like_a_write_key(key)) return nullptr;
    refresh_if_older_than(last_refresh_);
    if (auto found = look_up(key)) return found;
    refresh_if_older_than(last_search_);
    return look_up(key);
}

std::shared_ptr<const WriteKey> Keys::look_up(std::string_view key) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = by_text_.find(key); found != by_text_.end()) return found->second;
    }
    const std::string hash = control::hash_of_key(key);
    const std::lock_guard lock(mutex_);
    const auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return nullptr;
    return by_text_.emplace(key, found->second).first->second;
}

void Keys::refresh_if_older_than(std::atomic<int64_t>& last) {
    const int64_t now = clock_.steady().time_since_epoch() / std::chrono::nanoseconds(1);
    const auto is_fresh = [&] {
        const int64_t before = last.load(std::memory_order_acquire);
        return before != INT64_MIN && now - before < kSecond;
    };
    if (is_fresh()) return;
    const std::lock_guard lock(refreshing_);
    if (is_fresh()) return;  // somebody did it while we waited
    const auto done = refresh();
    if (!done && !is_copy_old_)  // said once, however long it lasts
        logger_.warn("cannot refresh keys, the copy holds", {{"error", done.error().message()}});
    if (done && is_copy_old_) logger_.info("keys can be read again");
    is_copy_old_ = !done;
    last.store(now, std::memory_order_release);
}

Result<void> Keys::refresh() {
    ASSIGN_OR_RETURN(const int64_t version, control_.version());
    if (version == version_) return {};
    ASSIGN_OR_RETURN(const auto projects, control_.projects());
    ASSIGN_OR_RETURN(const auto keys, control_.keys());
    Table table;
    for (const control::Key& key : keys) {
        if (key.kind != control::KeyKind::Write) continue;
        const auto project =
            std::find_if(projects.begin(), projects.end(),
                         [&key](const control::Project& p) { return p.id == key.project; });
        if (project == projects.end()) continue;
        auto& bucket = buckets_[key.id];
        if (!bucket) bucket = std::make_shared<Bucket>();
        WriteKey entry{.project = key.project,
                       .secret = project->secret,
                       .origins = key.origins,
                       .rate = default_rate_,
                       .bucket = bucket,
                       .is_disabled = key.is_disabled};
        if (key.events_per_second > 0) {
            const double seconds =
                default_rate_.per_second > 0 ? default_rate_.burst / default_rate_.per_second : 10;
            entry.rate = {key.events_per_second, key.events_per_second * seconds};
        }
        table.emplace(key.hash, std::make_shared<const WriteKey>(std::move(entry)));
    }
    version_ = version;
    const std::lock_guard lock(mutex_);
    by_hash_ = std::move(table);
    by_text_.clear();
    return {};
}

}  // namespace clickmill::collector
