#include "http/framing.h"

#include "http/smuggling_corpus.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace clickmill::http {
namespace {

using State = HeadScanner::State;

// The status of the refusal, 200 when complete, 0 when more is needed.
int verdict_of(std::string_view bytes, HeadLimits limits = {}) {
    HeadScanner scanner(limits);
    switch (scanner.scan(bytes)) {
        case State::Complete:
            return 200;
        case State::Refused:
            return scanner.refusal().status;
        case State::NeedMore:
            return 0;
    }
    return -1;
}

// The same, however the bytes arrive: one by one, and cut in two at every place.
int verdict_in_pieces(const std::string& bytes, HeadLimits limits = {}) {
    const int whole = verdict_of(bytes, limits);
    HeadScanner slow(limits);
    State state = State::NeedMore;
    for (size_t size = 1; size <= bytes.size() && state == State::NeedMore; ++size) {
        state = slow.scan(std::string_view(bytes).substr(0, size));
    }
    const int one_by_one = state == State::Complete  ? 200
                           : state == State::Refused ? slow.refusal().status
                                                     : 0;
    EXPECT_EQ(one_by_one, whole) << bytes;
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
        HeadScanner scanner(limits);
        State halves = scanner.scan(std::string_view(bytes).substr(0, cut));
        if (halves == State::NeedMore) halves = scanner.scan(bytes);
        const int verdict = halves == State::Complete  ? 200
                            : halves == State::Refused ? scanner.refusal().status
                                                       : 0;
        EXPECT_EQ(verdict, whole) << bytes << " cut at " << cut;
    }
    return whole;
}

TEST(HeadScanner, ReadsWhatAHeadSaysAboutItsFraming) {
    const std::string bytes =
        "POST /v1/events?key=1 HTTP/1.1\r\nHost: a.example:8080\r\nContent-Length: 42\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\nbody";
    HeadScanner scanner({});
    ASSERT_EQ(scanner.scan(bytes), State::Complete);
    EXPECT_EQ(scanner.end(), bytes.size() - 4);
    EXPECT_EQ(scanner.framing().method, "POST");
    EXPECT_EQ(scanner.framing().target, "/v1/events?key=1");
    EXPECT_EQ(scanner.framing().host, "a.example:8080");
    EXPECT_EQ(scanner.framing().content_length, 42);
    EXPECT_TRUE(scanner.framing().expects_continue);
    EXPECT_FALSE(scanner.framing().keep_alive);
}

TEST(HeadScanner, TakesWhatIsWellFramedHoweverItArrives) {
    const std::vector<std::string> good = {
        post_head(""),
        post_head("Content-Length: 0\r\n"),
        post_head("content-length:\t 7 \t\r\n"),
        post_head("Transfer-Encoding: chunked\r\n"),
        post_head("TRANSFER-ENCODING: Chunked\r\n"),
        post_head("X-Empty:\r\nX-Latin: \xe9\r\n"),
        "\r\n" + post_head(""),
        "GET / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    for (const std::string& bytes : good) EXPECT_EQ(verdict_in_pieces(bytes), 200) << bytes;
}

TEST(HeadScanner, RefusesWhatTwoReadersCouldFrameDifferentlyHoweverItArrives) {
    for (const BadHead& bad : bad_heads()) {
        EXPECT_EQ(verdict_in_pieces(bad.bytes), bad.status) << bad.why;
    }
}

TEST(HeadScanner, LimitsTheHeadItsFieldsAndTheTarget) {
    const HeadLimits limits{.max_bytes = 200, .max_fields = 4, .max_target = 60};
    const std::string get = "GET /";
    const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(verdict_in_pieces(get + std::string(59, 'x') + rest, limits), 200);
    EXPECT_EQ(verdict_in_pieces(get + std::string(60, 'x') + rest, limits), 414);
    EXPECT_EQ(verdict_in_pieces(get + std::string(500, 'x'), limits), 414);
    EXPECT_EQ(verdict_in_pieces(post_head("X: " + std::string(100, 'x') + "\r\n"), limits), 200);
    EXPECT_EQ(verdict_in_pieces(post_head("X: " + std::string(200, 'x') + "\r\n"), limits), 431);
    EXPECT_EQ(verdict_in_pieces(post_head("X: " + std::string(200, 'x')), limits), 431);
    EXPECT_EQ(verdict_in_pieces(post_head("A: 1\r\nB: 1\r\nC: 1\r\n"), limits), 200);
    EXPECT_EQ(verdict_in_pieces(post_head("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n"), limits), 431);
}

// What a decoder makes of `bytes`, fed in the given pieces: the body, then "|" and what was left
// over when done; "bad"; or "more".
std::string decoded(const std::string& bytes, size_t step) {
    ChunkDecoder decoder;
    std::string body, pending;
    for (size_t at = 0; at < bytes.size(); at += step) {
        pending += bytes.substr(at, step);
        while (true) {
            const auto taken = decoder.next(pending);
            body += taken.data;
            pending.erase(0, taken.consumed);
            if (taken.state == ChunkDecoder::State::Bad) return "bad";
            if (taken.state == ChunkDecoder::State::Done) {
                return body + "|" + pending + bytes.substr(std::min(bytes.size(), at + step));
            }
            if (taken.state == ChunkDecoder::State::NeedMore) break;
        }
    }
    return "more";
}

std::string decoded_in_pieces(const std::string& bytes) {
    const std::string whole = decoded(bytes, bytes.size());
    for (size_t step = 1; step < bytes.size(); ++step) {
        EXPECT_EQ(decoded(bytes, step), whole) << bytes << " in steps of " << step;
    }
    return whole;
}

TEST(ChunkDecoder, PutsTheBodyTogetherHoweverItArrives) {
    EXPECT_EQ(decoded_in_pieces("5\r\nhello\r\n0\r\n\r\nGET"), "hello|GET");
    EXPECT_EQ(decoded_in_pieces("1\r\nh\r\n00A\r\n0123456789\r\n0\r\n\r\n"), "h0123456789|");
    EXPECT_EQ(decoded_in_pieces("3;ext=\"a b\"\r\na\r\n\r\n0;x\r\nTrailer: x\r\n\r\n"), "a\r\n|");
    EXPECT_EQ(decoded_in_pieces("0\r\n\r\n"), "|");
    EXPECT_EQ(decoded_in_pieces("5\r\nhel"), "more");
}

TEST(ChunkDecoder, RefusesEverythingElse) {
    for (const std::string& bytes : bad_chunks())
        EXPECT_EQ(decoded_in_pieces(bytes), "bad") << bytes;
}

}  // namespace
}  // namespace clickmill::http
