-- one rollup
CREATE VIEW "by_platform_version" AS
SELECT v.project, g.name AS grain,
    CASE s.grain
        WHEN 0 THEN (SELECT label FROM hours AS h WHERE h.view_id = s.view_id AND h.hour = s.bucket)
        WHEN 3 THEN to_char(to_timestamp(s.bucket) AT TIME ZONE 'UTC', 'YYYY-MM')
        ELSE to_char(to_timestamp(s.bucket) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
    END AS date,
    s.feature_id, s."platform", s."app_version", s.clicks, s.users, s.bucket
FROM views AS v CROSS JOIN grains AS g JOIN "by_platform_version_settled" AS s
    ON s.view_id = v.view_id AND s.grain = g.grain
WHERE v.state = 0

-- totals
CREATE VIEW standing_builds AS
SELECT view_id, grain, bucket, held, positions
FROM headers AS h
WHERE h.is_live_gone <> 0 OR NOT EXISTS (
    SELECT 1 FROM jsonb_array_elements(h.held::jsonb) AS held(value)
    JOIN marks AS m ON m.view_id = h.view_id AND m.hour BETWEEN (held.value ->> 0)::bigint AND (held.value ->> 1)::bigint
    WHERE m.touched > coalesce((h.positions::jsonb ->> m.partition::int)::bigint, 0))

-- totals
CREATE VIEW hourly_clicks AS
SELECT v.project, o.label AS date, s.feature_id, s.clicks AS click_count, s.users
FROM standing_builds AS b
JOIN hours AS o ON o.view_id = b.view_id AND o.hour = b.bucket
JOIN views AS v ON v.view_id = b.view_id
JOIN "totals_settled" AS s ON s.view_id = b.view_id AND s.grain = 0 AND s.bucket = b.bucket
WHERE b.grain = 0 AND v.state = 0 AND s.feature_id <> '(all)'
UNION ALL
SELECT v.project, o.label, l.feature_id, sum(l.clicks), NULL
FROM hours AS o
JOIN views AS v ON v.view_id = o.view_id
JOIN "totals_live" AS l ON l.view_id = o.view_id AND l.hour = o.hour
WHERE v.state = 0 AND l.feature_id <> '(all)' AND NOT EXISTS (
    SELECT 1 FROM standing_builds AS b
    WHERE b.view_id = o.view_id AND b.grain = 0 AND b.bucket = o.hour)
GROUP BY v.view_id, o.view_id, o.hour, l.feature_id

-- totals
CREATE VIEW daily_clicks AS
WITH loose_hours AS (
    SELECT o.view_id, o.hour, o.day AS bucket, EXISTS (
        SELECT 1 FROM standing_builds AS b
        WHERE b.view_id = o.view_id AND b.grain = 0 AND b.bucket = o.hour) AS is_settled
    FROM hours AS o
    WHERE NOT EXISTS (
        SELECT 1 FROM standing_builds AS b, jsonb_array_elements(b.held::jsonb) AS held(value)
        WHERE b.view_id = o.view_id AND b.grain = 1 AND b.bucket = o.day
            AND o.hour BETWEEN (held.value ->> 0)::bigint AND (held.value ->> 1)::bigint)),
parts AS (
    SELECT s.view_id, s.bucket, s.feature_id, s.clicks, s.users
    FROM standing_builds AS b
    JOIN "totals_settled" AS s ON s.view_id = b.view_id AND s.grain = 1 AND s.bucket = b.bucket
    WHERE b.grain = 1
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM loose_hours AS o
    JOIN "totals_settled" AS s ON s.view_id = o.view_id AND s.grain = 0 AND s.bucket = o.hour
    WHERE o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM loose_hours AS o
    JOIN "totals_live" AS l ON l.view_id = o.view_id AND l.hour = o.hour
    WHERE NOT o.is_settled)
SELECT v.project, to_char(to_timestamp(p.bucket) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS date, p.feature_id,
    sum(p.clicks) AS click_count, CASE WHEN count(*) = 1 THEN max(p.users) END AS users
FROM parts AS p JOIN views AS v ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.view_id, p.bucket, p.feature_id

-- totals
CREATE VIEW weekly_clicks AS
WITH loose_hours AS (
    SELECT o.view_id, o.hour, o.week AS bucket, EXISTS (
        SELECT 1 FROM standing_builds AS b
        WHERE b.view_id = o.view_id AND b.grain = 0 AND b.bucket = o.hour) AS is_settled
    FROM hours AS o
    WHERE NOT EXISTS (
        SELECT 1 FROM standing_builds AS b, jsonb_array_elements(b.held::jsonb) AS held(value)
        WHERE b.view_id = o.view_id AND b.grain = 2 AND b.bucket = o.week
            AND o.hour BETWEEN (held.value ->> 0)::bigint AND (held.value ->> 1)::bigint)),
parts AS (
    SELECT s.view_id, s.bucket, s.feature_id, s.clicks, s.users
    FROM standing_builds AS b
    JOIN "totals_settled" AS s ON s.view_id = b.view_id AND s.grain = 2 AND s.bucket = b.bucket
    WHERE b.grain = 2
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM loose_hours AS o
    JOIN "totals_settled" AS s ON s.view_id = o.view_id AND s.grain = 0 AND s.bucket = o.hour
    WHERE o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM loose_hours AS o
    JOIN "totals_live" AS l ON l.view_id = o.view_id AND l.hour = o.hour
    WHERE NOT o.is_settled)
SELECT v.project, to_char(to_timestamp(p.bucket) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS date, p.feature_id,
    sum(p.clicks) AS click_count, CASE WHEN count(*) = 1 THEN max(p.users) END AS users
FROM parts AS p JOIN views AS v ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.view_id, p.bucket, p.feature_id

-- totals
CREATE VIEW monthly_clicks AS
WITH loose_hours AS (
    SELECT o.view_id, o.hour, o.month AS bucket, EXISTS (
        SELECT 1 FROM standing_builds AS b
        WHERE b.view_id = o.view_id AND b.grain = 0 AND b.bucket = o.hour) AS is_settled
    FROM hours AS o
    WHERE NOT EXISTS (
        SELECT 1 FROM standing_builds AS b, jsonb_array_elements(b.held::jsonb) AS held(value)
        WHERE b.view_id = o.view_id AND b.grain = 3 AND b.bucket = o.month
            AND o.hour BETWEEN (held.value ->> 0)::bigint AND (held.value ->> 1)::bigint)),
parts AS (
    SELECT s.view_id, s.bucket, s.feature_id, s.clicks, s.users
    FROM standing_builds AS b
    JOIN "totals_settled" AS s ON s.view_id = b.view_id AND s.grain = 3 AND s.bucket = b.bucket
    WHERE b.grain = 3
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM loose_hours AS o
    JOIN "totals_settled" AS s ON s.view_id = o.view_id AND s.grain = 0 AND s.bucket = o.hour
    WHERE o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM loose_hours AS o
    JOIN "totals_live" AS l ON l.view_id = o.view_id AND l.hour = o.hour
    WHERE NOT o.is_settled)
SELECT v.project, to_char(to_timestamp(p.bucket) AT TIME ZONE 'UTC', 'YYYY-MM') AS date, p.feature_id,
    sum(p.clicks) AS click_count, CASE WHEN count(*) = 1 THEN max(p.users) END AS users
FROM parts AS p JOIN views AS v ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.view_id, p.bucket, p.feature_id

