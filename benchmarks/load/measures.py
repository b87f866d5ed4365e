"""The measurements of side_by_side.py: each returns rows for the table, with every sample it took.

A row: {"what", "unit", "samples", "reference", "budget", "note"}; the table shows the median and the spread.
"""
import contextlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

import machine
from real_clickmill import Clickmill, free_port, wait_until

CONNECTIONS = 128
FEATURES = 5000


def generate(options, port, key, **arguments):
    """Runs the load generator; its result."""
    command = [options.load, "--port", str(port), "--key", key, "--features", str(FEATURES)]
    for name, value in arguments.items():
        for one in value if isinstance(value, list) else [value]:
            command += [f"--{name.replace('_', '-')}", str(one)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} gave {done.returncode}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def nginx(folder):
    """nginx answering 204; its port."""
    port = free_port()
    template = pathlib.Path(__file__).with_name("nginx.conf").read_text()
    conf = pathlib.Path(folder) / "nginx.conf"
    conf.write_text(template.replace("FOLDER", str(folder)).replace("PORT", str(port)))
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(conf)], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: accepts(port), "nginx answers", 10)
        yield port
    finally:
        process.terminate()
        process.wait()


def accepts(port):
    import socket
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def row(what, unit, samples, **more):
    return {"what": what, "unit": unit, "samples": samples, **more}


def collector_beside_nginx(options, scratch):
    """One event a request, durable before the answer, in turns with nginx's bare 204."""
    ours, theirs, latency = [], [], []
    with nginx(scratch) as nginx_port, Clickmill(options.bin, data=scratch / "one") as server:
        server.start()
        key = server.keys()[0]
        for number in range(options.repeats):
            common = {"seconds": options.seconds, "warm_up": 1, "connections": CONNECTIONS, "seed": number,
                      "id_prefix": f"c{number}."}
            theirs.append(generate(options, nginx_port, key, **common)["requests_per_second"])
            answer = generate(options, server.port, key, **common)
            expect_only(answer, {"200"})
            ours.append(answer["requests_per_second"])
            latency.append(answer["latency_ms"]["p99"])
    return [row("collector, 1 event a request, durable", "requests/s", ours, reference=theirs,
                reference_name="nginx, bare 204", budget="≥ 80 % of nginx", is_ratio=True,
                note=f"{CONNECTIONS} connections; the generator shares the cores in both; p99 {max(latency):.1f} ms")]


def collector_in_batches(options, scratch):
    """100 events a request, and the bytes that dd writes with dsync on the same disk."""
    events, per_core, door, disk = [], [], [], []
    with Clickmill(options.bin, data=scratch / "hundred") as server:
        server.start()
        key = server.keys()[0]
        for number in range(options.repeats):
            disk.append(dd_megabytes_per_second(scratch))
            total, threads = machine.cpu_seconds(server.process.pid), machine.cpu_seconds_by_thread(server.process.pid)
            answer = generate(options, server.port, key, seconds=options.seconds, warm_up=1, batch=100,
                              connections=32, seed=number, id_prefix=f"b{number}.")
            expect_only(answer, {"200"})
            million = answer["acknowledged_events"] / 1e6
            spent = machine.cpu_seconds_by_thread(server.process.pid)
            folding = sum(spent[name] - threads.get(name, 0) for name in spent if is_behind_the_log(name))
            whole = machine.cpu_seconds(server.process.pid) - total
            events.append(answer["events_per_second"])
            per_core.append(million * 1e6 / whole)
            door.append(million * 1e6 / (whole - folding))
            server.wait_until_counted(server.keys()[1], seconds=300)
    return [
        row("collector, 100 events a request, durable", "events/s", events, reference=disk,
            reference_name="dd dsync, MB/s", note="folded and generated on the same two cores"),
        row("the same, per core of collector and event log", "events/s per core", door,
            budget="≥ 1.5 M events/s per core", note="CPU of all threads less the aggregator's"),
        row("the same, per core of the whole process", "events/s per core", per_core,
            note="with what was folded in the same seconds"),
    ]


def is_behind_the_log(thread):
    """Threads that fold, settle and answer: not on the path to the acknowledgement."""
    return re.search("aggreg|fold|settl|query|retir", thread) is not None


def expect_only(answer, statuses):
    if set(answer["by_status"]) - statuses:
        raise RuntimeError(f"answers {answer['by_status']}, wanted only {statuses}")


def dd_megabytes_per_second(folder):
    """Blocks of 64 KiB, each on disk before the next: what a log that syncs each group can reach."""
    blocks, target = 2000, folder / "dd"
    begin = time.monotonic()
    subprocess.run(["dd", "if=/dev/zero", f"of={target}", "bs=64K", f"count={blocks}", "oflag=dsync"],
                   check=True, capture_output=True)
    seconds = time.monotonic() - begin
    target.unlink()
    return blocks * 65536 / 1e6 / seconds


