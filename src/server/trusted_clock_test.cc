// Which jumps of the wall clock are believed, and when.
#include "server/trusted_clock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace clickmill::server {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

const Moment kStart = moment_of(1'795'000'000'000'000);

class Host {
public:
    TrustedClock& clock() { return clock_; }
    ManualClock host{kStart};
    bool is_synchronised = false;
    std::optional<Moment> confirmed;

private:
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    TrustedClock clock_{host,
                        {.is_synchronised = [this] { return is_synchronised; },
                         .confirmed_at = [this] { return confirmed; }},
                        *logger_};
};

TEST(TrustedClock, FollowsTheWallClockAndItsSmallSteps) {
    Host h;
    h.host.advance(10s);
    EXPECT_EQ(h.clock().now(), kStart + 10s);
    h.host.jump_to(kStart + 10s + 59min);
    EXPECT_EQ(h.clock().now(), kStart + 10s + 59min);
    h.host.jump_to(kStart);
    EXPECT_EQ(h.clock().now(), kStart);
    EXPECT_EQ(h.clock().doubted_jump(), 0us);
}

TEST(TrustedClock, GoesOnFromTheLastBelievedMomentWhenTheWallClockJumpsFar) {
    for (const microseconds jump : {microseconds(2h), microseconds(-2h), microseconds(87600h)}) {
        Host h;
        h.host.jump_to(kStart + jump);
        EXPECT_EQ(h.clock().now(), kStart);
        h.host.advance(5s);
        EXPECT_EQ(h.clock().now(), kStart + 5s);
        EXPECT_EQ(h.clock().doubted_jump(), jump);
    }
}

TEST(TrustedClock, BelievesAJumpOnceTheKernelIsSynchronised) {
    Host h;
    h.host.jump_to(kStart + 48h);
    EXPECT_EQ(h.clock().now(), kStart);
    h.is_synchronised = true;
    h.host.advance(1s);
    EXPECT_EQ(h.clock().now(), kStart + 48h + 1s);
    EXPECT_EQ(h.clock().doubted_jump(), 0us);
}

TEST(TrustedClock, BelievesAJumpThatASynchronisedKernelMakesAtOnce) {
    Host h;
    h.is_synchronised = true;
    h.host.jump_to(kStart + 48h);
    EXPECT_EQ(h.clock().now(), kStart + 48h);
}

TEST(TrustedClock, BelievesAJumpThatAnOperatorConfirmsAndNoOtherOne) {
    Host h;
    h.host.jump_to(kStart + 48h);
    EXPECT_EQ(h.clock().now(), kStart);
    h.confirmed = kStart + 48h;
    h.host.advance(2s);
    EXPECT_EQ(h.clock().now(), kStart + 48h + 2s);

    h.host.jump_to(kStart + 96h);
    EXPECT_EQ(h.clock().now(), kStart + 48h + 2s);
}

TEST(TrustedClock, BelievesAWallClockThatComesBackByItself) {
    Host h;
    h.host.jump_to(kStart + 48h);
    EXPECT_EQ(h.clock().now(), kStart);
    h.host.advance(1min);
    h.host.jump_to(kStart + 1min + 1s);
    EXPECT_EQ(h.clock().now(), kStart + 1min + 1s);
    EXPECT_EQ(h.clock().doubted_jump(), 0us);
}

TEST(TrustedClock, ReadsTheConfirmationThatTheCommandWrote) {
    std::string folder = testing::TempDir() + "clickmill_clock_XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const std::string path = folder + "/clock-confirmed";
    EXPECT_EQ(host_witnesses(path).confirmed_at(), std::nullopt);
    ASSERT_TRUE(confirm_clock(path, kStart));
    EXPECT_EQ(host_witnesses(path).confirmed_at(), kStart);
    EXPECT_FALSE(confirm_clock(folder + "/none/file", kStart));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace clickmill::server
