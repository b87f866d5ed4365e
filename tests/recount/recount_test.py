#!/usr/bin/env python3
"""Compares every number of the API with a recount of the raw events, over zones, clock changes and restarts.

    tests/recount/recount_test.py --events 200000 --bin build/dev/bin/clickmill
    tests/recount/recount_test.py --demo           a demo data folder instead: its 90 days, its one project

The server runs under libfaketime (Debian's `faketime`), so that clicks fall on both sides of the clock changes
of autumn 2026. It is stopped between moments, now and then by SIGKILL. One request in fifty is sent twice.
"""
import argparse
import collections
import datetime
import http.client
import itertools
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import Clickmill, faketime_preload, parse_arguments  # noqa: E402
from recount import ALL, GRAINS, Project, Recount, hour_of_label  # noqa: E402

PROJECTS = {  # id -> (zone, week start)
    "kathmandu": ("Asia/Kathmandu", "sunday"),
    "lordhowe": ("Australia/Lord_Howe", "monday"),
    "stjohns": ("America/St_Johns", "saturday"),
    "berlin": ("Europe/Berlin", "monday"),
}
# UTC; the clicks of a moment last some seconds, so those that end in :59:59 straddle a change.
MOMENTS = [
    "2026-10-03 14:59:59", "2026-10-03 15:29:59",  # Lord Howe goes from +10:30 to +11
    "2026-10-04 18:14:59",                          # midnight in Kathmandu
    "2026-10-10 03:29:58",
    "2026-10-24 21:59:59", "2026-10-24 23:59:59", "2026-10-25 00:59:59", "2026-10-25 01:59:59",  # Berlin
    "2026-10-25 22:59:59",                          # the end of Berlin's day of 25 hours
    "2026-10-31 22:59:59",                          # the end of its month
    "2026-11-01 02:29:59", "2026-11-01 04:29:59", "2026-11-01 05:29:59",  # St John's
    "2026-11-03 12:00:00",
]
FEATURES_PER_QUESTION = 10
USERS_ERROR = 0.0162 * 5  # five standard errors; small sets are exact
EXACT_USERS = 320         # sketches of so few people are lists


def fake_time(binary, moment):
    """A wall clock that starts at `moment`; the monotonic clock stays the host's."""
    return {"LD_PRELOAD": faketime_preload(binary), "FAKETIME": f"@{moment}", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "TZ": "UTC"}


class Questions:
    """Asks the API over one kept connection."""

    def __init__(self, server, read_key):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {read_key}"}
        self.asked = 0

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        self.connection.request("GET", f"/api/v1/{path}?{query}", headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}?{query} gave {answer.status}: {body.decode(errors='replace')[:500]}")
        self.asked += 1
        return json.loads(body)


