#!/usr/bin/env python3
"""Fills the disk below a real PostgreSQL that holds the metrics: clicks are taken all the while, and counts are exact afterwards.

    tests/postgres/disk_full_test.py --bin build/dev/bin/clickmill

Runs itself again in a mount namespace of its own (unshare), where a small tmpfs is the server's disk; for that it has
to be root.
"""
import argparse
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from days import run_days  # noqa: E402
from postgres_cluster import PostgresCluster  # noqa: E402
from real_clickmill import parse_arguments, wait_until  # noqa: E402
from small_disk import INSIDE, SmallDisk  # noqa: E402
from store_world import world_on  # noqa: E402

DISK_MEGABYTES = 320
# Little room for its own log, so that what fills the disk is ours to fill.
LITTLE_WAL = "\nmax_wal_size = 64MB\nmin_wal_size = 32MB\n"


def has_no_space(options, postgres, disk, folder):
    """Server and its log on the full disk: it refuses commits, or ends and is started again by whoever looks after it."""
    with world_on(postgres, options, folder) as world:
        wrong = []
        for cycle in range(options.cycles):
            disk.fill()
            wait_until(lambda: any(words in world.readiness() for words in
                                   ("No space left on device", "cannot connect to the metrics store", "not yet accepting")),
                       "/readyz says that the database can store nothing", 60)
            before = world.journal.path.stat().st_size
            wait_until(lambda before=before: world.journal.path.stat().st_size > before, "clicks are taken all the while", 30)
            disk.clear()
            if not postgres.pid():
                postgres.start()
            wait_until(world.server.is_ready, "it goes on by itself once there is room", 60)
            wrong += [f"{cycle}: {difference}" for difference in world.differences()]
            world.load.say("go")
        return wrong


def run(options):
    postgres = PostgresCluster(f"full-{os.getpid()}")
    postgres.folder.mkdir(parents=True)
    disk = SmallDisk(postgres.folder, DISK_MEGABYTES)
    try:
        postgres.start()
        postgres.stop()
        with open(postgres.data / "postgresql.conf", "a") as settings:
            settings.write(LITTLE_WAL)
        postgres.start()
        return run_days([has_no_space], None, lambda day, folder: day(options, postgres, disk, folder), postgres.log)
    finally:
        disk.clear()
        postgres.delete()
        disk.unmount()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    options = parse_arguments(parser, "load")
    if os.environ.get(INSIDE):
        return run(options)
    if os.geteuid() != 0:
        print("not run: a disk of its own for PostgreSQL's user needs root\n0 passed, 0 failed")
        return 0
    return subprocess.run(["unshare", "--mount", sys.executable, __file__, *sys.argv[1:]],
                          env={**os.environ, INSIDE: "1"}).returncode


if __name__ == "__main__":
    sys.exit(main())
