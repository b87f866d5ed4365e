#include "query_api/rhythm.h"

#include <gtest/gtest.h>

#include <vector>

namespace clickmill::query_api {
namespace {

using Days = std::vector<int64_t>;

// `week` again and again over all days, then `silent` days without a click.
Days repeated(const Days& week, size_t silent = 0) {
    Days days;
    for (size_t i = 0; i < kRhythmDays; ++i)
        days.push_back(i + silent < kRhythmDays ? week[i % week.size()] : 0);
    return days;
}
std::optional<Standing> standing(const Days& days, size_t known = kRhythmDays) {
    return rhythm_of(days, known).standing;
}

TEST(Rhythm, OfEveryDayBreaksWithTheFirstDayWithoutAClick) {
    EXPECT_EQ(standing(repeated({40})), std::nullopt);
    EXPECT_EQ(standing(repeated({40}, 1)), Standing::Silent);
    EXPECT_EQ(standing(repeated({3}, 1)), std::nullopt);  // three clicks can fail to come
    EXPECT_EQ(standing(repeated({3}, 3)), Standing::Silent);
}

TEST(Rhythm, OfWorkdaysKeepsItsWeekend) {
    const Days week = {9, 9, 9, 9, 9, 0, 0};  // 56 days end on a Sunday
    EXPECT_EQ(standing(repeated(week)), std::nullopt);
    EXPECT_EQ(rhythm_of(repeated(week), kRhythmDays).longest_pause, 2);
    Days late = repeated(week);
    late.erase(late.begin());
    late.push_back(0);  // Monday without a click
    EXPECT_EQ(standing(late), Standing::Silent);
}

TEST(Rhythm, OfEveryOtherWeekWaitsForTwoWeeks) {
    const Days fortnight = {20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    Days days = repeated(fortnight);
    days.resize(4 * 14 + 1, 0);
    days.back() = 20;
    days.erase(days.begin());
    EXPECT_EQ(standing(days), std::nullopt);
    days.insert(days.end(), 13, 0);
    EXPECT_EQ(standing(days), std::nullopt);
    days.push_back(0);
    EXPECT_EQ(standing(days), std::nullopt);  // four days with clicks are no rhythm yet
    days[0] = 20;
    EXPECT_EQ(standing(days), Standing::Silent);
}

TEST(Rhythm, OfASleeperIsThatOfFourWeeks) {
    EXPECT_EQ(standing(repeated({1}, 28)), Standing::Dormant);
    EXPECT_EQ(standing(repeated({1}, 27)), Standing::Silent);
    Days once(kRhythmDays, 0);
    EXPECT_EQ(standing(once), std::nullopt);  // never clicked: nothing is known of it
    once[0] = 1;
    EXPECT_EQ(standing(once), Standing::Dormant);
}

TEST(Rhythm, OfANewFeatureNeedsAnOlderProject) {
    Days days(kRhythmDays, 0);
    days[kRhythmDays - kNewDays] = 5;
    days[kRhythmDays - 1] = 1;
    EXPECT_EQ(standing(days), Standing::New);
    EXPECT_EQ(standing(days, 2 * kNewDays - 1), std::nullopt);
    days[kRhythmDays - kNewDays - 1] = 1;
    EXPECT_EQ(standing(days), std::nullopt);
}

TEST(Rhythm, SaysWhatItStandsOn) {
    Days days(kRhythmDays, 0);
    days[10] = 4;
    days[12] = 6;
    const Rhythm rhythm = rhythm_of(days, kRhythmDays);
    EXPECT_EQ(rhythm.clicks, 10);
    EXPECT_EQ(rhythm.days_clicked, 2);
    EXPECT_EQ(rhythm.first_day, 10);
    EXPECT_EQ(rhythm.last_day, 12);
    EXPECT_EQ(rhythm.longest_pause, 1);
    EXPECT_EQ(rhythm.pause, kRhythmDays - 13);
    EXPECT_DOUBLE_EQ(rhythm.usual_clicks, 10.0 / 3);
}

}  // namespace
}  // namespace clickmill::query_api
