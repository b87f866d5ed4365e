"""A contract's GoogleTest program, asked of a backend that needs a server. Python's standard library only."""
import os
import pathlib
import subprocess


def run_contract(options, program, **environment):
    """Runs `program`, which lies beside clickmill, and counts its tests; the exit code. No test at all is a failure."""
    test = pathlib.Path(options.bin).with_name(program)
    done = subprocess.run([test, f"--gtest_filter={options.filter}"], text=True, stdout=subprocess.PIPE,
                          env={**os.environ, **environment})
    print(done.stdout)
    passed, failed = (done.stdout.count(f"\n[{mark}] ") for mark in ("       OK ", "  FAILED  "))
    print(f"{passed} passed, {failed // 2 or int(done.returncode != 0)} failed")
    return done.returncode or int(passed == 0)
