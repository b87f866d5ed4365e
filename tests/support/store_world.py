"""A server whose numbers lie in a database, under load, for that database's bad days. Python's standard library only."""
import argparse
import contextlib
import datetime
import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
from clickhouse_server import ClickHouseServer  # noqa: E402
from crash_test import Comparison, Journal, Load  # noqa: E402
from days import run_days  # noqa: E402
from postgres_cluster import PostgresCluster  # noqa: E402
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402

STORES = ("sqlite", "postgres", "clickhouse")


@contextlib.contextmanager
def store_server(store, name):
    """A database server of its own that is started, with url, sql(), kill() and start(); none for sqlite."""
    if store == "sqlite":
        yield None
        return
    server = PostgresCluster(f"{name}-{os.getpid()}") if store == "postgres" else ClickHouseServer()
    try:
        server.start()
        yield server
    finally:
        server.delete()


def wait_for_every_rollup(server, read_key, moment, seconds=60):
    """Until what was received before `moment` (seconds since 1970) is counted in each rollup: the ledger, which says what
    is pending, may be ahead of rows, and wide rollups are flushed after the narrow ones."""
    server.wait_until_counted(read_key, seconds)
    day = time.strftime("%Y-%m-%d", time.gmtime(moment))
    for by in ({}, {"by": "platform"}, {"by": "page"}, {"by": "experiment"}):
        def is_complete(by=by):
            through = server.ask("series", read_key, grain="month", **by, **{"from": day})["complete_through"]
            return through and datetime.datetime.fromisoformat(through).timestamp() > moment
        wait_until(is_complete, f"{by or 'totals'} is complete", seconds)


def server_like(origin, options, url=""):
    """A server of its own on a copy of the event log of `origin`, which is stopped; its numbers are in the store at `url`,
    or in its own metrics.db."""
    server = Clickmill(options.bin, environment={**origin.environment, "CLICKMILL_METRICS_STORE__URL": url})
    server.environment["CLICKMILL_SERVER__OPERATIONS_LISTEN"] = f"127.0.0.1:{server.operations_port}"
    for path in origin.data.iterdir():
        if path.is_file() and not path.name.startswith("metrics.db"):
            shutil.copy(path, server.data)
    return server


def world_on(database, options, folder, **environment):
    return StoreWorld(options, database.url, database.sql, folder, environment)


def is_killed_under_load(options, database, folder):
    """A day of any database."""
    with world_on(database, options, folder) as world:
        for pause in (0.5, 2.0):
            time.sleep(1)
            database.kill()
            time.sleep(pause)
            database.start()
        return world.differences()


def live_through_days(description, days, store):
    """The command line of a database's days: each with a server of its own; the exit code."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--days", nargs="+", help="only these, by a part of their names")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    options = parse_arguments(parser, "load")

    def live_through(day, folder):
        with store_server(store, "days") as database:
            return day(options, database, folder)
    return run_days(days, options.days, live_through)


class StoreWorld:
    """A server of all roles with the embedded log, its numbers in the database at `url`, and a load on it."""

    def __init__(self, options, url, sql, folder, environment):
        """`sql` runs a statement at a prompt of the database and gives its rows as text."""
        self.sql = sql
        self.server = Clickmill(options.bin, environment={"CLICKMILL_METRICS_STORE__URL": url, **environment})
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

    def differences(self, others=0):
        """Of what was acknowledged and what is counted, by the API and at a SQL prompt; `others`: clicks of other
        projects, which the accounting of the server holds too."""
        wait_until(self.takes_clicks, "clicks are taken", 30)
        self.load.pause()
        wait_for_every_rollup(self.server, self.read_key, time.time())
        self.journal.read_on()
        comparison = Comparison(self.server, self.read_key, self.journal)
        comparison.compare_accounting(others)
        comparison.compare_features("hour")
        comparison.compare_dimensions()
        comparison.compare_users()
        clicks = len(self.journal.ids)
        for view in ("hourly_clicks", "daily_clicks", "weekly_clicks", "monthly_clicks"):
            counted = self.sql(f"SELECT sum(click_count) FROM {view} WHERE project = 'default'").strip()
            comparison.expect(view, counted, str(clicks))
        return comparison.differences