class Comparison:
    """Compares one project: every rollup, grain, bucket and value."""

    def __init__(self, project, questions, begin, end):
        self.project, self.questions = project, questions
        self.range = {"from": begin.isoformat(), "to": end.isoformat()}
        self.numbers = 0
        self.differences = []

    def expect(self, what, got, want):
        self.numbers += 1
        if got != want:
            self.differences.append(f"{what}: {got}, recounted {want}")

    def run(self):
        for grain in GRAINS:
            self.compare_totals(grain)
            self.compare_dimension(grain, "by_page", "page")
            self.compare_experiments(grain)
            self.compare_versions(grain)
        self.compare_ranking()
        return self

    def series(self, grain, **parameters):
        """{(feature, by): {label: value}}, without zeros, nulls and the rest; and the totals."""
        answer = self.questions.ask("series", grain=grain, **self.range, **parameters)
        labels = answer["buckets"] if grain != "hour" else [hour_of_label(b) for b in answer["buckets"]]
        lines, totals = {}, {}
        for line in answer["series"]:
            if line["by"] == "(rest)":
                self.expect(f"(rest) of {parameters}", line["total"] or 0, 0)
                continue
            key = (line["feature_id"] or ALL, line["by"])
            lines[key] = {label: value for label, value in zip(labels, line["values"]) if value}
            totals[key] = line["total"] or 0
        return {key: line for key, line in lines.items() if line}, totals

    def compare_line(self, what, got, want):
        """Two series {label: clicks}, bucket by bucket."""
        for label in got.keys() | want.keys():
            self.expect(f"{what} at {label}", got.get(label, 0), want.get(label, 0))

    def compare_people(self, what, got, people):
        self.numbers += 1
        exact = len(people)
        allowed = 0 if exact <= EXACT_USERS else max(1, USERS_ERROR * exact)
        if abs(got - exact) > allowed:
            self.differences.append(f"users of {what}: {got}, recounted {exact}")

    def features_in_tens(self):
        names = sorted(self.project.features)
        return [names[i:i + FEATURES_PER_QUESTION] for i in range(0, len(names), FEATURES_PER_QUESTION)]

    def compare_totals(self, grain):
        want = self.project.totals("totals", grain, lambda feature, _: feature)
        for asked in [{}, *({"feature_id": ",".join(some)} for some in self.features_in_tens())]:
            names = asked["feature_id"].split(",") if asked else [ALL]
            clicks, _ = self.series(grain, **asked)
            people, all_people = self.series(grain, metric="users", **asked)
            for name in names:
                cells = want[name]
                self.compare_line(f"{name} by {grain}", clicks.get((name, None), {}),
                                  {label: cell[0] for label, cell in cells.items()})
                for label, (_, who) in cells.items():
                    self.compare_people(f"{name} at {label}", people.get((name, None), {}).get(label, 0), who)
                everybody = set().union(*(cell[1] for cell in cells.values()))
                self.compare_people(f"{name} over all", all_people.get((name, None), 0), everybody)

    def compare_dimension(self, grain, rollup, dimension):
        want = self.project.totals(rollup, grain, lambda feature, values: (feature, values[0]))
        for name in [ALL, *sorted(self.project.features)]:
            asked = {} if name == ALL else {"feature_id": name}
            got, _ = self.series(grain, by=dimension, limit=100, **asked)
            values = {value for feature, value in want if feature == name} | {value for _, value in got}
            for value in values:
                self.compare_line(f"{name} with {dimension}={value} by {grain}", got.get((name, value), {}),
                                  {label: cell[0] for label, cell in want[name, value].items()})

    def compare_experiments(self, grain):
        self.compare_dimension(grain, "by_experiment", "experiment")
        want = self.project.totals("by_experiment", grain, lambda feature, values: (feature, *values))
        for experiment in {experiment for _, experiment, _ in want if experiment != "(none)"}:
            got, _ = self.series(grain, by="variant", **{"filter.experiment": experiment})
            for variant in {v for f, e, v in want if (f, e) == (ALL, experiment)}:
                self.compare_line(f"{experiment}={variant} by {grain}", got.get((ALL, variant), {}),
                                  {label: cell[0] for label, cell in want[ALL, experiment, variant].items()})

    def compare_versions(self, grain):
        want = self.project.totals("by_platform_version", grain, lambda feature, values: (feature, *values))
        platforms = {platform for _, platform, _ in want}
        for name, platform in itertools.product([ALL, *sorted(self.project.features)], platforms):
            asked = {"by": "app_version", "limit": 100, "filter.platform": platform}
            asked |= {} if name == ALL else {"feature_id": name}
            got, _ = self.series(grain, **asked)
            people, _ = self.series(grain, metric="users", **asked)
            versions = {v for f, p, v in want if (f, p) == (name, platform)} | {v for _, v in got}
            for version in versions:
                cells = want[name, platform, version]
                what = f"{name} on {platform} {version} by {grain}"
                self.compare_line(what, got.get((name, version), {}), {label: cell[0] for label, cell in cells.items()})
                for label, (_, who) in cells.items():
                    self.compare_people(f"{what} at {label}", people.get((name, version), {}).get(label, 0), who)

    def compare_ranking(self):
        want = collections.Counter()
        for (_, name, _), (clicks, _) in self.project.cells["totals"].items():
            want[name] += clicks
        answer = self.questions.ask("features", limit=1000, **self.range)
        self.expect("total_clicks", answer["total_clicks"], want.pop(ALL))
        got = {row["feature_id"]: row["clicks"] for row in answer["features"] if row["clicks"]}
        self.expect("ranking", got, dict(want))
        order = [row["clicks"] for row in answer["features"]]
        self.expect("order of the ranking", order, sorted(order, reverse=True))


