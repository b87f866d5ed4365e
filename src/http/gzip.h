// gzip in (request bodies, as a stream, never past a cap) and out (answers). The only user of zlib.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace clickmill::http {

// Inflates a gzip body piece by piece; members one after another are one body. One thread.
class GzipInflater {
public:
    enum class State { NeedMore, TooLarge, Bad };

    GzipInflater();
    ~GzipInflater();
    GzipInflater(const GzipInflater&) = delete;
    GzipInflater& operator=(const GzipInflater&) = delete;

    // Appends what `piece` inflates to. TooLarge as soon as `out` would pass `max_bytes`.
    State add(std::string_view piece, std::string& out, size_t max_bytes);
    // Whether the body ended at the end of a member.
    bool is_complete() const;

private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

std::string gzip(std::string_view text);

}  // namespace clickmill::http
