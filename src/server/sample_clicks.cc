#include "server/sample_clicks.h"

#include "event/event.h"
#include "server/first_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace clickmill::server {

namespace {

// A feature of the shop: how often it is clicked, and from when to when (days from the start, as a
// share of all days).
struct Feature {
    std::string_view id;
    std::string_view page;
    double weight;
    double starts = 0;
    double fades = 2;  // from here on it is forgotten within weeks
};

constexpr std::array<Feature, 18> kFeatures = {{
    {"search.submit", "/search", 15},
    {"product.open", "/search", 14},
    {"product.add_to_cart", "/product/:id", 8},
    {"product.gallery", "/product/:id", 7},
    {"product.reviews", "/product/:id", 4},
    {"cart.open", "/", 6},
    {"cart.quantity", "/cart", 2.5},
    {"checkout.start", "/cart", 4},
    {"checkout.pay", "/checkout", 3},
    {"checkout.coupon", "/checkout", 1.2},
    {"wishlist.add", "/product/:id", 2.2},
    {"wishlist.share", "/wishlist", 0.5},
    {"menu.account", "/", 2.8},
    {"menu.orders", "/account", 2},
    {"help.chat", "/help", 0.9},
    {"compare.open", "/search", 1.6, 0.55},
    {"banner.summer_sale", "/", 3.2, 0, 0.45},
    {"newsletter.subscribe", "/", 0.3},
}};

// Versions of each platform in order of release; each takes over within about ten days.
constexpr std::array<std::string_view, 6> kVersions = {"4.9.0",  "4.10.0", "4.10.1",
                                                       "4.11.0", "4.12.0", "4.12.1"};
constexpr std::array<std::string_view, 8> kBrowsers = {"Chrome", "Chrome", "Chrome",  "Safari",
                                                       "Safari", "Edge",   "Firefox", "Chrome"};
constexpr std::array<std::string_view, 8> kCountries = {"DE", "DE", "US", "US",
                                                        "FR", "GB", "IN", "NL"};
constexpr std::array<std::string_view, 8> kLocales = {"de-DE", "de-DE", "en-US", "en-US",
                                                      "fr-FR", "en-GB", "en-IN", "nl-NL"};

// Share of a weekday's clicks by local hour: a dip at night, lunch, the long evening.
constexpr std::array<double, 24> kHours = {0.25, 0.14, 0.09, 0.07, 0.08, 0.16, 0.40, 0.75,
                                           1.05, 1.20, 1.25, 1.30, 1.45, 1.30, 1.20, 1.18,
                                           1.22, 1.35, 1.55, 1.80, 1.95, 1.75, 1.20, 0.60};
constexpr std::array<double, 7> kWeekdays = {1.10, 1.05, 1.00, 1.02, 0.92, 0.78, 0.95};  // Monday..

constexpr double kSecondsOfDay = 86'400;

double rising(double day, double start, double days) {
    return std::clamp((day - start) / days, 0.0, 1.0);
}

double weight_of(const Feature& feature, double day, double days) {
    double weight = feature.weight;
    if (feature.starts > 0) weight *= rising(day, feature.starts * days, 14);
    const double faded = day - feature.fades * days;
    if (faded > 0) weight *= std::exp(-faded / 6);
    return weight;
}

}  // namespace

struct SampleClicks::Person {
    std::string id;
    double keenness = 1;  // how much they click
    double joins = 0;     // day
    std::string_view platform;
    std::string_view browser;
    std::string_view os;
    std::string_view country;
    std::string_view locale;
    double slowness = 0;     // days after a release until they have it
    bool in_b = false;       // of new_checkout
    int search_variant = 0;  // of search_ranking
    bool is_signed_in = true;
};

