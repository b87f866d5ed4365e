"""A contract's GoogleTest program, asked of a backend that needs a server. Python's standard library only."""
import os
import pathlib
import subprocess


def run_contract(options, *programs, **environment):
    """Runs programs, which lie beside clickmill, and counts their tests; the exit code. No test at all is a failure."""
    passed = failed = 0
    for program in programs:
        test = pathlib.Path(options.bin).with_name(program)
        done = subprocess.run([test, f"--gtest_filter={options.filter}"], text=True, stdout=subprocess.PIPE,
                              env={**os.environ, **environment})
        print(done.stdout)
        passed += done.stdout.count("\n[       OK ] ")
        failed += done.stdout.count("\n[  FAILED  ] ") // 2 or int(done.returncode != 0)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0 or passed == 0)
