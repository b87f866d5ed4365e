"""The archive: writing it, its size, and a year of it counted anew, beside DuckDB's own GROUP BY over the same files."""
import os
import re
import resource
import subprocess
import time

import machine
from measures import FEATURES, row, wait_until_it_rests
from real_clickmill import Clickmill, wait_until

DAYS = 365
# What a rollup without dimensions holds, in SQL: clicks, and unique users as an estimate of the same kind.
BY_FEATURE_AND_HOUR = "SELECT feature_id, date_trunc('hour', received_at) AS hour, count(*) AS clicks{users} FROM events GROUP BY ALL"
USERS = ", approx_count_distinct(user_id) AS users"


def number_in(server, metric):
    found = re.search(rf"^{metric} (\S+)$", server.operations("/metrics")[1], re.MULTILINE)
    return float(found[1]) if found else 0.0


def cpu_of_thread(server, name):
    return sum(seconds for thread, seconds in machine.cpu_seconds_by_thread(server.process.pid).items()
               if thread.startswith(name))


def archive_year(options, scratch):
    """A year of clicks: archived, then counted into a new generation of `totals` from the files alone."""
    data = scratch / "year"
    events = options.archive_events
    subprocess.run([options.history, "--data", str(data), "--events", str(events), "--days", str(DAYS),
                    "--features", str(FEATURES)], check=True)
    with Clickmill(options.bin, data=data) as server:
        server.start(seconds=120)
        _, read_key = server.keys()
        events = wait_until(lambda: server.ask("accounting", read_key)["accepted"], "what the log holds")
        rows = written(server, events)
        server.wait_until_counted(read_key, seconds=36_000)
        wait_until_it_rests(server, 36_000)  # its hours are settled
        server.stop(600)
    with Clickmill(options.bin, data=data) as server:  # of a process that has done nothing else
        server.start(seconds=120)
        rows += counted_anew(server, events)
        server.stop(600)
    return rows + grouped_by_duckdb(options, data, events)


def written(server, events):
    """The archiver beside the fold that has the same year to count."""
    begin = seen_at = time.monotonic()
    done = 0.0
    while done < events * 0.98 or time.monotonic() < seen_at + 5:  # the day that runs stays in the log
        time.sleep(0.5)
        if (now := number_in(server, "clickmill_archive_events_total")) > done:
            done, seen_at = now, time.monotonic()
        if time.monotonic() > seen_at + 600:
            raise TimeoutError(f"{done:.0f} of {events} events are archived, and no more")
    seconds = seen_at - begin
    size = number_in(server, "clickmill_archive_bytes_total")
    cpu = cpu_of_thread(server, "archiver")
    return [row("archived, beside the fold of the same clicks", "events/s", [done / seconds],
                note=f"{done / 1e6:.1f} M events in {number_in(server, 'clickmill_archive_files_total'):.0f} files"),
            row("the same, per core of the archiver's thread", "events/s per core", [done / cpu]),
            row("size of the archive", "bytes an event", [size / done], lower_is_better=True,
                note="zstd Parquet, every column; clicks are made up and nearly alike")]


def counted_anew(server, events):
    before, memory = cpu_of_thread(server, "replay"), machine.resident_mib(server.process.pid)[0]
    begin = time.monotonic()
    server.run("rollup", "rebuild", "totals", "--wait", timeout=36_000)
    seconds = time.monotonic() - begin
    cpu = cpu_of_thread(server, "replay") - before
    most = machine.resident_mib(server.process.pid)[1]
    return [row("a year counted anew, `rollup rebuild totals --wait`", "s", [seconds], lower_is_better=True,
                note=f"{events / 1e6:.0f} M events, repeats dropped, users sketched, every hour's row stored and switched; "
                     "nice 10, nothing else asked of the server"),
            row("replay, per core of its thread", "events/s per core", [events / cpu], budget="≥ 3 M"),
            row("memory of the server meanwhile, at the most", "MiB", [most], lower_is_better=True,
                note=f"{memory:.0f} MiB before")]


def grouped_by_duckdb(options, data, events):
    """One thread; the answer is 15 M rows or so for 100 M clicks, which are counted and not printed."""
    rows = []
    environment = {**os.environ, "CLICKMILL_ARCHIVE__THREADS": "1"}
    for what, users in (("clicks", ""), ("clicks and users", USERS)):
        sql = f"SELECT count(*), sum(clicks) FROM ({BY_FEATURE_AND_HOUR.format(users=users)})"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        said = subprocess.run([options.bin, "raw", "query", "--data", str(data), "--memory-mib", "4096", "--format", "csv", sql],
                              env=environment, check=True, capture_output=True, text=True).stdout.split()
        seconds = time.monotonic() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        rows.append(row(f"DuckDB's GROUP BY over the same files: {what} by feature and hour", "events/s per core",
                        [events / cpu], note=f"{seconds:.0f} s, {int(said[-1].split(',')[0]):,} rows; repeats not dropped, "
                                             "nothing stored; 4 GiB"))
    return rows
