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
    bool is_ready() const;
    std::string json()
        const;  // {"ready":false,"parts":{"event_log":"cannot append ...","aggregator":"ok"}}

private:
    mutable std::mutex mutex_;                               // guards parts_
    std::map<std::string, std::string, std::less<>> parts_;  // empty text: ready
};

}  // namespace clickmill::telemetry