def fold_from_the_log(options, scratch):
    """CPU of a whole process from a log without numbers to committed rows: all default rollups, and totals alone."""
    data = scratch / "fold"
    with Clickmill(options.bin, data=data) as server:
        server.start()
        write_key, read_key = server.keys()
        generate(options, server.port, write_key, seconds=0, events=options.fold_events, batch=100, connections=16,
                 repeat_percent=2, id_prefix="f.")
        server.wait_until_counted(read_key, seconds=600)
        server.stop()
        all_rollups = []
        for _ in range(options.repeats):
            for file in data.glob("metrics.db*"):
                file.unlink()
            server.start()
            accounting = server.wait_until_counted(read_key, seconds=600)
            all_rollups.append(machine.cpu_seconds(server.process.pid) / (accounting["accepted"] / 1e6))
            server.stop()
    totals = [fold_alone(options, data, scratch, "totals") for _ in range(options.repeats)]
    events = f"{accounting['accepted']:,} events with 2 % repeats, users"
    return [row("event log → committed rows, totals", "CPU-s per million", totals, lower_is_better=True,
                budget="≤ 0.8 CPU-s per million", note=f"{events}; the program's parts without its other rollups"),
            row("event log → committed rows, all default rollups", "CPU-s per million", all_rollups,
                lower_is_better=True, budget="≤ 2 CPU-s per million",
                note=f"{events}; start and idling of the server included")]


def fold_alone(options, data, scratch, *rollups):
    """CPU-s per million of a process that folds these rollups and does nothing else."""
    command = [options.fold_log, "--data", str(data), "--scratch", str(scratch)]
    for rollup in rollups:
        command += ["--rollup", rollup]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} gave {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)["cpu_seconds_per_million"]


class FreshnessProbe(threading.Thread):
    """Clicks a feature of its own again and again, and waits until the answer shows it."""

    def __init__(self, server, write_key, read_key, seconds):
        super().__init__()
        self.server, self.write_key, self.read_key = server, write_key, read_key
        self.until = time.monotonic() + seconds
        self.seconds = []

    def run(self):
        count = 0
        while time.monotonic() < self.until:
            self.server.send(self.write_key, [{"event_id": f"probe.1#{count}", "feature_id": "probe"}])
            count += 1
            accepted_at = time.monotonic()
            while self.visible() < count:
                time.sleep(0.005)
            self.seconds.append(time.monotonic() - accepted_at)

    def visible(self):
        answer = self.server.ask("series", self.read_key, feature_id="probe", grain="day",
                                 **{"from": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))})
        return answer["series"][0]["total"] or 0


def live_at_a_rate(options, scratch):
    """Freshness, CPU and memory while clicks arrive at a fixed rate."""
    rows = []
    for rate, seconds in ((20_000, options.live_seconds), (50_000, options.live_seconds)):
        with Clickmill(options.bin, data=scratch / f"live{rate}") as server:
            server.start()
            write_key, read_key = server.keys()
            probe = FreshnessProbe(server, write_key, read_key, seconds)
            before = machine.cpu_seconds(server.process.pid)
            begin = time.monotonic()
            probe.start()
            answer = generate(options, server.port, write_key, rate=rate, seconds=seconds, batch=100, connections=16,
                              repeat_percent=2, warm_up=1)
            cores = (machine.cpu_seconds(server.process.pid) - before) / (time.monotonic() - begin)
            probe.join()
            expect_only(answer, {"200"})
            accounting = server.wait_until_counted(read_key)
            waits = sorted(probe.seconds)
            at = f"at {rate:,} events/s"
            rows.append(row(f"accepted → visible, p99, {at}", "s", [quantile(waits, 0.99)], lower_is_better=True,
                            budget="≤ 2 s at 50 k events/s" if rate == 50_000 else None,
                            note=f"{len(waits)} probes, median {quantile(waits, 0.5):.2f} s, longest {waits[-1]:.2f} s; "
                                 f"answer to the sender p99 {answer['latency_ms']['p99']:.1f} ms from the intended time"))
            rows.append(row(f"cores used {at}", "cores", [cores], lower_is_better=True,
                            budget="≤ 1 core" if rate == 50_000 else None, note="whole process"))
            now, most = machine.resident_mib(server.process.pid)
            rows.append(row(f"memory {at}", "MiB", [now], lower_is_better=True,
                            budget="≤ 512 MiB at 20 k events/s" if rate == 20_000 else None,
                            note=f"highest {most:.0f} MiB; {FEATURES} features, after {seconds:.0f} s; "
                                 f"repeat window held {accounting['repeat_window_seconds']} s"))
            server.stop()
    return rows


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def start_after_a_kill(options, scratch):
    """From kill -9 to the first accepted click, with a large log; half folded and wholly folded."""
    data = scratch / "restart"
    subprocess.run([options.history, "--data", str(data), "--gib", str(options.log_gib), "--days", "30",
                    "--padding", "4000"], check=True)
    samples, behind = [], []
    with Clickmill(options.bin, data=data) as server:
        server.start(seconds=120)
        write_key, read_key = server.keys()
        for samples_of, is_behind in ((behind, True), (samples, False)):
            if not is_behind:
                server.wait_until_counted(read_key, seconds=1800)
            for number in range(options.repeats):
                generate(options, server.port, write_key, rate=5000, seconds=1, batch=20, id_prefix=f"{is_behind}{number}.")
                server.kill()
                begin = time.monotonic()
                server.launch()
                wait_until(lambda: takes_a_click(server, write_key), "a first click", 120, every=0.005)
                samples_of.append(time.monotonic() - begin)
        size = sum(file.stat().st_size for file in data.glob("events.db*")) / 2**30
    budget = "≤ 2 s with 10 GiB of log"
    return [row("kill -9 → first accepted click, log folded", "s", samples, lower_is_better=True, budget=budget,
                note=f"{size:.1f} GiB of events.db"),
            row("kill -9 → first accepted click, log not folded yet", "s", behind, lower_is_better=True, budget=budget,
                note=f"{size:.1f} GiB of events.db")]


