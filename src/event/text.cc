#include "event/text.h"

#include <cstdint>
#include <cstring>

namespace clickmill::event {
namespace {

// The bytes of the UTF-8 sequence at the start of `text`, or 0 when it is not well formed or a
// control character. Source: Unicode 15, table 3-7.
size_t clean_sequence(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const auto is_tail = [&](size_t i, uint8_t low = 0x80, uint8_t high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const uint8_t lead = byte(0);
    if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    if (lead == 0xc2) return is_tail(1, 0xa0) ? 2 : 0;  // U+0080 to U+009F are controls
    if (lead > 0xc2 && lead <= 0xdf) return is_tail(1) ? 2 : 0;
    if (lead == 0xe0) return is_tail(1, 0xa0) && is_tail(2) ? 3 : 0;
    if (lead == 0xed) return is_tail(1, 0x80, 0x9f) && is_tail(2) ? 3 : 0;  // no surrogates
    if (lead > 0xe0 && lead <= 0xef) return is_tail(1) && is_tail(2) ? 3 : 0;
    if (lead == 0xf0) return is_tail(1, 0x90) && is_tail(2) && is_tail(3) ? 4 : 0;
    if (lead == 0xf4) return is_tail(1, 0x80, 0x8f) && is_tail(2) && is_tail(3) ? 4 : 0;
    if (lead > 0xf0 && lead < 0xf4) return is_tail(1) && is_tail(2) && is_tail(3) ? 4 : 0;
    return 0;
}

// Eight bytes at once: all from 0x20 to 0x7e. A byte below 0x20 borrows, one above 0x7e carries
// into bit 7.
bool is_clean_ascii(std::string_view text) {
    uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    constexpr uint64_t kEach = 0x0101010101010101;
    const uint64_t too_low = (word - kEach * 0x20) & ~word;
    const uint64_t too_high = (word + kEach) | word;
    return ((too_low | too_high) & (kEach * 0x80)) == 0;
}

}  // namespace

bool is_reserved(std::string_view text) {
    if (text.empty() || text.front() != '(') return false;
    return text == kAll || text == kOther || text == kNone || text == kRest;
}

bool is_clean(std::string_view text) {
    while (text.size() >= 8 && is_clean_ascii(text)) text.remove_prefix(8);
    while (!text.empty()) {
        const size_t length = clean_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

bool is_id(std::string_view text, size_t max_bytes) {
    return !text.empty() && text.size() <= max_bytes && !is_reserved(text) && is_clean(text);
}

}  // namespace clickmill::event
