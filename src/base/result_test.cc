#include "base/result.h"

#include <gtest/gtest.h>

namespace clickmill {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0)
        return fail(ErrorCode::InvalidInput, "cannot halve", std::to_string(number), "it is odd");
    return number / 2;
}

Result<int> quarter(int number) {
    ASSIGN_OR_RETURN(const int once, half(number));
    RETURN_IF_ERROR(half(once));
    return half(once);
}

TEST(Result, PassesValuesAndErrorsOn) {
    EXPECT_EQ(quarter(12).value(), 3);
    EXPECT_EQ(quarter(6).error().message(), "cannot halve: 3: it is odd");
}

TEST(Error, SaysItsHttpStatusAndWhetherToRetry) {
    EXPECT_EQ(quarter(5).error().http_status(), 400);
    EXPECT_FALSE(quarter(5).error().is_worth_retrying());
    EXPECT_TRUE((Error{ErrorCode::Unavailable, "disk full", "", ""}).is_worth_retrying());
}

}  // namespace
}  // namespace clickmill
