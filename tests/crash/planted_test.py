#!/usr/bin/env python3
"""Shows that the crash test can fail: a server with a planted bug must be found out, an honest one must pass.

    tests/crash/planted_test.py --load build/dev/bin/clickmill_load
"""
import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from real_clickmill import find_program  # noqa: E402


def crash_test_passes(load, fault):
    done = subprocess.run([sys.executable, HERE / "crash_test.py", "--rounds", "4", "--seed", "5", "--rate", "2000",
                           "--bin", HERE / "planted_server.py", "--load", load],
                          env={**os.environ, "FAULT": fault}, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--load", help="clickmill_load; default: the newest in build/*/bin")
    load = find_program("clickmill_load", parser.parse_args().load)
    failed = 0
    for fault in ("", "early", "forgets", "skips"):
        passes, output = crash_test_passes(load, fault)
        is_right = passes == (fault == "")
        failed += not is_right
        print(f"{fault or 'honest'}: the crash test {'passes' if passes else 'fails'}{'' if is_right else ', wrongly'}")
        if not is_right:
            print(output)
    print(f"{4 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
