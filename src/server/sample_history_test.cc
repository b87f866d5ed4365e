// The sample history: what a newcomer sees first must look like a shop, and be the same every time.
#include "server/sample_history.h"

#include "server/data_folder.h"
#include "server/first_start.h"
#include "server/sample_clicks.h"
#include "server/wiring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace clickmill::server {
namespace {

using testing::HasSubstr;

const Moment kNow = moment_of(1'795'000'000'000'000);

std::string all_lines(uint64_t seed, int64_t days = 30, int64_t clicks = 3'000) {
    const auto calendar =
        *calendar::Calendar::make("America/New_York", calendar::WeekStart::Monday);
    SampleClicks sample(calendar, kNow, {.days = days, .clicks = clicks, .seed = seed});
    std::string lines;
    sample.append_lines(lines, sample.begin(), kNow);
    return lines;
}

TEST(SampleClicks, AreAFunctionOfTheirSeed) {
    EXPECT_EQ(all_lines(1), all_lines(1));
    EXPECT_NE(all_lines(1), all_lines(2));
}

TEST(SampleClicks, AreAboutAsManyAsAskedFor) {
    const std::string lines = all_lines(1);
    EXPECT_NEAR(static_cast<double>(std::count(lines.begin(), lines.end(), '\n')), 3'000, 300);
}

TEST(SampleClicks, NameFeaturesPeopleVersionsAndTwoExperiments) {
    const std::string lines = all_lines(1);
    for (const char* part : {"checkout.pay", "\"user_id\":\"u_", "\"anonymous_id\":\"u_", "4.12.1",
                             "new_checkout", "search_ranking", "\"page\":\"/checkout\"",
                             "\"platform\":\"ios\"", "\"project\":\"demo\""}) {
        EXPECT_THAT(lines, HasSubstr(part));
    }
}

// An empty data folder with its control store.
class Folder {
public:
    Folder() {
        EXPECT_NE(mkdtemp(path_.data()), nullptr);
        config.data_folder = path_;
        control = *control::Control::open({.path = control_path(path_)}, clock);
    }
    ~Folder() {
        control.reset();
        std::filesystem::remove_all(path_);
    }
    Result<void> fill() {
        return add_sample_project(config, *control, clock, {.days = 5, .clicks = 1'000, .seed = 1});
    }
    event_log::PartitionState state() {
        telemetry::Registry registry;
        const auto logger = telemetry::make_silent_logger();
        return *(*open_event_log_to_read(config, {clock, *logger, registry}))
                    ->state(PartitionId{0});
    }

    ManualClock clock{kNow};
    config::Config config;
    std::unique_ptr<control::Control> control;

private:
    std::string path_ = testing::TempDir() + "clickmill_sample_XXXXXX";
};

TEST(SampleHistory, IsLabelledAndMadeOnce) {
    Folder folder;
    ASSERT_TRUE(folder.fill());
    const int64_t events = folder.state().total_events.value_or(0);
    EXPECT_NEAR(static_cast<double>(events), 1'000, 150);
    const auto projects = *folder.control->projects();
    ASSERT_EQ(projects.size(), 1U);
    EXPECT_TRUE(projects[0].is_sample);

    ASSERT_TRUE(folder.fill());
    EXPECT_EQ(folder.state().total_events, events);
}

TEST(SampleHistory, HasACatalogueOfWhatIsClickedAndWhatIsPlanned) {
    Folder folder;
    ASSERT_TRUE(folder.fill());
    const std::string lines = all_lines(1);
    const auto features = *folder.control->features(kSampleProject);
    EXPECT_GT(features.size(), 5U);
    for (const control::Feature& feature : features) {
        const bool is_clicked = lines.contains("\"" + feature.id + "\"");
        EXPECT_EQ(is_clicked, feature.state != control::FeatureState::Planned) << feature.id;
    }
}

TEST(SampleHistory, IsMadeAgainWhenItWasInterrupted) {
    Folder folder;
    ASSERT_TRUE(folder.fill());
    // As a kill in the middle leaves it: the project, and an unfinished log beside.
    const std::string staging = folder.config.data_folder + "/sample-history";
    std::filesystem::create_directory(staging);
    std::filesystem::rename(event_log_path(folder.config.data_folder), event_log_path(staging));
    ASSERT_TRUE(folder.fill());
    EXPECT_GT(folder.state().total_events, 0);
    EXPECT_FALSE(std::filesystem::exists(staging));
}

TEST(SampleHistory, IsNotPutIntoAFolderWithClicksOfItsOwn) {
    Folder folder;
    {
        telemetry::Registry registry;
        const auto logger = telemetry::make_silent_logger();
        ASSERT_TRUE(open_event_log(folder.config, {folder.clock, *logger, registry}, {}));
    }
    const auto filled = folder.fill();
    ASSERT_FALSE(filled);
    EXPECT_EQ(filled.error().code, ErrorCode::Conflict);
}

TEST(SampleKeys, AreKeptAndMadeAgainOnlyWhenTheyNoLongerHold) {
    Folder folder;
    ASSERT_TRUE(folder.fill());
    const std::string path = sample_keys_path(folder.config.data_folder);
    const auto first = sample_keys(*folder.control, path);
    ASSERT_TRUE(first);
    EXPECT_EQ(sample_keys(*folder.control, path)->write_key, first->write_key);
    EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::others_all,
              std::filesystem::perms::none);
    const auto keys = *folder.control->keys();
    for (const control::Key& key : keys) {
        ASSERT_TRUE(folder.control->disable_key(key.id));
    }
    EXPECT_NE(sample_keys(*folder.control, path)->write_key, first->write_key);
}

TEST(Welcome, GivesANewFolderAProjectKeysAndALinkAndNoOtherFolder) {
    Folder folder;
    const auto first = welcome(*folder.control, default_project());
    ASSERT_TRUE(first && *first);
    EXPECT_THAT((*first)->write_key, HasSubstr("wk_"));
    EXPECT_THAT((*first)->read_key, HasSubstr("rk_"));
    EXPECT_TRUE(folder.control->sign_in((*first)->sign_in_token));
    const auto second = welcome(*folder.control, default_project());
    ASSERT_TRUE(second);
    EXPECT_FALSE(*second);
}

}  // namespace
}  // namespace clickmill::server
