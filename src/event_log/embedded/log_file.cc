#include "event_log/embedded/log_file.h"

#include "base/hash.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>

namespace clickmill::event_log {
namespace {

constexpr int kLogIdBytes = 16;

// Stored: never change. A new format gets a new user_version.
constexpr const char* kSchema = R"(
CREATE TABLE records(offset INTEGER PRIMARY KEY, append_time INTEGER NOT NULL,
    events INTEGER NOT NULL, total_events INTEGER NOT NULL, checksum INTEGER NOT NULL,
    payload BLOB NOT NULL);
CREATE TABLE summary(one INTEGER PRIMARY KEY, log_id TEXT NOT NULL, first_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL, total_before_first INTEGER NOT NULL,
    total_events INTEGER NOT NULL, newest INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE gaps(first_offset INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL,
    total_events INTEGER NOT NULL);
PRAGMA user_version=1;
)";
constexpr int64_t kFormat = 1;

constexpr const char* kInsert = "INSERT INTO records VALUES(?,?,?,?,?,?)";
constexpr const char* kUpdate =
    "INSERT INTO summary VALUES(1,?,?,?,?,?,?,?) ON CONFLICT(one) DO UPDATE SET "
    "log_id=excluded.log_id,first_offset=excluded.first_offset,end_offset=excluded.end_offset,"
    "total_before_first=excluded.total_before_first,total_events=excluded.total_events,"
    "newest=excluded.newest,checksum=excluded.checksum";

// SQLITE_ERROR on statements that are known to be good means that the schema is damaged.
Error as_damage(Error error) {
    if (error.code == ErrorCode::Internal || error.code == ErrorCode::Conflict)
        error.code = ErrorCode::Corrupt;
    return error;
}

template <typename T>
Result<T> judged(Result<T> result) {
    if (result) return result;
    return std::unexpected(as_damage(std::move(result).error()));
}

std::unexpected<Error> contradiction(std::string why) {
    return fail(ErrorCode::Corrupt, "event log is damaged", "events.db", std::move(why));
}

}  // namespace

std::string text_of(const LogSummary& summary) {
    return fmt::format("{} {} {} {} {} {}", summary.log_id, summary.first.value, summary.end.value,
                       summary.total_before_first, summary.total_events,
                       microseconds_of(summary.newest));
}

LogFile::LogFile(sqlite::Connection connection, sqlite::Statement insert, sqlite::Statement update)
    : connection_(std::move(connection)),
      wal_pages_(std::make_unique<int64_t>(0)),
      insert_(std::move(insert)),
      update_(std::move(update)) {
    connection_.count_wal_pages(*wal_pages_);
}

Result<std::unique_ptr<LogFile>> LogFile::open(const FileName& name, const KnownPosition& known) {
    ASSIGN_OR_RETURN(sqlite::Connection connection,
                     judged(sqlite::Connection::open(
                         {.path = name.path, .vfs = name.vfs, .automatic_checkpoint = false})));
    // What is deleted is overwritten where its page is written anyway; the rest is rewriting.h's.
    RETURN_IF_ERROR(judged(connection.execute("PRAGMA secure_delete=FAST")));
    ASSIGN_OR_RETURN(const int64_t format, judged(connection.number("PRAGMA user_version")));
    ASSIGN_OR_RETURN(const int64_t tables,
                     judged(connection.number("SELECT count(*) FROM sqlite_schema")));
    if (format == 0 && tables == 0) {
        ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection));
        RETURN_IF_ERROR(connection.execute(kSchema));
        ASSIGN_OR_RETURN(sqlite::Statement first, connection.prepare(kUpdate));
        LogSummary empty{.log_id = random_token(kLogIdBytes)};
        first.bind(1, empty.log_id).bind(7, checksum_of_text(text_of(empty)));
        for (int column = 2; column <= 6; ++column) first.bind(column, int64_t{0});
        RETURN_IF_ERROR(first.run());
        RETURN_IF_ERROR(transaction.commit());
    } else if (format > kFormat && format < 100) {
        return fail(
            ErrorCode::InvalidInput, "cannot open event log", name.path,
            fmt::format("format {} is newer than {}; start a newer clickmill", format, kFormat));
    } else if (format != kFormat) {
        return contradiction("its format number is not one of ours");
    }
    ASSIGN_OR_RETURN(sqlite::Statement insert, judged(connection.prepare(kInsert)));
    ASSIGN_OR_RETURN(sqlite::Statement update, judged(connection.prepare(kUpdate)));
    std::unique_ptr<LogFile> file(
        new LogFile(std::move(connection), std::move(insert), std::move(update)));
    RETURN_IF_ERROR(judged(file->load()));
    RETURN_IF_ERROR(judged(file->check_ends()));
    RETURN_IF_ERROR(file->adopt(known));
    return file;
}

