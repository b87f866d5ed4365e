#!/usr/bin/env python3
"""Kills collector, aggregator, archiver, query and broker with SIGKILL at random moments under load, and counts.

    tests/kafka/kill_test.py --rounds 10 --seed 1 --bin build/dev/bin/clickmill

The load generator sends each request until it is acknowledged. After every round everything that it
sent is counted here, each event id once, and compared with the API; at the end Kafka's own console
consumer reads the topic and its ids are counted, too: 0 lost, 0 double. Archive and topic together hold every
event once, and `clickmill verify` counts from them what the API says.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from crash_test import Comparison, Journal, Load, names_join  # noqa: E402
from kafka_roles import TOPIC, RolesOnKafka  # noqa: E402
from real_clickmill import parse_arguments, wait_until  # noqa: E402

VICTIMS = ("collect", "aggregate", "archive", "query", "broker")
ARCHIVE_FILE_EVENTS = 200  # of one partition


def kill(roles, victim, chance):
    """One kill at a random moment; back up a moment later."""
    time.sleep(chance.uniform(0.1, 0.8))
    if victim == "broker":
        roles.cluster.kill(1)
        time.sleep(chance.uniform(0.0, 0.5))
        roles.cluster.start()
        return
    process = getattr(roles, victim)
    process.kill()
    time.sleep(chance.uniform(0.0, 0.5))
    process.start(60)


def check(roles, journal, is_last):
    journal.read_on()
    comparison = Comparison(roles.query, roles.read_key, journal)
    accounting = comparison.compare_accounting()
    comparison.compare_features("hour")
    if is_last:
        comparison.compare_features("day")
        comparison.compare_dimensions()
        comparison.compare_users()
    return comparison.differences, accounting


def java_client(roles, name, *words, topic=TOPIC, **options):
    """Another client than ours: a tool of Kafka's own."""
    return subprocess.run(
        roles.cluster.java(roles.folder, f"org.apache.kafka.tools.{name}", "--bootstrap-server",
                           roles.cluster.bootstrap, "--topic", topic, *words),
        capture_output=True, text=True, **options)


def recount(roles):
    """Event ids in the topic, as another client reads them; each record's key is who clicked."""
    partitions = roles.query.ask("accounting", roles.read_key)["partitions"]
    records = sum(partition["end"] for partition in partitions)
    done = java_client(roles, "consumer.ConsoleConsumer", "--from-beginning", "--max-messages", str(records),
                       "--timeout-ms", "60000", "--formatter-property", "print.key=true", stdin=subprocess.DEVNULL)
    records = [line.partition("\t") for line in done.stdout.splitlines()]
    events = [(key, json.loads(line)) for key, _, line in records if line.startswith("{")]
    return {event["event_id"] for key, event in events if key == event["user_id"]}


def count_elsewhere(roles):
    """Two clicks and garbage by Kafka's console producer. What is wrong with the numbers then."""
    java_client(roles, "ConsoleProducer", check=True, input='{"feature_id": "elsewhere", "user_id": "ann"}\n'
                'this is no event\n{"feature_id": "elsewhere", "user_id": "bob"}\n')
    wait_until(lambda: roles.query.ask("accounting", roles.read_key)["unreadable"] == 1, "the garbage is counted", 30)
    roles.query.wait_until_counted(roles.read_key)
    comparison = Comparison(roles.query, roles.read_key, None)
    line, = comparison.series(feature_id="elsewhere", grain="day")
    users, = comparison.series(feature_id="elsewhere", grain="day", metric="users")
    comparison.expect("clicks from elsewhere", line["total"], 2)
    comparison.expect("users from elsewhere", users["total"], 2)
    return comparison.differences


def check_archive(roles, journal):
    """What is wrong with the archive; the topic has clicks from elsewhere, too."""
    rows = roles.query.run("raw", "query", "--format", "csv",
                           'SELECT count(*) = count(DISTINCT (partition, "offset", place)), count(DISTINCT event_id), '
                           "count(fault) FROM events")
    differences = []
    if rows.splitlines()[1:] != [f"true,{len(journal.ids)},1"]:
        differences.append(f"archive and topic (nothing twice, ids, unreadable): {rows!r}, expected {len(journal.ids)} ids")
    files = list(roles.query.data.glob("archive/date=*/*.parquet"))
    if len(files) < 8 or not names_join(files):
        differences.append(f"the files' names do not join: {sorted(path.name for path in files)}")
    try:
        said = roles.query.run("verify")
    except RuntimeError as problem:
        said = str(problem)
    if "equal: " not in said:
        differences.append(said[-2000:])
    return differences


def run(options, folder):
    chance = random.Random(options.seed)
    journal = Journal(folder / "journal")
    passed = failed = 0
    with (RolesOnKafka(options.bin, f"kill-{os.getpid()}",
                       settings={"CLICKMILL_ARCHIVE__FILE_EVENTS": str(ARCHIVE_FILE_EVENTS)}) as roles,
          roles.process("archive") as roles.archive):
        roles.archive.start()
        load = Load(options, roles.collect.port, roles.write_key, journal.path)
        try:
            wait_until(lambda: journal.path.exists() and journal.path.stat().st_size > 0, "a first click")
            for number in range(1, options.rounds + 1):
                victim = options.victims[(number - 1) % len(options.victims)]
                begin = time.monotonic()
                kill(roles, victim, chance)
                report = load.pause()
                differences, accounting = check(roles, journal, number == options.rounds)
                passed, failed = passed + (not differences), failed + bool(differences)
                print(f"round {number}, {victim}: {len(journal.ids)} acknowledged, {report['retries']} requests "
                      f"sent again, {accounting['duplicate']} repeats dropped, "
                      f"{time.monotonic() - begin:.1f} s", flush=True)
                for difference in differences[:10]:
                    print(f"  {difference}  (seed {options.seed})", flush=True)
                load.say("go")
            load.pause()
            journal.read_on()
            found = recount(roles)
            same = found == journal.ids
            passed, failed = passed + same, failed + (not same)
            print(f"Kafka's console consumer finds {len(found)} event ids, {len(journal.ids - found)} of "
                  f"{len(journal.ids)} acknowledged ones not, {len(found - journal.ids)} others")
            differences = count_elsewhere(roles)
            passed, failed = passed + (not differences), failed + bool(differences)
            print("\n".join(differences) or "clicks of another producer are counted, and its garbage as unreadable")
            differences = check_archive(roles, journal)
            passed, failed = passed + (not differences), failed + bool(differences)
            print("\n".join(differences) or "archive and topic hold every event once, and verify says equal")
        finally:
            if load.process.poll() is None:
                load.process.kill()
                load.process.wait()
            if failed or options.verbose:
                print("\n".join(process.output()[-6000:] for process in roles.roles))
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--victims", nargs="+", choices=VICTIMS, default=VICTIMS, help="in turn")
    parser.add_argument("--verbose", action="store_true", help="what the processes said, at the end")
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    options = parse_arguments(parser, "load")
    print(f"{options.rounds} rounds, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="clickmill-kafka-kill-") as folder:
        return 0 if run(options, pathlib.Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
