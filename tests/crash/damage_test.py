#!/usr/bin/env python3
"""Damages the files of a data folder: the server starts by itself, says what is lost, and goes on counting.

    tests/crash/damage_test.py --bin build/dev/bin/clickmill
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import Clickmill, parse_arguments  # noqa: E402

EVENTS = 20_000


class Folder:
    """A copy of a filled data folder, and a server on it."""

    def __init__(self, binary, filled, folder):
        self.data = folder
        shutil.copytree(filled.data, folder)
        self.server = Clickmill(binary, data=folder)
        self.write_key, self.read_key = filled.keys

    def overwrite(self, name, at, bytes_):
        path = self.data / name
        size = path.stat().st_size
        with open(path, "r+b") as file:
            file.seek(int(size * at))
            file.write(bytes_)

    def truncate(self, name, share):
        path = self.data / name
        with open(path, "r+b") as file:
            file.truncate(int(path.stat().st_size * share))

    def remove(self, name):
        for file in self.data.glob(name + "*"):
            file.unlink()

    def start_and_look(self):
        """Starts, sends one click more, and returns the accounting once it is counted."""
        with self.server as server:
            server.start()
            before = server.wait_until_counted(self.read_key)
            status, _, answer = server.send(self.write_key, [{"event_id": "after.1#0", "feature_id": "after"}])
            check(status == 200 and answer["accepted"] == 1, f"clicks are taken after the damage: {status} {answer}")
            after = server.wait_until_counted(self.read_key)
            check(after["counted"] == before["counted"] + 1, f"the new click counts: {before} {after}")
            check(after["is_balanced"], f"the accounting is balanced: {after}")
            server.stop()
        return after


class Filled:
    """A data folder with EVENTS clicks, each counted, and its keys."""

    def __init__(self, options, folder):
        self.data = folder
        with Clickmill(options.bin, data=folder) as server:
            server.start()
            self.keys = server.keys()
            subprocess.run([options.load, "--port", str(server.port), "--key", self.keys[0], "--events", str(EVENTS),
                            "--seconds", "0", "--batch", "20", "--connections", "4", "--features", "50",
                            "--until-acknowledged"], check=True, stdout=subprocess.DEVNULL)
            accounting = server.wait_until_counted(self.keys[1])
            self.counted = accounting["counted"]
            check(self.counted >= EVENTS, f"filled: {accounting}")
            server.stop()


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def set_aside(folder, name):
    return [path.name for path in folder.data.iterdir() if path.name.startswith(name + ".")
            and not path.name.endswith(("-wal", "-shm"))]


def metrics_that_sqlite_refuses(filled, folder):
    folder.overwrite("metrics.db", 0, b"this is no database" * 50)
    after = folder.start_and_look()
    check(after["counted"] == filled.counted + 1, f"everything is folded again: {after}")
    check(set_aside(folder, "metrics.db"), "the damaged file is kept aside")


def metrics_with_a_damaged_page(filled, folder):
    folder.overwrite("metrics.db", 0.5, b"\xff" * 8192)
    after = folder.start_and_look()
    check(after["lost"] == 0, f"nothing is lost: {after}")


def metrics_that_is_gone(filled, folder):
    folder.remove("metrics.db")
    after = folder.start_and_look()
    check(after["counted"] == filled.counted + 1 and after["lost"] == 0, f"everything is folded again: {after}")


def a_damaged_record(filled, folder):
    folder.remove("metrics.db")
    folder.overwrite("events.db", 0.5, b"\x00" * 40)
    after = folder.start_and_look()
    check(after["counted"] + after["lost"] + after["duplicate"] == filled.counted + 1, f"what is missing is lost: {after}")


def an_event_log_that_sqlite_refuses(filled, folder):
    folder.overwrite("events.db", 0, b"this is no database" * 50)
    after = folder.start_and_look()
    check(after["counted"] >= filled.counted + 1, f"what was counted stays counted: {after}")
    check(set_aside(folder, "events.db"), "the damaged file is kept aside")


def an_event_log_cut_in_half(filled, folder):
    folder.truncate("events.db", 0.5)
    after = folder.start_and_look()
    check(after["counted"] >= filled.counted + 1, f"what was counted stays counted: {after}")


CASES = [metrics_that_sqlite_refuses, metrics_with_a_damaged_page, metrics_that_is_gone, a_damaged_record,
         an_event_log_that_sqlite_refuses, an_event_log_cut_in_half]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options = parse_arguments(parser, "load")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="clickmill-damage-") as scratch:
        scratch = pathlib.Path(scratch)
        filled = Filled(options, scratch / "filled")
        for case in CASES:
            folder = Folder(options.bin, filled, scratch / case.__name__)
            try:
                case(filled, folder)
            except (AssertionError, RuntimeError, TimeoutError) as problem:
                failed += 1
                print(f"{case.__name__}: {problem}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
