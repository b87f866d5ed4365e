#!/usr/bin/env python3
"""Bad days of a ClickHouse that holds the metrics: clicks are taken all the while, and counts are exact afterwards.

    tests/clickhouse/days_test.py --bin build/dev/bin/clickmill
"""
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from store_world import is_killed_under_load, live_through_days, world_on  # noqa: E402


def is_away_at_the_start(options, clickhouse, folder):
    clickhouse.kill()
    with world_on(clickhouse, options, folder) as world:
        world.is_told("cannot use metrics store")
        time.sleep(1)
        clickhouse.start()
        return world.differences()


def forgets_and_repeats_writes(options, clickhouse, folder):
    """Of the changes that are sent some are never done, some done without an answer, some twice."""
    with world_on(clickhouse, options, folder) as world:
        clickhouse.fault(kind="mixed", after=2, every=3)
        time.sleep(4)
        clickhouse.fault()
        return world.differences()


def does_writes_late(options, clickhouse, folder):
    """After a newer one, as a zombie's would come."""
    with world_on(clickhouse, options, folder) as world:
        for after in range(1, 9):
            clickhouse.fault(kind="late", after=after, every=7)
            time.sleep(0.6)
        clickhouse.fault()
        return world.differences()


def dies_with_the_aggregator_between_two_writes(options, clickhouse, folder):
    with world_on(clickhouse, options, folder) as world:
        for after in range(1, 13):
            clickhouse.fault(kind="forget", after=after)
            time.sleep(0.5)
            world.server.kill()
            clickhouse.fault()
            world.server.launch()
        return world.differences()


def has_a_full_disk(options, clickhouse, folder):
    with world_on(clickhouse, options, folder) as world:
        clickhouse.fault(kind="full", after=0)
        world.is_told("nothing is lost, it goes on once there is space")
        clickhouse.fault()
        return world.differences()


def refuses_the_password(options, clickhouse, folder):
    right, clickhouse.password = clickhouse.password, "another"
    clickhouse.kill()
    clickhouse.start()
    clickhouse.password = right
    with world_on(clickhouse, options, folder) as world:
        world.is_told("metrics_store.url names the user and the password")
        if right in world.server.output() + world.readiness():
            return ["the password is shown"]
        clickhouse.kill()
        clickhouse.start()
        return world.differences()


def has_tables_of_a_newer_program(options, clickhouse, folder):
    with world_on(clickhouse, options, folder) as world:
        world.load.pause()
        world.server.wait_until_counted(world.read_key)
        clickhouse.sql("INSERT INTO clickmill_schema (version) VALUES (99)")
        world.server.stop()
        world.server.launch()
        world.is_told("its schema has version 99")
        clickhouse.sql("DELETE FROM clickmill_schema WHERE version = 99")
        world.load.say("go")
        return world.differences()


def has_tables_of_an_older_program(options, clickhouse, folder):
    """Version 1 had no states of views."""
    with world_on(clickhouse, options, folder) as world:
        world.load.pause()
        world.server.wait_until_counted(world.read_key)
        world.server.stop()
        counted = clickhouse.sql("SELECT sum(click_count) FROM hourly_clicks")
        for view in ("hourly_clicks", "daily_clicks", "weekly_clicks", "monthly_clicks", "totals", "by_page"):
            clickhouse.sql(f"DROP VIEW {view}")
        clickhouse.sql("ALTER TABLE views DROP COLUMN state, DROP COLUMN changed")
        clickhouse.sql("DELETE FROM clickmill_schema WHERE version = 2")
        clickhouse.sql("INSERT INTO clickmill_schema (version) VALUES (1)")
        world.server.start()
        found = clickhouse.sql("SELECT sum(click_count) FROM hourly_clicks")
        world.load.say("go")
        wrong = [] if found == counted else [f"hourly_clicks says {found!r} after the upgrade, {counted!r} before"]
        return wrong + world.differences()


def has_a_url_of_something_else(options, _, folder):
    run = subprocess.run([options.bin, "serve", "--data", str(folder / "data")], capture_output=True, text=True, timeout=60,
                         env={**os.environ, "CLICKMILL_METRICS_STORE__URL": "clickhouse://ann:secret@x/a/b"})
    wanted = "a url is clickhouse://user:password@host:8123/database"
    return [] if run.returncode != 0 and wanted in run.stderr and "secret" not in run.stderr else [run.stderr]


DAYS = (is_away_at_the_start, is_killed_under_load, forgets_and_repeats_writes, does_writes_late,
        dies_with_the_aggregator_between_two_writes, has_a_full_disk, refuses_the_password,
        has_tables_of_a_newer_program, has_tables_of_an_older_program, has_a_url_of_something_else)


if __name__ == "__main__":
    sys.exit(live_through_days(__doc__, DAYS, "clickhouse"))
