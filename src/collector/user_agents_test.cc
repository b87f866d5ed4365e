#include "collector/user_agents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace clickmill::collector {
namespace {

// One for all tests: building the rules takes a moment.
UserAgents& agents() {
    static UserAgents all;
    return all;
}

struct Case {
    const char* text;
    const char* browser;
    const char* os;
    const char* device;
};

TEST(UserAgents, TellBrowserSystemAndDevice) {
    const std::vector<Case> cases = {
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/130.0.0.0 Safari/537.36",
         "Chrome", "Windows", "desktop"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
         "Edge", "Windows", "desktop"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/18.0 Safari/605.1.15",
         "Safari", "Mac OS X", "desktop"},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox",
         "Linux", "desktop"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
         "like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
         "Mobile Safari", "iOS", "mobile"},
        {"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/16.6 Mobile/15E148 Safari/604.1",
         "Mobile Safari", "iOS", "tablet"},
        {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
         "SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
         "Samsung Internet", "Android", "mobile"},
        {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/130.0.0.0 Safari/537.36",
         "Chrome", "Android", "tablet"},
        {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/130.0.0.0 Safari/537.36",
         "Chrome", "Chrome OS", "desktop"},
        {"Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/13.0 Safari/605.1.15",
         "Safari", "", "console"},
        {"", "", "", ""},
        {"\x01\xff nonsense", "", "", ""},
    };
    for (const Case& wanted : cases) {
        const Agent agent = agents().parse(wanted.text);
        EXPECT_EQ(agent.browser, wanted.browser) << wanted.text;
        EXPECT_EQ(agent.os, wanted.os) << wanted.text;
        EXPECT_EQ(agent.device, wanted.device) << wanted.text;
        EXPECT_FALSE(agent.is_crawler) << wanted.text;
    }
}

TEST(UserAgents, KnowCrawlers) {
    std::ifstream file(CLICKMILL_SOURCE_DIR "/src/collector/crawlers/samples.txt");
    std::string line;
    int samples = 0;
    while (std::getline(file, line)) {
        if (line.starts_with("# ")) continue;
        ++samples;
        EXPECT_TRUE(agents().parse(line).is_crawler) << line;
    }
    EXPECT_GT(samples, 300);
}

TEST(UserAgents, DoNotTakeAnHttpLibraryForACrawler) {
    for (const char* library : {"curl/8.5.0",
                                "Wget/1.21",
                                "python-requests/2.32.3",
                                "Python-urllib/3.11",
                                "okhttp/4.12.0",
                                "Go-http-client/1.1",
                                "axios/1.7.2",
                                "node-fetch",
                                "Apache-HttpClient/4.5.13 (Java/17)",
                                "Dart/3.5 (dart:io)",
                                "Java/17.0.1",
                                "libwww-perl/6.67",
                                "PostmanRuntime/7.39.0",
                                "MyShop/4.1 CFNetwork/1568.100.1 Darwin/24.0.0",
                                "Amazon CloudFront",
                                "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)",
                                "undici",
                                "GuzzleHttp/7",
                                "aiohttp/3.9",
                                "httpx/0.27",
                                "node",
                                "Ruby",
                                "Faraday v2.7"}) {
        EXPECT_FALSE(agents().parse(library).is_crawler) << library;
    }
}

TEST(UserAgents, ReadOnlyTheBeginningOfALongText) {
    const std::string chrome = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0 Safari/537.36";
    EXPECT_EQ(agents().parse(chrome + std::string(100'000, 'x')).browser, "Chrome");
    EXPECT_EQ(agents().parse(std::string(600, ' ') + chrome).browser, "");
}

TEST(UserAgents, RememberTheLatestAndForgetTheOldest) {
    UserAgents few(8);  // one in each shard
    const auto first = few.read("curl/1");
    EXPECT_EQ(few.read("curl/1"), first);
    for (int i = 0; i < 1000; ++i) few.read("curl/" + std::to_string(i + 2));
    EXPECT_NE(few.read("curl/1"), first);
}

TEST(UserAgents, AreReadByManyThreadsAtOnce) {
    UserAgents few(16);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&few] {
            for (int i = 0; i < 200; ++i) {
                const std::string text = "Firefox/" + std::to_string(i % 40) + ".0 Gecko/20100101";
                EXPECT_EQ(few.read(text)->is_crawler, false);
            }
        });
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace clickmill::collector
