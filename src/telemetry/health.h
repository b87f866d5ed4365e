// Whether each part can do its job now, for /readyz. Any thread.
#pragma once

#include "base/result.h"

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace clickmill::telemetry {

class Health {
public:
    // A part reports its state whenever it changes; an Error says why it is not ready.
    void report(std::string_view part, const Result<void>& state);
    // Something to know that keeps nobody from working; empty text takes it back.
    void note(std::string_view part, std::string_view text);
    bool is_ready() const;
    // {"ready":false,"parts":{"event_log":"cannot append ...","aggregator":"ok"},"notes":{}}
    std::string json() const;

private:
    mutable std::mutex mutex_;                               // guards what follows
    std::map<std::string, std::string, std::less<>> parts_;  // empty text: ready
    std::map<std::string, std::string, std::less<>> notes_;
};

}  // namespace clickmill::telemetry
