#include "fold/hll.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace clickmill::fold {
namespace {

// Stored: never change.
constexpr int kLog2m = 12;
constexpr uint32_t kRegisters = 1U << kLog2m;
constexpr int kRegisterBits = 5;
constexpr int kIndexBits = kLog2m;
constexpr uint8_t kMaxRegister = (1U << kRegisterBits) - 1;
constexpr size_t kDenseBytes = kRegisters * kRegisterBits / 8;
constexpr size_t kHeaderBytes = 3;
constexpr uint8_t kVersion = 1 << 4;
constexpr uint8_t kParameters = ((kRegisterBits - 1) << 5) | kLog2m;
constexpr uint8_t kCutoff =
    (1 << 6) | 63;  // sparse allowed, explicit threshold chosen automatically
constexpr int kSparseEntryBits = kIndexBits + kRegisterBits;
// Where postgresql-hll's automatic threshold promotes: an explicit set must be smaller than the
// dense form.
constexpr size_t kMaxExplicit = kDenseBytes / sizeof(uint64_t);
constexpr size_t kMaxSparse = kDenseBytes * 8 / kSparseEntryBits;

enum Type : uint8_t { Undefined = 0, Empty = 1, Explicit = 2, Sparse = 3, Dense = 4 };

uint64_t mix(uint64_t k) {
    k ^= k >> 33;
    k *= 0xff51afd7ed558ccd;
    k ^= k >> 33;
    k *= 0xc4ceb9fe1a85ec53;
    return k ^ (k >> 33);
}

uint64_t load_word(const char* at) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
}

static_assert(kMaxExplicit < kRegisters / sizeof(uint64_t));

bool signed_less(uint64_t a, uint64_t b) {
    return static_cast<int64_t>(a) < static_cast<int64_t>(b);
}

// Where among `count` sorted hashes one stands that is as likely as any.
size_t likely_place(uint64_t hash, size_t count) {
    constexpr uint64_t kSign = uint64_t{1} << 63;
    __extension__ using Wide = unsigned __int128;
    return static_cast<size_t>((Wide{hash ^ kSign} * count) >> 64);
}

// 2^-value of each value of a register.
constexpr auto kInverses = [] {
    std::array<double, kMaxRegister + 1> inverses{};
    double inverse = 1;
    for (double& entry : inverses) entry = std::exchange(inverse, inverse / 2);
    return inverses;
}();

struct RegisterOf {
    uint32_t index;
    uint8_t value;
};

RegisterOf register_of(uint64_t hash) {
    const uint64_t rest = hash >> kLog2m;
    const int rank = rest == 0 ? 0 : std::countr_zero(rest) + 1;
    return {static_cast<uint32_t>(hash & (kRegisters - 1)),
            static_cast<uint8_t>(std::min<int>(rank, kMaxRegister))};
}

// Writes numbers of a fixed width, most significant bit first, as the format packs registers.
class BitWriter {
public:
    explicit BitWriter(std::string& out) : out_(out) {}
    void write(uint32_t value, int bits) {
        for (int bit = bits - 1; bit >= 0; --bit) {
            if (used_ == 0) out_ += '\0';
            if ((value >> bit) & 1)
                out_.back() =
                    static_cast<char>(static_cast<uint8_t>(out_.back()) | (0x80 >> used_));
            used_ = (used_ + 1) & 7;
        }
    }

private:
    std::string& out_;
    int used_ = 0;
};

uint32_t read_bits(std::string_view bytes, size_t first_bit, int bits) {
    uint32_t value = 0;
    for (size_t bit = first_bit; bit < first_bit + static_cast<size_t>(bits); ++bit) {
        value = value << 1 | ((static_cast<uint8_t>(bytes[bit >> 3]) >> (7 - (bit & 7))) & 1);
    }
    return value;
}

// Eight registers of five bits stand in five bytes: they are moved together in pairs.
void append_dense(std::string& out, std::span<const uint8_t> registers) {
    const size_t begin = out.size();
    out.resize(begin + kDenseBytes + sizeof(uint64_t));
    char* at = out.data() + begin;
    for (size_t i = 0; i < kRegisters; i += 8, at += kRegisterBits) {
        uint64_t eight = 0;
        std::memcpy(&eight, &registers[i], sizeof(eight));
        eight = std::byteswap(eight);
        eight = (eight & 0x001f001f001f001f) | (eight & 0x1f001f001f001f00) >> 3;
        eight = (eight & 0x000003ff000003ff) | (eight & 0x03ff000003ff0000) >> 6;
        eight = (eight & 0x00000000000fffff) | (eight & 0x000fffff00000000) >> 12;
        eight = std::byteswap(eight << 24);
        std::memcpy(at, &eight, sizeof(eight));
    }
    out.resize(begin + kDenseBytes);
}

