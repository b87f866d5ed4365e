// The words of the command line: of roles, stores, projects, keys, people and settings.
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/words.h"
#include "server/version.h"

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

class CommandLine {
public:
    CommandLine() {
        words_.app().description(
            "Clickmill counts clicks on features, exactly, and shows them at once.");
        words_.app().footer(kExamples);
        words_.app().require_subcommand(1);
        words_.app().set_version_flag("--version", "clickmill " + std::string(server::kVersion));
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
        data_.emplace(words_);  // the last in --help
    }

    int run(int argc, char** argv) {
        if (const auto problem = unknown_command(std::span(argv, static_cast<size_t>(argc)))) {
            fmt::print(stderr, "clickmill: {}\n", *problem);
            return 2;
        }
        try {
            words_.app().parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            // Help and version are "errors" of code 0.
            return words_.app().exit(error) == 0 ? 0 : 2;
        }
        return words_.act();
    }

private:
    // CLI11 says only that a command is missing, not which word it did not know.
    std::optional<std::string> unknown_command(std::span<char*> words) {
        CLI::App* group = &words_.app();
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

    void add_serve() {
        CLI::App* made = words_.command(
            words_.app(), "serve", "Collect, count, answer and show: the whole program",
            "clickmill serve --data /var/lib/clickmill --listen 127.0.0.1:8080",
            [this] { return serve(serve_); });
        Words::add_settings(made, serve_.settings);
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
        CLI::App* made = words_.command(words_.app(), name, description, example, [this, role] {
            serve_.role = role;
            return serve(serve_);
        });
        Words::add_settings(made, serve_.settings);
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
        CLI::App& topics = words_.group("topics", "The topics on Kafka that are the event log");
        Words::add_settings(words_.command(topics, "create", "Make the topics as kafka.* says",
                                           "clickmill topics create --config clickmill.toml",
                                           [this] { return create_topic(settings_); }),
                            settings_);
        Words::add_settings(
            words_.command(topics, "check", "Say what about the topics breaks a promise",
                           "clickmill topics check --config clickmill.toml",
                           [this] { return check_topic(settings_); }),
            settings_);
    }

    void add_unreadable() {
        CLI::App& unreadable =
            words_.group("unreadable", "What the aggregator could not read on Kafka");
        Words::add_settings(
            words_.command(unreadable, "list", "Print each record that is no event, and why",
                           "clickmill unreadable list --config clickmill.toml",
                           [this] { return list_unreadable(unreadable_); }),
            unreadable_.settings);
        CLI::App* retry = words_.command(unreadable, "retry", "Send again what can be read by now",
                                         "clickmill unreadable retry --config clickmill.toml",
                                         [this] { return retry_unreadable(unreadable_); });
        Words::add_settings(retry, unreadable_.settings);
        retry->add_flag("--again", unreadable_.is_again,
                        "also what an earlier retry may have sent before it was cut off");
    }

    void add_partition() {
        CLI::App& partitions = words_.group("partition", "Partitions of the event log on Kafka");
        CLI::App* resume =
            words_.command(partitions, "resume", "Go on where records were deleted uncounted",
                           "clickmill partition resume 3 --accept-gap --config clickmill.toml",
                           [this] { return resume_partition(partition_); });
        resume->add_option("partition", partition_.partition, "its number")->required();
        resume->add_flag("--accept-gap", partition_.accepts_gap,
                         "count what is gone as lost; without it the gap is only shown");
        Words::add_settings(resume, partition_.settings);
    }

    void add_store() {
        CLI::App& stores =
            words_.group("store", "The metrics store: SQLite, PostgreSQL or ClickHouse");
        CLI::App* copy = words_.command(
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
        CLI::App* migrate = words_.command(
            stores, "migrate", "Bring the metrics store's tables to this program's version",
            "clickmill store migrate --config clickmill.toml",
            [this] { return migrate_metrics(store_migrate_); });
        Words::add_settings(migrate, store_migrate_);
    }

    void add_control() {
        CLI::App& controls =
            words_.group("control", "The control store: projects, keys, people, catalogue");
        CLI::App* copy =
            words_.command(controls, "copy",
                           "Move projects, keys, people and the catalogue to another control store",
                           "clickmill control copy --from sqlite:data/control.db --to "
                           "postgresql://127.0.0.1/clicks",
                           [this] { return copy_control(control_copy_); });
        copy->add_option("--from", control_copy_.from, "sqlite:PATH or postgresql://...")
            ->required();
        copy->add_option("--to", control_copy_.to, "the same; nothing is there yet")->required();
    }

    void add_project_commands() {
        CLI::App& projects = words_.group("project", "Products that are measured");
        CLI::App* add =
            words_.command(projects, "add", "Add a project and print its keys once",
                           "clickmill project add shop --zone Europe/Berlin --week-start sunday",
                           [this] { return add_project(project_); });
        add->add_option("id", project_.id, "a-z, 0-9, - and _; at most 40")->required();
        add->add_option("--name", project_.name, "for people");
        add->add_option("--zone", project_.zone,
                        "its time zone, by IANA name; default: this host's");
        add->add_option("--week-start", project_.week_start, "monday, sunday or saturday");
        Words::add_settings(add, project_.settings);
        CLI::App* change = words_.command(
            projects, "change", "Rename a project, or move it to another time zone or week",
            "clickmill project change shop --zone Asia/Kathmandu",
            [this] { return change_project(project_); });
        change->add_option("id", project_.id, "the project's id")->required();
        change->add_option("--name", project_.name, "for people");
        change->add_option("--zone", project_.zone,
                           "by IANA name; its rollups are built anew from raw clicks");
        change->add_option("--week-start", project_.new_week_start, "the same");
        Words::add_settings(change, project_.settings);
        Words::add_settings(
            words_.command(projects, "list", "List the projects", "clickmill project list",
                           [this] { return list_projects(project_); }),
            project_.settings);
    }

    void add_key_commands() {
        CLI::App& keys = words_.group("key", "Write keys of pages and read keys of programs");
        CLI::App* add =
            words_.command(keys, "add", "Make a key and print it once",
                           "clickmill key add shop --kind write --origin https://shop.example",
                           [this] { return add_key(key_); });
        add->add_option("project", key_.project, "the project's id")->required();
        add->add_option("--kind", key_.kind, "write or read")
            ->check(CLI::IsMember({"write", "read"}));
        add->add_option("--origin", key_.origins, "a browser origin that may use it; default: any");
        add->add_option("--events-per-second", key_.events_per_second, "default: as configured")
            ->check(CLI::NonNegativeNumber);
        Words::add_settings(add, key_.settings);
        CLI::App* list = words_.command(keys, "list", "List the keys, without their secrets",
                                        "clickmill key list", [this] { return list_keys(key_); });
        list->add_option("project", key_.project, "of this project only");
        Words::add_settings(list, key_.settings);
        CLI::App* disable =
            words_.command(keys, "disable", "Refuse a key from now on", "clickmill key disable 3",
                           [this] { return disable_key(key_); });
        disable->add_option("id", key_.id, "as 'key list' shows it")->required();
        Words::add_settings(disable, key_.settings);
    }

    void add_user_commands() {
        CLI::App& users = words_.group("user", "People who look at the dashboard");
        const auto add_named = [&](const char* name, const char* description, const char* example,
                                   Action action) {
            CLI::App* made = words_.command(users, name, description, example, std::move(action));
            made->add_option("name", user_.name, "an address or a name")->required();
            Words::add_settings(made, user_.settings);
            return made;
        };
        add_named("add", "Add a person and print a sign-in link",
                  "clickmill user add ann@example.org", [this] { return add_user(user_); })
            ->add_flag("--admin", user_.is_admin, "may administer, too");
        add_named("link", "Print another sign-in link", "clickmill user link ann@example.org",
                  [this] { return link_user(user_); });
        add_named("remove", "Remove a person and end their sessions",
                  "clickmill user remove ann@example.org", [this] { return remove_user(user_); });
        Words::add_settings(words_.command(users, "list", "List the people", "clickmill user list",
                                           [this] { return list_users(user_); }),
                            user_.settings);
    }

    void add_feature_commands() {
        CLI::App& features =
            words_.group("feature", "The catalogue: what people wrote about features");
        const auto add = [&](const char* name, const char* description, const char* example,
                             Action action) {
            CLI::App* made =
                words_.command(features, name, description, example, std::move(action));
            made->add_option("project", feature_.project, "the project's id")->required();
            Words::add_settings(made, feature_.settings);
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
        CLI::App& configs = words_.group("config", "Settings: check, show, explain");
        Words::add_settings(
            words_.command(configs, "check", "Say what is wrong with the settings, and where",
                           "clickmill config check --config clickmill.toml",
                           [this] { return check_config(settings_); }),
            settings_);
        Words::add_settings(
            words_.command(configs, "print", "Show what holds and where each value comes from",
                           "clickmill config print --config clickmill.toml",
                           [this] { return print_config(settings_); }),
            settings_);
        words_.command(configs, "reference", "Print docs/reference/configuration.md",
                       "clickmill config reference | less",
                       [] { return print_config_reference(); });
    }

    Words words_;
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
    std::optional<DataWords> data_;
};

}  // namespace

int run(int argc, char** argv) {
    return CommandLine().run(argc, argv);
}

}  // namespace clickmill::cli
