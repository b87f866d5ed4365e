#!/usr/bin/env python3
"""The same events folded into SQLite, PostgreSQL and ClickHouse give the same answers to questions at random.

    tests/recount/stores_test.py --events 5000000 --questions 500 --bin build/dev/bin/clickmill

Projects, zones and moments are those of recount_test.py, so every grain has buckets at both sides of a clock change. An
answer is compared whole, less when it was given (now, complete_through) and of which parts it was made (rows_read).
So are the answers to the SQL of docs/reference/queries.md. At the end numbers by the hour get a retention of ten days: then they are null, and their days are as before.
"""
import argparse
import contextlib
import datetime
import http.client
import pathlib
import random
import re
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402
from recount_test import PROJECTS, fill  # noqa: E402
from store_world import STORES, server_like, store_server, wait_for_every_rollup  # noqa: E402

DIMENSIONS = ("platform", "app_version", "page", "experiment", "variant")
FROM, DAYS = datetime.date(2026, 9, 28), 42
AFTER_THE_LAST = datetime.datetime(2026, 11, 3, 12, 30, tzinfo=datetime.timezone.utc).timestamp()
QUERIES = pathlib.Path(__file__).resolve().parents[2] / "docs/reference/queries.md"
SQL_BLOCK = re.compile(r"^```sql( postgres)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OF_THE_MOMENT = ("now", "complete_through", "rows_read")


class Question:
    """One at random: any question, grain, metric, breakdown, filter and range."""

    def __init__(self, chance, values):
        self.project = chance.choice(sorted(PROJECTS))
        self.path = chance.choice(("series", "series", "series", "features", "features", "dimensions", "series.csv",
                                   "features.csv"))
        first = chance.randrange(DAYS)
        begin, end = (FROM + datetime.timedelta(days=day) for day in (first, chance.randint(first + 1, DAYS)))
        self.parameters = {"from": begin.isoformat(), "to": end.isoformat()}
        if self.path.startswith("series"):
            self.add_series(chance, values)
        elif self.path.startswith("features"):
            self.add_features(chance)
        if self.path != "dimensions" and chance.random() < 0.4:
            self.add_filter(chance, values)

    def add_series(self, chance, values):
        self.parameters |= {"grain": chance.choice(("hour", "day", "week", "month")),
                            "metric": chance.choice(("clicks", "users"))}
        if chance.random() < 0.6:
            self.parameters["feature_id"] = ",".join(chance.sample(values["feature"], chance.randint(1, 10)))
        if chance.random() < 0.5:
            self.parameters |= {"by": chance.choice(DIMENSIONS), "limit": chance.choice((1, 3, 20))}

    def add_features(self, chance):
        self.parameters |= {"order": chance.choice(("clicks", "name", "change")), "limit": chance.choice((1, 7, 100))}
        if chance.random() < 0.3:
            self.parameters["users"] = 1
        if chance.random() < 0.2:
            self.parameters["search"] = "1"

    def add_filter(self, chance, values):
        dimension = chance.choice(DIMENSIONS)
        some = chance.sample(values[dimension], min(len(values[dimension]), chance.randint(1, 2)))
        self.parameters[f"filter.{dimension}"] = ",".join(some)

    def __str__(self):
        return f"{self.project}: {self.path}?{urllib.parse.urlencode(self.parameters)}"


def ask(server, read_key, question):
    """(status, answer), as far as it does not depend on the moment."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    with contextlib.closing(connection):
        connection.request("GET", f"/api/v1/{question.path}?{urllib.parse.urlencode(question.parameters)}",
                           headers={"Authorization": f"Bearer {read_key}"})
        answer = connection.getresponse()
        body = answer.read().decode()
    if question.path.endswith(".csv") or answer.status != 200:
        return answer.status, body
    return answer.status, without_moment(body)


def without_moment(body):
    """The JSON text without the fields of the moment; nothing else is parsed, so equal means equal bytes."""
    for name in OF_THE_MOMENT:
        begin = body.find(f'"{name}":')
        if begin >= 0:
            end = min(at for at in (body.find(",", begin), body.find("}", begin)) if at >= 0)
            body = body[:begin] + body[end:]
    return body


def values_of(server, read_key):
    """What there is to ask for."""
    answer = server.ask("dimensions", read_key, **{"from": FROM.isoformat(),
                                                  "to": (FROM + datetime.timedelta(days=DAYS)).isoformat()})
    values = {line["name"]: [value["value"] for value in line["values"]] for line in answer["dimensions"]}
    features = server.ask("features", read_key, **{"from": FROM.isoformat(), "limit": 1000,
                                                   "to": (FROM + datetime.timedelta(days=DAYS)).isoformat()})
    values["feature"] = [row["feature_id"] for row in features["features"]]
    return values


def queries(dialect=""):
    """The SQL of the documentation, of one of the test's projects and features: that of every store, or of one."""
    return [sql.replace("'shop'", "'berlin'").replace("checkout.pay", "area0.button0")
            for kind, sql in SQL_BLOCK.findall(QUERIES.read_text()) if kind.strip() == dialect]


def table_of(text):
    """Rows that a prompt printed; numbers as numbers, for each writes them its own way."""
    def value(field):
        try:
            return float(field)
        except ValueError:
            return field
    return [tuple(value(field) for field in re.split(r"[|\t]", line)) for line in text.strip().splitlines()]


class Store:
    """A server of its own on a copy of the event log, with its numbers elsewhere; its answers to all questions."""

    def __init__(self, name, database, origin, options):
        self.name = name
        self.database = database
        self.differences = []
        self.server = server_like(origin, options, database.url if database else "")

    def sql(self, text):
        if self.database:
            return self.database.sql(text)
        return subprocess.run(["sqlite3", "-readonly", self.server.data / "metrics.db", text], check=True,
                              capture_output=True, text=True).stdout

    def run_queries(self, read_key):
        """The answers to the documentation's SQL, once what is needed for them is settled."""
        settled = "SELECT coalesce(sum(clicks), 0) FROM {} WHERE project = 'berlin' AND grain = 'day' AND feature_id = '(all)'"
        clicks = self.server.ask("accounting", read_key)["project"]["counted"]
        for rollup in ("totals", "by_platform_version"):
            wait_until(lambda r=rollup: table_of(self.sql(settled.format(r))) == [(float(clicks),)], f"{rollup} is settled", 120)
        wait_until(lambda: table_of(self.sql(settled.format("by_experiment")))[0][0] >= clicks, "by_experiment is settled", 120)
        answers = [table_of(self.sql(query)) for query in queries()]
        self.differences += [f"{self.name}: no rows for {query}" for query, rows in zip(queries(), answers) if not rows]
        if self.name == "postgres":
            users = [table_of(self.sql(query))[-1] for query in queries("postgres")]
            asked = self.server.ask("series", read_key, metric="users", feature_id="area0.button0",
                                    **{"from": "2026-10-04", "to": "2026-10-27"})["series"][0]["total"]
            if users != [(float(asked),)]:
                self.differences.append(f"users by hll {users}, by the API {asked}")
        return answers

    def hours_and_days(self, read_key):
        """Clicks by the hour, why some of them are not known, and by the day; over two days that end long ago."""
        days = {"from": "2026-10-04", "to": "2026-10-06"}
        by_hour = self.server.ask("series", read_key, grain="hour", **days)
        by_day = self.server.ask("series", read_key, grain="day", **days)
        return (by_hour["series"][0]["values"], {run["reason"] for run in by_hour["reasons"]},
                by_day["series"][0]["values"])

    def forget_hours(self, read_key):
        """Starts again with a retention of ten days by the hour: what differs from what must be."""
        hours, reasons, days = self.hours_and_days(read_key)
        if reasons or sum(hours) != sum(days) or not sum(days):
            return [f"{self.name}: before retention {hours} {reasons} {days}"]
        self.server.stop()
        self.server.environment["CLICKMILL_METRICS_STORE__HOUR_DAYS"] = "10"
        self.server.start(120)
        wait_until(lambda: "retention" in self.hours_and_days(read_key)[1], "hours are forgotten", 120)
        after, reasons, days_after = self.hours_and_days(read_key)
        wanted = [None if clicks else 0 for clicks in hours]  # an hour without a click is known for ever
        return [] if (after, reasons, days_after) == (wanted, {"retention"}, days) else [
            f"{self.name}: after retention {after} {reasons} {days_after}, before {hours} {days}"]

    def answers(self, keys, questions, seconds):
        with self.server as server:
            begin = time.monotonic()
            server.start(120)
            for _, read_key in keys.values():
                wait_for_every_rollup(server, read_key, AFTER_THE_LAST, seconds)
            accounting = server.ask("accounting", keys["berlin"][1])
            counted = time.monotonic() - begin
            begin = time.monotonic()
            answers = [ask(server, keys[question.project][1], question) for question in questions]
            print(f"{self.name}: {accounting['counted']} counted after {counted:.1f} s, "
                  f"{len(questions)} questions in {time.monotonic() - begin:.1f} s", flush=True)
            answers += self.run_queries(keys["berlin"][1])
            begin = time.monotonic()
            self.differences += self.forget_hours(keys["berlin"][1])
            print(f"{self.name}: hours forgotten after {time.monotonic() - begin:.1f} s", flush=True)
            return answers


def run(options, ends):
    origin = ends.enter_context(Clickmill(options.bin))
    keys = fill(origin, options)
    origin.start(120)
    for _, read_key in keys.values():
        wait_for_every_rollup(origin, read_key, AFTER_THE_LAST, options.patience)
    values = values_of(origin, keys["berlin"][1])
    origin.stop()
    chance = random.Random(options.seed)
    questions = [Question(chance, values) for _ in range(options.questions)]

    answers, differences = {}, []
    for name in STORES:
        with store_server(name, "stores") as database:
            store = Store(name, database, origin, options)
            answers[name] = store.answers(keys, questions, options.patience)
            differences += store.differences
    wanted = answers.pop("sqlite")
    answered = sum(answer[0] == 200 for answer in wanted[:len(questions)])
    questions += queries()
    differences += [f"{name}, {question}:\n  {str(got)[:600]}\n  sqlite: {str(want)[:600]}"
                    for name, of_store in answers.items()
                    for question, got, want in zip(questions, of_store, wanted) if got != want]
    print(f"{answered} of {options.questions} questions have an answer, the others the same error on every store")
    print("\n".join(differences[:10]))
    if answered < options.questions / 2:
        differences.append("most questions had no answer")
    print(f"{len(questions) * len(answers) - len(differences)} passed, {len(differences)} failed")
    return not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=300, help="seconds for a store to count everything")
    options = parse_arguments(parser, "load")
    with contextlib.ExitStack() as ends:
        return 0 if run(options, ends) else 1


if __name__ == "__main__":
    sys.exit(main())
