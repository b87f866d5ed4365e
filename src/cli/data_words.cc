// The words of the commands on clicks, rollups and data folders.
#include "cli/commands.h"
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace clickmill::cli {

DataWords::DataWords(Words& words) : words_(words) {
    add_sample_and_log();
    add_raw();
    add_verify();
    add_erase();
    add_backup();
    add_rollups();
    add_care();
}

void DataWords::add_sample_and_log() {
    CLI::App* demo =
        words_.command(words_.app(), "demo", "Fill a data folder with sample history",
                       "clickmill demo --data demo-data", [this] { return fill_demo(demo_); });
    Words::add_settings(demo, demo_.settings);
    demo->add_option("--days", demo_.days, "of history")->check(CLI::Range(1, 365));
    demo->add_option("--clicks", demo_.clicks, "about so many")
        ->check(CLI::Range(1'000, 20'000'000));
    demo->add_option("--seed", demo_.seed, "another seed, another history");

    CLI::App& event_log = words_.group("log", "The event log: every raw click");
    CLI::App* cat = words_.command(event_log, "cat", "Print raw clicks, one JSON object a line",
                                   "clickmill log cat --from 2026-11-01 --to 2026-11-02",
                                   [this] { return cat_event_log(cat_); });
    Words::add_settings(cat, cat_.settings);
    cat->add_option("--from", cat_.from, "a UTC date or moment, by append time");
    cat->add_option("--to", cat_.to, "the same, excluded");
    cat->add_flag("--payload-only", cat_.payload_only,
                  "the lines as they are stored, without offset and append_time");
    Words::add_settings(
        words_.command(event_log, "verify", "Read everything and count what is damaged",
                       "clickmill log verify", [this] { return verify_event_log(cat_); }),
        cat_.settings);
}

void DataWords::add_care() {
    CLI::App& clock = words_.group("clock", "The wall clock that buckets stand on");
    Words::add_settings(
        words_.command(clock, "confirm", "Say that the host's clock is right after a jump",
                       "clickmill clock confirm --data data",
                       [this] { return confirm_clock_of(settings_); }),
        settings_);
    Words::add_settings(
        words_.command(words_.app(), "doctor",
                       "Look for what could go wrong here, and say what to do",
                       "clickmill doctor --data data", [this] { return examine(settings_); }),
        settings_);
    words_.command(words_.app(), "version", "Print the version", "clickmill version",
                   [] { return print_version(); });
}

void DataWords::add_raw() {
    CLI::App& raw =
        words_.group("raw", "Every raw click, archived or only in the log yet, for SQL");
    const auto add = [&](const char* name, const char* description, const char* example,
                         Action action) {
        CLI::App* made = words_.command(raw, name, description, example, std::move(action));
        Words::add_settings(made, raw_.settings);
        made->add_option("--memory-mib", raw_.memory_mib,
                         "memory for it; what is more goes to a temporary file");
        return made;
    };
    const auto add_output = [&](CLI::App* made, std::vector<std::string> formats) {
        made->add_option("--format", raw_.format, fmt::format("{}", fmt::join(formats, ", ")))
            ->check(CLI::IsMember(formats));
        made->add_option("--out", raw_.out, "a file; parquet wants one");
    };
    const auto add_range = [&](CLI::App* made) {
        made->add_option("--from", raw_.from, "a UTC date or moment, by append time");
        made->add_option("--to", raw_.to, "the same, excluded");
        made->add_option("--project", raw_.project, "of this project only");
    };
    CLI::App* query = add("query", "Answer a SELECT over the table events",
                          "clickmill raw query \"SELECT feature_id, count(*) FROM events GROUP "
                          "BY ALL ORDER BY ALL\"",
                          [this] { return query_raw(raw_); });
    query->add_option("sql", raw_.sql, "in DuckDB's SQL; 'raw schema' lists the columns")
        ->required();
    add_output(query, {"table", "csv", "json", "parquet"});
    CLI::App* exports =
        add("export", "Write whole events into a file",
            "clickmill raw export --from 2026-11-01 --format parquet --out november.parquet",
            [this] { return export_raw(raw_); });
    add_output(exports, {"csv", "json", "parquet"});
    add_range(exports);
    add_range(add("cat", "Print whole events, one JSON object a line",
                  "clickmill raw cat --from 2026-11-01 --to 2026-11-02",
                  [this] { return export_raw(raw_); }));
    words_.command(raw, "schema", "List the columns of the table events", "clickmill raw schema",
                   [] { return print_raw_schema(); });
}

void DataWords::add_rollups() {
    CLI::App& rollups = words_.group("rollup", "What is kept per feature and hour");
    const auto add = [this, &rollups](const char* name, const char* what, const char* example,
                                      auto action) {
        CLI::App* added = words_.command(rollups, name, what, example,
                                         [this, action] { return action(rollup_); });
        Words::add_settings(added, rollup_.settings);
        added->add_option("--project", rollup_.project, "of this project only");
        return added;
    };
    const auto add_name = [this](CLI::App* to) {
        to->add_option("name", rollup_.name, "the rollup's")->required();
    };
    const auto add_wait = [this](CLI::App* to) {
        to->add_flag("--wait", rollup_.waits, "until it answers, with progress");
    };
    add("list", "List the rollups and how far they are built", "clickmill rollup list",
        list_rollups);
    CLI::App* fresh =
        add("add", "Keep one more rollup, for the clicks of the past, too",
            "clickmill rollup add by_browser --dimensions browser,os --wait", add_rollup);
    add_name(fresh);
    fresh
        ->add_option("--dimensions", rollup_.dimensions,
                     "fields of clicks, or properties.NAME; none: totals")
        ->delimiter(',');
    fresh->add_flag("--no-users", rollup_.without_users,
                    "only clicks: smaller, and no unique users");
    add_wait(fresh);
    CLI::App* again = add("rebuild", "Build a rollup anew from raw clicks, as it is configured now",
                          "clickmill rollup rebuild by_page --project shop", rebuild_rollup);
    add_name(again);
    add_wait(again);
    add_name(add("switch", "Let one answer that knows less of the past than the one before",
                 "clickmill rollup switch by_page --project shop", switch_rollup));
    CLI::App* drop = add("drop", "Delete a rollup, or one generation of it",
                         "clickmill rollup drop by_page --generation 1", drop_rollup);
    add_name(drop);
    drop->add_option("--generation", rollup_.generation, "this one; default: all of them")
        ->check(CLI::PositiveNumber);
    add_name(add("diff", "Compare a rollup with the generation before or after it, day by day",
                 "clickmill rollup diff by_page --project shop", diff_rollup));
}

void DataWords::add_verify() {
    CLI::App* verify =
        words_.command(words_.app(), "verify", "Recount stored numbers from the raw clicks, by SQL",
                       "clickmill verify --from 2026-11-01 --to 2026-12-01 --rollup by_page",
                       [this] { return verify_numbers(verify_); });
    Words::add_settings(verify, verify_.settings);
    verify->add_option("--from", verify_.from, "a date of the project; default: the first");
    verify->add_option("--to", verify_.to, "the same, excluded; default: behind the last");
    verify->add_option("--project", verify_.project, "this one only");
    verify->add_option("--rollup", verify_.rollup, "this one only");
    verify
        ->add_option("--sample", verify_.sample,
                     "every so many-th day alone, by hour and day: a quick look")
        ->check(CLI::PositiveNumber);
    verify->add_option("--memory-mib", verify_.memory_mib,
                       "memory for it; what is more goes to a temporary file");
}

void DataWords::add_erase() {
    CLI::App* erase = words_.command(
        words_.app(), "erase", "Forget a person in the raw clicks; no number changes",
        "clickmill erase --user ann@example.org", [this] { return erase_people(erase_); });
    Words::add_settings(erase, erase_.settings);
    erase
        ->add_option("--user", erase_.users,
                     "a user_id, anonymous_id or session_id; repeat it for several")
        ->required();
    erase->add_option("--project", erase_.project, "in this project only");
    erase->add_flag("--dry-run", erase_.only_counts, "only say where they are");
}

void DataWords::add_backup() {
    CLI::App* backup =
        words_.command(words_.app(), "backup", "Copy a data folder, beside its server or not",
                       "clickmill backup --to /backup/clickmill/2026-12-01 --previous "
                       "/backup/clickmill/2026-11-30",
                       [this] { return back_up(backup_); });
    Words::add_settings(backup, backup_.settings);
    backup->add_option("--to", backup_.folder, "a new folder")->required();
    backup->add_option("--previous", backup_.previous,
                       "an earlier backup on the same disk: files of the archive that are in "
                       "it are linked, not copied");
    CLI::App* restored = words_.command(
        words_.app(), "restore", "Put a backup into a new data folder, or check it",
        "clickmill restore --from /backup/clickmill/2026-12-01 --data /var/lib/clickmill",
        [this] { return restore(backup_); });
    Words::add_settings(restored, backup_.settings);
    restored->add_option("--from", backup_.folder, "the backup's folder")->required();
    restored->add_flag("--check", backup_.only_checks,
                       "only see whether every file is as it was written");
}

}  // namespace clickmill::cli
