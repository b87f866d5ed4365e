"""The metrics stores beside each other: commits, history that is written directly, and questions about it."""
import contextlib
import itertools
import json
import pathlib
import subprocess
import time

import machine
from measures import FEATURES, expect_only, generate, row, wait_until_it_rests
from real_clickmill import Clickmill
from store_world import store_server, wait_for_every_rollup

COMMIT_ROWS = 5_000
ROLLUPS = ("totals", "by_platform_version")
COLD_QUESTIONS = 40  # asked of a server that has just begun
# Of the default rollups up to 100 M clicks, two above: as many rows as a disk of a test machine holds.
ALL_ROLLUPS_UP_TO = 100_000_000


def rows_program(options, *arguments):
    done = subprocess.run([options.rows, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"clickmill_rows {' '.join(map(str, arguments))} gave {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


class Home:
    """A server with a click in it, its numbers in a store of its own."""

    def __init__(self, store, database, options, folder):
        self.store, self.database = store, database
        self.server = Clickmill(options.bin, data=folder)
        if database:
            self.server.environment["CLICKMILL_METRICS_STORE__URL"] = database.url
        self.url = database.url if database else f"sqlite:{folder / 'metrics.db'}"

    def begin(self):
        """Starts the server for the first time and stops it: project, keys and views are there then."""
        self.server.start(60)
        write_key, self.read_key = self.server.keys()
        self.server.send(write_key, [{"feature_id": "area0.button0", "event_id": "first.1#0"}])
        wait_for_every_rollup(self.server, self.read_key, time.time())
        self.server.stop(60)

    def cpu(self):
        """Of the database's processes, in seconds; None where there are none."""
        if self.store == "postgres":
            return sum(own_and_ended(pid) for pid in self.database.processes())
        return machine.cpu_seconds(self.database.process.pid) if self.database else None

    def mebibytes(self):
        if self.store == "postgres":
            self.database.sql("CHECKPOINT")
            return int(self.database.sql("SELECT pg_database_size(current_database())")) / 2**20
        if self.store == "clickhouse":
            return float(self.database.sql("SELECT sum(bytes_on_disk) FROM system.parts WHERE active")) / 2**20
        return sum(file.stat().st_size for file in self.server.data.glob("metrics.db*")) / 2**20

    def begin_cold(self):
        """Starts server and database anew, with nothing of their files in memory where that can be had."""
        self.server.stop(60)
        if self.database:
            if self.store == "postgres":
                self.database.stop()
            else:
                self.database.kill()
        subprocess.run(["sync"], check=True)
        is_dropped = True
        try:
            pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
        except OSError:
            is_dropped = False
        if self.database:
            self.database.start()
        self.server.start(120)
        return is_dropped


def own_and_ended(pid):
    """User and system time of a process and of its children that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return sum(map(int, fields[11:15])) / machine.TICKS


@contextlib.contextmanager
def home_on(store, options, folder):
    with store_server(store, "bench") as database:
        home = Home(store, database, options, folder)
        with home.server:
            home.begin()
            yield home


def store_commits(options, scratch):
    """Rows of clicks and of users that a commit of an aggregator brings, in each store."""
    found = []
    for store in options.stores:
        with home_on(store, options, scratch / f"commits-{store}") as home:
            rates, ours, theirs = [], [], []
            for _ in range(options.repeats):
                before = home.cpu()
                done = rows_program(options, "--to", home.url, "--commit-rows", COMMIT_ROWS)
                rates.append(done["rows"] / done["seconds"])
                ours.append(done["cpu_seconds"] / (done["rows"] / 1e6))
                if before is not None:
                    theirs.append((home.cpu() - before) / (done["rows"] / 1e6))
        cost = f"{sorted(ours)[len(ours) // 2]:.1f} CPU-s per million of ours"
        if theirs:
            cost += f", {sorted(theirs)[len(theirs) // 2]:.1f} of the server's"
        found.append(row(f"{store}: rows committed", "rows/s", rates,
                         note=f"commits of {COMMIT_ROWS:,} features, a row of clicks and one of users each; {cost}"))
    return found


def store_questions(options, scratch):
    """The two questions, for clicks and for users, on years of history in each store."""
    found = []
    for clicks, store in itertools.product(options.store_clicks, options.stores):
        with home_on(store, options, scratch / f"{store}-{clicks}") as home:
            found += questions_at(home, clicks, options)
            for line in found[-10:]:
                print(f"  {line['what']}: {line['samples']}", flush=True)
    return found


def questions_at(home, clicks, options):
    rollups = [] if clicks > ALL_ROLLUPS_UP_TO else ["by_page", "by_experiment"]
    filled = rows_program(options, "--to", home.url, "--clicks", clicks, "--features", FEATURES,
                          *itertools.chain(*(("--rollup", name) for name in (*ROLLUPS, *rollups))))
    of = f"{home.store}, {clicks / 1e6:,.0f} M clicks"
    size = home.mebibytes()
    found = [
        row(f"{of}: history written", "rows/s", [filled["rows"] / filled["seconds"]],
            note=f"{filled['rows']:,} settled rows of two years by day, 90 days by hour; {', '.join((*ROLLUPS, *rollups))}"),
        row(f"{of}: bytes a row on disk", "bytes", [size * 2**20 / filled["rows"]], note=f"{size:,.0f} MiB, indexes and all")]
    home.server.start(120)
    home.server.wait_until_counted(home.read_key, seconds=600)
    wait_until_it_rests(home.server)
    is_dropped = home.begin_cold()
    cold_note = "server and database just started" + (", page cache dropped" if is_dropped else "")
    for what, paths, budget in asked():
        spent = sorted(ask_once(home, path) for path in paths[:COLD_QUESTIONS])
        found.append(row(f"{of}: {what}, cold, longest of {COLD_QUESTIONS}", "ms", [spent[-1]], lower_is_better=True,
                         note=cold_note))
        # Open loop means nothing where questions come faster than they can be answered.
        rate = min(20, 300 / spent[COLD_QUESTIONS // 2])
        p50, p99 = [], []
        for _ in range(options.repeats):
            answer = generate(options, home.server.port, home.read_key, get=paths, rate=rate, seconds=options.seconds,
                              warm_up=1, connections=2, header=f"Authorization: Bearer {home.read_key}")
            expect_only(answer, {"200"})
            p50.append(answer["latency_ms"]["p50"])
            p99.append(answer["latency_ms"]["p99"])
        found.append(row(f"{of}: {what}, p99", "ms", p99, lower_is_better=True, budget=budget,
                         note=f"median {sorted(p50)[len(p50) // 2]:.1f} ms; {rate:.1f} questions a second"))
    home.server.stop(60)
    return found


def ask_once(home, path):
    begin = time.monotonic()
    status, _, body = home.server.request("GET", path, headers={"Authorization": f"Bearer {home.read_key}"})
    if status != 200:
        raise RuntimeError(f"{path} gave {status}: {body[:300]}")
    return 1000 * (time.monotonic() - begin)


def asked():
    """(what, paths, budget); each in many spellings, so that no cache of answers knows it."""
    day = lambda ago: time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * 86_400))
    names = [f"area{n % 40}.button{n}" for n in (0, 1, 5, 50, 500)]
    series = [f"/api/v1/series?feature_id={','.join(order)}&grain=hour&from={day(days)}&to={day(-1)}"
              for days in (87, 88, 89) for order in itertools.permutations(names)]
    by_version = [f"{path.replace('grain=hour', 'grain=day')}&by=app_version" for path in series]
    ranking = [f"/api/v1/features?from={day(29)}&to={day(-1)}&limit={limit}" for limit in range(100, 400)]
    return (("90 days hourly, 5 features", series, "≤ 10 ms"),
            ("top 100 of 30 days", ranking, "≤ 10 ms"),
            ("90 days daily by version, 5 features", by_version, "≤ 10 ms"),
            ("90 days hourly, 5 features, users", [f"{path}&metric=users" for path in series], "≤ 50 ms"),
            ("top 100 of 30 days, users", [f"{path}&users=1" for path in ranking], "≤ 50 ms"))
