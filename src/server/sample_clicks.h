// The clicks of the sample shop, hour by hour: who, on what, from which version. A function of the
// seed and of the calendar; it knows no log and no clock.
#pragma once

#include "calendar/calendar.h"
#include "server/sample_history.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace clickmill::server {

class SampleClicks {
public:
    SampleClicks(const calendar::Calendar& calendar, Moment end, const HistoryOptions& options);

    ~SampleClicks();

    Moment begin() const { return begin_; }
    // Appends the clicks of [from, to) in order of time, one line each; their number. Call it for
    // one stretch after the other.
    int32_t append_lines(std::string& out, Moment from, Moment to);

private:
    struct Person;
    double clicks_expected(Moment hour) const;
    void append_click(std::string& out, Moment at);
    const Person& person_at(double day);
    size_t feature_at(double day, const Person& person);
    double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }

    const calendar::Calendar calendar_;
    const Moment begin_;
    const double days_;
    double scale_ = 1;  // clicks an hour where every shape is 1
    std::mt19937_64 random_;
    std::vector<Person> people_;
    int64_t clicks_made_ = 0;
};

}  // namespace clickmill::server
