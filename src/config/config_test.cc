// What an operator writes, and what the program makes of it or says about it.
#include "config/load.h"
#include "config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace clickmill::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

// A configuration file that goes when it goes.
class File {
public:
    explicit File(std::string_view text) {
        std::string name = testing::TempDir() + "clickmill_config_XXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        std::ofstream(path()) << text;
    }
    ~File() { std::filesystem::remove_all(folder_); }
    std::string path() const { return folder_ + "/clickmill.toml"; }

private:
    std::string folder_;
};

Loaded load_text(std::string_view text) {
    const File file(text);
    Loaded loaded = load({.file = file.path(), .environment = {}, .flags = {}});
    for (std::string& problem : loaded.problems) {
        const size_t at = problem.find("clickmill.toml");
        if (at != std::string::npos) problem.erase(0, at);
    }
    return loaded;
}

TEST(Config, IsTheDefaultsWhenNobodySaysAnything) {
    const Loaded loaded = load({});
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config, Config{});
}

TEST(Config, ListensOnLoopbackUnlessToldOtherwise) {
    EXPECT_THAT(Config{}.listen, HasSubstr("127.0.0.1:"));
    EXPECT_THAT(Config{}.operations_listen, HasSubstr("127.0.0.1:"));
}

TEST(Config, TakesEveryKindOfValueFromAFile) {
    const Loaded loaded = load_text(R"(
[server]
listen = "127.0.0.1:9000"
threads = 4
trusted_proxies = ["10.0.0.1", "10.0.0.2"]
[collector]
key_events_per_second = 12.5
)");
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config.listen, "127.0.0.1:9000");
    EXPECT_EQ(loaded.config.threads, 4);
    EXPECT_EQ(loaded.config.key_events_per_second, 12.5);
    EXPECT_THAT(loaded.config.trusted_proxies, ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST(Config, RefusesARollupThatStandsTwice) {
    const Loaded loaded = load_text("[[rollup]]\nname = \"a\"\n[[rollup]]\nname = \"a\"\n");
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_THAT(loaded.problems[0], HasSubstr("clickmill.toml line 3: [[rollup]] 'a'"));
    EXPECT_THAT(loaded.problems[0], HasSubstr("line 1"));
}

TEST(Config, LetsTheEnvironmentWinOverTheFileAndFlagsOverBoth) {
    const File file("[server]\nlisten = \"h:1\"\npublic_url = \"u1\"\ndata = \"d1\"\n");
    const Loaded loaded = load(
        {.file = file.path(),
         .environment = {{"CLICKMILL_SERVER__PUBLIC_URL", "u2"}, {"CLICKMILL_SERVER__DATA", "d2"}},
         .flags = {{"server.data", "d3"}}});
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config.listen, "h:1");
    EXPECT_EQ(loaded.config.public_url, "u2");
    EXPECT_EQ(loaded.config.data_folder, "d3");
    EXPECT_EQ(loaded.origins.at("server.data"), "command line");
    EXPECT_EQ(loaded.origins.at("server.public_url"), "CLICKMILL_SERVER__PUBLIC_URL");
}

TEST(Config, ReadsAValueFromTheFileThatTheEnvironmentNames) {
    const File secret("https://clicks.example.org\n");
    const Loaded loaded =
        load({.file = "",
              .environment = {{"CLICKMILL_SERVER__PUBLIC_URL_FILE", secret.path()}},
              .flags = {}});
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config.public_url, "https://clicks.example.org");
}

