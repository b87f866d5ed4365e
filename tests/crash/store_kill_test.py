#!/usr/bin/env python3
"""Kills the aggregator, its database, or both, with SIGKILL at random moments under load; counts are exact afterwards.

    tests/crash/store_kill_test.py --store postgres --rounds 200 --seed 1 --bin build/dev/bin/clickmill
"""
import argparse
import os
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import parse_arguments, wait_until  # noqa: E402
from store_world import STORES, store_server, world_on  # noqa: E402


def kill_some(world, database, chance):
    """Who was killed."""
    victims = chance.choice((("aggregator",), ("database",), ("aggregator", "database"), ("database", "aggregator")))
    time.sleep(chance.uniform(0.05, 1.2))
    for victim in victims:
        (world.server if victim == "aggregator" else database).kill()
        time.sleep(chance.uniform(0.0, 0.4))
    for victim in victims if chance.random() < 0.5 else reversed(victims):
        if victim == "aggregator":
            world.server.launch()
            wait_until(world.takes_clicks, "clicks are taken", 30)
        else:
            database.start()
        time.sleep(chance.uniform(0.0, 0.3))
    return " and ".join(victims)


def run(options, folder):
    chance = random.Random(options.seed)
    passed = failed = 0
    with store_server(options.store, "kills") as database, \
            world_on(database, options, folder) as world:
        for number in range(1, options.rounds + 1):
            victims = kill_some(world, database, chance)
            differences = world.differences()
            passed, failed = passed + (not differences), failed + bool(differences)
            if differences or options.verbose or number % 10 == 0:
                print(f"round {number}, {victims}: {len(world.journal.ids)} acknowledged", flush=True)
            for difference in differences[:10]:
                print(f"  {difference}  (seed {options.seed})", flush=True)
            world.load.say("go")
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=STORES[1:], default="postgres")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    parser.add_argument("--verbose", action="store_true")
    options = parse_arguments(parser, "load")
    print(f"{options.rounds} rounds, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="clickmill-store-kills-") as folder:
        return 0 if run(options, pathlib.Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
