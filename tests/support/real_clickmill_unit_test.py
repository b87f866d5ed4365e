#!/usr/bin/env python3
"""A sanitizer's report in the server fails the test that drives it, however the server ends.

Each case is a small program built with the sanitizer that is to speak, run in the server's place.
"""
import pathlib
import subprocess
import tempfile
import unittest

from real_clickmill import Clickmill, wait_until

READY = "ready to be stopped"
PROGRAM = """
#include <csignal>
#include <cstdio>
#include <thread>
#include <unistd.h>
volatile int shared = 2147483647;
int* volatile kept;
void stop(int) { _exit(0); }
void stop_by_exit(int) { std::exit(0); }
void fault();
int main() {
    std::signal(SIGTERM, stop);
    fault();
    std::fprintf(stderr, "%s\\n");
    for (;;) pause();
}
""" % READY

FAULTS = {  # what goes wrong: the sanitizer that sees it, and how
    "use after free": ("address", "void fault() { kept = new int(1); delete kept; shared = *kept; }"),
    "overflow": ("undefined", "void fault() { shared = shared + 1; }"),
    "race": ("thread", "void write_often() { for (int i = 0; i < 10000; ++i) shared = i; }\n"
                       "void fault() { std::thread other(write_often); write_often(); other.join(); }"),
    "leak": ("address", "void fault() { std::signal(SIGTERM, stop_by_exit); for (int i = 0; i < 100; ++i) kept = new int(i); }"),
    "end": ("address", "void fault() { _exit(0); }"),
    "none": ("address", "void fault() {}"),
}


def build(folder, name):
    """The program with that fault; the same one when it is asked for again."""
    sanitizer, fault = FAULTS[name]
    program = folder / name.replace(" ", "_")
    if program.exists():
        return program
    subprocess.run(["g++", "-std=c++20", "-O0", "-g1", f"-fsanitize={sanitizer}", "-x", "c++", "-", "-o", program],
                   input=PROGRAM + fault, text=True, check=True)
    return program


class SanitizerReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="clickmill-planted-")))

    def drive(self, name, halts=False, end=lambda server: None):
        """A test that starts the server, ends it as told, and leaves."""
        program = build(self.folder, name)
        halt = f"halt_on_error={int(halts)}"
        with Clickmill(program, environment={"ASAN_OPTIONS": halt, "UBSAN_OPTIONS": halt, "TSAN_OPTIONS": halt}) as server:
            server.launch()
            wait_until(lambda: READY in server.output() or server.process.poll() is not None, "the program speaks")
            end(server)

    def test_lets_a_silent_server_pass(self):
        self.drive("none")
        self.drive("none", end=Clickmill.stop)
        self.drive("none", end=Clickmill.kill)

    def test_finds_a_report_of_a_server_that_goes_on_and_is_killed(self):
        for name, says in (("overflow", "signed integer overflow"), ("race", "data race")):
            with self.subTest(name), self.assertRaisesRegex(RuntimeError, says):
                self.drive(name, end=Clickmill.kill)

    def test_finds_a_report_of_a_server_that_goes_on_and_is_stopped(self):
        for name, says in (("overflow", "signed integer overflow"), ("race", "data race")):
            with self.subTest(name), self.assertRaisesRegex(RuntimeError, says):
                self.drive(name)

    def test_finds_a_report_of_a_server_that_ended(self):
        for name, says in (("use after free", "heap-use-after-free"), ("race", "data race")):
            with self.subTest(name), self.assertRaisesRegex(RuntimeError, says):
                self.drive(name, halts=True)

    def test_notices_a_server_that_ends_by_itself(self):
        for end in (Clickmill.kill, Clickmill.stop, lambda server: None):
            with self.subTest(end), self.assertRaisesRegex(RuntimeError, "ended by itself with 0"):
                self.drive("end", end=end)

    def test_finds_a_leak_when_a_server_is_stopped(self):
        with self.assertRaisesRegex(RuntimeError, "detected memory leaks"):
            self.drive("leak")


if __name__ == "__main__":
    unittest.main()
