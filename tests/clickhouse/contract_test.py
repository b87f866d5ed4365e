#!/usr/bin/env python3
"""Asks the metrics store on ClickHouse's engine for everything that the contract of metrics stores promises.

Then it shows the engine what a cluster's tables are made of: it has no replicas to make them, but it reads the words.

    tests/clickhouse/contract_test.py --bin build/dev/bin/clickmill
"""
import argparse
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from clickhouse_server import ClickHouseServer  # noqa: E402
from contract_program import run_contract  # noqa: E402
from real_clickmill import parse_arguments  # noqa: E402


GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "src/metrics_store/sql/golden/clickhouse_cluster_tables.sql"


def read_cluster_statements(server):
    """How many statements the engine's parser takes; raises where it does not."""
    statements = [re.sub(r"^--.*\n", "", part).strip() for part in GOLDEN.read_text().split("\n\n") if part.strip()]
    for statement in statements:
        server.sql(f"EXPLAIN AST {statement}")
    return len(statements)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="*ClickHouse*", help="of GoogleTest")
    parser.add_argument("--all", action="store_true", help="ask every combination, and change at random for longer")
    options = parse_arguments(parser)
    server = ClickHouseServer()
    try:
        server.start()
        read_cluster_statements(server)
        return run_contract(options, "metrics_store_contract_test", CLICKMILL_MODEL_SEEDS="2" if options.all else "1",
                            CLICKMILL_TEST_CLICKHOUSE=server.url.removesuffix("/default"),
                            **({"CLICKMILL_ASK_ALL": "1"} if options.all else {}))
    finally:
        server.delete()


if __name__ == "__main__":
    sys.exit(main())
