#include "event_log/embedded/rewriting.h"

#include "base/pause.h"

#include <fmt/format.h>

namespace clickmill::event_log {
namespace {

using std::chrono::steady_clock;

constexpr int64_t kRecordsAtOnce = 64;
constexpr int64_t kWipedAtOnce = 1 << 20;  // bytes
constexpr int kCompressionLevel = 1;
constexpr std::chrono::milliseconds kPause{20};

class Rewriting {
public:
    Rewriting(sqlite::Connection connection, const Rewrite& rewrite)
        : connection_(std::move(connection)), rewrite_(rewrite) {}

    Result<Rewritten> run(std::chrono::milliseconds patience) {
        // What a smaller payload leaves behind is overwritten at once.
        RETURN_IF_ERROR(connection_.execute("PRAGMA secure_delete=ON"));
        ASSIGN_OR_RETURN(const int64_t first,
                         connection_.number("SELECT min(offset) FROM records"));
        ASSIGN_OR_RETURN(const int64_t last,
                         connection_.number("SELECT coalesce(max(offset),-1) FROM records"));
        for (Offset next{first}; next <= Offset{last};) {
            ASSIGN_OR_RETURN(next, rewrite_some(next, Offset{last}.next()));
        }
        RETURN_IF_ERROR(wipe_free_pages());
        ASSIGN_OR_RETURN(result_.is_wal_in_use, is_wal_in_use(patience));
        return result_;
    }

private:
    // Where to go on.
    Result<Offset> rewrite_some(Offset from, Offset end) {
        std::vector<NewRecord> changed;
        ASSIGN_OR_RETURN(const Offset next, read_some(from, end, changed));
        if (changed.empty()) return next;
        // Short: whoever appends waits for it.
        ASSIGN_OR_RETURN(sqlite::Transaction transaction, sqlite::Transaction::begin(connection_));
        ASSIGN_OR_RETURN(
            sqlite::Statement update,
            connection_.prepare("UPDATE records SET checksum=?,payload=? WHERE offset=?"));
        for (const NewRecord& record : changed) {
            RETURN_IF_ERROR(update.bind(1, checksum_of(record.numbers, record.stored))
                                .bind_blob(2, record.stored)
                                .bind(3, record.numbers.offset.value)
                                .run());
        }
        RETURN_IF_ERROR(transaction.commit());
        result_.changed += static_cast<int64_t>(changed.size());
        return next;
    }

    Result<Offset> read_some(Offset from, Offset end, std::vector<NewRecord>& changed) {
        ASSIGN_OR_RETURN(sqlite::Statement select,
                         connection_.prepare(fmt::format(
                             "SELECT offset,append_time,events,total_events,checksum,payload FROM "
                             "records WHERE offset>={} AND offset<{} ORDER BY offset LIMIT {}",
                             from.value, end.value, kRecordsAtOnce)));
        for (int64_t read = 0;; ++read) {
            ASSIGN_OR_RETURN(const bool has_row, select.step());
            if (!has_row) return read < kRecordsAtOnce ? end : from;
            const RecordNumbers numbers{Offset{select.integer(0)}, moment_of(select.integer(1)),
                                        static_cast<int32_t>(select.integer(2)), select.integer(3)};
            from = numbers.offset.next();
            ++result_.records;
            const bool is_intact = are_numbers_intact(numbers, select.integer(4)) &&
                                   is_payload_intact(select.blob(5), select.integer(4));
            auto payload = is_intact ? decompressor_.decompress(select.blob(5)) : std::nullopt;
            if (!payload) {
                ++result_.damaged;
                continue;
            }
            StoredRecord record;
            record.offset = numbers.offset;
            record.append_time = numbers.append_time;
            record.event_count = numbers.events;
            record.payload = *std::move(payload);
            if (const auto fresh = rewrite_(record))
                changed.push_back({numbers, compressor_.compress(*fresh), std::nullopt});
        }
    }

    // Pages that retention has freed keep their bytes until they are used again: uses them all,
    // for zeros. A little at a time, because whoever appends waits.
    Result<void> wipe_free_pages() {
        RETURN_IF_ERROR(connection_.execute(
            "DROP TABLE IF EXISTS wiped; CREATE TABLE wiped(zeros BLOB NOT NULL)"));
        for (;;) {
            ASSIGN_OR_RETURN(const int64_t pages, connection_.number("PRAGMA freelist_count"));
            if (pages == 0) break;
            ASSIGN_OR_RETURN(const int64_t page_bytes, connection_.number("PRAGMA page_size"));
            RETURN_IF_ERROR(
                connection_.execute(fmt::format("INSERT INTO wiped VALUES(zeroblob({}))",
                                                std::min(kWipedAtOnce, pages * page_bytes))));
        }
        do {
            RETURN_IF_ERROR(connection_.execute(
                "DELETE FROM wiped WHERE rowid IN (SELECT rowid FROM wiped LIMIT 1)"));
        } while (connection_.changes() > 0);
        return connection_.execute("DROP TABLE wiped");
    }

    // Copies the write-ahead log into the file and shortens it to nothing, unless somebody reads it
    // all the time.
    Result<bool> is_wal_in_use(std::chrono::milliseconds patience) {
        connection_.wait_for_locks(kPause);
        const auto deadline = steady_clock::now() + patience;
        for (;;) {
            ASSIGN_OR_RETURN(const int64_t is_busy,
                             connection_.number("PRAGMA wal_checkpoint(TRUNCATE)"));
            if (is_busy == 0) return false;
            if (steady_clock::now() >= deadline) return true;
            pause(kPause, {});
        }
    }

    sqlite::Connection connection_;
    const Rewrite& rewrite_;
    Decompressor decompressor_;
    Compressor compressor_{kCompressionLevel};
    Rewritten result_;
};

}  // namespace

Result<Rewritten> rewrite_records(const FileName& name, const Rewrite& rewrite,
                                  std::chrono::milliseconds patience) {
    ASSIGN_OR_RETURN(sqlite::Connection connection,
                     sqlite::Connection::open(
                         {.path = name.path, .vfs = name.vfs, .automatic_checkpoint = false}));
    return Rewriting(std::move(connection), rewrite).run(patience);
}

}  // namespace clickmill::event_log
