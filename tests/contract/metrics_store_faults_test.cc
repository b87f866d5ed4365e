// metrics.db on a disk that fails at each of its calls in turn, and on one whose power goes at any
// of them: a commit is there whole or not at all, and nothing that was committed goes.
#include "metrics_store/sqlite/sqlite_metrics_store.h"
#include "tests/contract/metrics_store_contract.h"
#include "tests/faults/simulated_disk.h"

#include <sqlite3.h>

#include <cstdlib>
#include <random>

namespace clickmill::metrics_store {
namespace {

using faults::SimulatedDisk;

const Labels kBuy{"buy"};

uint64_t seeds(uint64_t usual) {
    const char* wanted = std::getenv("CLICKMILL_FAULT_SEEDS");
    return wanted ? std::strtoull(wanted, nullptr, 10) : usual;
}

// The call that fails may be one of the test's own questions: then it is asked again.
template <typename Question>
auto asked(Question question) -> decltype(question()) {
    auto answer = question();
    if (!answer && answer.error().code == ErrorCode::Unavailable) return question();
    return answer;
}

// A store on the disk. After its commit number n, hour n % 6 holds as many clicks as commits
// touched it, and its person; the ledger and the position say n.
class StoreOnDisk {
public:
    explicit StoreOnDisk(uint64_t seed) : disk_(seed) {}

    SimulatedDisk& disk() { return disk_; }

    // One try at opening and declaring.
    Result<void> open() {
        close();
        ASSIGN_OR_RETURN(store_, SqliteMetricsStore::open(
                                     {.path = "metrics.db",
                                      .vfs = disk_.vfs(),
                                      .checkpoints = {.passive_pages = 5, .restart_pages = 40}},
                                     *logger_));
        const std::vector<fold::ViewDefinition> definitions{
            {.project = "shop", .rollup = {"totals", {}}, .zone = "UTC"}};
        ASSIGN_OR_RETURN(const auto views, metrics_store::declare(*store_, definitions));
        view_ = views.front();
        return {};
    }
    void close() { store_.reset(); }

    Result<void> commit(int64_t number) {
        Change change(view_, number - 1, number);
        change.clicks(number % 6, kBuy, clicks_of(number % 6, number))
            .users(number % 6, kBuy, {"ann", std::to_string(number % 6)});
        return store_->commit({.ledger = ledger_at(number), .views = {change.changes()}});
    }
    Result<void> settle(int64_t number) {
        Settled settled(view_, Grain::Hour, hour(number % 6), {number});
        settled.row(kBuy, clicks_of(number % 6, number), {"ann"});
        return store_->settle(settled.build());
    }
    Result<int64_t> position() {
        ASSIGN_OR_RETURN(const Progress progress, store_->progress(PartitionId{0}));
        const int64_t ledger = progress.has_ledger ? progress.ledger.through.value : 0;
        for (const auto& [view, position] : progress.views) {
            if (view == view_.id) {
                EXPECT_EQ(position.through.value, ledger) << "position and ledger move together";
                return position.through.value;
            }
        }
        return 0;
    }

