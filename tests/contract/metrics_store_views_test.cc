// How generations of a rollup begin, take each other's place and go.
#include "tests/contract/metrics_store_contract.h"

#include <array>

namespace clickmill::metrics_store {
namespace {

using fold::View;
using fold::ViewDefinition;
using fold::ViewState;

class MetricsStoreViews : public MetricsStoreContract {
protected:
    // "totals 1 current" for each, in the order in which they were declared.
    std::vector<std::string> all() {
        constexpr std::string_view kNames[] = {"current", "building", "old", "dropped", "gone"};
        std::vector<std::string> lines;
        const auto views = *(*store().snapshot())->views();
        for (const View& view : views) {
            lines.push_back(view.definition.rollup.name + " " + std::to_string(view.generation) +
                            " " + std::string(kNames[static_cast<size_t>(view.state)]));
        }
        return lines;
    }
    View begin(const ViewDefinition& definition) {
        const auto view = begin_generation(store(), definition);
        EXPECT_TRUE(view) << view.error().message();
        return view ? *view : View{};
    }
    Result<void> finish(const View& view) { return make_current(store(), std::array{view.id}); }
    void clear(const View& view) {
        for (;;) {
            const auto is_more = store().clear_some(view.id);
            ASSERT_TRUE(is_more) << is_more.error().message();
            if (!*is_more) return;
        }
    }
};

using Lines = std::vector<std::string>;

TEST_P(MetricsStoreViews, BuildALaterRollupOfAProjectFromTheBeginning) {
    committed(Change(declare("shop"), 0, 40).clicks(0, {"buy"}, 1), 0);
    const View view = declare("shop", {"by_os", {"os"}});
    EXPECT_EQ(view.state, ViewState::Building);
    EXPECT_EQ(view.since, Moment{});
    EXPECT_EQ(position(view).through, Offset{0});
    EXPECT_EQ(all(), (Lines{"totals 1 current", "by_os 1 building"}));
}

TEST_P(MetricsStoreViews, KeepWhatIsStoredWhenDimensionsAreDeclaredAnew) {
    const View first = declare("shop", {"by_os", {"os"}});
    const View again = declare("shop", {"by_os", {"os", "browser"}});
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(again.definition, first.definition);
}

TEST_P(MetricsStoreViews, AreBegunAnewWhenTheProjectMovesToAnotherZone) {
    declare("shop");
    const View by_os = declare("shop", {"by_os", {"os"}});
    ASSERT_TRUE(finish(by_os));
    ViewDefinition moved = by_os.definition;
    moved.zone = "Asia/Kathmandu";
    ASSERT_TRUE(metrics_store::declare(store(), std::vector{moved}));
    ASSERT_TRUE(metrics_store::declare(store(), std::vector{moved}));
    EXPECT_EQ(all(), (Lines{"totals 1 current", "by_os 1 current", "totals 2 building",
                            "by_os 2 building"}));
    moved.zone = "UTC";
    ASSERT_TRUE(metrics_store::declare(store(), std::vector{moved}));
    EXPECT_EQ(all(), (Lines{"totals 1 current", "by_os 1 current", "totals 2 dropped",
                            "by_os 2 dropped", "totals 3 building", "by_os 3 building"}));
}

TEST_P(MetricsStoreViews, TakeTheirRollupsPlaceAtOnce) {
    const View totals = declare("shop");
    const View by_os = declare("shop", {"by_os", {"os"}});
    const View other = begin(totals.definition);
    EXPECT_EQ(other.generation, 2);
    EXPECT_NE(other.id, totals.id);
    committed(Change(totals, 0, 5).clicks(0, {"buy"}, 1));
    committed(Change(other, 0, 5).clicks(0, {"buy"}, 2));
    EXPECT_EQ(cell(totals, 0, {"buy"}).clicks, 1);
    ASSERT_TRUE(make_current(store(), std::array{other.id, by_os.id}));
    EXPECT_EQ(all(), (Lines{"totals 1 old", "by_os 1 current", "totals 2 current"}));
    EXPECT_EQ(cell(totals, 0, {"buy"}).clicks, 1);
    EXPECT_EQ(cell(other, 0, {"buy"}).clicks, 2);
    EXPECT_EQ(declare("shop").id, other.id);
    ASSERT_TRUE(finish(other));
    const auto refused = finish(totals);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    if (GetParam().name == "Memory") return;
    reopen();
    EXPECT_EQ(all(), (Lines{"totals 1 old", "by_os 1 current", "totals 2 current"}));
}

TEST_P(MetricsStoreViews, KeepOneGenerationFromBefore) {
    const View first = declare("shop");
    const View second = begin(first.definition);
    EXPECT_EQ(begin(first.definition).id, second.id) << "it is being built";
    ASSERT_TRUE(finish(second));
    begin(first.definition);
    EXPECT_EQ(all(), (Lines{"totals 1 dropped", "totals 2 current", "totals 3 building"}));
    ViewDefinition other = first.definition;
    other.limits.values = 7;
    begin(other);
    EXPECT_EQ(all(), (Lines{"totals 1 dropped", "totals 2 current", "totals 3 dropped",
                            "totals 4 building"}));
}

TEST_P(MetricsStoreViews, GetTablesForTheirDimensions) {
    const View before = declare("shop", {"by_client", {"os"}});
    ViewDefinition wider = before.definition;
    wider.rollup.dimensions = {"browser", "os"};
    const View after = begin(wider);
    committed(Change(before, 0, 5).clicks(0, {"buy", "linux"}, 3));
    committed(Change(after, 0, 5).clicks(0, {"buy", "firefox", "linux"}, 4));
    EXPECT_EQ(cell(before, 0, {"buy", "linux"}).clicks, 3);
    EXPECT_EQ(cell(after, 0, {"buy", "firefox", "linux"}).clicks, 4);
}

TEST_P(MetricsStoreViews, SayWhereRawEventsBegan) {
    declare("shop");
    const View view = declare("shop", {"by_os", {"os"}});
    ASSERT_TRUE(raise_since(store(), view.id, at_second(900)));
    ASSERT_TRUE(raise_since(store(), view.id, at_second(300))) << "it only rises";
    ASSERT_TRUE(finish(view));
    EXPECT_EQ(declare("shop", {"by_os", {"os"}}).since, at_second(900));
}

TEST_P(MetricsStoreViews, LeaveNothingBehindWhenTheyAreDropped) {
    const View view = declare("shop");
    const View blog = declare("blog");
    for (const View& one : {view, blog}) {
        for (int64_t hour_number = 0; hour_number < 100; ++hour_number) {
            committed(Change(one, hour_number, hour_number + 1)
                          .clicks(hour_number, {"buy"}, 3)
                          .users(hour_number, {"buy"}, {"ann"}));
            ASSERT_TRUE(store().settle(Settled(one, Grain::Hour, hour(hour_number), {1000})
                                           .row({"buy"}, 3, {"ann"})
                                           .build()));
        }
    }
    const auto early = store().clear_some(view.id);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, ErrorCode::Conflict);
    ASSERT_TRUE(drop(store(), view.id));
    ASSERT_TRUE(drop(store(), view.id));
    clear(view);
    EXPECT_EQ(all(), (Lines{"totals 1 current"}));
    EXPECT_EQ(headers(blog, Grain::Hour).size(), 100u);
    EXPECT_EQ(cell(blog, 7, {"buy"}).clicks, 3);
    const auto late = store().clear_some(view.id);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::NotFound);
    const auto refused = commit({Change(view, 100, 101).clicks(0, {"buy"}, 1)}, 101);
    ASSERT_FALSE(refused) << "nobody writes to it any more";
    EXPECT_EQ(declare("shop").generation, 2) << "another one begins anew";
}

INSTANTIATE_TEST_SUITE_P(Every, MetricsStoreViews, testing::ValuesIn(backends()),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace clickmill::metrics_store
