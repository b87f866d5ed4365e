#include "cli/feature_csv.h"

#include <gmock/gmock.h>

namespace clickmill::cli {
namespace {

using control::Feature;
using control::FeatureState;
using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(std::string_view text) {
    const auto read = read_feature_csv(text);
    EXPECT_FALSE(read) << text;
    return read ? "" : read.error().message();
}

TEST(FeatureCsv, ReadsWhatASpreadsheetWrites) {
    const auto changes = read_feature_csv(
        "\xEF\xBB\xBF"
        "feature_id,name,tags,state\r\n"
        "pay,\"Pay, \"\"now\"\"\", a ;b;,planned\r\n"
        "sell,\"two\r\nlines\",,\r\n");
    ASSERT_TRUE(changes) << changes.error().message();
    ASSERT_EQ(changes->size(), 2);
    EXPECT_EQ((*changes)[0].id, "pay");
    EXPECT_EQ((*changes)[0].name, "Pay, \"now\"");
    EXPECT_THAT(*(*changes)[0].tags, ElementsAre("a", "b"));
    EXPECT_EQ((*changes)[0].state, FeatureState::Planned);
    EXPECT_EQ((*changes)[0].owner, std::nullopt);
    EXPECT_EQ((*changes)[1].name, "two\r\nlines");
    EXPECT_THAT(*(*changes)[1].tags, ElementsAre());
    EXPECT_EQ((*changes)[1].state, std::nullopt);
}

TEST(FeatureCsv, ReadsWhatItWrote) {
    const std::vector<Feature> features = {
        {.id = "=cmd()", .name = "'=quoted", .description = "a\nb, \"c\"", .owner = "-ann"},
        {.id = "pay",
         .tags = {"a", "b"},
         .state = FeatureState::Removed,
         .alias_of = "checkout.pay"},
        {.id = " =after.a.space", .name = "|pipe", .description = "\nline", .owner = "%percent"},
        {.id = "\uff1dwide", .name = "'kept", .description = "''", .owner = "'"}};
    const std::string text = feature_csv_of(features);
    EXPECT_THAT(text, HasSubstr("\"'=cmd()\",\"''=quoted\""));
    EXPECT_THAT(text, HasSubstr("\"' =after.a.space\",\"'|pipe\",\"'\nline\",\"'%percent\""));
    EXPECT_THAT(text, HasSubstr("\"'\uff1dwide\",\"'kept\",\"''\",\"'\""));
    const auto changes = read_feature_csv(text);
    ASSERT_TRUE(changes) << changes.error().message();
    ASSERT_EQ(changes->size(), features.size());
    for (size_t i = 0; i < features.size(); ++i)
        EXPECT_EQ(control::with_change({}, (*changes)[i]), features[i]);
}

TEST(FeatureCsv, NamesTheLineThatIsWrong) {
    EXPECT_THAT(refusal(""), HasSubstr("line 1"));
    EXPECT_THAT(refusal("name\nPay\n"), HasSubstr("feature_id among them"));
    EXPECT_THAT(refusal("feature_id,color\n"), HasSubstr("column 'color' is none of"));
    EXPECT_THAT(refusal("feature_id,feature_id\n"), HasSubstr("stands twice"));
    EXPECT_THAT(refusal("feature_id,name\na,\"x\ny\"\nb\n"), HasSubstr("line 4: 1 cells"));
    EXPECT_THAT(refusal("feature_id,state\na,live\nb,gone\n"), HasSubstr("line 3: state 'gone'"));
    EXPECT_THAT(refusal("feature_id,name\na,b\n,c\n"), HasSubstr("line 3: feature_id is empty"));
    EXPECT_THAT(refusal("feature_id,name\na,\"b\nc\n"), HasSubstr("between quotes"));
    EXPECT_THAT(refusal("feature_id,name\na,b\"c\n"), HasSubstr("line 2"));
}

}  // namespace
}  // namespace clickmill::cli
