-- upsert_live_clicks
INSERT INTO "by_platform_version_live" (view_id, hour, feature_id, "platform", "app_version", partition, clicks, through) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (view_id, hour, feature_id, "platform", "app_version", partition) DO UPDATE SET clicks = excluded.clicks, through = excluded.through WHERE "by_platform_version_live".through < excluded.through

-- upsert_live_users
INSERT INTO "by_platform_version_live_users" (view_id, hour, feature_id, "platform", "app_version", partition, sketch, through) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (view_id, hour, feature_id, "platform", "app_version", partition) DO UPDATE SET sketch = excluded.sketch, through = excluded.through WHERE "by_platform_version_live_users".through < excluded.through

-- delete_live_clicks
DELETE FROM "by_platform_version_live" WHERE view_id = ?1 AND hour = ?2

-- delete_live_users
DELETE FROM "by_platform_version_live_users" WHERE view_id = ?1 AND hour = ?2

-- insert_settled
INSERT INTO "by_platform_version_settled" (view_id, grain, feature_id, bucket, "platform", "app_version", clicks, users) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)

-- insert_settled_users
INSERT INTO "by_platform_version_settled_users" (view_id, grain, feature_id, bucket, "platform", "app_version", sketch) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)

-- delete_settled
DELETE FROM "by_platform_version_settled" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3

-- delete_settled_users
DELETE FROM "by_platform_version_settled_users" WHERE view_id = ?1 AND grain = ?2 AND bucket = ?3

-- upsert_mark
INSERT INTO marks (view_id, hour, partition, touched) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (view_id, hour, partition) DO UPDATE SET touched = excluded.touched WHERE marks.touched < excluded.touched

-- insert_hour
INSERT INTO hours (view_id, hour, label, day, week, month) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (view_id, hour) DO NOTHING

-- upsert_position
INSERT INTO positions (view_id, partition, through, newest_hour, complete_through_us) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (view_id, partition) DO UPDATE SET through = greatest(positions.through, excluded.through), newest_hour = greatest(positions.newest_hour, excluded.newest_hour), complete_through_us = greatest(positions.complete_through_us, excluded.complete_through_us)

-- upsert_ledger
INSERT INTO ledgers (partition, log_id, partition_count, through, folded_to_us, complete_through_us, repeat_key, repeat_window_seconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (partition) DO UPDATE SET log_id = excluded.log_id, partition_count = excluded.partition_count, through = excluded.through, folded_to_us = excluded.folded_to_us, complete_through_us = excluded.complete_through_us, repeat_key = excluded.repeat_key, repeat_window_seconds = excluded.repeat_window_seconds WHERE ledgers.through < excluded.through OR (ledgers.through = excluded.through AND ledgers.complete_through_us <= excluded.complete_through_us)

-- upsert_repeat_piece
INSERT INTO repeat_pieces (partition, first_offset, next_offset, slice_offset, ids) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (partition, first_offset) DO UPDATE SET next_offset = excluded.next_offset, slice_offset = excluded.slice_offset, ids = excluded.ids WHERE repeat_pieces.next_offset < excluded.next_offset

-- upsert_accounting
INSERT INTO accounting (partition, project, counted, duplicate, left_out, late, unreadable, lost) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (partition, project) DO UPDATE SET counted = excluded.counted, duplicate = excluded.duplicate, left_out = excluded.left_out, late = excluded.late, unreadable = excluded.unreadable, lost = excluded.lost

-- upsert_header
INSERT INTO headers (view_id, grain, bucket, build, positions, held) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (view_id, grain, bucket) DO UPDATE SET build = excluded.build, positions = excluded.positions, held = excluded.held

