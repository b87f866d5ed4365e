-- all rollups
CREATE TABLE IF NOT EXISTS clickmill_schema_local ON CLUSTER "main" (version Int64) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (version) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS clickmill_schema ON CLUSTER "main" AS clickmill_schema_local ENGINE = Distributed("main", currentDatabase(), clickmill_schema_local, 0)

-- all rollups
CREATE TABLE IF NOT EXISTS views_local ON CLUSTER "main" (view_id Int64, place Int64, project String, rollup String, generation Int64, base_name String, dimensions Array(String), keeps_users Int64, zone String, week_start Int64, limit_features Int64, limit_values Int64, late_seconds Int64, fold_version Int64, since_us Int64, state Int64, changed Int64) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', since_us) ORDER BY (view_id) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS views ON CLUSTER "main" AS views_local ENGINE = Distributed("main", currentDatabase(), views_local, 0)

-- all rollups
CREATE TABLE IF NOT EXISTS hours_local ON CLUSTER "main" (view_id Int64, hour Int64, label String, day Int64, week Int64, month Int64) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (view_id, hour) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS hours ON CLUSTER "main" AS hours_local ENGINE = Distributed("main", currentDatabase(), hours_local, 0)

-- all rollups
CREATE TABLE IF NOT EXISTS positions_local ON CLUSTER "main" (view_id Int64, partition Int64, through SimpleAggregateFunction(max, Int64), newest_hour SimpleAggregateFunction(max, Int64), complete_through_us SimpleAggregateFunction(max, Int64)) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (view_id, partition) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS positions ON CLUSTER "main" AS positions_local ENGINE = Distributed("main", currentDatabase(), positions_local, 0)

-- all rollups
CREATE TABLE IF NOT EXISTS marks_local ON CLUSTER "main" (view_id Int64, hour Int64, partition Int64, touched Int64) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', touched) ORDER BY (view_id, hour, partition) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS marks ON CLUSTER "main" AS marks_local ENGINE = Distributed("main", currentDatabase(), marks_local, 0)

-- all rollups
CREATE TABLE IF NOT EXISTS headers_local ON CLUSTER "main" (view_id Int64, grain Int64, bucket Int64, build Int64, positions String, held String, is_live_gone Int64, version UInt128) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (view_id, grain, bucket) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS headers ON CLUSTER "main" AS headers_local ENGINE = Distributed("main", currentDatabase(), headers_local, 0)

-- all rollups
CREATE TABLE IF NOT EXISTS ledgers_local ON CLUSTER "main" (partition Int64, log_id String, partition_count Int64, through Int64, folded_to_us Int64, complete_through_us Int64, repeat_key Int64, repeat_window_seconds Int64, cuts Array(Int64), projects Array(String), counted Array(Int64), duplicate Array(Int64), left_out Array(Int64), late Array(Int64), unreadable Array(Int64), lost Array(Int64), version UInt128) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (partition) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS ledgers ON CLUSTER "main" AS ledgers_local ENGINE = Distributed("main", currentDatabase(), ledgers_local, 0)

-- all rollups
CREATE TABLE IF NOT EXISTS repeat_pieces_local ON CLUSTER "main" (partition Int64, first_offset Int64, next_offset Int64, slice_offset Int64, ids String CODEC(NONE)) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', next_offset) ORDER BY (partition, first_offset) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- all rollups
CREATE TABLE IF NOT EXISTS repeat_pieces ON CLUSTER "main" AS repeat_pieces_local ENGINE = Distributed("main", currentDatabase(), repeat_pieces_local, 0)

-- all rollups
CREATE VIEW IF NOT EXISTS accounting ON CLUSTER "main" AS SELECT partition, project, counted, duplicate, left_out, late, unreadable, lost FROM ledgers FINAL ARRAY JOIN projects AS project, counted, duplicate, left_out, late, unreadable, lost

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_live_local" ON CLUSTER "main" (view_id Int64, hour Int64, feature_id LowCardinality(String), "platform" LowCardinality(String), "app_version" LowCardinality(String), partition Int64, clicks Int64, through Int64) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', through) PARTITION BY toYYYYMM(toDateTime(hour, 'UTC')) ORDER BY (view_id, hour, feature_id, "platform", "app_version", partition) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_live" ON CLUSTER "main" AS "by_platform_version_live_local" ENGINE = Distributed("main", currentDatabase(), "by_platform_version_live_local", cityHash64(feature_id))

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_live_users_local" ON CLUSTER "main" (view_id Int64, hour Int64, feature_id LowCardinality(String), "platform" LowCardinality(String), "app_version" LowCardinality(String), partition Int64, sketch String CODEC(NONE), through Int64) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', through) PARTITION BY toYYYYMM(toDateTime(hour, 'UTC')) ORDER BY (view_id, hour, feature_id, "platform", "app_version", partition) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_live_users" ON CLUSTER "main" AS "by_platform_version_live_users_local" ENGINE = Distributed("main", currentDatabase(), "by_platform_version_live_users_local", cityHash64(feature_id))

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_settled_local" ON CLUSTER "main" (view_id Int64, grain Int64, feature_id LowCardinality(String), bucket Int64, "platform" LowCardinality(String), "app_version" LowCardinality(String), build Int64, clicks Int64, users Nullable(Int64)) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') PARTITION BY toYYYYMM(toDateTime(bucket, 'UTC')) ORDER BY (view_id, grain, feature_id, bucket, "platform", "app_version", build) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_settled" ON CLUSTER "main" AS "by_platform_version_settled_local" ENGINE = Distributed("main", currentDatabase(), "by_platform_version_settled_local", cityHash64(feature_id))

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_settled_users_local" ON CLUSTER "main" (view_id Int64, grain Int64, feature_id LowCardinality(String), bucket Int64, "platform" LowCardinality(String), "app_version" LowCardinality(String), build Int64, sketch String CODEC(NONE)) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') PARTITION BY toYYYYMM(toDateTime(bucket, 'UTC')) ORDER BY (view_id, grain, feature_id, bucket, "platform", "app_version", build) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512