Result<void> LogFile::load() {
    ASSIGN_OR_RETURN(sqlite::Statement select,
                     connection_.prepare("SELECT log_id,first_offset,end_offset,total_before_first,"
                                         "total_events,newest,checksum FROM summary"));
    ASSIGN_OR_RETURN(const bool has_row, select.step());
    if (!has_row) return contradiction("its summary is gone");
    summary_ = {.log_id = std::string(select.text(0)),
                .first = Offset{select.integer(1)},
                .end = Offset{select.integer(2)},
                .total_before_first = select.integer(3),
                .total_events = select.integer(4),
                .newest = moment_of(select.integer(5))};
    if (checksum_of_text(text_of(summary_)) != select.integer(6))
        return contradiction("its summary has another checksum");
    select.reset();
    gaps_.clear();
    ASSIGN_OR_RETURN(sqlite::Statement gaps,
                     connection_.prepare("SELECT first_offset,next_offset,total_events FROM gaps "
                                         "ORDER BY first_offset"));
    for (;;) {
        ASSIGN_OR_RETURN(const bool more, gaps.step());
        if (!more) return {};
        gaps_.push_back({Offset{gaps.integer(0)}, Offset{gaps.integer(1)}, gaps.integer(2)});
    }
}

// The newest row and the summary were written by one commit, so they agree, or one is damaged.
Result<void> LogFile::check_ends() {
    ASSIGN_OR_RETURN(sqlite::Statement last,
                     connection_.prepare("SELECT offset,append_time,events,total_events,checksum "
                                         "FROM records ORDER BY offset DESC LIMIT 1"));
    ASSIGN_OR_RETURN(const bool has_row, last.step());
    Offset end = has_row ? Offset{last.integer(0)}.next() : summary_.first;
    if (has_row) {
        const RecordNumbers numbers{Offset{last.integer(0)}, moment_of(last.integer(1)),
                                    static_cast<int32_t>(last.integer(2)), last.integer(3)};
        if (!are_numbers_intact(numbers, last.integer(4)))
            return contradiction("its newest record has another checksum");
    }
    for (const Gap& gap : gaps_) {
        if (gap.first <= end && gap.next > end) end = gap.next;
    }
    if (end == summary_.end) return {};
    return contradiction(fmt::format("its newest record ends at {}, its summary at {}", end.value,
                                     summary_.end.value));
}

// An older copy of the log, or a tail that a damaged WAL took along: never reuse an offset that a
// position has passed.
Result<void> LogFile::adopt(const KnownPosition& known) {
    if (known.log_id != summary_.log_id || known.next <= summary_.end) return {};
    LogSummary summary = summary_;
    const Gap gap{summary.end, known.next, std::max(known.total_events, summary.total_events)};
    summary.end = known.next;
    summary.total_events = gap.total_events;
    ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection_));
    RETURN_IF_ERROR(
        connection_.execute(fmt::format("INSERT OR REPLACE INTO gaps VALUES({},{},{})",
                                        gap.first.value, gap.next.value, gap.total_events)));
    RETURN_IF_ERROR(write_summary(summary));
    RETURN_IF_ERROR(transaction.commit());
    summary_ = summary;
    gaps_.push_back(gap);
    return {};
}

Result<void> LogFile::insert(const NewRecord& record) {
    const RecordNumbers& numbers = record.numbers;
    return insert_.bind(1, numbers.offset.value)
        .bind(2, microseconds_of(numbers.append_time))
        .bind(3, int64_t{numbers.events})
        .bind(4, numbers.total_events)
        .bind(5, record.checksum.value_or(checksum_of(numbers, record.stored)))
        .bind_blob(6, record.stored)
        .run();
}

Result<void> LogFile::write_summary(const LogSummary& summary) {
    return update_.bind(1, summary.log_id)
        .bind(2, summary.first.value)
        .bind(3, summary.end.value)
        .bind(4, summary.total_before_first)
        .bind(5, summary.total_events)
        .bind(6, microseconds_of(summary.newest))
        .bind(7, checksum_of_text(text_of(summary)))
        .run();
}

