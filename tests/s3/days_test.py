#!/usr/bin/env python3
"""A server whose archive is in S3, on bad days, killed while it sends files: every click is there once.

    tests/s3/days_test.py --kills 6 --bin build/dev/bin/clickmill

The server of S3's protocol is a real one that checks signatures; a proxy in front of it refuses, cuts and loses.
"""
import argparse
import pathlib
import random
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash", "recount")]
from crash_test import names_join  # noqa: E402
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402
from s3_server import BUCKET, KEYS, BadDays, S3Server  # noqa: E402
from verify_test import Checks, World  # noqa: E402

EVENTS_A_FILE = 8000  # with what is in each, a file has two parts
BAD = ("500", "503", "cut request", "cut answer", "lost answer")  # silence costs half a minute each


def clicks(chance, first, count):
    """With a thousand bytes each that no compression makes less of."""
    return [{"event_id": f"install.boot#{number}", "feature_id": f"button.{number % 5}", "user_id": f"u{number % 97}",
             "properties": {"noise": "".join(chr(chance.randrange(0x21, 0x5b)) for _ in range(1000))}}
            for number in range(first, first + count)]


def send(server, write_key, events):
    for first in range(0, len(events), 100):
        status, _, said = server.send(write_key, events[first:first + 100])
        if status != 200 or said["rejected"]:
            raise RuntimeError(f"clicks gave {status}: {said}")


def files_in(store):
    return sorted(store.objects.glob("shop/date=*/*.parquet"))


def health_of(server):
    return server.operations("/readyz")[1]


def bad_days(options, server, store, proxy, checks):
    """Kills and refusals while there is always a file to send."""
    chance = random.Random(options.seed)
    server.start()
    write_key, read_key = server.keys()
    sent = 0
    proxy.chance, proxy.kinds = 0.4, BAD
    for _ in range(options.kills):
        send(server, write_key, clicks(chance, sent, EVENTS_A_FILE))
        sent += EVENTS_A_FILE
        time.sleep(chance.uniform(0.5, 5))  # anywhere in the making and sending of a file
        server.kill()
        server.start()
    send(server, write_key, clicks(chance, 0, 500))  # repeats: they are archived, too
    proxy.chance = 0.0
    wait_until(lambda: len(files_in(store)) >= options.kills, "all files that are due", 120)
    checks.expect("names join", names_join(files_in(store)), True)
    checks.expect("files of two parts", min(path.stat().st_size for path in files_in(store)) > 5 << 20, True)
    server.wait_until_counted(read_key)
    world = World(server)
    rows = world.ask("SELECT count(*) AS rows, count(DISTINCT event_id) AS ids, "
                     'count(DISTINCT (partition, "offset", place)) AS places FROM events')
    checks.expect("every click once, archived or in the log", rows,
                  [{"rows": sent + 500, "ids": sent, "places": sent + 500}])
    code, said = world.command("verify")
    checks.expect(f"verify: {said[-800:]}", code, 0)
    print(f"{options.kills} kills, {proxy.counts}", flush=True)
    return world, sent


def it_is_away(server, proxy, checks):
    """Clicks go on, the log keeps what is not archived, and the server says so."""
    proxy.chance, proxy.kinds = 1.0, ("503",)
    write_key = server.keys()[0]
    send(server, write_key, clicks(random.Random(1), 1_000_000, EVENTS_A_FILE))
    said = wait_until(lambda: "the log keeps what is not archived" in health_of(server) and health_of(server),
                      "a note that S3 is away", 60)
    checks.expect_in("what it answers is named", "503 SlowDown", said)
    proxy.chance = 0.0
    wait_until(lambda: "not archived" not in health_of(server), "the note to go", 90)


def the_past_comes_from_s3(server, world, store, checks):
    """A later rollup is built from the files, a person is erased in them, a damaged object is named."""
    code, said = world.command("rollup", "add", "by_noise", "--dimensions", "platform", "--wait")
    checks.expect(f"rollup add: {said[-500:]}", code, 0)
    code, said = world.command("verify", "--rollup", "by_noise")
    checks.expect(f"it is equal: {said[-500:]}", code, 0)
    before = {path.name: path.stat().st_mtime_ns for path in files_in(store)}
    code, said = world.command("erase", "--user", "u13")
    checks.expect(f"erase: {said}", code, 0)
    checks.expect("objects keep their names", {path.name for path in files_in(store)} >= set(before), True)
    left = world.ask("SELECT count(*) FILTER (user_id = 'u13') AS theirs, "
                     "count(*) FILTER (other = '{\"erased\":true}') > 200 AS erased FROM events")
    checks.expect("nobody is left", left, [{"theirs": 0, "erased": True}])
    code, said = world.command("verify")
    checks.expect(f"verify afterwards: {said[-500:]}", code, 0)
    server.stop()
    checks.expect("nothing stays on the way", [path.name for path in (server.data / "archive/.new").iterdir()], [])
    damaged = files_in(store)[1]
    damaged.write_bytes(damaged.read_bytes()[:1000])
    code, said = world.command("verify", "--rollup", "totals")
    checks.expect_in(f"a damaged object is named ({code})", damaged.name, said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parse_arguments(parser)
    checks = Checks()
    with S3Server() as store, BadDays(store.port, options.seed) as proxy:
        environment = {**KEYS, "CLICKMILL_ARCHIVE__URL": f"s3://{BUCKET}/shop", "CLICKMILL_ARCHIVE__S3_PART_MIB": "5",
                       "CLICKMILL_ARCHIVE__S3_ENDPOINT": proxy.endpoint,
                       "CLICKMILL_AGGREGATOR__REPLAY_FROM_RECORDS": "10",
                       "CLICKMILL_ARCHIVE__FILE_EVENTS": str(EVENTS_A_FILE)}
        with Clickmill(options.bin, environment=environment) as server:
            world, _ = bad_days(options, server, store, proxy, checks)
            it_is_away(server, proxy, checks)
            the_past_comes_from_s3(server, world, store, checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 0 if checks.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
