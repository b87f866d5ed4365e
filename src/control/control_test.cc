#include "control/control.h"

#include "control/copy.h"
#include "control/test_home.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <thread>

namespace clickmill::control {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

// A control store in a folder of its own, and what a test says to it.
class ControlTest : public testing::TestWithParam<std::string> {
protected:
    ControlTest() { reopen(); }

    void reopen() {
        control_.reset();
        control_ = open_another();
    }
    std::unique_ptr<Control> open_another() {
        auto opened = Control::open(home_.options(), clock_);
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }
    Project add_shop() { return *control_->add_project({.id = "shop", .zone = "Europe/Berlin"}); }
    int64_t add_ann() { return control_->add_person("ann@shop.example", Role::Viewer)->id; }
    std::string signed_in(int64_t person) {
        return *control_->sign_in(*control_->make_sign_in(person, minutes(15)));
    }

    ManualClock clock_{moment_of(1'800'000'000'000'000)};
    TestHome home_{GetParam()};
    std::unique_ptr<Control> control_;
};

TEST_P(ControlTest, KeepsProjectsAcrossARestart) {
    const Project made = *control_->add_project(
        {.id = "shop", .name = "The shop", .zone = "Asia/Kathmandu", .week_start = "sunday"});
    reopen();
    const auto all = *control_->projects();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].name, "The shop");
    EXPECT_EQ(all[0].zone, "Asia/Kathmandu");
    EXPECT_EQ(all[0].week_start, "sunday");
    EXPECT_EQ(all[0].secret, made.secret);
    EXPECT_EQ(all[0].secret.size(), 64u);
    EXPECT_EQ(all[0].created_at, 1'800'000'000'000'000);
}

TEST_P(ControlTest, RefusesASecondProjectOfTheSameId) {
    add_shop();
    EXPECT_EQ(control_->add_project({.id = "shop", .zone = "UTC"}).error().code,
              ErrorCode::Conflict);
    EXPECT_EQ(control_->projects()->size(), 1u);
}

TEST_P(ControlTest, SaysWhatIsWrongWithAProject) {
    for (const char* id : {"", "Shop", "-shop", "a b", "\xc3\xa4", "a/b"})
        EXPECT_EQ(control_->add_project({.id = id, .name = "x", .zone = "UTC"}).error().code,
                  ErrorCode::InvalidInput)
            << id;
    EXPECT_EQ(control_->add_project({.id = std::string(41, 'a'), .zone = "UTC"}).error().code,
              ErrorCode::InvalidInput);
    EXPECT_EQ(control_->add_project({.id = "a"}).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(
        control_->add_project({.id = "a", .zone = "UTC", .week_start = "friday"}).error().code,
        ErrorCode::InvalidInput);
}

TEST_P(ControlTest, KeepsAKeyAsAHashAlone) {
    add_shop();
    const NewKey made = *control_->add_key({.kind = KeyKind::Write,
                                            .project = "shop",
                                            .origins = {"https://a.example", "https://b.example"},
                                            .events_per_second = 12.5});
    EXPECT_EQ(made.text.size(), 35u);
    EXPECT_TRUE(made.text.starts_with("wk_"));

    const auto keys = *control_->keys();
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_EQ(keys[0].hash, hash_of_key(made.text));
    EXPECT_EQ(keys[0].hint, made.text.substr(0, 8));
    EXPECT_EQ(keys[0].origins,
              (std::vector<std::string>{"https://a.example", "https://b.example"}));
    EXPECT_EQ(keys[0].events_per_second, 12.5);
    EXPECT_FALSE(keys[0].is_disabled);

    if (!home_.is_file()) return;
    control_.reset();  // the WAL goes into the file
    std::ifstream file(home_.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_FALSE(bytes.contains(made.text));
    EXPECT_FALSE(bytes.contains(made.text.substr(3)));
}

TEST_P(ControlTest, HashesAKeyBySha256) {
    EXPECT_EQ(hash_of_key("abc"),  // FIPS 180-2, appendix B.1
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_P(ControlTest, RefusesAKeyOfAnUnknownProject) {
    EXPECT_EQ(control_->add_key({.kind = KeyKind::Read, .project = "shop"}).error().code,
              ErrorCode::NotFound);
}

TEST_P(ControlTest, DisablesAKey) {
    add_shop();
    const NewKey made = *control_->add_key({.kind = KeyKind::Read, .project = "shop"});
    EXPECT_TRUE(made.text.starts_with("rk_"));
    ASSERT_TRUE(control_->disable_key(made.key.id));
    EXPECT_TRUE(control_->keys()->at(0).is_disabled);
    EXPECT_EQ(control_->disable_key(99).error().code, ErrorCode::NotFound);
}

TEST_P(ControlTest, SignsInOnce) {
    const std::string link = *control_->make_sign_in(add_ann(), minutes(15));
    const std::string session = *control_->sign_in(link);
    EXPECT_EQ(control_->session(session)->name, "ann@shop.example");
    EXPECT_EQ(control_->sign_in(link).error().code, ErrorCode::NotFound);
    EXPECT_NE(session, link);
}

TEST_P(ControlTest, LetsOneOfManySignInsWithOneLinkThrough) {
    const std::string link = *control_->make_sign_in(add_ann(), minutes(15));
    std::vector<std::unique_ptr<Control>> processes;
    for (int i = 0; i < 4; ++i) processes.push_back(open_another());
    std::atomic<int> through = 0;
    {
        std::vector<std::jthread> threads;
        for (auto& process : processes)
            threads.emplace_back([&] { through += process->sign_in(link).has_value() ? 1 : 0; });
    }
    EXPECT_EQ(through, 1);
}

TEST_P(ControlTest, RefusesALinkThatHasExpired) {
    const std::string link = *control_->make_sign_in(add_ann(), seconds(60));
    clock_.advance(seconds(60));
    EXPECT_EQ(control_->sign_in(link).error().code, ErrorCode::NotFound);
}

TEST_P(ControlTest, EndsASessionAfterThirtyDays) {
    const std::string session = signed_in(add_ann());
    clock_.advance(days(30) - seconds(1));
    EXPECT_TRUE(control_->session(session));
    clock_.advance(seconds(1));
    EXPECT_EQ(control_->session(session).error().code, ErrorCode::NotFound);
}

TEST_P(ControlTest, EndsASessionBySigningOut) {
    const int64_t ann = add_ann();
    const std::string here = signed_in(ann);
    const std::string there = signed_in(ann);
    ASSERT_TRUE(control_->sign_out(here));
    EXPECT_FALSE(control_->session(here));
    EXPECT_TRUE(control_->session(there));
    EXPECT_TRUE(control_->sign_out("never was"));
}

TEST_P(ControlTest, EndsSessionsAndLinksOfAPersonWhoIsRemoved) {
    const int64_t ann = add_ann();
    const std::string session = signed_in(ann);
    const std::string link = *control_->make_sign_in(ann, minutes(15));
    ASSERT_TRUE(control_->remove_person("ann@shop.example"));
    EXPECT_FALSE(control_->session(session));
    EXPECT_FALSE(control_->sign_in(link));
    EXPECT_TRUE(control_->people()->empty());
    EXPECT_EQ(control_->remove_person("ann@shop.example").error().code, ErrorCode::NotFound);
    EXPECT_EQ(control_->make_sign_in(ann, minutes(15)).error().code, ErrorCode::NotFound);
}

TEST_P(ControlTest, KeepsPeopleWithTheirRoles) {
    add_ann();
    ASSERT_TRUE(control_->add_person("Bo", Role::Admin));
    EXPECT_EQ(control_->add_person("Bo", Role::Viewer).error().code, ErrorCode::Conflict);
    EXPECT_EQ(control_->add_person("", Role::Viewer).error().code, ErrorCode::InvalidInput);
    const auto people = *control_->people();
    ASSERT_EQ(people.size(), 2u);
    EXPECT_EQ(people[0].role, Role::Viewer);
    EXPECT_EQ(people[1].role, Role::Admin);
}

TEST_P(ControlTest, RefusesTokensThatNobodyMade) {
    for (const std::string& token :
         {std::string(), std::string("x"), std::string(64, '0'), std::string(1'000'000, 'a')}) {
        EXPECT_EQ(control_->session(token).error().code, ErrorCode::NotFound);
        EXPECT_EQ(control_->sign_in(token).error().code, ErrorCode::NotFound);
    }
}

TEST_P(ControlTest, CountsItsVersionUpWithEveryChangeOfAnyProcess) {
    int64_t last = *control_->version();
    const auto expect_change = [&](const char* what) {
        EXPECT_GT(*control_->version(), last) << what;
        last = *control_->version();
    };
    const auto other = open_another();
    EXPECT_EQ(*control_->version(), last) << "opening is no change";
    ASSERT_TRUE(other->add_project({.id = "shop", .zone = "UTC"}));
    expect_change("project");
    const int64_t key = other->add_key({.kind = KeyKind::Write, .project = "shop"})->key.id;
    expect_change("key");
    ASSERT_TRUE(other->disable_key(key));
    expect_change("disabled");
    const int64_t ann = other->add_person("ann", Role::Viewer)->id;
    expect_change("person");
    const std::string link = *other->make_sign_in(ann, minutes(1));
    expect_change("link");
    const std::string session = *other->sign_in(link);
    expect_change("session");
    ASSERT_TRUE(other->sign_out(session));
    expect_change("signed out");
    ASSERT_TRUE(other->remove_person("ann"));
    expect_change("removed");
}

TEST_P(ControlTest, LeavesItsFileToItsOwner) {
    if (!home_.is_file()) GTEST_SKIP() << "a server has its own rights";
    add_shop();
    for (const char* suffix : {"", "-wal"}) {
        struct stat file{};
        ASSERT_EQ(stat((home_.path() + suffix).c_str(), &file), 0) << suffix;
        EXPECT_EQ(file.st_mode & 0777, 0600u) << suffix;
    }
}

TEST_P(ControlTest, RefusesTablesOfANewerProgram) {
    control_.reset();
    home_.execute(home_.is_file() ? "PRAGMA user_version = 99"
                                  : "UPDATE clickmill_control.schema_version SET version = 99");
    const auto opened = Control::open(home_.options(), clock_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
}

TEST_P(ControlTest, IsMadeOnceByManyThatComeAtOnce) {
    control_.reset();
    if (!home_.is_file()) home_.execute("DROP SCHEMA clickmill_control CASCADE");
    std::vector<std::unique_ptr<Control>> all(8);
    std::vector<std::jthread> threads;
    for (auto& one : all) threads.emplace_back([&] { one = open_another(); });
    threads.clear();
    ASSERT_TRUE(all.front()->add_project({.id = "shop", .zone = "UTC"}));
    for (const auto& one : all) EXPECT_EQ(one->projects()->size(), 1u);
}

TEST_P(ControlTest, GoesOnWhenTheServerHasEndedItsConnection) {
    if (home_.is_file()) GTEST_SKIP() << "a file has no server";
    add_shop();
    home_.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
        "backend_type = 'client backend'");
    // Whether the news has come by then or not: one question may fail, the next is answered.
    const auto first = control_->version();
    EXPECT_TRUE(first || control_->version());
    EXPECT_EQ(control_->projects()->size(), 1u);
}

TEST_P(ControlTest, KeepsItsSecretsOutOfTheSchemaThatPeopleRead) {
    if (home_.is_file()) GTEST_SKIP() << "a file has no schemas";
    home_.execute(
        "DO $$ BEGIN ASSERT (SELECT count(*) FROM pg_tables WHERE tablename = 'keys' AND "
        "schemaname <> 'clickmill_control') = 0; END $$");
}

TEST_P(ControlTest, IsCopiedFromAFileWithAllThatIsInIt) {
    const TestHome origin("File");
    const auto before = *Control::open(origin.options(), clock_);
    ASSERT_TRUE(before->add_project({.id = "shop", .name = "The shop", .zone = "UTC"}));
    const NewKey key = *before->add_key({.kind = KeyKind::Read,
                                         .project = "shop",
                                         .origins = {"https://a.example"},
                                         .events_per_second = 0.1});
    const int64_t ann = before->add_person("ann", Role::Admin)->id;
    const std::string link = *before->make_sign_in(ann, minutes(5));
    const std::string session = *before->sign_in(*before->make_sign_in(ann, minutes(5)));
    ASSERT_TRUE(before->set_features("shop", std::vector<FeatureChange>{{.id = "a"}, {.id = "b"}}));

    const int64_t version = *control_->version();
    const auto rows = copy_control(origin.options(), home_.options());
    ASSERT_TRUE(rows) << rows.error().message();
    EXPECT_EQ(*rows, 7);
    EXPECT_GT(*control_->version(), version);
    EXPECT_EQ(control_->projects()->front().secret, before->projects()->front().secret);
    const Key copied = control_->keys()->front();
    EXPECT_EQ(copied.hash, key.key.hash);
    EXPECT_EQ(copied.origins, key.key.origins);
    EXPECT_EQ(copied.events_per_second, 0.1);
    EXPECT_EQ(control_->session(session)->name, "ann");
    EXPECT_TRUE(control_->sign_in(link));
    EXPECT_EQ(*control_->features("shop"), *before->features("shop"));
    // Numbers go on behind those that were copied.
    EXPECT_GT(control_->add_key({.project = "shop"})->key.id, key.key.id);
    EXPECT_GT(control_->add_person("bob", Role::Viewer)->id, ann);

    const auto again = copy_control(origin.options(), home_.options());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::Conflict);
    EXPECT_EQ(control_->people()->size(), 2u);
}

TEST_P(ControlTest, SaysThatThereIsNothingToCopy) {
    EXPECT_EQ(copy_control({.path = home_.path() + ".none"}, home_.options()).error().code,
              ErrorCode::NotFound);
    EXPECT_EQ(copy_control(home_.options(), home_.options()).error().code, ErrorCode::NotFound);
    add_shop();
    EXPECT_EQ(copy_control(home_.options(), home_.options()).error().code, ErrorCode::Conflict);
}

TEST_P(ControlTest, SaysWhatIsWrongWithAUrl) {
    const auto opened = Control::open({.path = "", .url = "mysql://me:secret@x/y"}, clock_);
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().message().contains("control.url: a url is postgresql://user"))
        << opened.error().message();
    EXPECT_FALSE(opened.error().message().contains("secret"));
}

TEST_P(ControlTest, RefusesAnOriginThatNoBrowserSends) {
    const auto add = [this, shop = add_shop()](std::string origin) {
        Key wanted;
        wanted.project = shop.id;
        wanted.origins = {std::move(origin)};
        return control_->add_key(std::move(wanted));
    };
    for (const char* origin :
         {"*", "shop.example", "https://", "https://shop.example/", "https://Shop.example",
          "https://shop.example:443", "http://shop.example:80", "https://a.*.example",
          "https://me@shop.example", "https://shop.example/pay", "HTTPS://shop.example", ""}) {
        const auto made = add(origin);
        ASSERT_FALSE(made) << origin;
        EXPECT_EQ(made.error().code, ErrorCode::InvalidInput) << origin;
        EXPECT_TRUE(made.error().message().contains("https://shop.example")) << origin;
    }
    for (const char* origin :
         {"https://shop.example", "https://*.shop.example", "http://localhost:5173", "null",
          "http://[::1]:8080", "capacitor://localhost"}) {
        EXPECT_TRUE(add(origin)) << origin;
    }
}

INSTANTIATE_TEST_SUITE_P(Homes, ControlTest, testing::ValuesIn(test_homes()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace clickmill::control
