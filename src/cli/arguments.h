// What each command was told. Filled by command_line.cc; the commands know nothing of its library.
#pragma once

#include "server/server.h"

#include <cstdint>
#include <string>
#include <vector>

namespace clickmill::cli {

// Where the settings come from: of every command that works on a data folder.
struct SettingsArguments {
    std::string config_file;
    std::string data;        // empty: as configured
    std::string listen;      // empty: as configured
    std::string operations;  // empty: as configured
};

struct ServeArguments {
    SettingsArguments settings;
    server::Role role = server::Role::All;
    std::string collector_url;  // where the demo page sends clicks; empty: to this process
    bool is_demo = false;
    std::string ready_file;  // empty: none
};

struct UnreadableArguments {
    SettingsArguments settings;
    bool is_again = false;
};

struct PartitionArguments {
    SettingsArguments settings;
    int32_t partition = 0;
    bool accepts_gap = false;
};

struct StoreCopyArguments {
    std::string from;
    std::string to;
    std::string cluster;  // of a ClickHouse that is written to; empty: none
};

struct ControlCopyArguments {
    std::string from;
    std::string to;
};

struct ProjectArguments {
    SettingsArguments settings;
    std::string id;
    std::string name;
    std::string zone;
    std::string week_start = "monday";
    std::string new_week_start;  // of one that is there; empty: as it is
};

struct KeyArguments {
    SettingsArguments settings;
    std::string project;
    std::string kind = "write";
    std::vector<std::string> origins;
    double events_per_second = 0;
    int64_t id = 0;
};

struct FeatureArguments {
    SettingsArguments settings;
    std::string project;
    std::string id;
    std::string file;   // "-": standard input
    std::string state;  // list: only these; set: empty is as it was
    std::string name;
    std::string description;
    std::string owner;
    std::string alias_of;
    std::vector<std::string> tags;
    bool has_name = false;  // given, be it empty
    bool has_description = false;
    bool has_owner = false;
    bool has_alias_of = false;
};

struct UserArguments {
    SettingsArguments settings;
    std::string name;
    bool is_admin = false;
};

struct DemoArguments {
    SettingsArguments settings;
    int64_t days = 90;
    int64_t clicks = 400'000;
    uint64_t seed = 1;
};

struct CatArguments {
    SettingsArguments settings;
    std::string from;  // a date or a moment; empty: the oldest
    std::string to;
    bool payload_only = false;
};

struct RawArguments {
    SettingsArguments settings;
    std::string sql;
    std::string format;  // table, csv, json or parquet; empty: as the command likes
    std::string out;     // a file; empty: standard output
    std::string from;    // as CatArguments
    std::string to;
    std::string project;     // empty: all
    int64_t memory_mib = 0;  // 0: as configured
};

struct EraseArguments {
    SettingsArguments settings;
    std::vector<std::string> users;
    std::string project;  // empty: all
    bool only_counts = false;
};

struct BackupArguments {
    SettingsArguments settings;
    std::string folder;    // of the backup
    std::string previous;  // an earlier one; empty: none
    bool only_checks = false;
};

struct RollupArguments {
    SettingsArguments settings;
    std::string name;
    std::string project;  // empty: all
    std::vector<std::string> dimensions;
    bool without_users = false;
    bool waits = false;
    int32_t generation = 0;  // 0: the newest that may be meant
};

struct VerifyArguments {
    SettingsArguments settings;
    std::string from;  // local dates of each project; empty: all there are
    std::string to;
    std::string project;  // empty: all
    std::string rollup;   // empty: all
    int sample = 1;       // every so many-th day
    int64_t memory_mib = 0;
};

}  // namespace clickmill::cli
