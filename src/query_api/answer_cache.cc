#include "query_api/answer_cache.h"

namespace clickmill::query_api {

int64_t AnswerCache::Entry::bytes() const {
    constexpr int64_t kOverhead = 256;  // nodes of the list and the map, about
    return kOverhead + static_cast<int64_t>(2 * question.size() + etag.size() + body->size());
}

void AnswerCache::remove(std::list<Entry>::iterator entry) {
    bytes_ -= entry->bytes();
    by_question_.erase(entry->question);
    entries_.erase(entry);
}

std::shared_ptr<const std::string> AnswerCache::find(const std::string& question,
                                                     const std::string& etag) {
    const std::lock_guard lock(mutex_);
    const auto found = by_question_.find(question);
    if (found == by_question_.end()) return nullptr;
    if (found->second->etag != etag) {
        remove(found->second);
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->body;
}

void AnswerCache::store(const std::string& question, const std::string& etag,
                        const std::string& body) {
    Entry entry{question, etag, std::make_shared<const std::string>(body)};
    if (entry.bytes() > max_bytes_ / 4) return;  // one giant must not drive out all others
    const std::lock_guard lock(mutex_);
    if (const auto found = by_question_.find(question); found != by_question_.end())
        remove(found->second);
    bytes_ += entry.bytes();
    entries_.push_front(std::move(entry));
    by_question_[question] = entries_.begin();
    while (bytes_ > max_bytes_) remove(std::prev(entries_.end()));
}

}  // namespace clickmill::query_api
