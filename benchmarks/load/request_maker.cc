#include "benchmarks/load/request_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace clickmill::load {
namespace {

constexpr size_t kPoolEvents = 40'000;  // different clicks in the pool, about 10 MB
constexpr size_t kPoolRequests = 2'000;
constexpr uint64_t kClicksPerPageLoad = 8;
constexpr size_t kInstallDigits = 12;
constexpr size_t kUserDigits = 8;
constexpr size_t kKeyBytes = 35;

constexpr const char* kPlatforms[] = {"web", "web", "web", "ios", "android"};
constexpr const char* kVersions[] = {"4.12.0", "4.12.0", "4.12.0", "4.11.2", "4.11.1", "4.10.0"};
constexpr const char* kPages[] = {"/",         "/search",  "/product/:id", "/cart",
                                  "/checkout", "/account", "/help",        "/settings"};
constexpr const char* kVariants[] = {"A", "B"};

void write_digits(char* to, uint64_t number, size_t digits) {
    for (size_t i = digits; i > 0; --i, number /= 10)
        to[i - 1] = static_cast<char>('0' + number % 10);
}

void write_hex(char* to, uint64_t number, size_t digits) {
    for (size_t i = digits; i > 0; --i, number /= 16) to[i - 1] = "0123456789abcdef"[number % 16];
}

}  // namespace

RequestMaker::RequestMaker(const Options& options, int worker)
    : options_(options), random_(options.seed * 1000 + static_cast<uint64_t>(worker)) {
    // Each worker numbers its events in a range of its own; page loads never straddle two.
    number_ = (static_cast<uint64_t>(worker) << 36) * kClicksPerPageLoad;
    double sum = 0;
    for (int rank = 1; rank <= options.features; ++rank) {
        sum += 1.0 / std::pow(rank, options.zipf);
        feature_shares_.push_back(sum);
    }
    for (const std::string& path : options.get_paths) moulds_.push_back(make_get(path));
    if (!moulds_.empty()) return;
    const size_t wanted =
        std::clamp<size_t>(kPoolEvents / static_cast<size_t>(options.batch), 16, kPoolRequests);
    while (moulds_.size() < wanted) moulds_.push_back(make_post());
}

int RequestMaker::draw_feature() {
    std::uniform_real_distribution<double> draw(0, feature_shares_.back());
    const auto found =
        std::upper_bound(feature_shares_.begin(), feature_shares_.end(), draw(random_));
    return static_cast<int>(std::min(found, feature_shares_.end() - 1) - feature_shares_.begin());
}

void RequestMaker::append_click(Mould& mould, std::string& body) {
    const int feature = draw_feature();
    body += R"({"event_id":")";
    mould.id_at.push_back(body.size() + options_.id_prefix.size());
    body += options_.id_prefix;
    body.append(kInstallDigits, '0');
    body += R"(.1f#0","feature_id":")";
    body += fmt::format("area{}.button{}", feature % 40, feature);
    body += R"(","user_id":"u_)";
    mould.user_at.push_back(body.size());
    body.append(kUserDigits, '0');
    body += R"(","session_id":"s_5512","page":")";
    body += kPages[random_() % std::size(kPages)];
    body += R"(","client_timestamp":1763900000001)";
    if (random_() % 4 == 0) {
        body += fmt::format(R"(,"experiments":{{"new_pay":"{}")", kVariants[random_() % 2]);
        if (random_() % 4 == 0)
            body += fmt::format(R"(,"big_menu":"{}")", kVariants[random_() % 2]);
        body += '}';
    }
    if (random_() % 2 == 0) body += R"(,"properties":{"plan":"pro","position":3})";
    body += '}';
}

RequestMaker::Mould RequestMaker::make_post() {
    Mould mould;
    std::string body = R"({"key":")";
    mould.key_at = body.size();
    body.append(kKeyBytes, '0');
    body += fmt::format(
        R"(","sent_at":1763900000123,"context":{{"platform":"{}","app_version":"{}"}},"events":[)",
        kPlatforms[random_() % std::size(kPlatforms)], kVersions[random_() % std::size(kVersions)]);
    for (int i = 0; i < options_.batch; ++i) {
        if (i > 0) body += ',';
        append_click(mould, body);
    }
    body += "]}";

    std::string head = fmt::format("POST {} HTTP/1.1\r\nHost: {}:{}\r\n", options_.path,
                                   options_.host, options_.port);
    for (const std::string& header : options_.headers) head += header + "\r\n";
    head +=
        fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.size());
    mould.key_at += head.size();
    for (size_t& at : mould.id_at) at += head.size();
    for (size_t& at : mould.user_at) at += head.size();
    mould.request = {.text = head + body, .body_at = head.size(), .events = options_.batch};
    return mould;
}

RequestMaker::Mould RequestMaker::make_get(const std::string& path) const {
    std::string head =
        fmt::format("GET {} HTTP/1.1\r\nHost: {}:{}\r\n", path, options_.host, options_.port);
    for (const std::string& header : options_.headers) head += header + "\r\n";
    head += "\r\n";
    Mould mould;
    mould.request = {.text = head, .body_at = head.size(), .events = 0};
    return mould;
}

Request RequestMaker::next() {
    Mould& mould = moulds_[made_ % moulds_.size()];
    if (!mould.id_at.empty() && !options_.keys.empty()) {
        const std::string& key = options_.keys[made_ % options_.keys.size()];
        std::memcpy(&mould.request.text[mould.key_at], key.data(), std::min(key.size(), kKeyBytes));
    }
    ++made_;
    for (size_t i = 0; i < mould.id_at.size(); ++i, ++number_) {
        char* id = &mould.request.text[mould.id_at[i]];
        write_hex(id, number_ / kClicksPerPageLoad, kInstallDigits);
        id[kInstallDigits + 4] = static_cast<char>('0' + number_ % kClicksPerPageLoad);
        write_digits(&mould.request.text[mould.user_at[i]],
                     random_() % static_cast<uint64_t>(options_.users), kUserDigits);
    }
    return mould.request;
}

}  // namespace clickmill::load