    // Whether the rows are those of exactly the first `number` commits.
    void check(int64_t number) {
        std::vector<fold::CellKey> keys;
        for (int64_t i = 0; i < 6; ++i) keys.push_back({hour(i), kBuy});
        const auto cells = asked([&] { return store_->load(view_.id, PartitionId{0}, keys); });
        ASSERT_TRUE(cells) << cells.error().message();
        for (int64_t i = 0; i < 6; ++i) {
            const fold::StoredCell& cell = (*cells)[static_cast<size_t>(i)];
            EXPECT_EQ(cell.clicks, clicks_of(i, number)) << "hour " << i;
            EXPECT_EQ(cell.sketch.empty(), cell.clicks == 0) << "hour " << i;
        }
        check_headers();
    }

private:
    void check_headers() {
        const auto snapshot = asked([&] { return store_->snapshot(); });
        ASSERT_TRUE(snapshot) << snapshot.error().message();
        const auto headers =
            asked([&] { return (*snapshot)->headers(view_.id, Grain::Hour, kAllBuckets); });
        ASSERT_TRUE(headers) << headers.error().message();
        for (const Header& header : *headers) {
            const auto rows = asked([&] {
                return (*snapshot)->bucket_rows(view_.id, false, Grain::Hour, header.bucket);
            });
            ASSERT_TRUE(rows) << rows.error().message();
            ASSERT_EQ(rows->size(), 1U) << "a header without its rows";
            EXPECT_EQ(rows->front().clicks,
                      clicks_of((header.bucket - hour(0)) / 3'600, header.positions.front().value));
        }
    }

    // Of commits 1 to `number`, those that touched the hour.
    static int64_t clicks_of(int64_t hour_number, int64_t number) {
        return (number + 6 - hour_number) / 6 - (hour_number == 0 ? 1 : 0);
    }

    SimulatedDisk disk_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    std::unique_ptr<SqliteMetricsStore> store_;
    fold::View view_;
};

// Tries until it is done. A commit whose answer was an error is looked for, as the aggregator does.
void open_in_the_end(StoreOnDisk& store) {
    Result<void> opened = store.open();
    for (int tries = 0; !opened && tries < 10; ++tries) {
        ASSERT_EQ(opened.error().code, ErrorCode::Unavailable) << opened.error().message();
        opened = store.open();
    }
    ASSERT_TRUE(opened) << opened.error().message();
}

void commit_in_the_end(StoreOnDisk& store, int64_t number) {
    for (int tries = 0; tries < 10; ++tries) {
        if (store.commit(number)) return;
        const Result<int64_t> position = store.position();
        if (!position) continue;  // the failing call was the one that asks
        if (*position == number) return;
        ASSERT_EQ(*position, number - 1);
        store.check(number - 1);
    }
    FAIL() << "commit " << number << " never succeeded";
}

class SqliteStoreFaults : public testing::TestWithParam<int> {};

TEST_P(SqliteStoreFaults, CommitsWholeOrNotAtAllWhicheverCallFails) {
    int64_t failures = 0;
    for (int64_t call = 1;; ++call) {
        SCOPED_TRACE(call);
        StoreOnDisk store(1);
        store.disk().fail_call(call, GetParam());
        open_in_the_end(store);
        for (int64_t number = 1; number <= 8 && !HasFatalFailure(); ++number) {
            commit_in_the_end(store, number);
            if (number % 4 != 0) continue;
            EXPECT_TRUE(store.settle(number) || store.settle(number));
        }
        if (HasFatalFailure()) break;
        store.check(8);
        open_in_the_end(store);
        EXPECT_EQ(asked([&] { return store.position(); }).value_or(-1), 8);
        store.check(8);
        if (HasFailure() || !store.disk().has_failed()) break;
        ++failures;
    }
    EXPECT_GT(failures, 50);
}

INSTANTIATE_TEST_SUITE_P(EveryError, SqliteStoreFaults, testing::Values(SQLITE_IOERR, SQLITE_FULL),
                         [](const auto& suite) {
                             return std::string(suite.param == SQLITE_FULL ? "Full" : "IoError");
                         });

TEST(SqliteStorePower, KeepsEveryCommitWheneverThePowerGoes) {
    for (uint64_t seed = 0; seed < seeds(100); ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        std::mt19937_64 random(seed);
        StoreOnDisk store(seed);
        open_in_the_end(store);
        int64_t committed = 0;
        for (int cut = 0; cut < 3; ++cut) {
            store.disk().fail_call(static_cast<int64_t>(1 + random() % 200), SQLITE_IOERR, true);
            for (int i = 0; i < 30 && store.commit(committed + 1); ++i) {
                ++committed;
                if (random() % 3 == 0) std::ignore = store.settle(committed);
            }
            store.disk().lose_power();
            store.close();
            store.disk().restore_power();
            store.disk().heal();
            open_in_the_end(store);
            const int64_t position = store.position().value_or(-1);
            // The one whose answer never came may be there.
            EXPECT_GE(position, committed);
            EXPECT_LE(position, committed + 1);
            committed = position;
            store.check(committed);
            if (testing::Test::HasFailure()) return;
        }
    }
}

}  // namespace
}  // namespace clickmill::metrics_store
