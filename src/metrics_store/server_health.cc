#include "metrics_store/server_health.h"

#include "base/thread_name.h"
#include "metrics_store/sql/writer.h"

#include <utility>

namespace clickmill::metrics_store {
namespace {

constexpr std::chrono::seconds kTryAgain{1};

}  // namespace

void ServerHealth::watch(const char* thread_name, std::function<bool()> try_again) {
    watch_ = std::jthread(
        [this, thread_name, again = std::move(try_again)](const std::stop_token& stop) {
            name_this_thread(thread_name);
            run(stop, again);
        });
}

void ServerHealth::run(const std::stop_token& stop, const std::function<bool()>& try_again) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            const auto is_needed = [this] { return ask_failure_.has_value(); };
            if (!failed_.wait(lock, stop, is_needed)) return;
        }
        if (try_again()) continue;
        std::unique_lock lock(mutex_);
        failed_.wait_for(lock, stop, kTryAgain, [] { return false; });
    }
}

void ServerHealth::asked(const std::optional<Error>& failure) {
    const std::lock_guard lock(mutex_);
    ask_failure_ = failure;
    if (failure) failed_.notify_one();
}

void ServerHealth::changed(const std::optional<Error>& failure) {
    const std::lock_guard lock(mutex_);
    if (!failure || !is_of_the_caller(*failure)) change_failure_ = failure;
}

Result<void> ServerHealth::what() const {
    const std::lock_guard lock(mutex_);
    if (change_failure_) return std::unexpected(*change_failure_);
    if (ask_failure_) return std::unexpected(*ask_failure_);
    return {};
}

}  // namespace clickmill::metrics_store
