#include "erasure/file_erasure.h"

#include "archive/file_writer.h"
#include "base/hash.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

namespace clickmill::erasure {
namespace {

using archive::Engine;
using archive::literal_of;

constexpr size_t kBlockBytes = 64;  // of SHA-256
constexpr std::array kIdentities = {"user_id", "anonymous_id", "session_id"};
constexpr archive::Column kKnown[] = {{"known", archive::ColumnType::Text}};

// The key as HMAC pads it (RFC 2104, section 2), in hex. A key is at most one block long.
std::string padded(std::string_view key, uint8_t with) {
    std::string block(kBlockBytes, static_cast<char>(with));
    for (size_t i = 0; i < key.size(); ++i) block[i] = static_cast<char>(block[i] ^ key[i]);
    return hex_of(block);
}

// event::keyed_identity() of what the SQL `bytes` is, in SQL. NULL stays NULL.
std::string hash_of(const std::string& key, const std::string& bytes) {
    return fmt::format("left(sha256(unhex('{}') || unhex(sha256(unhex('{}') || {}))), 32)",
                       padded(key, 0x5c), padded(key, 0x36), bytes);
}

// event::private_event_id().
std::string hash_of_event_id(const std::string& key) {
    constexpr const char* kCounted = R"((?s)^(.*)(#(?:0|[1-9][0-9]{0,15}))$)";
    const std::string whole = literal_of(kCounted);
    return fmt::format(
        "CASE WHEN regexp_matches(event_id, {0}) THEN {1} || regexp_extract(event_id, {0}, 2) "
        "ELSE {2} END",
        whole, hash_of(key, fmt::format("encode(regexp_extract(event_id, {}, 1))", whole)),
        hash_of(key, "encode(event_id)"));
}

// Whether a row carries one of their ids.
std::string carries_them(const Forgotten& forgotten) {
    std::string sql;
    for (const People& people : forgotten.people()) {
        std::string ids;
        for (const std::string& id : people.ids) ids += (ids.empty() ? "" : ", ") + literal_of(id);
        std::string fields;
        for (const char* field : kIdentities)
            fields += fmt::format("{}coalesce({} IN ({}), false)", fields.empty() ? "" : " OR ",
                                  field, ids);
        sql += fmt::format("{}(project IS NOT DISTINCT FROM {} AND ({}))",
                           sql.empty() ? "" : " OR ", literal_of(people.project), fields);
    }
    return "(" + sql + ")";
}

// Whether the text or, in hex, the bytes of one of the ids are in what the SQL gives.
std::string is_named_in(const Forgotten& forgotten, const std::string& text, bool is_hex) {
    std::string sql;
    for (const People& people : forgotten.people()) {
        for (const std::string& id : people.ids) {
            const std::string id_text = literal_of(id);
            sql += fmt::format("{}contains({}, {})", sql.empty() ? "" : " OR ", text,
                               is_hex ? fmt::format("hex(encode({}))", id_text) : id_text);
        }
    }
    return "coalesce(" + sql + ", false)";
}

constexpr const char* kTexts =
    "concat_ws(' ', feature_id, user_id, anonymous_id, session_id, event_id, page, platform, "
    "app_version, device, browser, os, locale, country, region, experiments, properties, "
    "client_timestamp, other)";

// The rows of a file, with what is known of each: is_theirs and names_them.
std::string judged(const Forgotten& forgotten, const std::string& path) {
    return fmt::format(
        "SELECT *, ({} OR coalesce(project || ' ' || event_id IN (FROM known_events()), false)) AS "
        "is_theirs, {} AS names_them FROM read_parquet({}, hive_partitioning = false)",
        carries_them(forgotten), is_named_in(forgotten, "hex(line)", true), literal_of(path));
}

// The same as they will be.
std::string erased(const Forgotten& forgotten, const std::string& path) {
    std::string fields;
    for (const char* field : kIdentities) {
        fields +=
            fmt::format("CASE WHEN is_theirs THEN {} ELSE {} END AS {}, ",
                        hash_of(forgotten.key(), fmt::format("encode({})", field)), field, field);
    }
    return fmt::format(
        "SELECT * REPLACE ({}"
        "CASE WHEN is_theirs THEN {} ELSE event_id END AS event_id, "
        "CASE WHEN NOT is_theirs THEN properties END AS properties, "
        "CASE WHEN NOT is_theirs THEN client_timestamp END AS client_timestamp, "
        "CASE WHEN is_theirs THEN {} ELSE other END AS other, "
        "CASE WHEN names_them THEN encode({}) ELSE line END AS line) FROM ({})",
        fields, hash_of_event_id(forgotten.key()), literal_of(fmt::format("{{{}}}", kErasedMember)),
        hash_of(forgotten.key(), "line"), judged(forgotten, path));
}

// Ids of events, one after the other.
class KnownSource final : public archive::RowSource {
public:
    explicit KnownSource(const Forgotten& forgotten)
        : next_(forgotten.noted().begin()), end_(forgotten.noted().end()) {}
    Result<size_t> fill(archive::RowChunk& chunk) override {
        size_t row = 0;
        for (; row < chunk.capacity() && next_ != end_; ++next_)
            chunk.set(row++, 0, std::string_view(*next_));
        return row;
    }

private:
    std::unordered_set<std::string>::const_iterator next_, end_;
};

// One file of the archive, and an engine that reaches it and one that is made of it.
class ErasedFile {
public:
    static Result<ErasedFile> open(archive::EngineOptions options, archive::ObjectStore& store,
                                   const archive::FileName& name) {
        ErasedFile file(store, name);
        ASSIGN_OR_RETURN(archive::LocalFile old, store.get(text_of(name)));
        file.path_ = old.path();
        file.old_ = std::make_unique<archive::LocalFile>(std::move(old));
        file.new_path_ = fmt::format("{}/erased-{}-{}.parquet", store.scratch_folder(),
                                     name.partition.value, name.first.value);
        options.files.push_back(file.path_);
        options.files.push_back(file.new_path_);
        ASSIGN_OR_RETURN(file.engine_, Engine::open(options));
        return file;
    }

