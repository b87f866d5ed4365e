"""The measurements of side_by_side.py on a real Kafka broker of this machine: it shares the cores with all of them."""
import contextlib
import json
import os
import re
import resource
import statistics
import subprocess
import time

import machine
from kafka_roles import TOPIC, RoleProcess, RolesOnKafka
from measures import FEATURES, expect_only, generate, row
from real_clickmill import wait_until


@contextlib.contextmanager
def roles_on_kafka(options, events_per_record, partitions=1):
    settings = {"CLICKMILL_KAFKA__EVENTS_PER_RECORD": str(events_per_record)}
    with RolesOnKafka(options.bin, f"bench-{os.getpid()}", partitions=partitions, settings=settings) as roles:
        yield roles


def java_tool(roles, name, *words):
    """A tool of Kafka's own; what it printed, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(roles.cluster.java(roles.folder, f"org.apache.kafka.tools.{name}", *words),
                          capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{name} gave {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def lines_of_the_topic(roles, count):
    """Events as our collector has stored them, for a producer that sends the same bytes."""
    reader = subprocess.Popen([roles.collect.binary, "log", "cat", "--payload-only", "--data", str(roles.folder / "data")],
                              env=roles.environment | os.environ, stdout=subprocess.PIPE, text=True)
    lines = [reader.stdout.readline() for _ in range(count)]
    reader.kill()
    reader.wait()
    return lines


def producer_perf(roles, payloads, records):
    """Kafka's own producer benchmark with our settings: (records a second, CPU-s per million)."""
    said, cpu = java_tool(roles, "ProducerPerformance", "--topic", TOPIC, "--num-records", str(records), "--throughput",
                          "-1", "--payload-file", str(payloads), "--producer-props",
                          f"bootstrap.servers={roles.cluster.bootstrap}", "acks=all", "compression.type=lz4", "linger.ms=5")
    return float(re.findall(r"([\d.]+) records/sec", said)[-1]), cpu / (records / 1e6)


