#include "benchmarks/load/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <sys/epoll.h>
#include <unistd.h>

namespace clickmill::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr uint32_t kStandardInput = UINT32_MAX;
constexpr milliseconds kReconnectAfter{20};
constexpr milliseconds kRetryAfter{30};
constexpr size_t kMaxRememberedBytes = 32u << 20;
constexpr std::chrono::seconds kLastAnswersWithin{10};

nanoseconds seconds_of(double seconds) {
    return nanoseconds(static_cast<int64_t>(seconds * 1e9));
}

}  // namespace

void Tally::merge(const Tally& other) {
    latency.merge(other.latency);
    requests += other.requests;
    events += other.events;
    acknowledged += other.acknowledged;
    repeats += other.repeats;
    retries += other.retries;
    broken += other.broken;
    for (const auto& [status, count] : other.by_status) by_status[status] += count;
    first = first == Time{} ? other.first : std::min(first, other.first);
    last = std::max(last, other.last);
}

Worker::Worker(const Options& options, int index)
    : options_(options),
      maker_(options, index),
      random_(options.seed * 7919 + static_cast<uint64_t>(index)) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    const int count = std::max(1, options.connections / options.threads);
    for (int i = 0; i < count; ++i) {
        connections_.push_back(std::make_unique<Connection>());
        closed_.emplace_back(Time{}, connections_.size() - 1);
    }
    if (!options.journal.empty()) {
        journal_ = ::open(options.journal.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    }
    if (options.is_steered) {
        epoll_event interest{.events = EPOLLIN, .data = {.u32 = kStandardInput}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &interest);
    }
    const double events_per_request = options.get_paths.empty() ? options.batch : 1;
    if (options.rate > 0) {
        interval_ = seconds_of(events_per_request * options.threads / options.rate);
    }
}

Worker::~Worker() {
    if (journal_ >= 0) ::close(journal_);
    if (epoll_ >= 0) ::close(epoll_);
}

void Worker::run() {
    begin_ = std::chrono::steady_clock::now();
    end_ = options_.seconds > 0 ? begin_ + seconds_of(options_.seconds) : Time::max();
    tally_.first = begin_ + seconds_of(options_.warm_up);
    while (true) {
        const Time now = std::chrono::steady_clock::now();
        if (is_over(now) && !has_work_under_way()) break;
        if (end_ != Time::max() && now > end_ + kLastAnswersWithin &&
            !options_.until_acknowledged) {
            break;
        }
        open_closed(now);
        send_what_is_due(now);
        report_when_quiet();
        wait(now);
    }
}

bool Worker::is_over(Time now) const {
    if (is_stopping_ || now >= end_) return true;
    return options_.events > 0 && new_events_ * options_.threads >= options_.events;
}

bool Worker::has_work_under_way() const {
    if (!retries_.empty()) return true;
    return std::any_of(connections_.begin(), connections_.end(), [](const auto& connection) {
        return connection->state() == Connection::State::Busy;
    });
}

void Worker::open_closed(Time now) {
    std::vector<std::pair<Time, size_t>> later;
    for (const auto& [at, index] : closed_) {
        const bool opened =
            at <= now && connections_[index]->open(options_.host, options_.port, epoll_,
                                                   static_cast<uint32_t>(index));
        if (!opened) later.emplace_back(at <= now ? now + kReconnectAfter : at, index);
    }
    closed_ = std::move(later);
}

void Worker::send_what_is_due(Time now) {
    while (!idle_.empty()) {
        const size_t index = idle_.back();
        if (connections_[index]->state() != Connection::State::Idle) {
            idle_.pop_back();
            continue;
        }
        Flight flight;
        if (!take_due(now, flight)) return;
        idle_.pop_back();
        start(index, std::move(flight));
    }
}

bool Worker::take_due(Time now, Flight& flight) {
    if (!retries_.empty() && retries_.front().first <= now) {
        flight = std::move(retries_.front().second);
        retries_.pop_front();
        ++tally_.retries;
        return true;
    }
    if (is_paused_ || is_over(now)) return false;
    const Time intended = interval_.count() > 0 ? begin_ + interval_ * sent_ : now;
    if (intended > now) return false;

    ++sent_;
    std::uniform_real_distribution<double> percent(0, 100);
    if (!remembered_.empty() && percent(random_) < options_.repeat_percent) {
        flight = {.request = remembered_[random_() % remembered_.size()],
                  .intended = intended,
                  .is_repeat = true};
        ++tally_.repeats;
        return true;
    }
    flight = {.request = maker_.next(), .intended = intended};
    new_events_ += flight.request.events;
    return true;
}

bool Worker::start(size_t index, Flight flight) {
    if (connections_[index]->send(std::move(flight))) return true;
    on_broken(index);
    return false;
}