SampleClicks::SampleClicks(const calendar::Calendar& calendar, Moment end,
                           const HistoryOptions& options)
    : calendar_(calendar),
      begin_(calendar.start_of(
          calendar::Grain::Day,
          calendar.bucket_at(calendar::Grain::Day, end - std::chrono::days(options.days)))),
      days_(static_cast<double>(options.days)),
      random_(options.seed) {
    const auto people = std::clamp<int64_t>(options.clicks / 90, 50, 20'000);
    for (int64_t i = 0; i < people; ++i) {
        Person person;
        person.id = fmt::format("u_{:05}", i);
        person.keenness = std::pow(uniform(), 2.2) + 0.03;
        person.joins = uniform() < 0.6 ? 0 : uniform() * days_;
        const double platform = uniform();
        person.platform = platform < 0.58 ? "web" : platform < 0.82 ? "ios" : "android";
        const auto choice = static_cast<size_t>(uniform() * 8);
        person.browser = person.platform == "web" ? kBrowsers[choice] : "";
        person.os = person.platform == "ios"       ? "iOS"
                    : person.platform == "android" ? "Android"
                    : choice < 5                   ? "Windows"
                                                   : "macOS";
        const auto country = static_cast<size_t>(uniform() * 8);
        person.country = kCountries[country];
        person.locale = kLocales[country];
        person.slowness = person.platform == "web" ? uniform() : std::pow(uniform(), 2) * 25;
        person.in_b = uniform() < 0.5;
        person.search_variant = static_cast<int>(uniform() * 3);
        person.is_signed_in = uniform() < 0.85;
        people_.push_back(std::move(person));
    }
    double expected = 0;
    for (Moment at = begin_; at < end; at += std::chrono::hours(1)) expected += clicks_expected(at);
    scale_ = static_cast<double>(options.clicks) / expected;
}

SampleClicks::~SampleClicks() = default;

double SampleClicks::clicks_expected(Moment hour) const {
    const calendar::Hour local = calendar_.hour_at(hour);
    const auto of_day = static_cast<size_t>(((local.key + local.utc_offset) / 3600) % 24);
    const auto weekday = static_cast<size_t>((local.day / 86'400 + 3) % 7);  // 1970-01-01: Thursday
    const double day = static_cast<double>((hour - begin_).count()) / 1e6 / kSecondsOfDay;
    const double growth = 1 + 0.45 * day / days_;
    // A campaign in the middle, and an evening on which the shop was down.
    const double campaign = 1 + 0.5 * std::exp(-std::pow((day - days_ * 0.62) / 2.5, 2));
    const bool is_down =
        std::floor(day) == std::floor(days_ * 0.78) && of_day >= 18 && of_day <= 20;
    return scale_ * kHours.at(of_day) * kWeekdays.at(weekday) * growth * campaign *
           (is_down ? 0.06 : 1);
}

int32_t SampleClicks::append_lines(std::string& out, Moment from, Moment to) {
    int32_t made = 0;
    for (Moment hour = from; hour < to; hour += std::chrono::hours(1)) {
        const auto length = std::min<Moment>(hour + std::chrono::hours(1), to) - hour;
        const double share = static_cast<double>(length.count()) / 3.6e9;
        const auto clicks = std::poisson_distribution<int>(clicks_expected(hour) * share)(random_);
        std::vector<int64_t> moments;
        moments.reserve(static_cast<size_t>(clicks));
        for (int i = 0; i < clicks; ++i) {
            moments.push_back(
                static_cast<int64_t>(uniform() * static_cast<double>(length.count())));
        }
        std::sort(moments.begin(), moments.end());
        for (const int64_t at : moments) append_click(out, hour + std::chrono::microseconds(at));
        made += clicks;
    }
    return made;
}

const SampleClicks::Person& SampleClicks::person_at(double day) {
    while (true) {
        const auto index = static_cast<size_t>(uniform() * static_cast<double>(people_.size()));
        const Person& person = people_[index];
        if (person.joins <= day && uniform() < person.keenness) return person;
    }
}

size_t SampleClicks::feature_at(double day, const Person& person) {
    std::array<double, kFeatures.size()> weights{};
    double total = 0;
    for (size_t i = 0; i < kFeatures.size(); ++i) {
        double weight = weight_of(kFeatures[i], day, days_);
        // The new checkout sells better from the day of its experiment on.
        const bool sees_b = person.in_b && day >= days_ * 0.5;
        if (sees_b && kFeatures[i].id == "checkout.pay") weight *= 1.18;
        if (sees_b && kFeatures[i].id == "checkout.coupon") weight *= 0.7;
        total += weight;
        weights[i] = total;
    }
    const auto found = std::upper_bound(weights.begin(), weights.end(), uniform() * total);
    return std::min<size_t>(static_cast<size_t>(found - weights.begin()), kFeatures.size() - 1);
}

void SampleClicks::append_click(std::string& out, Moment at) {
    const double day = static_cast<double>((at - begin_).count()) / 1e6 / kSecondsOfDay;
    const Person& person = person_at(day);
    const Feature& feature = kFeatures[feature_at(day, person)];

    const double release =
        std::max(0.0, day - person.slowness) / days_ * static_cast<double>(kVersions.size());
    const auto version = std::min(static_cast<size_t>(release), kVersions.size() - 1);
    const std::string event_id = fmt::format("sample.1#{}", clicks_made_++);

    event::Event click;
    click.project = kSampleProject;
    click.received_at = at;
    click.event_id = event_id;
    click.feature_id = feature.id;
    (person.is_signed_in ? click.user_id : click.anonymous_id) = person.id;
    click.page = feature.page;
    click.platform = person.platform;
    click.app_version = kVersions[version];
    click.browser = person.browser;
    click.os = person.os;
    click.device = person.platform == "web" ? "desktop" : "phone";
    click.country = person.country;
    click.locale = person.locale;
    if (day >= days_ * 0.5) {
        click.experiments.push_back({"new_checkout", person.in_b ? "B" : "A"});
    }
    if (day >= days_ * 0.72) {
        constexpr std::array<std::string_view, 3> kRankings = {"control", "popular", "personal"};
        click.experiments.push_back(
            {"search_ranking", kRankings.at(static_cast<size_t>(person.search_variant))});
    }
    event::append_line(out, click);
}

}  // namespace clickmill::server