def kafka_collector(options, _):
    """100 events a request into Kafka, one event a record and packed, in turns with kafka-producer-perf-test."""
    rows = []
    for events_per_record, name in ((1, "one event a record"), (500, "packed")):
        ours, cpu, theirs, their_cpu, most = [], [], [], [], 0
        with roles_on_kafka(options, events_per_record, partitions=4) as roles:
            roles.aggregate.stop()  # it would take its share of the cores
            generate(options, roles.collect.port, roles.write_key, seconds=1, batch=100, connections=32, id_prefix="warm.")
            payloads = roles.folder / "payloads"
            payloads.write_text("".join(lines_of_the_topic(roles, 5_000)))
            for number in range(options.repeats):
                rate, spent = producer_perf(roles, payloads, options.kafka_events // 5)
                theirs.append(rate)
                their_cpu.append(spent)
                before = machine.cpu_seconds(roles.collect.process.pid)
                answer = generate(options, roles.collect.port, roles.write_key, seconds=options.seconds, warm_up=1,
                                  batch=100, connections=32, seed=number, id_prefix=f"k{number}.")
                expect_only(answer, {"200"})
                ours.append(answer["events_per_second"])
                cpu.append((machine.cpu_seconds(roles.collect.process.pid) - before) /
                           (answer["acknowledged_events"] / 1e6))
            most = machine.resident_mib(roles.collect.process.pid)[1]
        rows += [row(f"collector → Kafka, 100 events a request, {name}", "events/s", ours, reference=theirs, is_ratio=True,
                     reference_name="kafka-producer-perf-test, the same lines, one a record",
                     note="acks=all, lz4, one broker; broker and both generators share the cores"),
                 row(f"the same, CPU of the collector, {name}", "CPU-s per million", cpu, lower_is_better=True,
                     reference=their_cpu, reference_name="kafka-producer-perf-test with its JVM",
                     note=f"reads and checks HTTP and JSON, too; highest {most:.0f} MiB")]
    return rows


def kafka_fold(options, _):
    """From a topic to committed rows: CPU, and what of it the Kafka client takes."""
    rows = []
    for events_per_record, name, budget in ((1, "one event a record", "≤ 1.2"), (500, "500 a record", "≤ 0.8")):
        with roles_on_kafka(options, events_per_record) as roles:
            roles.aggregate.stop()
            answer = generate(options, roles.collect.port, roles.write_key, seconds=0, events=options.kafka_events,
                              batch=500, connections=8, repeat_percent=2, id_prefix="f.")
            expect_only(answer, {"200"})
            roles.collect.stop()
            consumer = [consumer_perf(roles) for _ in range(options.repeats)]
            totals = [fold_totals(options, roles) for _ in range(options.repeats)]
            whole = [fold_once(roles) for _ in range(options.repeats)]
        events = whole[0]["events"]
        reference = {"reference": [cpu / (events / 1e6) for cpu in consumer],
                     "reference_name": "kafka-consumer-perf-test with its JVM, which only reads"}
        client = statistics.median(sample["client"] for sample in whole)
        rows += [row(f"Kafka → committed rows, totals, {name}", "CPU-s per million", totals, lower_is_better=True,
                     budget=f"{budget} CPU-s per million", note=f"{events:,} events with 2 % repeats, users; the "
                     "program's parts without its other rollups", **reference),
                 row(f"Kafka → committed rows, all default rollups, {name}", "CPU-s per million",
                     [sample["cpu"] for sample in whole], lower_is_better=True, budget="≤ 2 CPU-s per million",
                     note=f"`clickmill aggregate` from its start; of it {client:.2f} in the Kafka client's threads; highest "
                          f"{max(sample['mib'] for sample in whole):.0f} MiB", **reference)]
    return rows


def fold_totals(options, roles):
    """CPU-s per million of a process that folds the topic into totals and does nothing else."""
    command = [options.fold_log, "--brokers", roles.cluster.bootstrap, "--topic", TOPIC, "--scratch", str(roles.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} gave {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)["cpu_seconds_per_million"]


def fold_once(roles):
    """A new aggregator without numbers folds the topic to its end."""
    for file in (roles.folder / "data").glob("metrics.db*"):
        file.unlink()
    aggregate = RoleProcess(roles.aggregate.binary, "aggregate", roles.folder / "data", roles.environment)
    with aggregate:
        aggregate.start(60)
        accounting = roles.query.wait_until_counted(roles.read_key, seconds=900)
        threads = machine.cpu_seconds_by_thread(aggregate.process.pid)
        client = sum(seconds for thread, seconds in threads.items() if thread.startswith("rdk:"))
        events = sum(accounting[name] for name in ("counted", "duplicate"))
        return {"events": events, "cpu": machine.cpu_seconds(aggregate.process.pid) / (events / 1e6),
                "client": client / (events / 1e6), "mib": machine.resident_mib(aggregate.process.pid)[1]}


def consumer_perf(roles):
    """CPU seconds of Kafka's own consumer benchmark over the whole topic."""
    _, cpu = java_tool(roles, "ConsumerPerformance", "--bootstrap-server", roles.cluster.bootstrap, "--topic", TOPIC,
                          "--num-records", "1000000000", "--timeout", "3000", "--group", f"perf-{time.monotonic_ns()}")
    return cpu


def kafka_takeover(options, _):
    """Two aggregators on eight partitions at 20,000 events/s: one is killed; how long until the lag is what it was."""
    samples, usuals = [], []
    with roles_on_kafka(options, 1, partitions=8) as roles:
        other = RoleProcess(roles.aggregate.binary, "aggregate", roles.folder / "data", roles.environment)
        with other:
            other.start(60)
            load = subprocess.Popen([options.load, "--port", str(roles.collect.port), "--key", roles.write_key, "--features",
                                     str(FEATURES), "--rate", "20000", "--seconds", "3600", "--batch", "100",
                                     "--connections", "16"], stdout=subprocess.DEVNULL)
            try:
                for _ in range(options.repeats):
                    wait_until(lambda: lag_of(roles) <= 4, "fresh before the kill", 120)
                    usual = max(lags_for(roles, 8).values())
                    other.kill()
                    lags = lags_for(roles, 40)
                    samples.append(max((at for at, lag in lags.items() if lag > usual), default=0.0))
                    usuals.append(usual)
                    other.start(60)
            finally:
                load.kill()
                load.wait()
    return [row("one of two aggregators killed → lag as before again", "s", samples, lower_is_better=True,
                budget="≤ 30 s", note=f"8 partitions, 20,000 events/s; before the kill at most {max(usuals):.1f} s; a repeat "
                                      "window of a minute: one of a day is read again for longer")]


def lags_for(roles, seconds):
    """{seconds from now: lag}, ten times a second."""
    begin, lags = time.monotonic(), {}
    while (at := time.monotonic() - begin) < seconds:
        lags[at] = lag_of(roles)
        time.sleep(0.1)
    return lags


def lag_of(roles):
    """Seconds; without an answer from each partition it is endless."""
    lag = roles.query.ask("accounting", roles.read_key)["lag_seconds"]
    return float("inf") if lag is None else lag