void Worker::wait(Time now) {
    nanoseconds rest = milliseconds(20);
    const auto wake_at = [&](Time at) {
        rest = std::min(rest, std::max(at - now, nanoseconds(0)));
    };
    for (const auto& [at, index] : closed_) wake_at(at);
    if (!idle_.empty()) {
        if (!retries_.empty()) wake_at(retries_.front().first);
        if (!is_paused_ && !is_over(now)) wake_at(begin_ + interval_ * sent_);
    }
    std::array<epoll_event, 64> ready;
    const timespec timeout{.tv_sec = 0, .tv_nsec = static_cast<long>(rest.count())};
    const int count =
        ::epoll_pwait2(epoll_, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = ready[static_cast<size_t>(i)];
        if (event.data.u32 == kStandardInput) {
            obey_standard_input();
        } else {
            handle(event.data.u32, event.events);
        }
    }
}

void Worker::handle(size_t index, uint32_t events) {
    switch (connections_[index]->on_ready(events)) {
        case Connection::Progress::Waiting:
            return;
        case Connection::Progress::Connected:
            idle_.push_back(index);
            return;
        case Connection::Progress::Answered:
            on_answer(index);
            return;
        case Connection::Progress::Broken:
            on_broken(index);
            return;
    }
}

void Worker::on_answer(size_t index) {
    Connection& connection = *connections_[index];
    const Time now = std::chrono::steady_clock::now();
    Flight flight = std::move(connection.flight());
    const Answer answer = connection.take_answer();
    if (connection.state() == Connection::State::Idle) {
        idle_.push_back(index);
    } else {
        closed_.emplace_back(now, index);
    }

    ++tally_.by_status[answer.status];
    const bool is_success = answer.status >= 200 && answer.status < 300;
    if (now >= tally_.first && flight.intended >= tally_.first) {
        tally_.latency.record(now - flight.intended);
        ++tally_.requests;
        if (is_success) tally_.events += flight.request.events;
        tally_.last = now;
    }
    const bool is_whole = options_.get_paths.empty() && answer.status == 200
                              ? answer.accepted == flight.request.events
                              : is_success;
    if (is_whole) {
        if (!flight.is_repeat) acknowledge(flight);
    } else if (options_.until_acknowledged && !flight.is_repeat) {
        retry_later(std::move(flight));
    }
}

void Worker::on_broken(size_t index) {
    Connection& connection = *connections_[index];
    if (connection.state() == Connection::State::Busy) {
        ++tally_.broken;
        Flight flight = std::move(connection.flight());
        if (options_.until_acknowledged && !flight.is_repeat) retry_later(std::move(flight));
    }
    connection.close();
    closed_.emplace_back(std::chrono::steady_clock::now() + kReconnectAfter, index);
}

void Worker::retry_later(Flight flight) {
    retries_.emplace_back(std::chrono::steady_clock::now() + kRetryAfter, std::move(flight));
}

void Worker::acknowledge(const Flight& flight) {
    tally_.acknowledged += flight.request.events;
    if (journal_ >= 0) {
        std::string line = flight.request.text.substr(flight.request.body_at) + "\n";
        std::string_view rest = line;
        while (!rest.empty()) {
            const ssize_t done = ::write(journal_, rest.data(), rest.size());
            if (done < 0) {
                std::perror("clickmill_load: cannot write the journal");
                std::abort();
            }
            rest.remove_prefix(static_cast<size_t>(done));
        }
    }
    if (options_.repeat_percent <= 0) return;
    // Every acknowledged request may come back much later, so chance decides who makes room.
    remembered_bytes_ += flight.request.text.size();
    remembered_.push_back(flight.request);
    while (remembered_bytes_ > kMaxRememberedBytes) {
        std::swap(remembered_[random_() % remembered_.size()], remembered_.front());
        remembered_bytes_ -= remembered_.front().text.size();
        remembered_.pop_front();
    }
}

// Words of one line each: "pause" (answered once nothing is under way), "go", "stop".
void Worker::obey_standard_input() {
    std::array<char, 256> buffer;
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    const std::string_view words(buffer.data(), got > 0 ? static_cast<size_t>(got) : 0);
    if (got <= 0 || words.find("stop") != std::string_view::npos) {
        is_stopping_ = true;
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
    } else if (words.find("pause") != std::string_view::npos) {
        is_paused_ = true;
        owes_report_ = true;
    } else if (words.find("go") != std::string_view::npos) {
        // The schedule starts anew: what was not sent while paused is not owed.
        is_paused_ = false;
        begin_ = std::chrono::steady_clock::now() - interval_ * sent_;
    }
}

void Worker::report_when_quiet() {
    if (!owes_report_ || has_work_under_way()) return;
    owes_report_ = false;
    fmt::print("{{\"paused\":true,\"acknowledged\":{},\"retries\":{},\"broken\":{}}}\n",
               tally_.acknowledged, tally_.retries, tally_.broken);
    std::fflush(stdout);
}

}  // namespace clickmill::load
