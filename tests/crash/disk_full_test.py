#!/usr/bin/env python3
"""Fills the disk below the real server: it must refuse, say so, keep what it has, and go on by itself.

    tests/crash/disk_full_test.py --bin build/dev/bin/clickmill

Runs itself again in a mount namespace of its own (unshare), where a small tmpfs is the data folder's disk.
"""
import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402
from small_disk import INSIDE, SmallDisk  # noqa: E402

DISK_MEGABYTES = 32


class Sender:
    """Sends clicks one after another; what was not acknowledged goes again with the same id."""

    def __init__(self, server, key):
        self.server, self.key, self.number = server, key, 0
        self.acknowledged = 0

    def send(self):
        """The status, headers and answer to one click, new only if the one before was acknowledged."""
        event = {"event_id": f"disk.1#{self.number}", "feature_id": "save", "user_id": "u1",
                 "properties": {f"padding{i}": hashlib.sha512(f"{self.number}.{i}".encode()).hexdigest() * 4
                                for i in range(6)}}
        status, headers, answer = self.server.send(self.key, [event])
        if status == 200 and answer["accepted"] == 1:
            self.acknowledged += 1
            self.number += 1
        return status, headers, answer

    def send_until(self, status, what):
        return wait_until(lambda: (answer := self.send())[0] == status and answer, what, seconds=30, every=0)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def counts_agree(server, read_key, sender):
    accounting = server.wait_until_counted(read_key)
    check(accounting["is_balanced"], f"accounting is balanced: {accounting}")
    check(accounting["lost"] == 0, f"nothing is lost: {accounting}")
    # A refused click may be in the log all the same; it is sent again until it is acknowledged.
    check(accounting["counted"] == sender.acknowledged,
          f"counted {accounting['counted']}, acknowledged {sender.acknowledged}")


def one_cycle(server, disk, sender, read_key, restarts_while_full):
    sender.send_until(200, "a click is taken while there is room")
    disk.fill()
    status, headers, answer = sender.send_until(503, "a click is refused when the disk is full")
    check(int(headers.get("retry-after", 0)) >= 1, f"{status} carries Retry-After: {headers}")
    check(answer["error"]["code"], "the refusal says why")
    wait_until(lambda: server.operations("/readyz")[0] == 503, "readyz is false while the disk is full", 15)
    if restarts_while_full:
        server.kill()
        server.launch()
        wait_until(lambda: answers(server), "the server starts on a full disk", 15)
    check(server.process.poll() is None, "the server lives on")
    disk.clear()
    sender.send_until(200, "clicks are taken again once there is room")
    wait_until(lambda: server.operations("/readyz")[0] == 200, "readyz is true again", 15)
    counts_agree(server, read_key, sender)


def answers(server):
    """Whether it listens for clicks, which it does last: health is served before."""
    check(server.process.poll() is None, f"the server ended on a full disk:\n{server.output()[-2000:]}")
    try:
        return bool(server.request("GET", "/v1/events"))
    except OSError:
        return False


def run(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clickmill-small-disk-"))
    disk = SmallDisk(folder, DISK_MEGABYTES)
    try:
        return fill_and_clear(options, folder, disk)
    finally:
        disk.unmount()


def fill_and_clear(options, folder, disk):
    with Clickmill(options.bin, data=folder / "data") as server:
        server.start()
        write_key, read_key = server.keys()
        sender = Sender(server, write_key)
        for cycle in range(options.cycles):
            try:
                one_cycle(server, disk, sender, read_key, restarts_while_full=cycle % 3 == 2)
            except (AssertionError, TimeoutError, RuntimeError) as problem:
                print(f"cycle {cycle}: {problem}\n{server.output()[-2000:]}")
                print(f"{cycle} passed, 1 failed")
                return 1
    print(f"{sender.acknowledged} clicks acknowledged over {options.cycles} times of a full disk")
    print(f"{options.cycles} passed, 0 failed")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=6)
    options = parse_arguments(parser)
    if os.environ.get(INSIDE):
        return run(options)
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return subprocess.run(["unshare", *as_root, "--mount", sys.executable, __file__,
                           "--cycles", str(options.cycles), "--bin", options.bin],
                          env={**os.environ, INSIDE: "1"}).returncode


if __name__ == "__main__":
    sys.exit(main())
