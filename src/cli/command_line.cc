// The words of the command line: the only file that knows CLI11. Every command has an example.
#include "cli/cli.h"
#include "cli/commands.h"
#include "server/version.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace clickmill::cli {

namespace {

constexpr const char* kExamples = R"(Examples:
  clickmill serve                                  on 127.0.0.1:8080, with its data in ./data
  clickmill serve --demo --data demo-data          with 90 days of sample clicks and a page to click on
  clickmill project add shop --zone Europe/Berlin  another product, with keys of its own
  clickmill user add ann@example.org               prints a sign-in link
  clickmill config check --config clickmill.toml   says what is wrong, and where
  clickmill doctor                                 looks for what could go wrong here

Every setting: clickmill config reference)";

using Action = std::function<int()>;

class CommandLine {
public:
    CommandLine() {
        app_.description("Clickmill counts clicks on features, exactly, and shows them at once.");
        app_.footer(kExamples);
        app_.require_subcommand(1);
        app_.set_version_flag("--version", "clickmill " + std::string(server::kVersion));
        add_serve();
        add_roles();
        add_topics();
        add_unreadable();
        add_partition();
        add_store();
        add_control();
        add_project_commands();
        add_key_commands();
        add_user_commands();
        add_feature_commands();
        add_config_commands();
        add_data_commands();
    }

    int run(int argc, char** argv) {
        if (const auto problem = unknown_command(std::span(argv, static_cast<size_t>(argc)))) {
            fmt::print(stderr, "clickmill: {}\n", *problem);
            return 2;
        }
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            // Help and version are "errors" of code 0.
            return app_.exit(error) == 0 ? 0 : 2;
        }
        return action_();
    }

