#!/usr/bin/env python3
"""Kills the real server with SIGKILL at random moments under load, and counts what came of it.

    tests/crash/crash_test.py --rounds 20 --seed 1 --bin build/dev/bin/clickmill

The load generator writes the body of every request that was acknowledged into a journal, and sends
each one that was not again, with the same bytes, until it is. After every round the journal is
counted here, each event id once, and compared with the API: 0 lost, 0 double, accounting exact. In the
end the archive's files and the log behind them hold every event once, repeats too. All the while rollups are built
anew from raw clicks: in the end they answer, and a recount by SQL finds every row of every rollup equal.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402

FEATURES_PER_QUESTION = 10
ARCHIVE_FILE_EVENTS = 2000  # so that most kills meet an archiver at work
REPLAY_FROM_RECORDS = 20  # and a rollup that is being built
USERS_ERROR = 0.0162 * 4  # four standard errors of the sketch


class Load:
    """The load generator under way: pause it, and everything sent so far is acknowledged."""

    def __init__(self, options, port, key, journal):
        self.process = subprocess.Popen(
            [options.load, "--port", str(port), "--key", key, "--journal", str(journal), "--seed", str(options.seed),
             "--steered", "--until-acknowledged", "--seconds", "0", "--rate", str(options.rate), "--batch", "20",
             "--connections", "12", "--features", "60", "--users", "3000", "--repeat-percent", "8"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def pause(self):
        self.say("pause")
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.say("stop")
        return json.loads(self.process.communicate(timeout=30)[0])


class Journal:
    """What was acknowledged, each event id once."""

    def __init__(self, path):
        self.path, self.read_to = path, 0
        self.ids, self.users = set(), set()
        self.clicks = collections.Counter()  # (dimension, value) -> clicks

    def read_on(self):
        with open(self.path, "rb") as file:
            file.seek(self.read_to)
            for line in file:
                self.add(json.loads(line))
            self.read_to = file.tell()

    def add(self, body):
        for event in body["events"]:
            if event["event_id"] in self.ids:
                continue
            self.ids.add(event["event_id"])
            self.users.add(event["user_id"])
            self.clicks["feature", event["feature_id"]] += 1
            self.clicks["page", event["page"]] += 1
            for name in ("platform", "app_version"):
                self.clicks[name, body["context"][name]] += 1
            for experiment in event.get("experiments", {}):
                self.clicks["experiment", experiment] += 1

    def values_of(self, dimension):
        return {value: clicks for (name, value), clicks in self.clicks.items() if name == dimension}


class Comparison:
    """Collects what differs between the journal and the API."""

    def __init__(self, server, read_key, journal):
        self.server, self.read_key, self.journal = server, read_key, journal
        day = 86_400
        now = time.time()
        self.range = {"from": time.strftime("%Y-%m-%d", time.gmtime(now - 2 * day)),
                      "to": time.strftime("%Y-%m-%d", time.gmtime(now + 2 * day))}
        self.differences = []

    def expect(self, what, got, want):
        if got != want:
            self.differences.append(f"{what}: {got}, expected {want}")

    def series(self, **parameters):
        return self.server.ask("series", self.read_key, **self.range, **parameters)["series"]

    def compare_accounting(self, others=0):
        accounting = self.server.wait_until_counted(self.read_key)
        self.expect("counted", accounting["counted"], len(self.journal.ids) + others)
        self.expect("lost", accounting["lost"], 0)
        self.expect("unreadable", accounting["unreadable"], 0)
        self.expect("late", accounting["late"], 0)
        self.expect("accepted", accounting["accepted"], accounting["counted"] + accounting["duplicate"])
        self.expect("is_balanced", accounting["is_balanced"], True)
        return accounting

    def compare_features(self, grain):
        features = self.journal.values_of("feature")
        names = sorted(features)
        for first in range(0, len(names), FEATURES_PER_QUESTION):
            some = names[first:first + FEATURES_PER_QUESTION]
            for line in self.series(feature_id=",".join(some), grain=grain):
                name = line["feature_id"]
                self.expect(f"{name} by {grain}", sum(v or 0 for v in line["values"]), features[name])
        self.expect(f"all features by {grain}",
                    sum(v or 0 for v in self.series(grain=grain)[0]["values"]), len(self.journal.ids))

    def compare_dimensions(self):
        for dimension in ("platform", "app_version", "page", "experiment"):
            lines = self.series(grain="day", by=dimension, limit=100)
            got = {line["by"]: line["total"] for line in lines if line["total"]}
            for reserved in ("(none)", "(rest)"):
                got.pop(reserved, None)
            self.expect(f"by {dimension}", got, self.journal.values_of(dimension))

    def compare_users(self):
        estimate = self.series(grain="day", metric="users")[0]["total"]
        exact = len(self.journal.users)
        if abs(estimate - exact) > USERS_ERROR * exact:
            self.differences.append(f"users: {estimate}, expected about {exact}")


def crash_once(server, chance):
    """One kill at a random moment, and sometimes another one while the server recovers from it."""
    time.sleep(chance.uniform(0.02, 0.7))
    server.kill()
    kills = 1
    while chance.random() < 0.3:
        server.launch()
        time.sleep(chance.uniform(0.0, 0.25))
        server.kill()
        kills += 1
    seconds = server.start()
    time.sleep(chance.uniform(0.0, 0.3))
    return kills, seconds


def check(server, read_key, journal, is_last):
    journal.read_on()
    comparison = Comparison(server, read_key, journal)
    accounting = comparison.compare_accounting()
    comparison.compare_features("hour")
    if is_last:
        comparison.compare_features("day")
        comparison.compare_dimensions()
        comparison.compare_users()
    return comparison.differences, accounting


def names_join(files):
    """Whether the archive's files follow on each other, partition by partition, from the log's beginning."""
    ends = {}
    for partition, first, last in sorted(tuple(map(int, path.stem.split("-"))) for path in files):
        if ends.get(partition, 0) != first:
            return False
        ends[partition] = last + 1
    return True


def check_archive(server, accounting, journal):
    """Everything that is in the log is there once, in files whose names join."""
    rows = server.run("raw", "query", "--format", "csv",
                      'SELECT count(*), count(DISTINCT (partition, "offset", place)), count(DISTINCT event_id) FROM events')
    differences = []
    want = f"{accounting['accepted']},{accounting['accepted']},{len(journal.ids)}"
    if rows.splitlines()[1:] != [want]:
        differences.append(f"archive and log hold (rows, places, ids) {rows!r}, expected {want}")
    files = list(server.data.glob("archive/date=*/*.parquet"))
    if len(files) < accounting["accepted"] // ARCHIVE_FILE_EVENTS // 4:
        differences.append(f"only {len(files)} files for {accounting['accepted']} events")
    if not names_join(files):
        differences.append(f"the files' names do not join: {sorted(path.name for path in files)}")
    return differences


def begin_to_build(server, number):
    """Every other round a rollup is begun, or begun anew while the last one may still be under way."""
    if number == 1:
        server.run("rollup", "add", "by_place", "--dimensions", "platform,page")
    elif number % 2 == 0:
        server.run("rollup", "rebuild", ("by_page", "totals", "by_experiment")[number // 2 % 3])


def check_built(server):
    """Everything that was being built answers, and every number is what the raw clicks say."""
    wait_until(lambda: "being built" not in server.run("rollup", "list"), "rollups to be built")
    said = server.run("verify")
    lines = [line for line in server.run("rollup", "list").splitlines() if " by_place " in line]
    if not lines or " answers " not in lines[-1]:
        return [f"the added rollup does not answer: {lines}"]
    if '"message":"replayed"' not in server.output():
        return ["nothing was replayed"]
    return [] if said.startswith("equal: ") else [f"a recount finds: {said[:2000]}"]


def run(options, folder):
    chance = random.Random(options.seed)
    journal = Journal(folder / "journal")
    passed = failed = kills = 0
    slowest = 0.0
    with Clickmill(options.bin, data=folder / "data",
                   environment={"CLICKMILL_ARCHIVE__FILE_EVENTS": str(ARCHIVE_FILE_EVENTS),
                                "CLICKMILL_AGGREGATOR__REPLAY_FROM_RECORDS": str(REPLAY_FROM_RECORDS),
                                # ThreadSanitizer sees nothing of what DuckDB's own threads do.
                                "CLICKMILL_ARCHIVE__THREADS": "1"}) as server:
        server.start()
        write_key, read_key = server.keys()
        load = Load(options, server.port, write_key, journal.path)
        wait_until(lambda: journal.path.exists() and journal.path.stat().st_size > 0, "a first click")
        try:
            for number in range(1, options.rounds + 1):
                killed, seconds = crash_once(server, chance)
                kills += killed
                slowest = max(slowest, seconds)
                report = load.pause()
                differences, accounting = check(server, read_key, journal, number == options.rounds)
                if number == options.rounds:
                    differences += check_archive(server, accounting, journal)
                    differences += check_built(server)
                else:
                    begin_to_build(server, number)
                load.say("go")
                passed += not differences
                failed += bool(differences)
                if differences or options.verbose or number % 10 == 0:
                    print(f"round {number}: {len(journal.ids)} acknowledged, {report['retries']} requests "
                          f"sent again, {accounting['duplicate']} repeats dropped", flush=True)
                for difference in differences[:10]:
                    print(f"  {difference}  (seed {options.seed})", flush=True)
        finally:
            if load.process.poll() is None:
                load.process.kill()
                load.process.wait()
            if failed:
                print(server.output()[-3000:])
    print(f"{kills} kills, {len(journal.ids)} events acknowledged, slowest start {slowest:.2f} s")
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--rate", type=int, default=10_000, help="events a second")
    parser.add_argument("--verbose", action="store_true", help="a line for each round")
    options = parse_arguments(parser, "load")
    print(f"{options.rounds} rounds, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="clickmill-crash-") as folder:
        return 0 if run(options, pathlib.Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
