// The small parts: CSV, the cache, the pool, text search.
#include "query_api/answer_cache.h"
#include "query_api/csv.h"
#include "query_api/search_text.h"
#include "query_api/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace clickmill::query_api {
namespace {

std::string cell(std::string_view text) {
    CsvWriter csv;
    csv.text(text);
    return csv.take();
}

TEST(CsvWriter, QuotesWhatNeedsIt) {
    EXPECT_EQ(cell("plain"), "plain");
    EXPECT_EQ(cell("a,b"), "\"a,b\"");
    EXPECT_EQ(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
    EXPECT_EQ(cell("two\nlines"), "\"two\nlines\"");
    EXPECT_EQ(cell(" padded"), "\" padded\"");
    EXPECT_EQ(cell("k\xc3\xa4ufen"), "k\xc3\xa4ufen");
}

TEST(CsvWriter, DefusesWhatASpreadsheetWouldRun) {
    for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%0A"})
        EXPECT_EQ(cell(formula), "'" + std::string(formula));
    EXPECT_EQ(cell("=1,2"), "\"'=1,2\"");
    EXPECT_EQ(cell("\t=1"), "'\t=1");
    EXPECT_EQ(cell("  =1"), "\"'  =1\"");
    EXPECT_EQ(cell("a=1"), "a=1");
}

TEST(CsvWriter, DefusesAFormulaInWideLetters) {
    EXPECT_EQ(cell("\uff1d1+1"), "'\uff1d1+1");
    EXPECT_EQ(cell(" \uff20SUM(A1)"), "\"' \uff20SUM(A1)\"");
    EXPECT_EQ(cell("\uff21BC"), "\uff21BC");
}

TEST(CsvWriter, LeavesNumbersNumbers) {
    CsvWriter csv;
    csv.number(int64_t{-5}).number(std::optional<int64_t>()).number(std::optional(0.25));
    csv.number(std::optional(-0.123456));
    csv.end_line();
    EXPECT_EQ(csv.take(), "-5,,0.25,-0.1235\r\n");
}

TEST(AnswerCache, KeepsAnAnswerUnderItsEtagAlone) {
    AnswerCache cache(100'000);
    cache.store("question", "one", "body");
    ASSERT_TRUE(cache.find("question", "one"));
    EXPECT_EQ(*cache.find("question", "one"), "body");
    EXPECT_FALSE(cache.find("question", "two"));
    EXPECT_FALSE(cache.find("question", "one")) << "what is out of date goes";
}

TEST(AnswerCache, LetsTheLeastRecentlyUsedGo) {
    AnswerCache cache(4'000);  // four of these answers
    const std::string body(700, 'x');
    for (const char* question : {"a", "b", "c", "d"}) cache.store(question, "e", body);
    EXPECT_TRUE(cache.find("a", "e"));
    cache.store("one more", "e", body);
    EXPECT_TRUE(cache.find("a", "e"));
    EXPECT_FALSE(cache.find("b", "e"));
    cache.store("giant", "e", std::string(4'000, 'x'));
    EXPECT_FALSE(cache.find("giant", "e"));
    EXPECT_TRUE(cache.find("a", "e"));
}

TEST(WorkerPool, RunsWhatWasTakenBeforeItEnds) {
    std::atomic<int> done = 0;
    {
        WorkerPool pool(2, 100);
        for (int i = 0; i < 100; ++i) {
            WorkerPool::Task task = [&] { ++done; };
            ASSERT_TRUE(pool.run(task));
        }
    }
    EXPECT_EQ(done, 100);
}

TEST(WorkerPool, RefusesWhenItsQueueIsFull) {
    std::promise<void> release;
    auto released = release.get_future().share();
    std::promise<void> begun;
    WorkerPool pool(1, 1);
    WorkerPool::Task first = [&] {
        begun.set_value();
        released.wait();
    };
    ASSERT_TRUE(pool.run(first));
    begun.get_future().wait();
    WorkerPool::Task second = [] {};
    EXPECT_TRUE(pool.run(second));
    WorkerPool::Task third = [] {};
    EXPECT_FALSE(pool.run(third));
    EXPECT_TRUE(third) << "it is given back";
    release.set_value();
}

TEST(SearchText, FindsPartsWhateverTheirCapitals) {
    EXPECT_TRUE(contains_text("Checkout.Pay", "OUT.p"));
    EXPECT_TRUE(contains_text("anything", ""));
    EXPECT_FALSE(contains_text("pay", "play"));
}

}  // namespace
}  // namespace clickmill::query_api
