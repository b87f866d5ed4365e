#include "http/gzip.h"

#include <gtest/gtest.h>

namespace clickmill::http {
namespace {

using State = GzipInflater::State;

// What `bytes` inflate to in pieces of `step`; "too large" or "bad" otherwise.
std::string inflated(const std::string& bytes, size_t step, size_t max_bytes = 1 << 20) {
    GzipInflater inflater;
    std::string out;
    for (size_t at = 0; at < bytes.size(); at += step) {
        const auto state = inflater.add(std::string_view(bytes).substr(at, step), out, max_bytes);
        EXPECT_LE(out.size(), max_bytes + 1);
        if (state == State::TooLarge) return "too large";
        if (state == State::Bad) return "bad";
    }
    return inflater.is_complete() ? out : "cut short";
}

TEST(GzipInflater, GivesBackWhatWasCompressedHoweverItArrives) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919);
    const std::string bytes = gzip(text);
    for (const size_t step : {size_t{1}, size_t{7}, size_t{4096}, bytes.size()}) {
        EXPECT_EQ(inflated(bytes, step), text);
    }
}

TEST(GzipInflater, StopsAtTheCap) {
    const std::string bytes = gzip(std::string(1 << 20, 'x'));
    EXPECT_EQ(inflated(bytes, 100, (1 << 20) - 1), "too large");
    EXPECT_EQ(inflated(bytes, 100, 1 << 20), std::string(1 << 20, 'x'));
}

TEST(GzipInflater, TakesSeveralMembersAsOneBody) {
    EXPECT_EQ(inflated(gzip("ab") + gzip("") + gzip("cd"), 3), "abcd");
    EXPECT_EQ(inflated(gzip(std::string(800, 'x')) + gzip(std::string(800, 'x')), 5, 1000),
              "too large");
}

TEST(GzipInflater, NoticesBytesThatAreNotGzip) {
    EXPECT_EQ(inflated("{\"key\":1}", 4), "bad");
    EXPECT_EQ(inflated(gzip("ab") + "junk", 5), "bad");
    std::string damaged = gzip("hello hello hello");
    damaged[damaged.size() - 5] ^= 1;  // in the checksum
    EXPECT_EQ(inflated(damaged, 4), "bad");
    const std::string whole = gzip("hello hello hello");
    for (size_t size = 1; size < whole.size(); ++size) {
        EXPECT_EQ(inflated(whole.substr(0, size), 4), "cut short");
    }
}

}  // namespace
}  // namespace clickmill::http
