#include "benchmarks/load/histogram.h"
#include "benchmarks/load/request_maker.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace clickmill::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// The text between `before` and the next quote, for every place where `before` stands.
std::vector<std::string> all_behind(const std::string& text, const std::string& before) {
    std::vector<std::string> found;
    for (size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
        at += before.size();
        found.push_back(text.substr(at, text.find('"', at) - at));
    }
    return found;
}

Options two_keys() {
    return {.keys = {"wk_00000000000000000000000000000001", "wk_00000000000000000000000000000002"},
            .batch = 10,
            .features = 20};
}

TEST(Histogram, GivesQuantilesWithinOnePercent) {
    Histogram histogram;
    for (int i = 1; i <= 10'000; ++i) histogram.record(microseconds(i));
    EXPECT_NEAR(histogram.milliseconds_at(0.5), 5.0, 0.05);
    EXPECT_NEAR(histogram.milliseconds_at(0.99), 9.9, 0.1);
    EXPECT_DOUBLE_EQ(histogram.max_milliseconds(), 10.0);
}

TEST(Histogram, NeverSaysMoreThanTheLongest) {
    Histogram histogram;
    histogram.record(milliseconds(1234));
    EXPECT_DOUBLE_EQ(histogram.milliseconds_at(0.5), 1234.0);
    EXPECT_DOUBLE_EQ(histogram.milliseconds_at(1.0), 1234.0);
}

TEST(Histogram, MergesWhatTwoThreadsRecorded) {
    Histogram one;
    Histogram other;
    one.record(milliseconds(1));
    other.record(milliseconds(3));
    one.merge(other);
    EXPECT_EQ(one.total(), 2u);
    EXPECT_DOUBLE_EQ(one.max_milliseconds(), 3.0);
}

TEST(RequestMaker, GivesEveryEventAnIdOfItsOwn) {
    const Options options = two_keys();
    RequestMaker first(options, 0);
    RequestMaker second(options, 1);
    std::set<std::string> ids;
    for (int i = 0; i < 50; ++i) {
        for (RequestMaker* maker : {&first, &second}) {
            for (const std::string& id : all_behind(maker->next().text, R"("event_id":")")) {
                ids.insert(id);
            }
        }
    }
    EXPECT_EQ(ids.size(), 1000u);
}

TEST(RequestMaker, TakesTheKeysInTurn) {
    const Options options = two_keys();
    RequestMaker maker(options, 0);
    EXPECT_EQ(all_behind(maker.next().text, R"("key":")").front(), options.keys[0]);
    EXPECT_EQ(all_behind(maker.next().text, R"("key":")").front(), options.keys[1]);
}

TEST(RequestMaker, SaysHowLongItsBodyIs) {
    const Options options = two_keys();
    const Request request = RequestMaker(options, 0).next();
    EXPECT_NE(request.text.find("Content-Length: " +
                                std::to_string(request.text.size() - request.body_at) + "\r\n"),
              std::string::npos);
    EXPECT_EQ(request.text[request.body_at], '{');
}

TEST(RequestMaker, MakesTheSameClicksFromTheSameSeed) {
    const Options options = two_keys();
    EXPECT_EQ(RequestMaker(options, 0).next().text, RequestMaker(options, 0).next().text);
}

}  // namespace
}  // namespace clickmill::load