def make_projects(server):
    """Adds the projects of the table; {id: (write key, read key)}."""
    keys = {}
    for name, (zone, week_start) in PROJECTS.items():
        said = server.run("project", "add", name, "--zone", zone, "--week-start", week_start)
        keys[name] = tuple(re.search(kind + "_[0-9a-f]{32}", said)[0] for kind in ("wk", "rk"))
    return keys


def send_clicks(server, options, keys, number):
    """The clicks of one moment; returns once each is acknowledged."""
    count = options.events // len(MOMENTS)
    arguments = [options.load, "--port", str(server.port), "--events", str(count), "--seconds", "0",
                 "--until-acknowledged", "--batch", "100", "--connections", "4", "--features", "30",
                 "--users", str(max(2000, count // 5)), "--repeat-percent", "2", "--seed", str(options.seed + number),
                 "--id-prefix", f"m{number}.", "--rate", str(max(4000, count // 2))]
    for write_key, _ in keys.values():
        arguments += ["--key", write_key]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)


def fill(server, options):
    """Sends all moments; leaves the server stopped. {id: (write key, read key)}."""
    keys = make_projects(server)
    for number, moment in enumerate(MOMENTS):
        server.environment |= fake_time(server.binary, moment)
        server.start()
        send_clicks(server, options, keys, number)
        if number % 3 == 2:
            server.kill()
        else:
            server.stop()
    server.environment |= fake_time(server.binary, "2026-11-03 13:30:00")
    return keys


def compare(server, projects, read_keys, accepted_by):
    """Recounts the log and compares every project. True when all agree."""
    begin = time.monotonic()
    recount = Recount(projects)
    with subprocess.Popen([server.binary, "log", "cat", "--payload-only", "--data", str(server.data)],
                          stdout=subprocess.PIPE) as log_cat:
        recount.read(log_cat.stdout)
    if log_cat.returncode != 0:
        raise RuntimeError(f"log cat gave {log_cat.returncode}")
    print(f"{recount.lines} events in the log, {recount.duplicate} of them repeats, recounted in "
          f"{time.monotonic() - begin:.1f} s", flush=True)
    agree = True
    for name, project in projects.items():
        questions = Questions(server, read_keys[name])
        accounting = server.wait_until_counted(read_keys[name])
        begin_date, end_date = accepted_by(project)
        comparison = Comparison(project, questions, begin_date, end_date).run()
        comparison.expect("counted", accounting["project"]["counted"], project.counted)
        comparison.expect("accepted", accounting["accepted"], recount.lines)
        comparison.expect("duplicate", accounting["duplicate"], recount.duplicate)
        comparison.expect("left out", accounting["left_out"], recount.left_out)
        comparison.expect("is_balanced", accounting["is_balanced"], True)
        print(f"{name} ({project.calendar.zone.key}): {comparison.numbers} numbers in {questions.asked} questions, "
              f"{len(comparison.differences)} differ", flush=True)
        for difference in comparison.differences[:20]:
            print(f"  {difference}")
        agree = agree and not comparison.differences
    return agree


def dates_of(project):
    """From the day before the first click to two days after the last."""
    dates = [hour[0] for hour, _, _ in project.cells["totals"]]
    day = datetime.timedelta(days=1)
    return min(dates) - day, max(dates) + 2 * day


def recount_moments(options):
    with Clickmill(options.bin) as server:
        keys = fill(server, options)
        server.start()
        projects = {name: Project(*zone) for name, zone in PROJECTS.items()}
        return compare(server, projects, {name: pair[1] for name, pair in keys.items()}, dates_of)


def recount_demo(options):
    with Clickmill(options.bin) as server:
        server.run("demo")
        server.start()
        said = server.run("key", "add", "demo", "--kind", "read")
        read_key = re.search("rk_[0-9a-f]{32}", said)[0]
        session = server.ask("session", read_key)["projects"][0]
        projects = {session["id"]: Project(session["zone"], session["week_start"])}
        return compare(server, projects, {session["id"]: read_key}, dates_of)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--demo", action="store_true", help="recount a demo data folder")
    options = parse_arguments(parser, "load")
    agrees = recount_demo(options) if options.demo else recount_moments(options)
    print("the recount agrees" if agrees else "the recount differs")
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
