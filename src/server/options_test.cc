// Settings that only the whole program can judge.
#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clickmill::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Options, ReadAddressesOfEveryKind) {
    EXPECT_EQ(address_of("x", "127.0.0.1:8080")->port, 8080);
    EXPECT_EQ(address_of("x", "localhost:0")->host, "localhost");
    EXPECT_EQ(address_of("x", "[::1]:80")->host, "::1");
    EXPECT_EQ(text_of({"::1", 80}), "[::1]:80");
    for (const char* text :
         {"", "8080", ":8080", "host", "host:", "host:70000", "::1:80", "h:80x"}) {
        const auto refused = address_of("server.listen", text);
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().message(), HasSubstr("server.listen")) << text;
    }
}

TEST(Options, KnowLoopback) {
    for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
        EXPECT_TRUE(is_loopback({host, 1})) << host;
    }
    for (const char* host : {"0.0.0.0", "10.0.0.1", "::", "example.org"}) {
        EXPECT_FALSE(is_loopback({host, 1})) << host;
    }
}

TEST(Options, RefuseRollupsThatCannotBeFolded) {
    const auto problem = [](config::Rollup rollup) {
        config::Config config;
        config.rollups.push_back(std::move(rollup));
        const auto problems = problems_of(config);
        return problems.empty() ? std::string() : problems.front().error.message();
    };
    EXPECT_EQ(problem({"by_plan", {"properties.plan", "country"}, true}), "");
    EXPECT_THAT(problem({"By-Plan", {}, true}), HasSubstr("a-z, 0-9 and _"));
    EXPECT_THAT(problem({"a", {"colour"}, true}), HasSubstr("colour"));
    EXPECT_THAT(problem({"a", {"os", "os"}, true}), HasSubstr("twice"));
    EXPECT_THAT(problem({"a", {"os", "page", "device", "locale", "country"}, true}),
                HasSubstr("at most 4"));
}

TEST(Options, NameEverySettingThatCannotBe) {
    config::Config config;
    config.listen = "nowhere";
    config.operations_listen = "nowhere";
    config.public_url = "clicks.example.org";
    config.trusted_proxies = {"10.0.0.1", "10.0.0.300"};
    config.page_patterns = {"/product/:id", "", "(none)"};
    config.geo_file = "/nowhere.mmdb";
    config.rollups.push_back({"Bad Name", {}, true});
    std::vector<std::string> named;
    for (const Problem& problem : problems_of(config)) {
        named.push_back(problem.setting);
        EXPECT_EQ(problem.error.code, ErrorCode::InvalidInput);
    }
    EXPECT_THAT(named,
                ElementsAre("server.listen", "server.operations_listen", "server.public_url",
                            "server.trusted_proxies", "collector.page_patterns",
                            "collector.page_patterns", "collector.geo_file", "rollup.Bad Name"));
    EXPECT_THAT(problems_of({}), IsEmpty());
}

TEST(Options, MakeEveryRollupForEveryProject) {
    control::Project shop;
    shop.id = "shop";
    shop.zone = "Asia/Kathmandu";
    shop.week_start = "sunday";
    control::Project blog = shop;
    blog.id = "blog";
    const std::vector<control::Project> projects = {shop, blog};
    config::Config config;
    config.late_seconds = 7'200;
    const auto definitions = definitions_of(config, projects);
    ASSERT_TRUE(definitions);
    ASSERT_EQ(definitions->size(), 8U);
    EXPECT_EQ((*definitions)[0].project, "shop");
    EXPECT_EQ((*definitions)[0].zone, "Asia/Kathmandu");
    EXPECT_EQ((*definitions)[0].week_start, calendar::WeekStart::Sunday);
    EXPECT_EQ((*definitions)[0].limits.late_seconds, 7'200);
    EXPECT_EQ((*definitions)[7].rollup.name, "by_page");
}

}  // namespace
}  // namespace clickmill::server
