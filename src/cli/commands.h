// The commands: one function, one file each. All return the exit code: 0 done, 1 failed, 2 wrong
// use. Results go to standard output, everything else to standard error.
#pragma once

#include "cli/arguments.h"

namespace clickmill::cli {

int serve(const ServeArguments& arguments);
int add_project(const ProjectArguments& arguments);
int change_project(const ProjectArguments& arguments);
int list_projects(const ProjectArguments& arguments);
int add_key(const KeyArguments& arguments);
int list_keys(const KeyArguments& arguments);
int disable_key(const KeyArguments& arguments);
int add_user(const UserArguments& arguments);
int list_users(const UserArguments& arguments);
int link_user(const UserArguments& arguments);
int remove_user(const UserArguments& arguments);
int list_features(const FeatureArguments& arguments);
int set_feature(const FeatureArguments& arguments);
int remove_feature(const FeatureArguments& arguments);
int import_features(const FeatureArguments& arguments);
int export_features(const FeatureArguments& arguments);
int list_rollups(const RollupArguments& arguments);
int add_rollup(const RollupArguments& arguments);
int rebuild_rollup(const RollupArguments& arguments);
int switch_rollup(const RollupArguments& arguments);
int drop_rollup(const RollupArguments& arguments);
int diff_rollup(const RollupArguments& arguments);
int fill_demo(const DemoArguments& arguments);
int check_config(const SettingsArguments& arguments);
int print_config(const SettingsArguments& arguments);
int print_config_reference();
int examine(const SettingsArguments& arguments);
int cat_event_log(const CatArguments& arguments);
int verify_event_log(const CatArguments& arguments);
int query_raw(const RawArguments& arguments);
int export_raw(const RawArguments& arguments);
int print_raw_schema();
int verify_numbers(const VerifyArguments& arguments);
int erase_people(const EraseArguments& arguments);
int back_up(const BackupArguments& arguments);
int restore(const BackupArguments& arguments);
int confirm_clock_of(const SettingsArguments& arguments);
int create_topic(const SettingsArguments& arguments);
int check_topic(const SettingsArguments& arguments);
int list_unreadable(const UnreadableArguments& arguments);
int retry_unreadable(const UnreadableArguments& arguments);
int resume_partition(const PartitionArguments& arguments);
int copy_metrics(const StoreCopyArguments& arguments);
int copy_control(const ControlCopyArguments& arguments);
int migrate_metrics(const SettingsArguments& arguments);
int print_version();

}  // namespace clickmill::cli