TEST(Config, SplitsListsOfTheEnvironmentAtCommas) {
    const Loaded loaded =
        load({.file = "",
              .environment = {{"CLICKMILL_SERVER__TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2,"}},
              .flags = {}});
    EXPECT_THAT(loaded.config.trusted_proxies, ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST(Config, NamesTheLineAndTheNearestSettingOfAnUnknownOne) {
    EXPECT_THAT(load_text("[server]\n\nlisten_on = \"x\"\n").problems,
                ElementsAre("clickmill.toml line 3: unknown setting 'server.listen_on'; did you "
                            "mean server.listen?"));
    EXPECT_THAT(load_text("listen = \"x\"\n").problems,
                ElementsAre(HasSubstr("line 1: 'listen' stands in no section; did you mean")));
    EXPECT_THAT(
        load({.file = "", .environment = {{"CLICKMILL_LOG__LEVL", "x"}}, .flags = {}}).problems,
        ElementsAre("environment: unknown setting 'CLICKMILL_LOG__LEVL'; did you mean "
                    "CLICKMILL_LOG__LEVEL?"));
}

TEST(Config, SaysWhatAValueMayBe) {
    EXPECT_THAT(
        load_text("[server]\nthreads = 100000\n").problems,
        ElementsAre("clickmill.toml line 2: cannot set server.threads: \"100000\": a number "
                    "from 0 to 256 is wanted"));
    EXPECT_THAT(load_text("[privacy]\nsignal = \"ignore\"\n").problems,
                ElementsAre(HasSubstr("one of anonymous, drop is wanted")));
    EXPECT_THAT(load_text("[server]\ntrusted_proxies = \"10.0.0.1\"\n").problems,
                ElementsAre(HasSubstr("must be a list of texts")));
    EXPECT_THAT(load_text("[server]\nthreads = 1979-05-27\n").problems,
                ElementsAre(HasSubstr("must be a text, a number or a list of texts")));
    for (const std::string_view number : {"nan", "inf", "-1", "1e400", "\"\"", "\"5 \"", "true"}) {
        EXPECT_FALSE(load_text("[server]\nthreads = " + std::string(number)).problems.empty())
            << number;
    }
}

TEST(Config, FindsEveryProblemInOneGo) {
    EXPECT_EQ(
        load_text("[server]\nthreads = -1\nthread = 2\n[log]\nlevel = \"loud\"\n").problems.size(),
        3U);
}

TEST(Config, SaysWhereAFileIsNotToml) {
    EXPECT_THAT(load_text("[server]\nlisten = 127.0.0.1:80\n").problems,
                ElementsAre(HasSubstr("clickmill.toml line 2: ")));
    EXPECT_THAT(load({.file = "/nowhere.toml", .environment = {}, .flags = {}}).problems,
                ElementsAre("/nowhere.toml: cannot be read; check the path"));
}

TEST(Config, AddsRollupsToThoseOfEveryProject) {
    const Loaded loaded = load_text(R"(
[[rollup]]
name = "by_country"
dimensions = ["country"]
users = false
[[rollup]]
name = "by_page"
dimensions = ["page", "locale"]
)");
    EXPECT_THAT(loaded.problems, IsEmpty());
    ASSERT_EQ(loaded.config.rollups.size(), 5U);
    EXPECT_EQ(loaded.config.rollups[3], (Rollup{"by_page", {"page", "locale"}, true}));
    EXPECT_EQ(loaded.config.rollups[4], (Rollup{"by_country", {"country"}, false}));
}

TEST(Config, NamesWhatIsWrongInARollup) {
    EXPECT_THAT(load_text("[[rollup]]\nname = \"a\"\ndimension = [\"page\"]\n").problems,
                ElementsAre("clickmill.toml line 3: unknown key 'dimension' in [[rollup]]; did you "
                            "mean dimensions?"));
    EXPECT_THAT(load_text("[[rollup]]\nusers = true\n").problems,
                ElementsAre(HasSubstr("a [[rollup]] needs a name")));
    EXPECT_THAT(load_text("[[rollup]]\nname = 5\n").problems,
                testing::Contains(HasSubstr("of the wrong kind")));
}

TEST(Config, ReadsBackWhatItPrints) {
    const Loaded first = load_text(
        "[server]\ntrusted_proxies = [\"a\\\"b\", \"c\\\\d\"]\nthreads = 3\n"
        "[[rollup]]\nname = \"x\"\ndimensions = [\"os\"]\n");
    EXPECT_THAT(first.problems, IsEmpty());
    const Loaded second = load_text(printed(first));
    EXPECT_THAT(second.problems, IsEmpty());
    EXPECT_EQ(second.config, first.config);
}

TEST(Config, ReadsHowLongARollupIsKept) {
    const Loaded loaded = load_text(
        "[metrics_store]\nhour_days = 90\n[[rollup]]\nname = \"x\"\ndimensions = [\"os\"]\n"
        "hour_days = 30\nmonth_days = 0\n");
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config.hour_days, 90);
    const KeepDays wanted{.hour = 30, .day = {}, .week = {}, .month = 0};
    EXPECT_EQ(loaded.config.rollups.back().keep, wanted);
    EXPECT_EQ(load_text(printed(loaded)).config, loaded.config);
    EXPECT_THAT(load_text("[[rollup]]\nname = \"x\"\nday_days = -1\n").problems,
                ElementsAre(HasSubstr("day_days of a [[rollup]] is of the wrong kind")));
}

TEST(Config, PrintsNoPasswordOfAMetricsStore) {
    const std::string text = printed(load_text(
        "[metrics_store]\nurl = \"postgresql://ann:hunter:2@db:5432/clicks\"\n"
        "read_url = \"postgresql://db/clicks?user=ann&password=hunter3&sslmode=require\"\n"));
    EXPECT_THAT(text, HasSubstr("url = \"postgresql://ann:***@db:5432/clicks\""));
    EXPECT_THAT(text, HasSubstr("?user=ann&password=***&sslmode=require"));
    EXPECT_THAT(text, testing::Not(HasSubstr("hunter")));
    EXPECT_THAT(printed(load_text("[metrics_store]\nurl = \"host=db password=hunter4\"\n")),
                HasSubstr("url = \"host=db password=***\""));
    EXPECT_THAT(printed(load_text("[metrics_store]\nurl = \"postgresql://db/clicks\"\n")),
                HasSubstr("url = \"postgresql://db/clicks\""));
}

TEST(Config, PrintsNoSecretOfKafka) {
    const std::string text =
        printed(load_text("[kafka]\nsettings = [\"sasl.username=ann\", \"sasl.password=hunter=2\", "
                          "\"ssl.key.pem=abc\", \"ssl.key.location=/etc/key\"]\n"));
    EXPECT_THAT(text, HasSubstr("\"sasl.username=ann\", \"sasl.password=***\", "
                                "\"ssl.key.pem=***\", \"ssl.key.location=/etc/key\""));
    EXPECT_THAT(text, testing::Not(HasSubstr("hunter")));
}

TEST(Settings, HaveOneNameEachAndADefaultThatTheyTake) {
    std::set<std::string_view> names;
    for (const Setting& setting : settings()) {
        EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
        EXPECT_THAT(std::string(setting.sentence), MatchesRegex(".*\\.")) << setting.name;
        Config config;
        std::string text = toml_value(config, setting);
        if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
        if (text == "[]") text.clear();
        EXPECT_TRUE(set_from_text(config, setting, text)) << setting.name;
        EXPECT_EQ(config, Config{}) << setting.name;
    }
}

TEST(Settings, StandInTheReferencePage) {
    std::ifstream file(std::string(CLICKMILL_SOURCE_DIR) + "/docs/reference/configuration.md");
    const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(page, reference_page())
        << "run: clickmill config reference > docs/reference/configuration.md";
}

}  // namespace
}  // namespace clickmill::config
