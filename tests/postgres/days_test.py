#!/usr/bin/env python3
"""Bad days of a PostgreSQL server that holds the metrics: clicks are taken all the while, and counts are exact afterwards.

    tests/postgres/days_test.py --bin build/dev/bin/clickmill
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from crash_test import Comparison, Journal, Load  # noqa: E402
from days import run_days  # noqa: E402
from postgres_cluster import DATABASE, ROLE, PostgresCluster, programs  # noqa: E402
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402

ADVISORY_LOCKS = 0x436B4D6C  # kPgLocks in src/metrics_store/postgres/session.h


class World:
    """A server of all roles with the embedded log, its numbers in PostgreSQL, and a load on it."""

    def __init__(self, options, postgres, folder):
        self.postgres = postgres
        self.server = Clickmill(options.bin, environment={"CLICKMILL_METRICS_STORE__URL": postgres.url})
        self.journal = Journal(folder / "journal")
        self.load = None
        self.options = options

    def __enter__(self):
        try:
            self.server.launch()
            self.write_key, self.read_key = self.server.keys()
            wait_until(self.takes_clicks, "clicks are taken", 30)
            self.load = Load(self.options, self.server.port, self.write_key, self.journal.path)
            wait_until(lambda: self.journal.path.exists() and self.journal.path.stat().st_size > 0, "a first click")
        except BaseException as failure:
            self.__exit__(type(failure))
            raise
        return self

    def __exit__(self, failure, *details):
        if self.load:
            self.load.process.kill()
            self.load.process.wait()
        self.server.__exit__(failure, *details)

    def takes_clicks(self):
        return '"server":"ok"' in self.readiness()  # whatever the database does

    def readiness(self):
        self.server.check_alive()
        try:
            return self.server.operations("/readyz")[1]
        except OSError:
            return ""

    def is_told(self, words, seconds=30):
        wait_until(lambda: words in self.readiness(), f"/readyz says '{words}'", seconds)

    def differences(self):
        """Of what was acknowledged and what is counted, by the API and at a SQL prompt."""
        self.load.pause()
        self.journal.read_on()
        comparison = Comparison(self.server, self.read_key, self.journal)
        comparison.compare_accounting()
        comparison.compare_features("hour")
        comparison.compare_dimensions()
        comparison.compare_users()
        clicks = len(self.journal.ids)
        for view in ("hourly_clicks", "daily_clicks", "weekly_clicks", "monthly_clicks"):
            counted = self.postgres.sql(f"SELECT sum(click_count) FROM {view}").strip()
            comparison.expect(view, counted, str(clicks))
        return comparison.differences


def is_away_at_the_start(options, postgres, folder):
    postgres.stop()
    with World(options, postgres, folder) as world:
        world.is_told("cannot connect to the metrics store")
        time.sleep(1)
        postgres.start()
        return world.differences()


def is_killed_under_load(options, postgres, folder):
    with World(options, postgres, folder) as world:
        for pause in (0.5, 2.0):
            time.sleep(1)
            postgres.kill()
            time.sleep(pause)
            postgres.start()
        return world.differences()


def ends_every_connection(options, postgres, folder):
    """As an administrator, or idle_in_transaction_session_timeout, does."""
    with World(options, postgres, folder) as world:
        for _ in range(5):
            time.sleep(0.5)
            postgres.sql(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                         f"WHERE usename = '{ROLE}' AND pid <> pg_backend_pid()")
        return world.differences()


def makes_statements_time_out(options, postgres, folder):
    postgres.sql(f"ALTER ROLE {ROLE} SET statement_timeout = '300ms'")
    try:
        with World(options, postgres, folder) as world:
            hold = subprocess.Popen(
                [programs() / "psql", "--no-psqlrc", "--quiet", postgres.url, "--command",
                 f"SET statement_timeout = 0; SELECT pg_advisory_lock({ADVISORY_LOCKS}, 0), pg_sleep(2)"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            world.is_told("statement timeout")
            hold.wait(30)
            return world.differences()
    finally:
        postgres.sql(f"ALTER ROLE {ROLE} RESET statement_timeout")


def refuses_the_password(options, postgres, folder):
    postgres.sql(f"ALTER ROLE {ROLE} PASSWORD 'another'; CREATE ROLE helper SUPERUSER LOGIN PASSWORD 'helps'")
    with World(options, postgres, folder) as world:
        world.is_told("password authentication failed")
        if postgres.state["password"] in world.server.output() + world.readiness():
            return ["the password is shown"]
        postgres.run("psql", "--quiet", "--command", f"ALTER ROLE {ROLE} PASSWORD '{postgres.state['password']}'",
                     f"postgresql://helper:helps@127.0.0.1:{postgres.state['port']}/{DATABASE}")
        differences = world.differences()
    postgres.sql("DROP ROLE helper")
    return differences


def may_only_read(options, postgres, folder):
    """A role that writes nothing, as on a replica."""
    postgres.sql(f"ALTER ROLE {ROLE} SET default_transaction_read_only = on")
    with World(options, postgres, folder) as world:
        world.is_told("metrics_store.url has to name the primary, not a replica")
        postgres.sql(f"BEGIN READ WRITE; ALTER ROLE {ROLE} RESET default_transaction_read_only; COMMIT")
        postgres.sql(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                     f"WHERE usename = '{ROLE}' AND pid <> pg_backend_pid()")
        return world.differences()


def has_tables_of_a_newer_program(options, postgres, folder):
    with World(options, postgres, folder) as world:
        world.load.pause()
        world.server.wait_until_counted(world.read_key)
        postgres.sql("UPDATE clickmill_schema SET version = 99")
        world.server.stop()
        world.server.launch()
        world.is_told("its schema has version 99")
        postgres.sql("UPDATE clickmill_schema SET version = 1")
        world.load.say("go")
        return world.differences()


def has_a_url_of_something_else(options, _, folder):
    run = subprocess.run([options.bin, "serve", "--data", str(folder / "data")], capture_output=True, text=True, timeout=60,
                         env={**os.environ, "CLICKMILL_METRICS_STORE__URL": "mysql://somewhere:secret@x/y"})
    wanted = "a url is postgresql://user:password@host:5432/database"
    return [] if run.returncode != 0 and wanted in run.stderr and "secret" not in run.stderr else [run.stderr]


DAYS = (is_away_at_the_start, is_killed_under_load, ends_every_connection, makes_statements_time_out,
        refuses_the_password, may_only_read, has_tables_of_a_newer_program, has_a_url_of_something_else)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", nargs="+", help="only these, by a part of their names")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    options = parse_arguments(parser, "load")

    def live_through(day, folder):
        postgres = PostgresCluster(f"days-{os.getpid()}")
        try:
            postgres.start()
            return day(options, postgres, folder)
        finally:
            postgres.delete()
    return run_days(DAYS, options.days, live_through)


if __name__ == "__main__":
    sys.exit(main())
