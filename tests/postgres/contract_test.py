#!/usr/bin/env python3
"""Asks the metrics store and the control store on a real PostgreSQL for all that their contracts promise.

    tests/postgres/contract_test.py --bin build/dev/bin/clickmill
"""
import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from contract_program import run_contract  # noqa: E402
from postgres_cluster import PostgresCluster  # noqa: E402
from real_clickmill import parse_arguments  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="*Postgres*", help="of GoogleTest")
    options = parse_arguments(parser)
    cluster = PostgresCluster(f"contract-{os.getpid()}", is_synced=False)
    try:
        cluster.start()
        return run_contract(options, "metrics_store_contract_test", "control_test", CLICKMILL_TEST_POSTGRES=cluster.url)
    finally:
        cluster.delete()


if __name__ == "__main__":
    sys.exit(main())