    Result<void> look_at(Forgotten& forgotten) {
        return as_damage(engine_->ask(
            fmt::format("SELECT DISTINCT project, event_id FROM read_parquet({}, hive_partitioning "
                        "= false) WHERE event_id IS NOT NULL AND {}",
                        literal_of(path_), carries_them(forgotten)),
            [&](const Engine::Cells& cells) -> Result<void> {
                forgotten.note(cells[0].value_or(""), cells[1].value_or(""));
                return {};
            }));
    }

    Result<Count> erase(const Forgotten& forgotten, bool only_counts) {
        RETURN_IF_ERROR(engine_->add_table("known_events", kKnown,
                                           [&]() -> Result<std::unique_ptr<archive::RowSource>> {
                                               return std::make_unique<KnownSource>(forgotten);
                                           }));
        ASSIGN_OR_RETURN(const Count count, counted(forgotten));
        if (only_counts || count.events + count.unreadable == 0) return count;
        const auto replaced = replace(forgotten);
        std::error_code ignored;
        std::filesystem::remove(new_path_, ignored);
        if (!replaced) return std::unexpected(replaced.error());
        return count;
    }

private:
    ErasedFile(archive::ObjectStore& store, const archive::FileName& name)
        : store_(&store), name_(name) {}

    // What DuckDB says of a file that it cannot read is no mistake of ours.
    Result<void> as_damage(const Result<void>& done) const {
        if (done) return done;
        const bool is_ours = done.error().code == ErrorCode::Unavailable;
        return fail(is_ours ? ErrorCode::Unavailable : ErrorCode::Corrupt,
                    "cannot erase in an archive file", text_of(name_), done.error().why);
    }

    // Mentions of what will be there.
    Result<Count> counted(const Forgotten& forgotten) {
        const auto number = [](std::string_view cell) { return std::stoll(std::string(cell)); };
        Count count;
        RETURN_IF_ERROR(as_damage(engine_->ask(
            fmt::format("SELECT count(*) FILTER (is_theirs), count(*) FILTER (names_them), "
                        "count(*) FILTER ({}) FROM ({})",
                        is_named_in(forgotten, kTexts, false), erased(forgotten, path_)),
            [&](const Engine::Cells& cells) -> Result<void> {
                count = {number(*cells[0]), number(*cells[1]), number(*cells[2])};
                return {};
            })));
        return count;
    }

    Result<void> replace(const Forgotten& forgotten) {
        ASSIGN_OR_RETURN(const std::string log_id, log_id_of(*engine_, path_));
        const std::string rows = fmt::format("SELECT * EXCLUDE (is_theirs, names_them) FROM ({})",
                                             erased(forgotten, path_));
        RETURN_IF_ERROR(
            write_rows(*engine_, rows, {log_id, name_.partition, name_.first}, new_path_));
        RETURN_IF_ERROR(require_same_rows());
        return store_->put(new_path_, text_of(name_));
    }

    // Nothing but what is to go may have changed, before the old file goes.
    Result<void> require_same_rows() {
        constexpr std::array kKept = {"partition",   "\"offset\"",  "place",       "append_time",
                                      "received_at", "project",     "feature_id",  "page",
                                      "platform",    "app_version", "experiments", "bot",
                                      "fault",       "lost"};
        std::string differ;
        for (const char* column : kKept)
            differ += fmt::format("{}old.{} IS DISTINCT FROM new.{}", differ.empty() ? "" : " OR ",
                                  column, column);
        ASSIGN_OR_RETURN(
            const int64_t differing,
            archive::ask_number(
                *engine_,
                fmt::format("SELECT count(*) FROM read_parquet({}, hive_partitioning = false) AS "
                            "old POSITIONAL JOIN read_parquet({}, hive_partitioning = false) AS "
                            "new WHERE {}",
                            literal_of(path_), literal_of(new_path_), differ)));
        if (differing == 0) return {};
        return fail(
            ErrorCode::Internal, "cannot erase in an archive file", text_of(name_),
            fmt::format("{} rows would have changed that must not; it stays as it was", differing));
    }

    archive::ObjectStore* store_;
    archive::FileName name_;
    std::unique_ptr<archive::LocalFile> old_;
    std::string path_;
    std::string new_path_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace

Result<void> look_at(const archive::EngineOptions& options, archive::ObjectStore& store,
                     const archive::FileName& file, Forgotten& forgotten) {
    ASSIGN_OR_RETURN(ErasedFile opened, ErasedFile::open(options, store, file));
    return opened.look_at(forgotten);
}

Result<Count> erase_in_file(const archive::EngineOptions& options, archive::ObjectStore& store,
                            const archive::FileName& file, const Forgotten& forgotten,
                            bool only_counts) {
    ASSIGN_OR_RETURN(ErasedFile opened, ErasedFile::open(options, store, file));
    return opened.erase(forgotten, only_counts);
}

}  // namespace clickmill::erasure