-- one rollup
CREATE TABLE IF NOT EXISTS "by_platform_version_settled_users" ON CLUSTER "main" AS "by_platform_version_settled_users_local" ENGINE = Distributed("main", currentDatabase(), "by_platform_version_settled_users_local", cityHash64(feature_id))

-- one rollup, for people
CREATE VIEW IF NOT EXISTS "by_platform_version" ON CLUSTER "main" AS
SELECT v.project AS project, ['hour', 'day', 'week', 'month'][s.grain + 1] AS grain,
    multiIf(s.grain = 0, o.label, s.grain = 3,
        formatDateTime(toDateTime(s.bucket, 'UTC'), '%Y-%m'),
        formatDateTime(toDateTime(s.bucket, 'UTC'), '%F')) AS date,
    s.feature_id AS feature_id, s."platform" AS "platform", s."app_version" AS "app_version", s.clicks AS clicks, s.users AS users, s.bucket AS bucket
FROM "by_platform_version_settled" AS s FINAL
JOIN headers AS h FINAL ON h.view_id = s.view_id AND h.grain = s.grain AND h.bucket = s.bucket
    AND h.build = s.build
JOIN views AS v FINAL ON v.view_id = s.view_id
LEFT JOIN hours AS o FINAL ON o.view_id = s.view_id AND o.hour = s.bucket
WHERE v.state = 0

-- totals
CREATE VIEW IF NOT EXISTS hour_buckets ON CLUSTER "main" AS
SELECT view_id, hour, label, grain, bucket
FROM hours FINAL ARRAY JOIN [0, 1, 2, 3] AS grain, [hour, day, week, month] AS bucket

-- totals
CREATE VIEW IF NOT EXISTS standing_builds ON CLUSTER "main" AS
SELECT view_id, grain, bucket, build, held, positions
FROM headers FINAL
WHERE is_live_gone <> 0 OR (view_id, grain, bucket) NOT IN (
    SELECT h.view_id, h.grain, h.bucket
    FROM headers AS h FINAL
    JOIN hour_buckets AS o ON o.view_id = h.view_id AND o.grain = h.grain AND o.bucket = h.bucket
    JOIN marks AS m FINAL ON m.view_id = o.view_id AND m.hour = o.hour
    WHERE arrayExists(r -> o.hour BETWEEN r.1 AND r.2, JSONExtract(h.held, 'Array(Tuple(Int64, Int64))'))
        AND m.touched > JSONExtract(h.positions, 'Array(Int64)')[m.partition + 1])

-- totals
CREATE VIEW IF NOT EXISTS hourly_clicks ON CLUSTER "main" AS
SELECT v.project AS project, o.label AS date, s.feature_id AS feature_id,
    s.clicks AS click_count, s.users AS users
FROM totals_settled AS s FINAL
JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain AND b.bucket = s.bucket
    AND b.build = s.build
JOIN hours AS o FINAL ON o.view_id = s.view_id AND o.hour = s.bucket
JOIN views AS v FINAL ON v.view_id = s.view_id
WHERE v.state = 0 AND s.grain = 0 AND s.feature_id <> '(all)'
UNION ALL
SELECT v.project, o.label, l.feature_id, sum(l.clicks), NULL
FROM totals_live AS l FINAL
JOIN hours AS o FINAL ON o.view_id = l.view_id AND o.hour = l.hour
JOIN views AS v FINAL ON v.view_id = l.view_id
WHERE v.state = 0 AND l.feature_id <> '(all)'
    AND (l.view_id, l.hour) NOT IN (SELECT view_id, bucket FROM standing_builds WHERE grain = 0)
GROUP BY v.project, l.view_id, l.hour, o.label, l.feature_id

