// How long things took: a log-linear histogram, so that a rare long wait costs no memory and a
// quantile is right to 0.8 % from a microsecond to an hour.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace clickmill::load {

// One thread; merge what each thread recorded.
class Histogram {
public:
    void record(std::chrono::nanoseconds duration) {
        const auto value = static_cast<uint64_t>(duration.count() > 0 ? duration.count() : 0);
        ++counts_[slot_of(value)];
        ++total_;
        if (value > max_) max_ = value;
    }

    void merge(const Histogram& other) {
        for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        total_ += other.total_;
        if (other.max_ > max_) max_ = other.max_;
    }

    // The duration that the share `quantile` (0 to 1) of all did not exceed, in milliseconds.
    double milliseconds_at(double quantile) const {
        const auto rank = static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(total_)));
        uint64_t seen = 0;
        for (size_t slot = 0; slot < counts_.size(); ++slot) {
            seen += counts_[slot];
            if (seen >= rank && seen > 0) return static_cast<double>(highest_in(slot)) / 1e6;
        }
        return max_milliseconds();
    }
    double max_milliseconds() const { return static_cast<double>(max_) / 1e6; }
    uint64_t total() const { return total_; }

private:
    // Values below kSteps have a slot each; above, every power of two is cut into kSteps / 2.
    static constexpr int kStepBits = 8;
    static constexpr uint64_t kSteps = 1u << kStepBits;
    static constexpr size_t kSlots = kSteps + (64 - kStepBits) * (kSteps / 2);

    static size_t slot_of(uint64_t value) {
        if (value < kSteps) return value;
        const int shift = static_cast<int>(std::bit_width(value)) - kStepBits;
        return kSteps + static_cast<size_t>(shift - 1) * (kSteps / 2) +
               ((value >> shift) - kSteps / 2);
    }
    uint64_t highest_in(size_t slot) const {
        if (slot < kSteps) return slot;
        const uint64_t shift = (slot - kSteps) / (kSteps / 2) + 1;
        const uint64_t step = (slot - kSteps) % (kSteps / 2) + kSteps / 2;
        const uint64_t highest = ((step + 1) << shift) - 1;
        return highest < max_ ? highest : max_;
    }

    std::array<uint64_t, kSlots> counts_{};
    uint64_t total_ = 0;
    uint64_t max_ = 0;
};

}  // namespace clickmill::load
