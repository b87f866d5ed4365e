// HyperLogLog in the postgresql-hll storage format v1: empty, explicit, sparse, dense; log2m 12,
// regwidth 5, automatic explicit threshold, about 1.6 % error, small sets exact. PostgreSQL's hll
// extension reads and unites the same bytes. Source:
// github.com/aggregateknowledge/hll-storage-spec, STORAGE.md v1.0.0.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::fold {

// The hash that `hll_hash_text` gives: MurmurHash3 x64-128, seed 0, the first 64 bits. Stored:
// never change.
uint64_t hll_hash(std::string_view text);

// One thread. At most about 4 KiB.
class Hll {
public:
    // Adds a hash by hll_hash. True when the sketch changed.
    bool add(uint64_t hash);
    // Brings near what add(hash) will look at, for those who know their hashes ahead.
    void prefetch(uint64_t hash) const;
    // Makes this the union. True when it changed.
    bool unite(const Hll& other);
    // Unites with stored bytes, without an Hll between. Corrupt: not our schema version, type or
    // parameters.
    Result<bool> unite_bytes(std::string_view bytes);

    // The estimated number of distinct hashes; exact while explicit.
    double estimate() const;
    int64_t count() const;  // the estimate, rounded
    bool is_empty() const { return words_.empty(); }
    bool is_exact() const { return words_.size() < kDenseWords; }

    std::string bytes() const;
    static Result<Hll> parse(std::string_view bytes);

private:
    static constexpr size_t kDenseWords = 4096 / sizeof(uint64_t);

    size_t place_of(uint64_t hash) const;
    void promote();
    bool unite_sorted(std::span<const uint64_t> hashes);
    bool unite_explicit(std::string_view body);
    bool raise(uint32_t index, uint8_t value);
    std::span<uint8_t> registers();
    std::span<const uint8_t> registers() const;

    // While exact the hashes, sorted as signed numbers as the format wants: fewer than kDenseWords.
    // Then the 4096 registers, a byte each. One vector, because cells are many.
    std::vector<uint64_t> words_;
};

}  // namespace clickmill::fold