Result<void> LogFile::append(std::span<const NewRecord> records) {
    LogSummary summary = summary_;
    const RecordNumbers& newest = records.back().numbers;
    summary.end = newest.offset.next();
    summary.total_events = newest.total_events;
    summary.newest = newest.append_time;
    ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection_));
    // A key that is taken means that the tree has lost its order.
    for (const NewRecord& record : records) RETURN_IF_ERROR(judged(insert(record)));
    RETURN_IF_ERROR(judged(write_summary(summary)));
    RETURN_IF_ERROR(transaction.commit());
    summary_ = summary;
    return {};
}

Result<LogSummary> LogFile::shortened(Offset keep_from, Moment oldest, bool is_over_size,
                                      int most) {
    LogSummary shorter = summary_;
    ASSIGN_OR_RETURN(
        sqlite::Statement select,
        connection_.prepare("SELECT offset,append_time,total_events FROM records WHERE "
                            "offset>=? AND offset<? ORDER BY offset LIMIT ?"));
    select.bind(1, summary_.first.value)
        .bind(2, std::min(keep_from.value, summary_.end.value - 1))
        .bind(3, int64_t{most});
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, select.step());
        if (!has_row) return shorter;
        if (!is_over_size && moment_of(select.integer(1)) >= oldest) return shorter;
        shorter.first = Offset{select.integer(0)}.next();
        shorter.total_before_first = select.integer(2);
    }
}

Result<void> LogFile::erase_below(const LogSummary& shortened) {
    ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection_));
    const int64_t first = shortened.first.value;
    RETURN_IF_ERROR(
        judged(connection_.execute(fmt::format("DELETE FROM records WHERE offset<{}", first))));
    RETURN_IF_ERROR(
        connection_.execute(fmt::format("DELETE FROM gaps WHERE next_offset<={}", first)));
    RETURN_IF_ERROR(judged(write_summary(shortened)));
    RETURN_IF_ERROR(transaction.commit());
    summary_ = shortened;
    std::erase_if(gaps_, [&](const Gap& gap) { return gap.next.value <= first; });
    return {};
}

Result<void> LogFile::probe() {
    ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection_));
    // A row that is written as it was leaves its page alone and the disk unasked; the header's page
    // is written whatever it held.
    RETURN_IF_ERROR(connection_.execute(fmt::format("PRAGMA user_version={}", kFormat)));
    return transaction.commit();
}

Result<int64_t> LogFile::bytes() {
    // In one moment: somebody else may be wiping.
    ASSIGN_OR_RETURN(const auto moment, sqlite::Transaction::begin(connection_, false));
    ASSIGN_OR_RETURN(const int64_t pages, connection_.number("PRAGMA page_count"));
    ASSIGN_OR_RETURN(const int64_t unused, connection_.number("PRAGMA freelist_count"));
    ASSIGN_OR_RETURN(const int64_t page_bytes, connection_.number("PRAGMA page_size"));
    // Unused pages that rewriting.h fills with zeros at the moment are no reason to delete records.
    ASSIGN_OR_RETURN(const int64_t is_wiping,
                     connection_.number("SELECT count(*) FROM sqlite_schema WHERE name='wiped'"));
    int64_t wiped_bytes = 0;
    if (is_wiping > 0) {
        ASSIGN_OR_RETURN(wiped_bytes,
                         connection_.number("SELECT coalesce(sum(length(zeros)),0) FROM wiped"));
    }
    return (pages - unused) * page_bytes - wiped_bytes;
}

Result<void> LogFile::fill(std::span<const NewRecord> records) {
    ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection_));
    for (const NewRecord& record : records) RETURN_IF_ERROR(insert(record));
    return transaction.commit();
}

Result<void> LogFile::finish(const LogSummary& summary, std::span<const Gap> gaps) {
    ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection_));
    for (const Gap& gap : gaps) {
        RETURN_IF_ERROR(
            connection_.execute(fmt::format("INSERT OR REPLACE INTO gaps VALUES({},{},{})",
                                            gap.first.value, gap.next.value, gap.total_events)));
    }
    RETURN_IF_ERROR(write_summary(summary));
    RETURN_IF_ERROR(transaction.commit());
    summary_ = summary;
    return {};
}

Result<void> LogFile::empty_wal() {
    ASSIGN_OR_RETURN(const int64_t is_busy, connection_.number("PRAGMA wal_checkpoint(TRUNCATE)"));
    if (is_busy == 0) return {};
    return fail(ErrorCode::Unavailable, "cannot checkpoint", "events.db", "somebody reads it");
}

}  // namespace clickmill::event_log
