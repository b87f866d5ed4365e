// The answers in api/examples/ are what the program says about a small shop. After a change that is
// meant, write them anew with CLICKMILL_WRITE_EXAMPLES=1.
#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace clickmill::query_api {
namespace {

using metrics_store::MemoryMetricsStore;

struct Example {
    const char* file;
    const char* question;
};

std::string path_of(const Example& example) {
    return std::string(CLICKMILL_SOURCE_DIR "/api/examples/") + example.file;
}

std::string minified(const std::string& json) {
    simdjson::dom::parser parser;
    const simdjson::padded_string text(json);
    simdjson::dom::element element;
    if (parser.parse(text).get(element)) return "not JSON: " + json;
    return simdjson::minify(element);
}

class ExamplesTest : public testing::TestWithParam<Example> {
protected:
    // A week of three features, up to a Saturday at noon; two more went silent before it.
    ExamplesTest() {
        click_daily("wishlist.add", 1, 60);  // until 30 October
        click_daily("help.chat", 1, 35);     // until 5 October
        for (int day = 1; day <= 7; ++day) {
            const std::string date = "2026-11-0" + std::to_string(day);
            for (int i = 0; i < 2 + day; ++i) {
                TestClick click{.at = date + "T09:00", .feature = "checkout.pay"};
                click.user = "user-" + std::to_string(i % 5);
                click.platform = i % 3 == 0 ? "ios" : "web";
                click.app_version = i % 2 == 0 ? "4.12.0" : "4.11.2";
                click.page = "/checkout";
                click.experiments["new_pay"] = i % 2 == 0 ? "B" : "A";
                shop.click(click);
            }
            for (int i = 0; i < 9 - day; ++i)
                shop.click({.at = date + "T10:00",
                            .feature = "search.open",
                            .user = "user-" + std::to_string(i),
                            .app_version = "4.12.0"});
        }
        shop.click({.at = "2026-10-29T10:00", .feature = "menu.about", .app_version = "4.11.2"});
        shop.commit("2026-11-07T11:59:58");
        const std::vector<control::FeatureChange> catalogue = {
            {.id = "checkout.buy",
             .name = "Pay",
             .owner = "Payments",
             .state = control::FeatureState::Deprecated,
             .alias_of = "checkout.pay"},
            {.id = "checkout.pay",
             .name = "Pay",
             .description = "The last step of the checkout.",
             .owner = "Payments",
             .tags = {{"checkout", "money"}}}};
        EXPECT_TRUE(shop.control().set_features("shop", catalogue));
    }
    // Three times a day, from the first to the last of these days after 31 August.
    void click_daily(const std::string& feature, int first, int last) {
        for (int day = first; day <= last; ++day) {
            const int of_month = day <= 30 ? day : day - 30;
            const std::string date =
                (day <= 30 ? "2026-09-" : "2026-10-") + std::to_string(100 + of_month).substr(1);
            for (int i = 0; i < 3; ++i)
                shop.click({.at = date + "T11:00", .feature = feature, .app_version = "4.11.2"});
        }
    }

    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
};

TEST_P(ExamplesTest, AreWhatTheProgramAnswers) {
    const auto response = shop.get(GetParam().question);
    ASSERT_EQ(response.status, 200) << response.body;
    if (std::getenv("CLICKMILL_WRITE_EXAMPLES"))
        std::ofstream(path_of(GetParam())) << response.body;
    std::ifstream file(path_of(GetParam()));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(minified(response.body), minified(text)) << GetParam().file;
}

INSTANTIATE_TEST_SUITE_P(
    Files, ExamplesTest,
    testing::Values(
        Example{"series_day.json",
                "/api/v1/series?feature_id=checkout.pay,search.open"
                "&from=2026-11-05&to=2026-11-08&compare=previous"},
        Example{"series_by_platform.json",
                "/api/v1/series?by=platform&metric=users&from=2026-11-06&to=2026-11-09"},
        Example{"features.json", "/api/v1/features?from=2026-11-05&to=2026-11-08&users=1&trend=1"},
        Example{"dimensions.json", "/api/v1/dimensions?from=2026-11-01&to=2026-11-08"},
        Example{"changes.json", "/api/v1/changes"},
        Example{"accounting.json", "/api/v1/accounting"}, Example{"status.json", "/api/v1/status"},
        Example{"catalogue.json", "/api/v1/catalogue"}, Example{"rollups.json", "/api/v1/rollups"},
        Example{"rollup_cost.json", "/api/v1/rollups/cost?dimensions=browser,os"},
        Example{"attention.json", "/api/v1/attention"}),
    [](const auto& test) {
        const std::string file = test.param.file;
        return file.substr(0, file.find('.'));
    });

}  // namespace
}  // namespace clickmill::query_api
