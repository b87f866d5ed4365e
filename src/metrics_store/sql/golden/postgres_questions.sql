-- series of one feature
SELECT bucket, feature_id, clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id = ?5
--   with 1 0 3 20 'a'

-- series of one feature, users
SELECT bucket, feature_id, sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id = ?5
--   with 1 0 3 20 'a'

-- series of several features
SELECT bucket, feature_id, clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id IN (?5, ?6, ?7)
--   with 1 0 3 20 'a' 'b' 'c'

-- series of several features, users
SELECT bucket, feature_id, sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id IN (?5, ?6, ?7)
--   with 1 0 3 20 'a' 'b' 'c'

-- series by a dimension
SELECT bucket, feature_id, "platform", clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id IN (?5, ?6, ?7)
--   with 1 0 3 20 'a' 'b' 'c'

-- series by a dimension, users
SELECT bucket, feature_id, "platform", sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id IN (?5, ?6, ?7)
--   with 1 0 3 20 'a' 'b' 'c'

-- series with filters
SELECT bucket, feature_id, clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id IN (?5, ?6, ?7) AND "platform" = ?8 AND "app_version" IN (?9, ?10)
--   with 1 0 3 20 'a' 'b' 'c' 'ios' '1.0' '1.1'

-- series with filters, users
SELECT bucket, feature_id, sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id IN (?5, ?6, ?7) AND "platform" = ?8 AND "app_version" IN (?9, ?10)
--   with 1 0 3 20 'a' 'b' 'c' 'ios' '1.0' '1.1'

-- sum of one feature
SELECT clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id = ?5
--   with 1 0 3 20 'a'

-- sum of one feature, users
SELECT sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id = ?5
--   with 1 0 3 20 'a'

-- ranking of one bucket
SELECT feature_id, clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3 AND feature_id <> ?4
--   with 1 3 7 '(all)'

-- ranking of one bucket, users
SELECT feature_id, sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3 AND feature_id <> ?4
--   with 1 3 7 '(all)'

-- ranking of many buckets
SELECT feature_id, clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id <> ?5
--   with 1 3 3 20 '(all)'

-- ranking of many buckets, users
SELECT feature_id, sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id <> ?5
--   with 1 3 3 20 '(all)'

-- ranking with a filter
SELECT feature_id, clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3 AND feature_id <> ?4 AND "platform" = ?5
--   with 1 3 7 '(all)' 'ios'

-- ranking with a filter, users
SELECT feature_id, sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3 AND feature_id <> ?4 AND "platform" = ?5
--   with 1 3 7 '(all)' 'ios'

-- values of a dimension
SELECT "platform", clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id <> ?5
--   with 1 0 3 20 '(all)'

-- values of a dimension, users
SELECT "platform", sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 AND feature_id <> ?5
--   with 1 0 3 20 '(all)'

-- series of one live hour
SELECT hour, feature_id, clicks FROM "by_platform_version_live" WHERE view_id = ?1 AND hour = ?2 AND feature_id IN (?3, ?4, ?5)
--   with 1 7 'a' 'b' 'c'

-- series of one live hour, users
SELECT hour, feature_id, sketch FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour = ?2 AND feature_id IN (?3, ?4, ?5)
--   with 1 7 'a' 'b' 'c'

-- series of many live hours
SELECT hour, feature_id, clicks FROM "by_platform_version_live" WHERE view_id = ?1 AND hour IN (SELECT hour FROM marks WHERE view_id = ?2 AND hour BETWEEN ?3 AND ?4) AND feature_id IN (?5, ?6, ?7)
--   with 1 1 3 20 'a' 'b' 'c'

-- series of many live hours, users
SELECT hour, feature_id, sketch FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour IN (SELECT hour FROM marks WHERE view_id = ?2 AND hour BETWEEN ?3 AND ?4) AND feature_id IN (?5, ?6, ?7)
--   with 1 1 3 20 'a' 'b' 'c'

-- ranking of one live hour
SELECT feature_id, clicks FROM "by_platform_version_live" WHERE view_id = ?1 AND hour = ?2 AND feature_id <> ?3
--   with 1 7 '(all)'

-- ranking of one live hour, users
SELECT feature_id, sketch FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour = ?2 AND feature_id <> ?3
--   with 1 7 '(all)'

-- ranking of many live hours
SELECT feature_id, clicks FROM "by_platform_version_live" WHERE view_id = ?1 AND hour BETWEEN ?2 AND ?3 AND feature_id <> ?4
--   with 1 3 20 '(all)'

-- ranking of many live hours, users
SELECT feature_id, sketch FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour BETWEEN ?2 AND ?3 AND feature_id <> ?4
--   with 1 3 20 '(all)'

-- several ranges
SELECT clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND (bucket = ?3 OR bucket BETWEEN ?4 AND ?5 OR bucket = ?6) AND feature_id = ?7
--   with 1 0 1 3 5 9 'a'

-- several ranges, live
SELECT clicks FROM "by_platform_version_live" WHERE view_id = ?1 AND hour IN (SELECT hour FROM marks WHERE view_id = ?2 AND (hour = ?3 OR hour BETWEEN ?4 AND ?5 OR hour = ?6)) AND feature_id = ?7
--   with 1 1 1 3 5 9 'a'

-- one bucket whole
SELECT feature_id, "platform", "app_version", clicks FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3 ORDER BY feature_id, "platform", "app_version"
--   with 1 0 7

-- one bucket whole, users
SELECT feature_id, "platform", "app_version", sketch FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3 ORDER BY feature_id, "platform", "app_version"
--   with 1 0 7

-- one live hour whole
SELECT feature_id, "platform", "app_version", clicks FROM "by_platform_version_live" WHERE view_id = ?1 AND hour = ?2 ORDER BY feature_id, "platform", "app_version"
--   with 1 7

-- one live hour whole, users
SELECT feature_id, "platform", "app_version", sketch FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour = ?2 ORDER BY feature_id, "platform", "app_version"
--   with 1 7

-- load_clicks
SELECT clicks, through FROM "by_platform_version_live" WHERE view_id = ?1 AND hour = ?2 AND feature_id = ?3 AND "platform" = ?4 AND "app_version" = ?5 AND partition = ?6

-- load_users
SELECT sketch, through FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour = ?2 AND feature_id = ?3 AND "platform" = ?4 AND "app_version" = ?5 AND partition = ?6

-- live_labels
SELECT feature_id, "platform", "app_version" FROM "by_platform_version_live" WHERE view_id = ?1 AND hour = ?2 AND partition = ?3 UNION ALL SELECT feature_id, "platform", "app_version" FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour = ?2 AND partition = ?3

