// Each *.scenario of this folder, on every metrics store.
#include "tests/scenarios/teller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace clickmill::scenarios {
namespace {

std::filesystem::path folder() {
    return std::filesystem::path(CLICKMILL_SOURCE_DIR) / "tests/scenarios";
}

std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
        if (entry.path().extension() == ".scenario") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

// What a story that does not hold is told to say.
std::vector<std::string> complaints(const Story& story) {
    std::vector<std::string> said;
    tell(story, backends().front(), [&](int line, const std::string& message) {
        said.push_back(std::to_string(line) + ": " + message);
    });
    return said;
}

class Scenario : public testing::TestWithParam<std::tuple<std::filesystem::path, size_t>> {};

TEST_P(Scenario, HoldsAsItIsTold) {
    const auto& [file, backend] = GetParam();
    const auto story = read_story(file);
    ASSERT_TRUE(story) << story.error().message();
    tell(*story, backends()[backend], [&](int line, const std::string& message) {
        ADD_FAILURE_AT(file.c_str(), line) << message;
    });
}

INSTANTIATE_TEST_SUITE_P(Stories, Scenario,
                         testing::Combine(testing::ValuesIn(files()), testing::Values(0, 1)),
                         [](const auto& param) {
                             return std::get<0>(param.param).stem().string() + "_" +
                                    backends()[std::get<1>(param.param)].name;
                         });

TEST(ScenarioRunner, NamesTheLineAndWhatItGot) {
    const Story story{.file = "made up",
                      .lines = {{1, "", "project", {"shop", "zone", "Europe/Berlin"}, {}},
                                {2, "", "day", {"2026-11-02"}, {}},
                                {3, "09:00", "click", {"user=ann"}, {}},
                                {4,
                                 "",
                                 "ask",
                                 {"clicks", "by", "day"},
                                 {{5, "", "2026-11-02", {"2"}, {}}, {6, "", "total", {"1"}, {}}}}}};
    EXPECT_EQ(complaints(story), std::vector<std::string>{"5: 2026-11-02: expected 2, got 1"});
}

TEST(ScenarioRunner, NoticesABucketThatNoRowSpeaksOf) {
    const Story story{.file = "made up",
                      .lines = {{1, "", "project", {"shop"}, {}},
                                {2, "", "day", {"2026-11-02"}, {}},
                                {3, "00:30", "click", {}, {}},
                                {4, "23:59", "ask", {"clicks", "by", "hour"}, {}}}};
    EXPECT_EQ(complaints(story),
              std::vector<std::string>{
                  "4: 2026-11-02T00:00:00+00:00, which no row names: expected nothing, got 1"});
}

TEST(ScenarioRunner, RefusesWordsThatItDoesNotKnow) {
    const Story story{.file = "made up",
                      .lines = {{1, "", "project", {"shop"}, {}},
                                {2, "", "day", {"2026-11-02"}, {}},
                                {3, "09:00", "click", {"usr=ann"}, {}}}};
    ASSERT_EQ(complaints(story).size(), 1U);
    EXPECT_EQ(complaints(story).front(),
              "3: cannot play this line: usr=ann: a click has no such word");
}

}  // namespace
}  // namespace clickmill::scenarios
