#include "event_log/read_all.h"

namespace clickmill::event_log {
namespace {

// For records that are known to be there: a broker's first answer takes a moment.
constexpr std::chrono::seconds kPatience{2};

}  // namespace

Result<void> read_all(EventLog& log, PartitionId partition, Offset from, Offset end,
                      const std::function<bool(const StoredRecord&)>& use) {
    if (from >= end) return {};
    ASSIGN_OR_RETURN(const auto reader, log.read(partition, from));
    for (Offset next = from; next < end;) {
        ASSIGN_OR_RETURN(const Batch batch, reader->next({.wait = kPatience}, {}));
        for (const StoredRecord& record : batch.records) {
            if (!use(record)) return {};
        }
        if (batch.next == next) return {};
        next = batch.next;
    }
    return {};
}

}  // namespace clickmill::event_log