-- totals
CREATE VIEW IF NOT EXISTS daily_clicks ON CLUSTER "main" AS
WITH loose AS (
    SELECT o.view_id AS view_id, o.hour AS hour, o.bucket AS bucket,
        (o.view_id, o.hour) IN (
            SELECT view_id, bucket FROM standing_builds WHERE grain = 0) AS is_settled
    FROM hour_buckets AS o
    LEFT JOIN (SELECT view_id, bucket, held FROM standing_builds WHERE grain = 1) AS b
        ON b.view_id = o.view_id AND b.bucket = o.bucket
    WHERE o.grain = 1 AND NOT arrayExists(r -> o.hour BETWEEN r.1 AND r.2, JSONExtract(b.held, 'Array(Tuple(Int64, Int64))'))),
parts AS (
    SELECT s.view_id AS view_id, s.bucket AS bucket, s.feature_id AS feature_id,
        s.clicks AS clicks, s.users AS users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    WHERE s.grain = 1
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    JOIN loose AS o ON o.view_id = s.view_id AND o.hour = s.bucket
    WHERE s.grain = 0 AND o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM totals_live AS l FINAL
    JOIN loose AS o ON o.view_id = l.view_id AND o.hour = l.hour
    WHERE NOT o.is_settled)
SELECT v.project AS project, formatDateTime(toDateTime(p.bucket, 'UTC'), '%F') AS date,
    p.feature_id AS feature_id, sum(p.clicks) AS click_count,
    if(count() = 1, max(p.users), NULL) AS users
FROM parts AS p JOIN views AS v FINAL ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.project, p.view_id, p.bucket, p.feature_id

-- totals
CREATE VIEW IF NOT EXISTS weekly_clicks ON CLUSTER "main" AS
WITH loose AS (
    SELECT o.view_id AS view_id, o.hour AS hour, o.bucket AS bucket,
        (o.view_id, o.hour) IN (
            SELECT view_id, bucket FROM standing_builds WHERE grain = 0) AS is_settled
    FROM hour_buckets AS o
    LEFT JOIN (SELECT view_id, bucket, held FROM standing_builds WHERE grain = 2) AS b
        ON b.view_id = o.view_id AND b.bucket = o.bucket
    WHERE o.grain = 2 AND NOT arrayExists(r -> o.hour BETWEEN r.1 AND r.2, JSONExtract(b.held, 'Array(Tuple(Int64, Int64))'))),
parts AS (
    SELECT s.view_id AS view_id, s.bucket AS bucket, s.feature_id AS feature_id,
        s.clicks AS clicks, s.users AS users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    WHERE s.grain = 2
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    JOIN loose AS o ON o.view_id = s.view_id AND o.hour = s.bucket
    WHERE s.grain = 0 AND o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM totals_live AS l FINAL
    JOIN loose AS o ON o.view_id = l.view_id AND o.hour = l.hour
    WHERE NOT o.is_settled)
SELECT v.project AS project, formatDateTime(toDateTime(p.bucket, 'UTC'), '%F') AS date,
    p.feature_id AS feature_id, sum(p.clicks) AS click_count,
    if(count() = 1, max(p.users), NULL) AS users
FROM parts AS p JOIN views AS v FINAL ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.project, p.view_id, p.bucket, p.feature_id

-- totals
CREATE VIEW IF NOT EXISTS monthly_clicks ON CLUSTER "main" AS
WITH loose AS (
    SELECT o.view_id AS view_id, o.hour AS hour, o.bucket AS bucket,
        (o.view_id, o.hour) IN (
            SELECT view_id, bucket FROM standing_builds WHERE grain = 0) AS is_settled
    FROM hour_buckets AS o
    LEFT JOIN (SELECT view_id, bucket, held FROM standing_builds WHERE grain = 3) AS b
        ON b.view_id = o.view_id AND b.bucket = o.bucket
    WHERE o.grain = 3 AND NOT arrayExists(r -> o.hour BETWEEN r.1 AND r.2, JSONExtract(b.held, 'Array(Tuple(Int64, Int64))'))),
parts AS (
    SELECT s.view_id AS view_id, s.bucket AS bucket, s.feature_id AS feature_id,
        s.clicks AS clicks, s.users AS users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    WHERE s.grain = 3
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    JOIN loose AS o ON o.view_id = s.view_id AND o.hour = s.bucket
    WHERE s.grain = 0 AND o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM totals_live AS l FINAL
    JOIN loose AS o ON o.view_id = l.view_id AND o.hour = l.hour
    WHERE NOT o.is_settled)
SELECT v.project AS project, formatDateTime(toDateTime(p.bucket, 'UTC'), '%Y-%m') AS date,
    p.feature_id AS feature_id, sum(p.clicks) AS click_count,
    if(count() = 1, max(p.users), NULL) AS users
FROM parts AS p JOIN views AS v FINAL ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.project, p.view_id, p.bucket, p.feature_id

-- delete
ALTER TABLE "by_platform_version_live_local" ON CLUSTER "main" DELETE WHERE view_id = 1

