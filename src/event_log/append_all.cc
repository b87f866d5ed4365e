#include "event_log/append_all.h"

#include <future>

namespace clickmill::event_log {

Result<void> append_all(EventLog& log, std::vector<std::pair<PartitionId, Record>> records) {
    std::vector<std::future<Result<Offset>>> answers;
    answers.reserve(records.size());
    for (auto& [partition, record] : records) {
        std::promise<Result<Offset>> promise;
        answers.push_back(promise.get_future());
        log.append(partition, std::move(record),
                   [promise = std::move(promise)](Result<Offset> result) mutable {
                       promise.set_value(std::move(result));
                   });
    }
    Result<void> all;
    for (auto& answer : answers) {
        Result<Offset> stored = answer.get();
        if (!stored) all = std::unexpected(std::move(stored).error());
    }
    return all;
}

}  // namespace clickmill::event_log
