#!/usr/bin/env python3
"""Moves the wall clock under the real server by hours: clicks go on being counted, exactly and in the right hour.

    tests/crash/clock_jump_test.py --bin build/dev/bin/clickmill

The server runs under libfaketime (Debian's `faketime`), which reads the shift of its wall clock from a file. A jump
of over an hour is not believed before the kernel reports synchronisation, or an operator confirms it.
"""
import argparse
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import Clickmill, faketime_preload, parse_arguments, wait_until  # noqa: E402

HOUR = 3600
TOLERANCE = 120  # seconds; a test machine may be slow, a jump is hours


def kernel_is_synchronised():
    """As the server asks it: adjtimex(2), STA_UNSYNC."""
    class Timex(ctypes.Structure):
        _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
                    ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long), ("status", ctypes.c_int),
                    ("rest", ctypes.c_char * 512)]
    state = Timex()
    returned = ctypes.CDLL(None).adjtimex(ctypes.byref(state))
    return returned != 5 and not state.status & 0x40


class ShiftedServer(Clickmill):
    """A server whose wall clock is the host's plus a shift."""

    def __init__(self, binary, folder):
        self.shift_file = folder / "shift"
        self.shift(0)
        super().__init__(binary, data=folder / "data", environment={
            "LD_PRELOAD": faketime_preload(binary), "FAKETIME_TIMESTAMP_FILE": str(self.shift_file),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1"})
        self.clicks = 0

    def shift(self, seconds):
        """Replaces the file at once: the server reads it at every look at the clock."""
        fresh = self.shift_file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self.shift_file)

    def click(self, count=5):
        for _ in range(count):
            status, _, answer = self.send(self.write_key, [{"event_id": f"clock.1#{self.clicks}", "feature_id": "tick"}])
            assert status == 200 and answer["accepted"] == 1, f"a click got {status}: {answer}"
            self.clicks += 1

    def last_received_shift(self):
        """How many seconds the newest click's time is ahead of the host's clock."""
        lines = subprocess.run([self.binary, "log", "cat", "--payload-only", "--data", str(self.data)],
                               capture_output=True, text=True,
                               check=True).stdout.splitlines()
        return json.loads(lines[-1])["received_at"] / 1e6 - time.time()


def expect_near(got, want, what):
    assert abs(got - want) < TOLERANCE, f"{what}: {got:.0f} s ahead of the host, expected {want}"


def run(options, folder):
    believes = kernel_is_synchronised()
    with ShiftedServer(options.bin, folder) as server:
        server.start()
        server.write_key, read_key = server.keys()
        server.click()
        expect_near(server.last_received_shift(), 0, "before any jump")

        for shift in (3 * HOUR, -5 * HOUR):
            server.shift(shift)
            server.click()
            expect_near(server.last_received_shift(), shift if believes else 0, f"after a jump of {shift} s")
            assert "clock" in server.output(), "the server says that the clock jumped"
        server.shift(600)
        server.click()
        expect_near(server.last_received_shift(), 600, "a jump of ten minutes is believed")

        server.shift(4 * HOUR)
        server.click()
        server.run("clock", "confirm")
        wait_until(lambda: (server.click(1), abs(server.last_received_shift() - 4 * HOUR) < TOLERANCE)[1],
                   "a confirmed clock is believed", 20, every=0.3)

        server.kill()
        server.shift(-2 * HOUR)
        server.start()
        server.click()

        accounting = server.wait_until_counted(read_key)
        assert accounting["is_balanced"] and accounting["lost"] == 0, accounting
        assert accounting["counted"] == server.clicks, f"counted {accounting['counted']}, sent {server.clicks}"
        series = server.ask("series", read_key, feature_id="tick", grain="hour", **dates_around())
        assert sum(v or 0 for v in series["series"][0]["values"]) == server.clicks, series
    print(f"{server.clicks} clicks over 6 jumps, kernel synchronised: {believes}; every one counted once")


def dates_around():
    day = 86_400
    return {"from": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 2 * day)),
            "to": time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * day))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options = parse_arguments(parser)
    with tempfile.TemporaryDirectory(prefix="clickmill-clock-") as folder:
        run(options, pathlib.Path(folder))
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
