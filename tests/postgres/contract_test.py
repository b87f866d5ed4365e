#!/usr/bin/env python3
"""Asks the metrics store on a real PostgreSQL for everything that the contract of metrics stores promises.

    tests/postgres/contract_test.py --bin build/dev/bin/clickmill
"""
import argparse
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from postgres_cluster import PostgresCluster  # noqa: E402
from real_clickmill import parse_arguments  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="*Postgres*", help="of GoogleTest")
    options = parse_arguments(parser)
    cluster = PostgresCluster(f"contract-{os.getpid()}", is_synced=False)
    try:
        cluster.start()
        test = pathlib.Path(options.bin).with_name("metrics_store_contract_test")
        done = subprocess.run([test, f"--gtest_filter={options.filter}"], text=True, stdout=subprocess.PIPE,
                              env={**os.environ, "CLICKMILL_TEST_POSTGRES": cluster.url})
    finally:
        cluster.delete()
    print(done.stdout)
    passed, failed = (done.stdout.count(f"\n[{mark}] ") for mark in ("       OK ", "  FAILED  "))
    print(f"{passed} passed, {failed // 2 or int(done.returncode != 0)} failed")
    return done.returncode or int(passed == 0)


if __name__ == "__main__":
    sys.exit(main())
