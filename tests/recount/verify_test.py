#!/usr/bin/env python3
"""The archive of a server that was killed now and then, read by others, and `clickmill verify` on it.

    tests/recount/verify_test.py --events 30000 --bin build/dev/bin/clickmill

The clicks are those of recount_test.py: four zones, clock changes, repeats, kill -9. Then one number is changed by
hand, one event is taken out of a file, one file is damaged: verify has to find each. Needs the readers of
requirements.txt, in build/tools/readers.
"""
import argparse
import collections
import json
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from crash_test import names_join  # noqa: E402
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402
from recount_test import PROJECTS, fill  # noqa: E402

READERS = pathlib.Path(__file__).resolve().parents[2] / "build/tools/readers/bin/python"
COUNT_WITH_PANDAS = """
import pandas, sys
events = pandas.concat(pandas.read_parquet(path) for path in sys.argv[1:])
print(len(events), events.event_id.nunique(), events.groupby("feature_id").size().to_dict() == {})
"""
COUNT_WITH_ARROW = """
import pyarrow.dataset, sys
events = pyarrow.dataset.dataset(sys.argv[1:], format="parquet")
table = events.to_table(columns=["event_id", "append_time", "experiments"])
print(table.num_rows, len(table["event_id"].unique()), table.schema.field("append_time").type)
"""
COUNT_WITH_DUCKDB = """
import duckdb, sys
found = duckdb.connect().execute("SELECT count(*), count(DISTINCT event_id), count(DISTINCT (partition, \\"offset\\", place)) "
                                 "FROM read_parquet($1)", [sys.argv[1:]])
print(*found.fetchall()[0])
"""
DROP_AN_EVENT = """
import pyarrow.parquet, sys
file = pyarrow.parquet.ParquetFile(sys.argv[1])
table = file.read()
middle = len(table) // 2
kept = pyarrow.concat_tables([table.slice(0, middle), table.slice(middle + 1)])
kept = kept.replace_schema_metadata(file.metadata.metadata)
pyarrow.parquet.write_table(kept, sys.argv[1])
print(table["offset"][middle].as_py())
"""


