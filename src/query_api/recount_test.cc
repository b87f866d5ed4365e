// Answers over random clicks, settled at random and touched again afterwards, against a recount of
// the clicks themselves that shares no code with the reading.
#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <fmt/format.h>

#include <random>
#include <set>

namespace clickmill::query_api {
namespace {

using calendar::BucketKey;
using calendar::Grain;

constexpr std::array kGrains = {Grain::Hour, Grain::Day, Grain::Week, Grain::Month};

struct Case {
    const char* zone;
    const char* from;  // clicks fall into the days from here
    int days;
    int32_t partitions;
    calendar::WeekStart week_start;
};

struct Happened {
    Moment at;
    TestClick click;
};

class Recount : public testing::TestWithParam<std::tuple<Case, int>> {
protected:
    Recount()
        : case_(std::get<0>(GetParam())),
          random_(static_cast<unsigned>(std::get<1>(GetParam()))),
          shop_(std::make_unique<metrics_store::MemoryMetricsStore>(), case_.zone, case_.partitions,
                case_.week_start),
          start_(*shop_.calendar().parse(case_.from)) {
        shop_.clock().jump_to(start_ + std::chrono::days(case_.days + 3));
    }

    int below(int limit) { return std::uniform_int_distribution(0, limit - 1)(random_); }
    std::string some(const char* prefix, int limit) {
        return fmt::format("{}{}", prefix, below(limit));
    }