private:
    // CLI11 says only that a command is missing, not which word it did not know.
    std::optional<std::string> unknown_command(std::span<char*> words) {
        CLI::App* group = &app_;
        for (const std::string_view word : words.subspan(1)) {
            const auto commands = group->get_subcommands([](CLI::App*) { return true; });
            if (commands.empty() || word.starts_with('-')) return std::nullopt;
            const auto found = std::ranges::find(commands, word, &CLI::App::get_name);
            if (found == commands.end()) {
                std::vector<std::string> names;
                names.reserve(commands.size());
                for (const CLI::App* command : commands) names.push_back(command->get_name());
                return fmt::format("there is no command \"{}\"; take one of {}", word,
                                   fmt::join(names, ", "));
            }
            group = *found;
        }
        return std::nullopt;
    }

    CLI::App* command(CLI::App& parent, const char* name, const char* description,
                      const char* example, Action action) {
        CLI::App* made = parent.add_subcommand(name, description);
        made->footer(std::string("Example:\n  ") + example);
        made->callback([this, action = std::move(action)] { action_ = action; });
        return made;
    }

    CLI::App& group(const char* name, const char* description) {
        CLI::App* made = app_.add_subcommand(name, description);
        made->require_subcommand(1);
        return *made;
    }

    static void add_settings(CLI::App* command, SettingsArguments& settings) {
        command->add_option("--config", settings.config_file, "a TOML file with settings");
        command->add_option("--data", settings.data, "the data folder");
    }

    void add_serve() {
        CLI::App* made =
            command(app_, "serve", "Collect, count, answer and show: the whole program",
                    "clickmill serve --data /var/lib/clickmill --listen 127.0.0.1:8080",
                    [this] { return serve(serve_); });
        add_settings(made, serve_.settings);
        made->add_option("--listen", serve_.settings.listen,
                         "HOST:PORT; port 0 takes any free one");
        made->add_flag("--demo", serve_.is_demo,
                       "fill an empty data folder with a sample project, and show the demo page");
        made->add_option("--operations", serve_.settings.operations,
                         "HOST:PORT of metrics and health");
        made->add_option("--ready-file", serve_.ready_file,
                         "once clicks are taken, write {\"listen\",\"operations\"} there");
    }

    void add_roles() {
        add_role("collect", server::Role::Collect, "Take clicks into Kafka; as many as you like",
                 "clickmill collect --config clickmill.toml --listen 0.0.0.0:8081");
        add_role("aggregate", server::Role::Aggregate,
                 "Count the clicks that are in Kafka; several share the partitions",
                 "clickmill aggregate --config clickmill.toml");
        add_role("archive", server::Role::Archive,
                 "Keep the raw clicks that are in Kafka as Parquet files",
                 "clickmill archive --config clickmill.toml");
        CLI::App* query =
            add_role("query", server::Role::Query, "Answer questions and show the dashboard",
                     "clickmill query --config clickmill.toml --listen 0.0.0.0:8080");
        query->add_flag("--demo", serve_.is_demo, "with a sample project and the demo page");
        query->add_option("--collector", serve_.collector_url,
                          "where the demo page sends its clicks, as http://HOST:PORT");
    }

    CLI::App* add_role(const char* name, server::Role role, const char* description,
                       const char* example) {
        CLI::App* made = command(app_, name, description, example, [this, role] {
            serve_.role = role;
            return serve(serve_);
        });
        add_settings(made, serve_.settings);
        if (role != server::Role::Aggregate && role != server::Role::Archive) {
            made->add_option("--listen", serve_.settings.listen,
                             "HOST:PORT; port 0 takes any free one");
        }
        made->add_option("--operations", serve_.settings.operations,
                         "HOST:PORT of metrics and health; each process needs its own");
        made->add_option("--ready-file", serve_.ready_file,
                         "once it works, write {\"listen\",\"operations\"} there");
        return made;
    }

    void add_topics() {
        CLI::App& topics = group("topics", "The topics on Kafka that are the event log");
        add_settings(command(topics, "create", "Make the topics as kafka.* says",
                             "clickmill topics create --config clickmill.toml",
                             [this] { return create_topic(settings_); }),
                     settings_);
        add_settings(command(topics, "check", "Say what about the topics breaks a promise",
                             "clickmill topics check --config clickmill.toml",
                             [this] { return check_topic(settings_); }),
                     settings_);
    }

    void add_unreadable() {
        CLI::App& unreadable = group("unreadable", "What the aggregator could not read on Kafka");
        add_settings(command(unreadable, "list", "Print each record that is no event, and why",
                             "clickmill unreadable list --config clickmill.toml",
                             [this] { return list_unreadable(unreadable_); }),
                     unreadable_.settings);
        CLI::App* retry = command(unreadable, "retry", "Send again what can be read by now",
                                  "clickmill unreadable retry --config clickmill.toml",
                                  [this] { return retry_unreadable(unreadable_); });
        add_settings(retry, unreadable_.settings);
        retry->add_flag("--again", unreadable_.is_again,
                        "also what an earlier retry may have sent before it was cut off");
    }

    void add_partition() {
        CLI::App& partitions = group("partition", "Partitions of the event log on Kafka");
        CLI::App* resume =
            command(partitions, "resume", "Go on where records were deleted uncounted",
                    "clickmill partition resume 3 --accept-gap --config clickmill.toml",
                    [this] { return resume_partition(partition_); });
        resume->add_option("partition", partition_.partition, "its number")->required();
        resume->add_flag("--accept-gap", partition_.accepts_gap,
                         "count what is gone as lost; without it the gap is only shown");
        add_settings(resume, partition_.settings);
    }

    void add_store() {
        CLI::App& stores = group("store", "The metrics store: SQLite, PostgreSQL or ClickHouse");
        CLI::App* copy = command(
            stores, "copy", "Move all numbers to another metrics store, and compare them there",
            "clickmill store copy --from sqlite:data/metrics.db --to postgresql://127.0.0.1/clicks",
            [this] { return copy_metrics(store_copy_); });
        copy->add_option("--from", store_copy_.from,
                         "sqlite:PATH, postgresql://... or clickhouse://...; stop its aggregators")
            ->required();
        copy->add_option("--to", store_copy_.to, "the same; an empty database or a new file")
            ->required();
        copy->add_option("--cluster", store_copy_.cluster,
                         "of a ClickHouse --to: the cluster of its remote_servers");
        CLI::App* migrate =
            command(stores, "migrate", "Bring the metrics store's tables to this program's version",
                    "clickmill store migrate --config clickmill.toml",
                    [this] { return migrate_metrics(store_migrate_); });
        add_settings(migrate, store_migrate_);
    }

    void add_control() {
        CLI::App& controls =
            group("control", "The control store: projects, keys, people, catalogue");
        CLI::App* copy =
            command(controls, "copy",
                    "Move projects, keys, people and the catalogue to another control store",
                    "clickmill control copy --from sqlite:data/control.db --to "
                    "postgresql://127.0.0.1/clicks",
                    [this] { return copy_control(control_copy_); });
        copy->add_option("--from", control_copy_.from, "sqlite:PATH or postgresql://...")
            ->required();
        copy->add_option("--to", control_copy_.to, "the same; nothing is there yet")->required();
    }

    void add_project_commands() {
        CLI::App& projects = group("project", "Products that are measured");
        CLI::App* add =
            command(projects, "add", "Add a project and print its keys once",
                    "clickmill project add shop --zone Europe/Berlin --week-start sunday",
                    [this] { return add_project(project_); });
        add->add_option("id", project_.id, "a-z, 0-9, - and _; at most 40")->required();
        add->add_option("--name", project_.name, "for people");
        add->add_option("--zone", project_.zone,
                        "its time zone, by IANA name; default: this host's");
        add->add_option("--week-start", project_.week_start, "monday, sunday or saturday");
        add_settings(add, project_.settings);
        CLI::App* change =
            command(projects, "change", "Rename a project, or move it to another time zone or week",
                    "clickmill project change shop --zone Asia/Kathmandu",
                    [this] { return change_project(project_); });
        change->add_option("id", project_.id, "the project's id")->required();
        change->add_option("--name", project_.name, "for people");
        change->add_option("--zone", project_.zone,
                           "by IANA name; its rollups are built anew from raw clicks");
        change->add_option("--week-start", project_.new_week_start, "the same");
        add_settings(change, project_.settings);
        add_settings(command(projects, "list", "List the projects", "clickmill project list",
                             [this] { return list_projects(project_); }),
                     project_.settings);
    }

    void add_key_commands() {
        CLI::App& keys = group("key", "Write keys of pages and read keys of programs");
        CLI::App* add = command(keys, "add", "Make a key and print it once",
                                "clickmill key add shop --kind write --origin https://shop.example",
                                [this] { return add_key(key_); });
        add->add_option("project", key_.project, "the project's id")->required();
        add->add_option("--kind", key_.kind, "write or read")
            ->check(CLI::IsMember({"write", "read"}));
        add->add_option("--origin", key_.origins, "a browser origin that may use it; default: any");
        add->add_option("--events-per-second", key_.events_per_second, "default: as configured")
            ->check(CLI::NonNegativeNumber);
        add_settings(add, key_.settings);
        CLI::App* list = command(keys, "list", "List the keys, without their secrets",
                                 "clickmill key list", [this] { return list_keys(key_); });
        list->add_option("project", key_.project, "of this project only");
        add_settings(list, key_.settings);
        CLI::App* disable =
            command(keys, "disable", "Refuse a key from now on", "clickmill key disable 3",
                    [this] { return disable_key(key_); });
        disable->add_option("id", key_.id, "as 'key list' shows it")->required();
        add_settings(disable, key_.settings);
    }

    void add_user_commands() {
        CLI::App& users = group("user", "People who look at the dashboard");
        const auto add_named = [&](const char* name, const char* description, const char* example,
                                   Action action) {
            CLI::App* made = command(users, name, description, example, std::move(action));
            made->add_option("name", user_.name, "an address or a name")->required();
            add_settings(made, user_.settings);
            return made;
        };
        add_named("add", "Add a person and print a sign-in link",
                  "clickmill user add ann@example.org", [this] { return add_user(user_); })
            ->add_flag("--admin", user_.is_admin, "may administer, too");
        add_named("link", "Print another sign-in link", "clickmill user link ann@example.org",
                  [this] { return link_user(user_); });
        add_named("remove", "Remove a person and end their sessions",
                  "clickmill user remove ann@example.org", [this] { return remove_user(user_); });
        add_settings(command(users, "list", "List the people", "clickmill user list",
                             [this] { return list_users(user_); }),
                     user_.settings);
    }

    void add_feature_commands() {
        CLI::App& features = group("feature", "The catalogue: what people wrote about features");
        const auto add = [&](const char* name, const char* description, const char* example,
                             Action action) {
            CLI::App* made = command(features, name, description, example, std::move(action));
            made->add_option("project", feature_.project, "the project's id")->required();
            add_settings(made, feature_.settings);
            return made;
        };
        const CLI::IsMember states({"planned", "live", "deprecated", "removed"});
        add("list", "List a project's catalogue", "clickmill feature list shop --state planned",
            [this] { return list_features(feature_); })
            ->add_option("--state", feature_.state, "only these")
            ->check(states);
        CLI::App* set = add("set", "Write about a feature; what is not given stays",
                            "clickmill feature set shop checkout.pay --name Pay --owner ann "
                            "--tag checkout --state live",
                            [this] { return set_feature(feature_); });
        set->add_option("id", feature_.id, "as clicks name it")->required();
        const auto add_text = [&](const char* option, std::string& text, bool& is_given,
                                  const char* description) {
            set->add_option_function<std::string>(
                option,
                [&text, &is_given](const std::string& value) {
                    text = value;
                    is_given = true;
                },
                description);
        };
        add_text("--name", feature_.name, feature_.has_name, "for people");
        add_text("--description", feature_.description, feature_.has_description, "what it is");
        add_text("--owner", feature_.owner, feature_.has_owner, "a person or a team");
        add_text("--alias-of", feature_.alias_of, feature_.has_alias_of,
                 "it was renamed: the id that clicks have today; '' takes it back");
        set->add_option(
            "--tag", feature_.tags,
            "repeat it for several; they take the old ones' place, '' takes those away");
        set->add_option("--state", feature_.state, "planned, live, deprecated or removed")
            ->check(states);
        add("remove", "Remove what was written about a feature; its clicks stay",
            "clickmill feature remove shop checkout.pay",
            [this] { return remove_feature(feature_); })
            ->add_option("id", feature_.id, "as clicks name it")
            ->required();
        add("import", "Write about many features, from CSV",
            "clickmill feature import shop features.csv",
            [this] { return import_features(feature_); })
            ->add_option("file", feature_.file,
                         "as 'feature export' writes it; - is standard input")
            ->required();
        add("export", "Print the catalogue as CSV", "clickmill feature export shop > features.csv",
            [this] { return export_features(feature_); });
    }

    void add_config_commands() {
        CLI::App& configs = group("config", "Settings: check, show, explain");
        add_settings(command(configs, "check", "Say what is wrong with the settings, and where",
                             "clickmill config check --config clickmill.toml",
                             [this] { return check_config(settings_); }),
                     settings_);
        add_settings(command(configs, "print", "Show what holds and where each value comes from",
                             "clickmill config print --config clickmill.toml",
                             [this] { return print_config(settings_); }),
                     settings_);
        command(configs, "reference", "Print docs/reference/configuration.md",
                "clickmill config reference | less", [] { return print_config_reference(); });
    }

    void add_data_commands() {
        CLI::App* demo =
            command(app_, "demo", "Fill a data folder with sample history",
                    "clickmill demo --data demo-data", [this] { return fill_demo(demo_); });
        add_settings(demo, demo_.settings);
        demo->add_option("--days", demo_.days, "of history")->check(CLI::Range(1, 365));
        demo->add_option("--clicks", demo_.clicks, "about so many")
            ->check(CLI::Range(1'000, 20'000'000));
        demo->add_option("--seed", demo_.seed, "another seed, another history");

        CLI::App& event_log = group("log", "The event log: every raw click");
        CLI::App* cat = command(event_log, "cat", "Print raw clicks, one JSON object a line",
                                "clickmill log cat --from 2026-11-01 --to 2026-11-02",
                                [this] { return cat_event_log(cat_); });
        add_settings(cat, cat_.settings);
        cat->add_option("--from", cat_.from, "a UTC date or moment, by append time");
        cat->add_option("--to", cat_.to, "the same, excluded");
        cat->add_flag("--payload-only", cat_.payload_only,
                      "the lines as they are stored, without offset and append_time");
        add_settings(command(event_log, "verify", "Read everything and count what is damaged",
                             "clickmill log verify", [this] { return verify_event_log(cat_); }),
                     cat_.settings);

        add_raw_commands();
        add_verify();
        add_erase();
        add_backup();
        add_rollup_commands();

        CLI::App& clock = group("clock", "The wall clock that buckets stand on");
        add_settings(command(clock, "confirm", "Say that the host's clock is right after a jump",
                             "clickmill clock confirm --data data",
                             [this] { return confirm_clock_of(settings_); }),
                     settings_);
        add_settings(
            command(app_, "doctor", "Look for what could go wrong here, and say what to do",
                    "clickmill doctor --data data", [this] { return examine(settings_); }),
            settings_);
        command(app_, "version", "Print the version", "clickmill version",
                [] { return print_version(); });
    }

    void add_raw_commands() {
        CLI::App& raw = group("raw", "Every raw click, archived or only in the log yet, for SQL");
        const auto add = [&](const char* name, const char* description, const char* example,
                             Action action) {
            CLI::App* made = command(raw, name, description, example, std::move(action));
            add_settings(made, raw_.settings);
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
        command(raw, "schema", "List the columns of the table events", "clickmill raw schema",
                [] { return print_raw_schema(); });
    }

    void add_rollup_commands() {
        CLI::App& rollups = group("rollup", "What is kept per feature and hour");
        const auto add = [this, &rollups](const char* name, const char* what, const char* example,
                                          auto action) {
            CLI::App* added =
                command(rollups, name, what, example, [this, action] { return action(rollup_); });
            add_settings(added, rollup_.settings);
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
        CLI::App* again =
            add("rebuild", "Build a rollup anew from raw clicks, as it is configured now",
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

    void add_verify() {
        CLI::App* verify =
            command(app_, "verify", "Recount stored numbers from the raw clicks, by SQL",
                    "clickmill verify --from 2026-11-01 --to 2026-12-01 --rollup by_page",
                    [this] { return verify_numbers(verify_); });
        add_settings(verify, verify_.settings);
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

    void add_erase() {
        CLI::App* erase = command(
            app_, "erase", "Forget a person in the raw clicks; no number changes",
            "clickmill erase --user ann@example.org", [this] { return erase_people(erase_); });
        add_settings(erase, erase_.settings);
        erase
            ->add_option("--user", erase_.users,
                         "a user_id, anonymous_id or session_id; repeat it for several")
            ->required();
        erase->add_option("--project", erase_.project, "in this project only");
        erase->add_flag("--dry-run", erase_.only_counts, "only say where they are");
    }

    void add_backup() {
        CLI::App* backup = command(app_, "backup", "Copy a data folder, beside its server or not",
                                   "clickmill backup --to /backup/clickmill/2026-12-01 --previous "
                                   "/backup/clickmill/2026-11-30",
                                   [this] { return back_up(backup_); });
        add_settings(backup, backup_.settings);
        backup->add_option("--to", backup_.folder, "a new folder")->required();
        backup->add_option("--previous", backup_.previous,
                           "an earlier backup on the same disk: files of the archive that are in "
                           "it are linked, not copied");
        CLI::App* restored = command(
            app_, "restore", "Put a backup into a new data folder, or check it",
            "clickmill restore --from /backup/clickmill/2026-12-01 --data /var/lib/clickmill",
            [this] { return restore(backup_); });
        add_settings(restored, backup_.settings);
        restored->add_option("--from", backup_.folder, "the backup's folder")->required();
        restored->add_flag("--check", backup_.only_checks,
                           "only see whether every file is as it was written");
    }

    CLI::App app_;
    Action action_ = [] { return 2; };
    SettingsArguments settings_;
    ServeArguments serve_;
    UnreadableArguments unreadable_;
    PartitionArguments partition_;
    StoreCopyArguments store_copy_;
    SettingsArguments store_migrate_;
    ControlCopyArguments control_copy_;
    ProjectArguments project_;
    KeyArguments key_;
    UserArguments user_;
    FeatureArguments feature_;
    DemoArguments demo_;
    CatArguments cat_;
    RawArguments raw_;
    RollupArguments rollup_;
    VerifyArguments verify_;
    EraseArguments erase_;
    BackupArguments backup_;
};

}  // namespace

int run(int argc, char** argv) {
    return CommandLine().run(argc, argv);
}

}  // namespace clickmill::cli