// Calls `visit(index, value)` for the registers in a dense body.
template <typename Visit>
void for_dense(std::string_view body, Visit visit) {
    for (uint32_t i = 0; i < kRegisters; i += 8) {
        uint64_t eight = 0;
        for (size_t byte = 0; byte < kRegisterBits; ++byte) {
            eight = eight << 8 | static_cast<uint8_t>(body[size_t{i} / 8 * kRegisterBits + byte]);
        }
        for (uint32_t k = 0; k < 8; ++k) {
            visit(i + k, static_cast<uint8_t>(eight >> (kRegisterBits * (7 - k)) & kMaxRegister));
        }
    }
}

Error corrupt(std::string why) {
    return Error{ErrorCode::Corrupt, "cannot read sketch of users", "", std::move(why)};
}

}  // namespace

// MurmurHash3_x64_128 (Austin Appleby, public domain), first half, seed 0.
uint64_t hll_hash(std::string_view text) {
    constexpr uint64_t kFirst = 0x87c37b91114253d5;
    constexpr uint64_t kSecond = 0x4cf5ad432745937f;
    uint64_t h1 = 0;
    uint64_t h2 = 0;
    size_t at = 0;
    for (; at + 16 <= text.size(); at += 16) {
        h1 ^= std::rotl(load_word(text.data() + at) * kFirst, 31) * kSecond;
        h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= std::rotl(load_word(text.data() + at + 8) * kSecond, 33) * kFirst;
        h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    std::array<char, 16> tail{};
    if (at < text.size()) std::memcpy(tail.data(), text.data() + at, text.size() - at);
    if (text.size() - at > 8) h2 ^= std::rotl(load_word(tail.data() + 8) * kSecond, 33) * kFirst;
    if (text.size() - at > 0) h1 ^= std::rotl(load_word(tail.data()) * kFirst, 31) * kSecond;
    h1 ^= text.size();
    h2 ^= text.size();
    h1 += h2;
    h2 += h1;
    return mix(h1) + mix(h2);
}

std::span<uint8_t> Hll::registers() {
    return {reinterpret_cast<uint8_t*>(words_.data()), kRegisters};
}

std::span<const uint8_t> Hll::registers() const {
    return {reinterpret_cast<const uint8_t*>(words_.data()), kRegisters};
}

// Where `hash` stands among the sorted ones, or would. Hashes are spread evenly, so it is looked
// for from where it should be: a few neighbours instead of lines of memory all over the set.
size_t Hll::place_of(uint64_t hash) const {
    size_t at = likely_place(hash, words_.size());
    while (at > 0 && !signed_less(words_[at - 1], hash)) --at;
    while (at < words_.size() && signed_less(words_[at], hash)) ++at;
    return at;
}

void Hll::prefetch(uint64_t hash) const {
    if (words_.empty()) return;
    if (!is_exact()) return __builtin_prefetch(&registers()[register_of(hash).index], 1);
    __builtin_prefetch(&words_[likely_place(hash, words_.size())], 1);
}

bool Hll::add(uint64_t hash) {
    if (is_exact()) {
        const size_t at = place_of(hash);
        if (at < words_.size() && words_[at] == hash) return false;
        if (words_.size() < kMaxExplicit) {
            words_.insert(words_.begin() + static_cast<ptrdiff_t>(at), hash);
            return true;
        }
        promote();
    }
    const auto [index, value] = register_of(hash);
    return raise(index, value);
}

void Hll::promote() {
    const std::vector<uint64_t> hashes = std::exchange(words_, {});
    words_.assign(kDenseWords, 0);
    for (const uint64_t hash : hashes) {
        const auto [index, value] = register_of(hash);
        raise(index, value);
    }
}

bool Hll::raise(uint32_t index, uint8_t value) {
    uint8_t& held = registers()[index];
    if (held >= value) return false;
    held = value;
    return true;
}

// Hashes that are sorted, each once.
bool Hll::unite_sorted(std::span<const uint64_t> hashes) {
    constexpr size_t kFew = 8;  // so many times fewer are quicker added one by one
    if (!is_exact() || hashes.size() * kFew < words_.size()) {
        bool changed = false;
        for (const uint64_t hash : hashes) changed |= add(hash);
        return changed;
    }
    std::vector<uint64_t> all;
    all.reserve(words_.size() + hashes.size());
    std::ranges::set_union(words_, hashes, std::back_inserter(all), signed_less);
    const bool changed = all.size() > words_.size();
    const bool is_full = all.size() > kMaxExplicit;
    words_ = std::move(all);
    if (is_full) promote();
    return changed;
}

bool Hll::unite(const Hll& other) {
    if (other.is_exact()) return unite_sorted(other.words_);
    bool changed = is_exact();
    if (is_exact()) promote();
    const std::span<uint8_t> held = registers();
    const std::span<const uint8_t> values = other.registers();
    uint8_t raised = 0;  // without a branch, so that the compiler takes many at once
    for (size_t i = 0; i < kRegisters; ++i) {
        const uint8_t larger = std::max(held[i], values[i]);
        raised |= larger ^ held[i];
        held[i] = larger;
    }
    changed |= raised != 0;
    return changed;
}

bool Hll::unite_explicit(std::string_view body) {
    std::array<uint64_t, kMaxExplicit> buffer{};
    auto hashes = std::span(buffer).first(body.size() / sizeof(uint64_t));
    for (size_t i = 0; i < hashes.size(); ++i)
        hashes[i] = std::byteswap(load_word(body.data() + i * sizeof(uint64_t)));
    // Sorted and each once, says the format; other writers may have been careless.
    const auto is_wrong = [](uint64_t a, uint64_t b) { return !signed_less(a, b); };
    if (std::ranges::adjacent_find(hashes, is_wrong) != hashes.end()) {
        std::ranges::sort(hashes, signed_less);
        hashes = hashes.first(hashes.size() - std::ranges::unique(hashes).size());
    }
    return unite_sorted(hashes);
}

Result<bool> Hll::unite_bytes(std::string_view bytes) {
    if (bytes.size() < kHeaderBytes) return std::unexpected(corrupt("shorter than its header"));
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    if ((byte(0) & 0xf0) != kVersion || byte(1) != kParameters) {
        return std::unexpected(corrupt("other version or parameters than log2m 12, regwidth 5"));
    }
    const std::string_view body = bytes.substr(kHeaderBytes);
    bool changed = false;
    switch (byte(0) & 0x0f) {
        case Empty:
            if (!body.empty()) return std::unexpected(corrupt("an empty sketch with a body"));
            return false;
        case Explicit:
            if (body.size() % 8 != 0 || body.size() > kMaxExplicit * 8) {
                return std::unexpected(corrupt("an explicit sketch of a wrong length"));
            }
            return unite_explicit(body);
        case Sparse: {
            const size_t entries = body.size() * 8 / kSparseEntryBits;
            if (is_exact()) promote();
            for (size_t i = 0; i < entries; ++i) {
                const uint32_t entry = read_bits(body, i * kSparseEntryBits, kSparseEntryBits);
                changed |=
                    raise(entry >> kRegisterBits, static_cast<uint8_t>(entry & kMaxRegister));
            }
            return changed;
        }
        case Dense:
            if (body.size() != kDenseBytes)
                return std::unexpected(corrupt("a dense sketch of a wrong length"));
            if (is_exact()) promote();
            for_dense(body, [&](uint32_t index, uint8_t value) { changed |= raise(index, value); });
            return changed;
        default:
            return std::unexpected(corrupt("of an unknown type"));
    }
}

// Source: Flajolet et al. 2007 with linear counting below 2.5 m; 64-bit hashes need no large-range
// correction here, but postgresql-hll applies one and equal answers are promised.
double Hll::estimate() const {
    if (is_exact()) return static_cast<double>(words_.size());
    constexpr double kCount = kRegisters;
    constexpr double kAlpha = 0.7213 / (1.0 + 1.079 / kCount);
    // Every partial sum is exact: 2^12 summands from 2^0 to 2^-31 need 44 bits.
    std::array<double, 4> sums{};
    const std::span<const uint8_t> values = registers();
    for (size_t i = 0; i < kRegisters; i += sums.size())
        for (size_t k = 0; k < sums.size(); ++k) sums[k] += kInverses[values[i + k]];
    const double sum = sums[0] + sums[1] + sums[2] + sums[3];
    const auto zeros = std::ranges::count(values, 0);
    const double raw = kAlpha * kCount * kCount / sum;
    if (zeros > 0 && raw < 2.5 * kCount)
        return kCount * std::log(kCount / static_cast<double>(zeros));
    // 2^(bits of hash that a register can tell): 2^(regwidth) - 2 leading bits and the index bits.
    const double two_to_l = std::ldexp(1.0, kMaxRegister - 1 + kLog2m);
    if (raw <= two_to_l / 30) return raw;
    return -two_to_l * std::log(1 - raw / two_to_l);
}

int64_t Hll::count() const {
    return std::llround(estimate());
}

std::string Hll::bytes() const {
    const auto header = [](Type type) {
        return std::string{static_cast<char>(kVersion | type), static_cast<char>(kParameters),
                           static_cast<char>(kCutoff)};
    };
    if (is_exact()) {
        std::string out = header(words_.empty() ? Empty : Explicit);
        out.reserve(kHeaderBytes + words_.size() * 8);
        for (const uint64_t hash : words_) {
            const uint64_t big_endian = std::byteswap(hash);
            out.append(reinterpret_cast<const char*>(&big_endian), sizeof(big_endian));
        }
        return out;
    }
    const std::span<const uint8_t> values = registers();
    const auto filled =
        static_cast<size_t>(kRegisters - std::count(values.begin(), values.end(), 0));
    if (filled >= kMaxSparse) {
        std::string out = header(Dense);
        out.reserve(kHeaderBytes + kDenseBytes + sizeof(uint64_t));
        append_dense(out, values);
        return out;
    }
    std::string out = header(Sparse);
    BitWriter writer(out);
    for (uint32_t i = 0; i < kRegisters; ++i) {
        if (values[i] != 0) writer.write(i << kRegisterBits | values[i], kSparseEntryBits);
    }
    return out;
}

Result<Hll> Hll::parse(std::string_view bytes) {
    Hll sketch;
    RETURN_IF_ERROR(sketch.unite_bytes(bytes));
    return sketch;
}

}  // namespace clickmill::fold
