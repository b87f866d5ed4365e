#!/usr/bin/env python3
"""Several aggregators share a topic and a metrics store: they come, go, are killed and are frozen, and counts are exact.

    tests/kafka/rebalance_test.py --rounds 50 --seed 1 --bin build/dev/bin/clickmill
    tests/kafka/rebalance_test.py --store postgres --rounds 60

The store is metrics.db, or a PostgreSQL server or ClickHouse's engine, which is killed, too.

An aggregator that is frozen for longer than its session loses its partitions to the others; when it wakes it still
believes that they are its own, and what it commits then is refused. After every round everything is compared.
"""
import argparse
import contextlib
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from bad_days_test import lag_of  # noqa: E402
from crash_test import Journal, Load  # noqa: E402
from kafka_roles import RolesOnKafka  # noqa: E402
from kill_test import check  # noqa: E402
from real_clickmill import parse_arguments, wait_until  # noqa: E402
from store_world import STORES, store_server  # noqa: E402

SESSION = 6.0  # seconds
EVENTS = ("freeze", "leave", "kill", "join", "freeze_all_but_one")
EVENTS_ON_A_SERVER = ("kill_store", *EVENTS)


class Aggregators:
    def __init__(self, roles, count, store):
        self.roles = roles
        self.store = store
        self.all = [roles.process("aggregate", number) for number in range(1, count + 1)]

    @property
    def running(self):
        return [process for process in self.all if process.process]

    def freeze(self, processes, chance):
        for process in processes:
            process.process.send_signal(signal.SIGSTOP)
        time.sleep(SESSION + chance.uniform(1.0, 3.0))
        for process in processes:
            process.process.send_signal(signal.SIGCONT)

    def run(self, event, chance):
        victim = chance.choice(self.running)
        if event == "kill_store":
            time.sleep(chance.uniform(0.5, 1.5))
            self.store.kill()
            time.sleep(chance.uniform(0.0, 3.0))
            self.store.start()
        elif event == "freeze":
            self.freeze([victim], chance)
        elif event == "freeze_all_but_one":
            self.freeze(self.running[1:], chance)
        elif event == "leave" and len(self.running) > 1:
            victim.stop()
        elif event == "kill" and len(self.running) > 1:
            victim.kill()
        else:
            away = [process for process in self.all if not process.process]
            if away:
                away[0].start(60)

    def owners(self):
        """How many partitions each one follows now, by its own metrics."""
        counts = []
        for process in self.running:
            lines = process.operations("/metrics")[1].splitlines()
            lags = [line.split()[-1] for line in lines if line.startswith("clickmill_aggregator_lag_records{")]
            counts.append(sum(lag.lower() != "nan" for lag in lags))
        return counts

    def stop(self):
        for process in self.all:
            process.__exit__(None, None, None)


def run(options, folder):
    chance = random.Random(options.seed)
    journal = Journal(folder / "journal")
    passed = failed = 0
    settings = {"CLICKMILL_KAFKA__SETTINGS": "group.protocol=consumer"} if options.new_protocol else {}
    events = EVENTS
    with contextlib.ExitStack() as ends:
        store = ends.enter_context(store_server(options.store, "rebalance"))
        if store:
            settings["CLICKMILL_METRICS_STORE__URL"] = store.url
            if options.store == "postgres":
                settings["CLICKMILL_CONTROL__URL"] = store.url
            events = EVENTS_ON_A_SERVER
        roles = ends.enter_context(
            RolesOnKafka(options.bin, f"rebalance-{os.getpid()}", partitions=8, settings=settings))
        roles.aggregate.stop()
        aggregators = Aggregators(roles, 3, store)
        load = Load(options, roles.collect.port, roles.write_key, journal.path)
        try:
            for process in aggregators.all:
                process.start(60)
            wait_until(lambda: min(aggregators.owners()) > 0 and sum(aggregators.owners()) == 8,
                       "each of three has its share of eight partitions", 30)
            print(f"three aggregators follow {aggregators.owners()} partitions", flush=True)
            for number in range(1, options.rounds + 1):
                event = events[(number - 1) % len(events)]
                begin = time.monotonic()
                aggregators.run(event, chance)
                time.sleep(chance.uniform(0.0, 1.5))
                load.pause()
                differences, accounting = check(roles, journal, number == options.rounds)
                passed, failed = passed + (not differences), failed + bool(differences)
                print(f"round {number}, {event}: {len(journal.ids)} acknowledged, {accounting['duplicate']} repeats "
                      f"dropped, {len(aggregators.running)} aggregators, {time.monotonic() - begin:.1f} s", flush=True)
                for difference in differences[:10]:
                    print(f"  {difference}  (seed {options.seed})", flush=True)
                load.say("go")
            load.pause()
            wait_until(lambda: lag_of(roles, partitions=8) == 0, "Kafka's tool sees that all is counted", 30)
        finally:
            load.process.kill()
            load.process.wait()
            if failed or options.verbose:
                print("\n".join(process.output()[-6000:] for process in aggregators.all))
            aggregators.stop()
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--new-protocol", action="store_true", help="group.protocol=consumer (KIP-848)")
    parser.add_argument("--store", choices=STORES, default="sqlite", help="where the numbers lie (metrics.db)")
    parser.add_argument("--verbose", action="store_true", help="what the processes said, at the end")
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    options = parse_arguments(parser, "load")
    print(f"{options.rounds} rounds, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="clickmill-kafka-rebalance-") as folder:
        return 0 if run(options, pathlib.Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
