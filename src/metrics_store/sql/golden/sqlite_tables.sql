-- all rollups
CREATE TABLE rollups (rollup_id INTEGER PRIMARY KEY, name TEXT NOT NULL, base_name TEXT NOT NULL UNIQUE)

-- all rollups
CREATE TABLE rollup_dimensions (rollup_id INTEGER NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (rollup_id, place)) WITHOUT ROWID

-- all rollups
CREATE TABLE views (view_id INTEGER PRIMARY KEY, project TEXT NOT NULL, rollup TEXT NOT NULL, generation INTEGER NOT NULL, rollup_id INTEGER NOT NULL, keeps_users INTEGER NOT NULL, zone TEXT NOT NULL, week_start INTEGER NOT NULL, limit_features INTEGER NOT NULL, limit_values INTEGER NOT NULL, late_seconds INTEGER NOT NULL, fold_version INTEGER NOT NULL, since_us INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0, UNIQUE (project, rollup, generation))

-- all rollups
CREATE TABLE grains (grain INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)

-- all rollups
INSERT INTO grains (grain, name) VALUES (0, 'hour'), (1, 'day'), (2, 'week'), (3, 'month')

-- all rollups
CREATE TABLE hours (view_id INTEGER NOT NULL, hour INTEGER NOT NULL, label TEXT NOT NULL, day INTEGER NOT NULL, week INTEGER NOT NULL, month INTEGER NOT NULL, PRIMARY KEY (view_id, hour)) WITHOUT ROWID

-- all rollups
CREATE TABLE positions (view_id INTEGER NOT NULL, partition INTEGER NOT NULL, through INTEGER NOT NULL, newest_hour INTEGER NOT NULL, complete_through_us INTEGER NOT NULL, PRIMARY KEY (view_id, partition)) WITHOUT ROWID

-- all rollups
CREATE TABLE marks (view_id INTEGER NOT NULL, hour INTEGER NOT NULL, partition INTEGER NOT NULL, touched INTEGER NOT NULL, PRIMARY KEY (view_id, hour, partition)) WITHOUT ROWID

-- all rollups
CREATE TABLE headers (view_id INTEGER NOT NULL, grain INTEGER NOT NULL, bucket INTEGER NOT NULL, build INTEGER NOT NULL, positions TEXT NOT NULL, held TEXT NOT NULL, is_live_gone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (view_id, grain, bucket)) WITHOUT ROWID

-- all rollups
CREATE TABLE builds (last INTEGER NOT NULL)

-- all rollups
INSERT INTO builds (last) VALUES (0)

-- all rollups
CREATE TABLE ledgers (partition INTEGER PRIMARY KEY, log_id TEXT NOT NULL, partition_count INTEGER NOT NULL, through INTEGER NOT NULL, folded_to_us INTEGER NOT NULL, complete_through_us INTEGER NOT NULL, repeat_key INTEGER NOT NULL, repeat_window_seconds INTEGER NOT NULL)

-- all rollups
CREATE TABLE ledger_cuts (partition INTEGER NOT NULL, first_offset INTEGER NOT NULL, append_time_us INTEGER NOT NULL, slice_seconds INTEGER NOT NULL, max_entries INTEGER NOT NULL, PRIMARY KEY (partition, first_offset)) WITHOUT ROWID

-- all rollups
CREATE TABLE repeat_pieces (partition INTEGER NOT NULL, first_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL, slice_offset INTEGER NOT NULL, ids BLOB NOT NULL, PRIMARY KEY (partition, first_offset))

-- all rollups
CREATE TABLE accounting (partition INTEGER NOT NULL, project TEXT NOT NULL, counted INTEGER NOT NULL, duplicate INTEGER NOT NULL, left_out INTEGER NOT NULL, late INTEGER NOT NULL, unreadable INTEGER NOT NULL, lost INTEGER NOT NULL, PRIMARY KEY (partition, project)) WITHOUT ROWID

-- one rollup
CREATE TABLE "by_platform_version_live" (view_id INTEGER NOT NULL, hour INTEGER NOT NULL, feature_id TEXT NOT NULL, "platform" TEXT NOT NULL, "app_version" TEXT NOT NULL, partition INTEGER NOT NULL, clicks INTEGER NOT NULL, through INTEGER NOT NULL, PRIMARY KEY (view_id, hour, feature_id, "platform", "app_version", partition)) WITHOUT ROWID

-- one rollup
CREATE TABLE "by_platform_version_live_users" (view_id INTEGER NOT NULL, hour INTEGER NOT NULL, feature_id TEXT NOT NULL, "platform" TEXT NOT NULL, "app_version" TEXT NOT NULL, partition INTEGER NOT NULL, sketch BLOB NOT NULL, through INTEGER NOT NULL, PRIMARY KEY (view_id, hour, feature_id, "platform", "app_version", partition))

-- one rollup
CREATE TABLE "by_platform_version_settled" (view_id INTEGER NOT NULL, grain INTEGER NOT NULL, feature_id TEXT NOT NULL, bucket INTEGER NOT NULL, "platform" TEXT NOT NULL, "app_version" TEXT NOT NULL, clicks INTEGER NOT NULL, users INTEGER, PRIMARY KEY (view_id, grain, feature_id, bucket, "platform", "app_version")) WITHOUT ROWID

-- one rollup
CREATE INDEX "by_platform_version_settled_by_bucket" ON "by_platform_version_settled" (view_id, grain, bucket, feature_id, "platform", "app_version", clicks)

-- one rollup
CREATE TABLE "by_platform_version_settled_users" (view_id INTEGER NOT NULL, grain INTEGER NOT NULL, feature_id TEXT NOT NULL, bucket INTEGER NOT NULL, "platform" TEXT NOT NULL, "app_version" TEXT NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY (view_id, grain, feature_id, bucket, "platform", "app_version"))

-- one rollup
CREATE INDEX "by_platform_version_settled_users_by_bucket" ON "by_platform_version_settled_users" (view_id, grain, bucket, feature_id, "platform", "app_version")

