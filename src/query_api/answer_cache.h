// Answers kept while nothing changed, bounded in bytes, the least recently used going first.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace clickmill::query_api {

// Any thread.
class AnswerCache {
public:
    explicit AnswerCache(int64_t max_bytes) : max_bytes_(max_bytes) {}

    // The body stored for `question` under the same `etag`, or null.
    std::shared_ptr<const std::string> find(const std::string& question, const std::string& etag);
    void store(const std::string& question, const std::string& etag, const std::string& body);

private:
    struct Entry {
        std::string question;
        std::string etag;
        std::shared_ptr<const std::string> body;  // shared with answers being sent
        int64_t bytes() const;
    };
    void remove(std::list<Entry>::iterator entry);

    const int64_t max_bytes_;
    std::mutex mutex_;          // guards all below
    std::list<Entry> entries_;  // the most recently used first
    std::map<std::string, std::list<Entry>::iterator, std::less<>> by_question_;
    int64_t bytes_ = 0;
};

}  // namespace clickmill::query_api
