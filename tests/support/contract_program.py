"""A contract's GoogleTest program, asked of a backend that needs a server. Python's standard library only."""
import os
import pathlib
import subprocess


def ask_contract(options, *programs, **environment):
    """Runs programs, which lie beside clickmill: (passed, failed). No test at all is a failure."""
    passed = failed = 0
    for program in programs:
        test = pathlib.Path(options.bin).with_name(program)
        done = subprocess.run([test, f"--gtest_filter={options.filter}"], text=True, stdout=subprocess.PIPE,
                              env={**os.environ, **environment})
        print(done.stdout)
        passed += done.stdout.count("\n[       OK ] ")
        failed += done.stdout.count("\n[  FAILED  ] ") // 2 or int(done.returncode != 0)
    return passed, failed or int(passed == 0)


def run_contract(options, *programs, **environment):
    """Says how many passed and failed; the exit code."""
    passed, failed = ask_contract(options, *programs, **environment)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)
