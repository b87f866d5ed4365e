#include "control/control.h"
#include "control/test_home.h"

#include <gmock/gmock.h>

namespace clickmill::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Catalogue : public testing::TestWithParam<std::string> {
protected:
    Catalogue() {
        reopen();
        EXPECT_TRUE(control_->add_project({.id = "shop", .zone = "Europe/Berlin"}));
        EXPECT_TRUE(control_->add_project({.id = "blog", .zone = "Europe/Berlin"}));
    }

    void reopen() {
        control_.reset();
        control_ = *Control::open(home_.options(), clock_);
    }
    Result<int64_t> set(const std::vector<FeatureChange>& changes) {
        return control_->set_features("shop", changes);
    }
    std::string refusal(const FeatureChange& change) {
        const auto done = set({change});
        EXPECT_FALSE(done) << change.id;
        return done ? "" : done.error().message();
    }
    std::vector<std::string> ids(const std::string& project = "shop") {
        const auto features = control_->features(project);
        std::vector<std::string> found;
        for (const Feature& feature : *features) found.push_back(feature.id);
        return found;
    }

    ManualClock clock_{moment_of(1'800'000'000'000'000)};
    TestHome home_{GetParam()};
    std::unique_ptr<Control> control_;
};

TEST_P(Catalogue, KeepsWhatWasWrittenAcrossARestart) {
    ASSERT_TRUE(set({{.id = "checkout.pay",
                      .name = "Pay \"now\"",
                      .description = "First line\nsecond, with ß and '",
                      .owner = "Payments",
                      .tags = {{"checkout", "money"}},
                      .state = FeatureState::Deprecated,
                      .alias_of = "checkout.buy"}}));
    reopen();
    const auto all = *control_->features("shop");
    ASSERT_EQ(all.size(), 1);
    EXPECT_EQ(all[0], (Feature{.id = "checkout.pay",
                               .name = "Pay \"now\"",
                               .description = "First line\nsecond, with ß and '",
                               .owner = "Payments",
                               .tags = {"checkout", "money"},
                               .state = FeatureState::Deprecated,
                               .alias_of = "checkout.buy",
                               .changed_at = 1'800'000'000'000'000}));
    EXPECT_THAT(ids("blog"), ElementsAre());
}

TEST_P(Catalogue, ChangesWhatIsGivenAndCountsWhatDiffers) {
    ASSERT_TRUE(set({{.id = "b", .name = "Bee", .owner = "ann"}, {.id = "a"}}));
    EXPECT_THAT(ids(), ElementsAre("a", "b"));
    clock_.advance(std::chrono::hours(1));
    EXPECT_EQ(*set({{.id = "b", .owner = "bob"}, {.id = "a", .name = ""}}), 1);
    const auto all = *control_->features("shop");
    EXPECT_EQ(all[1].name, "Bee");
    EXPECT_EQ(all[1].owner, "bob");
    EXPECT_EQ(all[1].state, FeatureState::Live);
    EXPECT_EQ(all[1].changed_at - all[0].changed_at, 3'600'000'000);
}

TEST_P(Catalogue, CountsItsVersionUpWhenSomethingDiffersOnly) {
    ASSERT_TRUE(set({{.id = "a", .name = "A"}}));
    const int64_t version = *control_->version();
    ASSERT_TRUE(set({{.id = "a", .name = "A"}}));
    EXPECT_EQ(*control_->version(), version);
    ASSERT_TRUE(control_->remove_feature("shop", "a"));
    EXPECT_GT(*control_->version(), version);
    EXPECT_THAT(ids(), ElementsAre());
    const auto again = control_->remove_feature("shop", "a");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::NotFound);
}

TEST_P(Catalogue, TakesAllChangesOrNone) {
    EXPECT_FALSE(set({{.id = "good"}, {.id = "(all)"}}));
    EXPECT_THAT(ids(), ElementsAre());
}

TEST_P(Catalogue, SaysWhatIsWrongWithAnEntry) {
    EXPECT_THAT(refusal({.id = ""}), HasSubstr("1 to 128 bytes"));
    EXPECT_THAT(refusal({.id = std::string(129, 'x')}), HasSubstr("1 to 128 bytes"));
    EXPECT_THAT(refusal({.id = "(other)"}), HasSubstr("(other)"));
    EXPECT_THAT(refusal({.id = "a", .name = std::string(201, 'x')}), HasSubstr("a name has"));
    EXPECT_THAT(refusal({.id = "a", .name = "\xff"}), HasSubstr("a name has"));
    EXPECT_THAT(refusal({.id = "a", .description = std::string(2'001, 'x')}),
                HasSubstr("a description has"));
    EXPECT_THAT(refusal({.id = "a", .description = "\x01"}), HasSubstr("a description has"));
    EXPECT_THAT(refusal({.id = "a", .owner = "a\nb"}), HasSubstr("an owner has"));
    EXPECT_THAT(refusal({.id = "a", .tags = {{"a;b"}}}), HasSubstr("20 tags"));
    EXPECT_THAT(refusal({.id = "a", .tags = {std::vector<std::string>(21, "t")}}),
                HasSubstr("20 tags"));
    EXPECT_THAT(refusal({.id = "a", .alias_of = "a"}), HasSubstr("alias of itself"));
    EXPECT_THAT(
        control_->set_features("none", std::vector<FeatureChange>{{.id = "a"}}).error().message(),
        HasSubstr("project list"));
}

TEST_P(Catalogue, LetsNoAliasLeadToAnAlias) {
    ASSERT_TRUE(set({{.id = "old", .alias_of = "new"}}));
    EXPECT_THAT(refusal({.id = "older", .alias_of = "old"}), HasSubstr("name that one"));
    EXPECT_THAT(refusal({.id = "new", .alias_of = "newest"}), HasSubstr("feature 'old'"));
    // Both at once is what a second renaming needs.
    EXPECT_TRUE(set({{.id = "new", .alias_of = "newest"}, {.id = "old", .alias_of = "newest"}}));
}

TEST_P(Catalogue, ComesToAControlStoreThatAnOlderProgramMade) {
    ASSERT_TRUE(control_->add_person("ann", Role::Admin));
    control_.reset();
    home_.execute(home_.is_file() ? "DROP TABLE features; PRAGMA user_version = 1"
                                  : "DROP TABLE clickmill_control.features; UPDATE "
                                    "clickmill_control.schema_version SET version = 1");
    reopen();
    EXPECT_EQ(control_->people()->size(), 1);
    EXPECT_TRUE(set({{.id = "a"}}));
}

INSTANTIATE_TEST_SUITE_P(Homes, Catalogue, testing::ValuesIn(test_homes()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace clickmill::control