    void click_somewhere() {
        const Moment at = start_ + std::chrono::seconds(below(case_.days * 86'400));
        TestClick click{.at = shop_.calendar().format(at),
                        .feature = some("f", 4),
                        .user = some("u", 30),
                        .platform = some("p", 3),
                        .app_version = some("v", 5),
                        .page = some("/", 3)};
        for (int i = below(3); i > 0; --i) click.experiments[some("x", 3)] = some("v", 2);
        shop_.click(click);
        happened_.push_back({at, click});
    }

    void commit() {
        shop_.commit(shop_.calendar().format(start_ + std::chrono::days(case_.days + 1)));
    }

    // Settles random buckets of random views; later clicks leave some of them open again.
    void settle_some() {
        const Moment end = start_ + std::chrono::days(case_.days);
        for (const Grain grain : kGrains)
            for (const BucketKey bucket : shop_.calendar().buckets(grain, start_, end))
                for (const auto& view : shop_.views())
                    if (below(3) > 0) shop_.settle(view, grain, bucket);
    }

    // How many of `wanted`, or how many different people.
    template <typename Wanted>
    int64_t recount(bool users, Wanted wanted) const {
        int64_t clicks = 0;
        std::set<std::string> people;
        for (const auto& [at, click] : happened_) {
            if (!wanted(at, click)) continue;
            ++clicks;
            people.insert(click.user);
        }
        return users ? std::ssize(people) : clicks;
    }

    void expect_series(Grain grain, bool users, const std::string& query,
                       const std::function<bool(const TestClick&)>& wanted) {
        const auto& calendar = shop_.calendar();
        const std::string from = calendar.format(start_).substr(0, 10);
        const Moment end = start_ + std::chrono::days(case_.days);
        const std::string to = calendar.format(end).substr(0, 10);
        const auto answer = shop_.json(
            fmt::format("/api/v1/series?grain={}&from={}&to={}&metric={}{}",
                        calendar::name_of(grain), from, to, users ? "users" : "clicks", query));
        size_t i = 0;
        for (const auto label : answer["buckets"].get_array()) {
            const auto value = answer["series"].at(0)["values"].at(i++);
            const auto in_bucket = [&](Moment at, const TestClick& click) {
                return calendar.label(grain, calendar.bucket_at(grain, at)) ==
                           std::string_view(label) &&
                       wanted(click);
            };
            const int64_t expected = recount(users, in_bucket);
            if (!value.is_null())
                EXPECT_EQ(value.get_int64().value(), expected) << query << " " << label;
            else
                EXPECT_EQ(expected, 0) << query << " " << label;
        }
        const auto in_range = [&](Moment at, const TestClick& click) {
            return at >= *calendar.parse(std::string(answer["from"].get_string().value())) &&
                   at < *calendar.parse(std::string(answer["to"].get_string().value())) &&
                   wanted(click);
        };
        EXPECT_EQ(int64_t(answer["series"].at(0)["total"]), recount(users, in_range)) << query;
    }

    Case case_;
    std::mt19937 random_;
    Shop shop_;
    Moment start_;
    std::vector<Happened> happened_;
};

TEST_P(Recount, FindsTheSameNumbersAtEveryGrain) {
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 40; ++i) click_somewhere();
        commit();
        if (round < 2) settle_some();
    }
    for (const Grain grain : kGrains)
        for (const bool users : {false, true}) {
            expect_series(grain, users, "", [](const auto&) { return true; });
            expect_series(grain, users, "&feature_id=f1",
                          [](const auto& click) { return click.feature == "f1"; });
            expect_series(grain, users, "&filter.platform=p0,p1&filter.app_version=v2",
                          [](const auto& click) {
                              return click.platform != "p2" && click.app_version == "v2";
                          });
            expect_series(grain, users, "&filter.experiment=x1&filter.variant=v1&feature_id=f2",
                          [](const auto& click) {
                              const auto found = click.experiments.find("x1");
                              return click.feature == "f2" && found != click.experiments.end() &&
                                     found->second == "v1";
                          });
        }
}

TEST_P(Recount, FindsTheSameFeaturesInARange) {
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 40; ++i) click_somewhere();
        commit();
        if (round < 2) settle_some();
    }
    const auto& calendar = shop_.calendar();
    for (int i = 0; i < 10; ++i) {
        const int first = below(case_.days - 1);
        const int days = 1 + below(case_.days - first);
        const auto date = [&](int day) {
            return calendar.label(Grain::Day,
                                  calendar.bucket_at(Grain::Day, start_ + std::chrono::hours(12) +
                                                                     std::chrono::days(day)));
        };
        const std::string from = date(first);
        const std::string to = date(first + days);
        const auto answer = shop_.json(
            fmt::format("/api/v1/features?users=1&from={}&to={}&filter.platform=p1", from, to));
        std::map<std::string, std::pair<int64_t, int64_t>> found;
        for (const auto row : answer["features"].get_array())
            if (int64_t(row["clicks"]) > 0)
                found[std::string(row["feature_id"].get_string().value())] = {
                    int64_t(row["clicks"]), int64_t(row["users"])};
        std::map<std::string, std::pair<int64_t, int64_t>> expected;
        for (const auto& [at, click] : happened_) {
            const std::string day = calendar.label(Grain::Day, calendar.bucket_at(Grain::Day, at));
            if (day < from || day >= to || click.platform != "p1") continue;
            const auto same = [&, feature = click.feature](Moment when, const TestClick& other) {
                const auto key = calendar.bucket_at(Grain::Day, when);
                const std::string other_day = calendar.label(Grain::Day, key);
                return other.feature == feature && other.platform == "p1" && other_day >= from &&
                       other_day < to;
            };
            expected[click.feature] = {recount(false, same), recount(true, same)};
        }
        EXPECT_EQ(found, expected) << from << " " << to;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Zones, Recount,
    testing::Combine(
        testing::Values(Case{"Europe/Berlin", "2026-10-20", 20, 1, calendar::WeekStart::Monday},
                        Case{"America/New_York", "2026-03-01", 40, 3, calendar::WeekStart::Sunday},
                        Case{"Australia/Lord_Howe", "2026-03-25", 15, 2,
                             calendar::WeekStart::Monday},
                        Case{"Asia/Kathmandu", "2026-01-20", 45, 1, calendar::WeekStart::Saturday},
                        Case{"America/St_Johns", "2006-10-20", 15, 2, calendar::WeekStart::Monday},
                        Case{"Pacific/Apia", "2011-12-20", 20, 1, calendar::WeekStart::Monday}),
        testing::Values(1, 2)));

}  // namespace
}  // namespace clickmill::query_api
