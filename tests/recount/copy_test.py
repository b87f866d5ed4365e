#!/usr/bin/env python3
"""Moves house: SQLite to PostgreSQL to ClickHouse by `clickmill store copy`, with --back to SQLite again. In each place a
server gives the same answers as before, knows the clicks that it has counted, and goes on.

    tests/recount/copy_test.py --back --bin build/dev/bin/clickmill

Projects and moments are those of recount_test.py; numbers by the hour are kept for ten days, so some are forgotten.
"""
import argparse
import contextlib
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402
from recount_test import fill  # noqa: E402
from store_world import server_like, store_server, wait_for_every_rollup  # noqa: E402
from stores_test import AFTER_THE_LAST, Question, ask, values_of  # noqa: E402


class House:
    """A server on a copy of the event log, its numbers in the store at `url`."""

    def __init__(self, name, url, origin, options):
        self.name = name
        self.server = server_like(origin, options, url)
        self.url = url or f"sqlite:{self.server.data / 'metrics.db'}"

    def differences(self, keys, questions, wanted, accounting):
        """Of a server that is started here: of its answers, and of what it counts from here on."""
        found = []
        write_key, read_key = keys["berlin"]
        with self.server as server:
            server.start(120)
            server.wait_until_counted(read_key)
            found += [f"{question}:\n  {str(got)[:400]}\n  wanted {str(want)[:400]}" for question, got, want in
                      zip(questions, answers_of(server, keys, questions), wanted) if got != want]
            got = classes_of(server, read_key)
            if got != accounting:
                found.append(f"accounting {got}, wanted {accounting}")
            # The first of them was counted in the first house.
            server.send(write_key, [seam_click(0), seam_click(1)])
            counted, duplicate = accounting
            wait_until(lambda: classes_of(server, read_key)[0] > counted, "the new click is counted", 60)
            if classes_of(server, read_key) != (counted + 1, duplicate + 1):
                found.append(f"after a repeat and a new click {classes_of(server, read_key)}, before {accounting}")
            server.stop()
        return [f"{self.name}: {difference}" for difference in found]


def seam_click(number):
    return {"feature_id": "seam", "event_id": f"seam.1#{number}"}


def classes_of(server, read_key):
    answer = server.ask("accounting", read_key)
    return answer["counted"], answer["duplicate"]


def answers_of(server, keys, questions):
    return [ask(server, keys[question.project][1], question) for question in questions]


def forgets_hours(server, read_key):
    answer = server.ask("series", read_key, grain="hour", **{"from": "2026-10-04", "to": "2026-10-06"})
    return "retention" in {run["reason"] for run in answer["reasons"]}


def run(options, ends):
    origin = ends.enter_context(Clickmill(options.bin))
    keys = fill(origin, options)
    write_key, read_key = keys["berlin"]
    origin.environment["CLICKMILL_METRICS_STORE__HOUR_DAYS"] = "10"
    origin.start(120)
    origin.send(write_key, [seam_click(0)])
    for _, key in keys.values():
        wait_for_every_rollup(origin, key, AFTER_THE_LAST)
    wait_until(lambda: forgets_hours(origin, read_key), "hours are forgotten", 120)
    chance, values = random.Random(options.seed), values_of(origin, read_key)
    questions = [Question(chance, values) for _ in range(options.questions)]
    wanted, accounting = answers_of(origin, keys, questions), classes_of(origin, read_key)
    origin.stop()

    differences = []
    houses = [House("sqlite", "", origin, options)]
    shutil.copy(origin.data / "metrics.db", houses[0].server.data)
    for store in ("postgres", "clickhouse"):
        database = ends.enter_context(store_server(store, "copy"))
        houses.append(House(store, database.url, origin, options))
    if options.back:
        houses.append(House("sqlite again", "", origin, options))
    for here, there in zip(houses, houses[1:]):
        begin = time.monotonic()
        done = subprocess.run([options.bin, "store", "copy", "--from", here.url, "--to", there.url], capture_output=True,
                              text=True)
        said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()[-1]
        print(f"{here.name} to {there.name} in {time.monotonic() - begin:.1f} s: {said}", flush=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(done.args)} gave {done.returncode}")
    # Only when all are copied: a house that is lived in goes on.
    for house in houses[1:]:
        differences += house.differences(keys, questions, wanted, accounting)
    print("\n".join(differences[:10]))
    print(f"{len(questions) * (len(houses) - 1) - len(differences)} passed, {len(differences)} failed")
    return not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=6_000)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--back", action="store_true", help="from ClickHouse to SQLite, too")
    options = parse_arguments(parser, "load")
    with contextlib.ExitStack() as ends:
        return 0 if run(options, ends) else 1


if __name__ == "__main__":
    sys.exit(main())