def read_with(program, *paths):
    done = subprocess.run([READERS, "-c", program, *map(str, paths)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"another reader gave {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout.split()


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def expect(self, what, got, want):
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        print(f"{what}: {got!r}, expected {want!r}", flush=True)

    def expect_in(self, what, part, whole):
        self.expect(what, part if part in whole else whole, part)


class World:
    """A stopped server's data folder."""

    def __init__(self, server):
        self.server = server
        self.archive = server.data / "archive"

    def files(self):
        return sorted(self.archive.glob("date=*/*.parquet"))

    def command(self, *words):
        """(exit code, what it said)."""
        done = subprocess.run([self.server.binary, *words, "--data", str(self.server.data)], text=True,
                              env=self.server.environment, capture_output=True, timeout=600)
        return done.returncode, done.stdout + done.stderr

    def ask(self, sql):
        code, said = self.command("raw", "query", "--format", "json", sql)
        if code != 0:
            raise RuntimeError(f"raw query gave {code}: {said}")
        return [json.loads(line) for line in said.splitlines()]


def look_at_the_archive(world, checks):
    log = collections.Counter()
    said = world.command("log", "cat", "--payload-only")[1].splitlines()
    for line in said:
        log[json.loads(line)["event_id"]] += 1
    checks.expect("there are files", len(world.files()) > 5, True)
    checks.expect("their names join", names_join(world.files()), True)
    rows = world.ask("SELECT event_id, count(*) AS n FROM events GROUP BY ALL")
    checks.expect("archive and tail hold what the log holds, repeats too", {row["event_id"]: row["n"] for row in rows},
                  dict(log))
    place = '(partition, "offset", place)'
    checks.expect("nothing twice", world.ask(f"SELECT count(*) = count(DISTINCT {place}) AS once FROM events"),
                  [{"once": True}])
    exported = world.server.data / "exported.parquet"
    checks.expect("export", world.command("raw", "export", "--format", "parquet", "--out", str(exported))[0], 0)
    for name, program, more in (("pandas", COUNT_WITH_PANDAS, ["False"]),
                                ("pyarrow", COUNT_WITH_ARROW, ["timestamp[us,", "tz=UTC]"]),
                                ("DuckDB's own", COUNT_WITH_DUCKDB, [str(len(said))])):
        checks.expect(f"{name} reads the same", read_with(program, exported), [str(len(said)), str(len(log)), *more])
    own = sum(int(read_with(COUNT_WITH_ARROW, path)[0]) for path in world.files())
    tail = world.ask('SELECT count(*) AS n FROM events_in_log()')[0]["n"]
    checks.expect("files and tail", own + tail, len(said))


def verify_finds_nothing(world, checks):
    code, said = world.command("verify")
    checks.expect(f"verify: {said[-1500:]}", code, 0)
    checks.expect_in("a line for a monitor", "equal: ", said.splitlines()[-1])
    checks.expect("a sample is equal, too", world.command("verify", "--sample", "3")[0], 0)
    checks.expect("one rollup", world.command("verify", "--project", "berlin", "--rollup", "by_page")[0], 0)
    code, said = world.command("verify", "--rollup", "by_nothing")
    checks.expect_in("a rollup that nobody has", "no project has such a rollup", said)


def a_changed_number_is_found(world, checks):
    """One settled row of each grain, and of other rollups, in turn."""
    database = sqlite3.connect(world.server.data / "metrics.db")
    for rollup, grain in [("totals", 0), ("by_page", 1), ("totals", 2), ("by_experiment", 3)]:
        table = f"{rollup}_settled"
        key = [name for _, name, _, _, _, place in database.execute(f"PRAGMA table_info({table})") if place]
        row = database.execute(f"SELECT {', '.join(key)}, clicks FROM {table} WHERE grain = ? AND feature_id <> '(all)' "
                               "ORDER BY clicks DESC LIMIT 1", (grain,)).fetchone()
        change = f"UPDATE {table} SET clicks = clicks + ? WHERE {' AND '.join(f'{name} = ?' for name in key)}"
        with database:
            database.execute(change, (1, *row[:-1]))
        code, said = world.command("verify", "--rollup", rollup)
        checks.expect(f"verify with {table}, grain {grain}, changed: {said[-800:]}", code, 1)
        checks.expect_in("it names both numbers", f"{row[-1] + 1}", said)
        checks.expect_in("and where to look", "partition 0, offsets", said)
        with database:
            database.execute(change, (-1, *row[:-1]))
    checks.expect("all is well again", world.command("verify")[0], 0)
    database.close()


def a_missing_event_is_found(world, checks):
    path = world.files()[2]
    shutil.copy(path, world.server.data / "kept")
    offset = read_with(DROP_AN_EVENT, path)[0]
    code, said = world.command("verify", "--rollup", "totals")
    checks.expect(f"verify with an event less at {offset}", code, 1)
    checks.expect_in("an event less", "NOT EQUAL", said)
    shutil.move(world.server.data / "kept", path)


def a_damaged_file_is_named(world, checks):
    path = world.files()[1]
    whole = path.read_bytes()
    total = world.ask("SELECT count(*) AS n FROM events")[0]["n"]
    inside = int(read_with(COUNT_WITH_ARROW, path)[0])
    for what, damaged in (("half of it", whole[:len(whole) // 2]), ("nothing", b""),
                          ("another end", whole[:-8] + b"nonsense")):
        path.write_bytes(damaged)
        code, said = world.command("raw", "query", "SELECT count(*) AS n FROM events")
        checks.expect(f"{what}: the rest is answered", str(total - inside) in said, True)
        checks.expect_in(f"{what}: it is named", path.name, said)
        checks.expect(f"{what}: the exit code says so", code, 1)
    checks.expect_in("verify is not content", "NOT EQUAL", world.command("verify", "--rollup", "totals")[1])
    path.unlink()
    checks.expect_in("a gap is named", "in neither archive nor log: partition 0",
                     world.command("raw", "query", "SELECT 1")[1])
    path.write_bytes(whole)
    checks.expect("all is well again", world.command("verify", "--rollup", "totals")[0], 0)


ODD_ROLLUPS = """
[[rollup]]
name = "by_plan"
dimensions = ["properties.plan", "experiment", "page"]
users = true
"""
PLANS = ("pro", "free", 3, 1.5, True, None, {"nested": 1}, ["list"], "", "(all)", 'quo"te')


def odd_event(chance, number):
    event = {"feature_id": f"f{chance.randrange(40)}", "page": f"/page/{chance.randrange(9)}",
             "user_id": f"u{chance.randrange(200)}", "properties": {"plan": chance.choice(PLANS), "other": 1}}
    if chance.random() < 0.8:
        event["event_id"] = f"odd.1#{chance.randrange(number + 1)}"  # often sent before
    if chance.random() < 0.3:
        event["experiments"] = {"a": chance.choice("xy"), "b": chance.choice("xy")}
    if chance.random() < 0.2:
        del event["user_id"]
    if chance.random() < 0.2:
        del event["properties"]
    return event


def odd_clicks_are_equal(options, checks):
    """Limits on variety, properties of every type, several experiments, crawlers, clicks without ids or people."""
    chance = random.Random(options.seed)
    with Clickmill(options.bin, environment={"CLICKMILL_AGGREGATOR__MAX_FEATURES": "7", "CLICKMILL_ARCHIVE__FILE_EVENTS": "900",
                                             "CLICKMILL_AGGREGATOR__MAX_VALUES": "3"}) as server:
        (server.data / "odd.toml").write_text(ODD_ROLLUPS)
        server.arguments = ["--config", str(server.data / "odd.toml")]
        server.start()
        write_key, read_key = server.keys()
        for first in range(0, 4000, 50):
            agent = "Googlebot/2.1" if chance.random() < 0.1 else "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
            body = json.dumps({"key": write_key, "events": [odd_event(chance, first + i) for i in range(50)]})
            status, _, said = server.request("POST", "/v1/events", body, {"User-Agent": agent})
            if status != 200:
                raise RuntimeError(f"odd clicks gave {status}: {said}")
        accounting = server.wait_until_counted(read_key)
        checks.expect("there are repeats", accounting["duplicate"] > 300, True)
        checks.expect("there are crawlers", accounting["left_out"] > 100, True)
        wait_until(lambda: any(server.data.glob("archive/date=*/*.parquet")), "a file of the archive")
        server.stop()
        world = World(server)
        with sqlite3.connect(server.data / "metrics.db") as database:
            others = database.execute("SELECT sum(clicks) FROM by_plan_live WHERE feature_id = '(other)'").fetchone()
        checks.expect("there are (other)s", others[0] > 100, True)
        code, said = world.command("verify")
        checks.expect(f"verify of odd clicks: {said[-1500:]}", code, 0)
        checks.expect_in("odd clicks are compared", f"with {accounting['counted']} clicks", said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parse_arguments(parser, "load")
    if not READERS.exists():
        raise SystemExit("there are no other readers of Parquet: run script/setup")
    checks = Checks()
    with Clickmill(options.bin, environment={"CLICKMILL_ARCHIVE__FILE_EVENTS": str(options.events // 20)}) as server:
        keys = fill(server, options)
        server.start()
        for name in PROJECTS:
            server.wait_until_counted(keys[name][1])
        server.stop()
        world = World(server)
        for check in (look_at_the_archive, verify_finds_nothing, a_changed_number_is_found, a_missing_event_is_found,
                      a_damaged_file_is_named):
            check(world, checks)
    odd_clicks_are_equal(options, checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 0 if checks.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
