#include "control/control.h"

#include "base/sqlite.h"

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
class ControlTest : public testing::Test {
protected:
    ControlTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "control.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        reopen();
    }
    ~ControlTest() override { std::filesystem::remove_all(folder_); }

    void reopen() {
        control_.reset();
        control_ = open_another();
    }
    std::unique_ptr<Control> open_another() {
        auto opened = Control::open({.path = path()}, clock_);
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }
    std::string path() const { return folder_ + "/control.db"; }
    Project add_shop() { return *control_->add_project({.id = "shop", .zone = "Europe/Berlin"}); }
    int64_t add_ann() { return control_->add_person("ann@shop.example", Role::Viewer)->id; }
    std::string signed_in(int64_t person) {
        return *control_->sign_in(*control_->make_sign_in(person, minutes(15)));
    }

    ManualClock clock_{moment_of(1'800'000'000'000'000)};
    std::string folder_;
    std::unique_ptr<Control> control_;
};

TEST_F(ControlTest, KeepsProjectsAcrossARestart) {
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

TEST_F(ControlTest, RefusesASecondProjectOfTheSameId) {
    add_shop();
    EXPECT_EQ(control_->add_project({.id = "shop", .zone = "UTC"}).error().code,
              ErrorCode::Conflict);
    EXPECT_EQ(control_->projects()->size(), 1u);
}

TEST_F(ControlTest, SaysWhatIsWrongWithAProject) {
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

TEST_F(ControlTest, KeepsAKeyAsAHashAlone) {
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

    control_.reset();  // the WAL goes into the file
    std::ifstream file(path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_FALSE(bytes.contains(made.text));
    EXPECT_FALSE(bytes.contains(made.text.substr(3)));
}

TEST_F(ControlTest, HashesAKeyBySha256) {
    EXPECT_EQ(hash_of_key("abc"),  // FIPS 180-2, appendix B.1
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(ControlTest, RefusesAKeyOfAnUnknownProject) {
    EXPECT_EQ(control_->add_key({.kind = KeyKind::Read, .project = "shop"}).error().code,
              ErrorCode::NotFound);
}

TEST_F(ControlTest, DisablesAKey) {
    add_shop();
    const NewKey made = *control_->add_key({.kind = KeyKind::Read, .project = "shop"});
    EXPECT_TRUE(made.text.starts_with("rk_"));
    ASSERT_TRUE(control_->disable_key(made.key.id));
    EXPECT_TRUE(control_->keys()->at(0).is_disabled);
    EXPECT_EQ(control_->disable_key(99).error().code, ErrorCode::NotFound);
}

TEST_F(ControlTest, SignsInOnce) {
    const std::string link = *control_->make_sign_in(add_ann(), minutes(15));
    const std::string session = *control_->sign_in(link);
    EXPECT_EQ(control_->session(session)->name, "ann@shop.example");
    EXPECT_EQ(control_->sign_in(link).error().code, ErrorCode::NotFound);
    EXPECT_NE(session, link);
}

TEST_F(ControlTest, LetsOneOfManySignInsWithOneLinkThrough) {
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

TEST_F(ControlTest, RefusesALinkThatHasExpired) {
    const std::string link = *control_->make_sign_in(add_ann(), seconds(60));
    clock_.advance(seconds(60));
    EXPECT_EQ(control_->sign_in(link).error().code, ErrorCode::NotFound);
}

TEST_F(ControlTest, EndsASessionAfterThirtyDays) {
    const std::string session = signed_in(add_ann());
    clock_.advance(days(30) - seconds(1));
    EXPECT_TRUE(control_->session(session));
    clock_.advance(seconds(1));
    EXPECT_EQ(control_->session(session).error().code, ErrorCode::NotFound);
}

TEST_F(ControlTest, EndsASessionBySigningOut) {
    const int64_t ann = add_ann();
    const std::string here = signed_in(ann);
    const std::string there = signed_in(ann);
    ASSERT_TRUE(control_->sign_out(here));
    EXPECT_FALSE(control_->session(here));
    EXPECT_TRUE(control_->session(there));
    EXPECT_TRUE(control_->sign_out("never was"));
}

TEST_F(ControlTest, EndsSessionsAndLinksOfAPersonWhoIsRemoved) {
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

TEST_F(ControlTest, KeepsPeopleWithTheirRoles) {
    add_ann();
    ASSERT_TRUE(control_->add_person("Bo", Role::Admin));
    EXPECT_EQ(control_->add_person("Bo", Role::Viewer).error().code, ErrorCode::Conflict);
    EXPECT_EQ(control_->add_person("", Role::Viewer).error().code, ErrorCode::InvalidInput);
    const auto people = *control_->people();
    ASSERT_EQ(people.size(), 2u);
    EXPECT_EQ(people[0].role, Role::Viewer);
    EXPECT_EQ(people[1].role, Role::Admin);
}

TEST_F(ControlTest, RefusesTokensThatNobodyMade) {
    for (const std::string& token :
         {std::string(), std::string("x"), std::string(64, '0'), std::string(1'000'000, 'a')}) {
        EXPECT_EQ(control_->session(token).error().code, ErrorCode::NotFound);
        EXPECT_EQ(control_->sign_in(token).error().code, ErrorCode::NotFound);
    }
}

TEST_F(ControlTest, CountsItsVersionUpWithEveryChangeOfAnyProcess) {
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

TEST_F(ControlTest, LeavesItsFileToItsOwner) {
    add_shop();
    for (const char* suffix : {"", "-wal"}) {
        struct stat file{};
        ASSERT_EQ(stat((path() + suffix).c_str(), &file), 0) << suffix;
        EXPECT_EQ(file.st_mode & 0777, 0600u) << suffix;
    }
}

TEST_F(ControlTest, RefusesAFileOfANewerProgram) {
    control_.reset();
    {
        auto connection = sqlite::Connection::open({.path = path()});
        ASSERT_TRUE(connection->execute("PRAGMA user_version = 99"));
    }
    const auto opened = Control::open({.path = path()}, clock_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
}

TEST_F(ControlTest, RefusesAnOriginThatNoBrowserSends) {
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

}  // namespace
}  // namespace clickmill::control