def takes_a_click(server, write_key):
    try:
        return server.send(write_key, [{"feature_id": "first"}])[0] == 200
    except OSError:
        return False


def questions(options, scratch):
    """p99 at the HTTP client of the two questions, for clicks and for users, over 90 days of history."""
    data = scratch / "history"
    subprocess.run([options.history, "--data", str(data), "--events", str(options.history_events), "--days", "90",
                    "--features", str(FEATURES)], check=True)
    rows = []
    with Clickmill(options.bin, data=data) as server:
        server.start(seconds=120)
        _, read_key = server.keys()
        accounting = server.wait_until_counted(read_key, seconds=3600)
        wait_until(lambda: is_settled(server, read_key), "settled months", 3600, every=2)
        wait_until_it_rests(server)
        day = lambda ago: time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * 86_400))
        names = [f"area{n % 40}.button{n}" for n in (0, 1, 5, 50, 500)]
        # To the end of today, as the dashboard asks; each in many spellings, so that no cache of answers knows it.
        series = [f"/api/v1/series?feature_id={','.join(order)}&grain=hour&from={day(days)}&to={day(-1)}"
                  for days in (89, 90, 91) for order in itertools.permutations(names)]
        ranking = [f"/api/v1/features?from={day(29)}&to={day(-1)}&limit={limit}" for limit in range(100, 400)]
        asked = (("series of 90 days hourly, 5 features, clicks", series, "≤ 10 ms"),
                 ("top 100 of 5,000 features over 30 days, clicks", ranking, "≤ 10 ms"),
                 ("series of 90 days hourly, 5 features, users", [f"{path}&metric=users" for path in series], "≤ 50 ms"),
                 ("top 100 of 5,000 features over 30 days, users", [f"{path}&users=1" for path in ranking], "≤ 50 ms"))
        for what, paths, budget in asked:
            samples = []
            for _ in range(options.repeats):
                answer = generate(options, server.port, read_key, get=paths, rate=20, seconds=options.seconds,
                                  warm_up=1, connections=2, header=f"Authorization: Bearer {read_key}")
                expect_only(answer, {"200"})
                samples.append(answer["latency_ms"]["p99"])
            rows.append(row(f"{what}, p99", "ms", samples, lower_is_better=True, budget=budget,
                            note=f"{accounting['counted']:,} clicks stored; the answer is computed anew each time"))
    return rows


def wait_until_it_rests(server, seconds=3600):
    """Until the server has done next to nothing for three passes of its settler, five seconds apart."""
    deadline = time.monotonic() + seconds
    while True:
        before = machine.cpu_seconds(server.process.pid)
        time.sleep(16)
        if machine.cpu_seconds(server.process.pid) - before < 0.8:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server still works after {seconds} s")


def is_settled(server, read_key):
    """Whether a question over months reads few rows, which only settled buckets allow."""
    now = time.time()
    answer = server.ask("series", read_key, grain="month",
                        **{"from": time.strftime("%Y-%m-01", time.gmtime(now - 60 * 86_400))})
    return answer["rows_read"] < 200
