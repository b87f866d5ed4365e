#!/usr/bin/env python3
"""Asks the event log on a real Apache Kafka for everything that the contract of event logs promises.

    tests/kafka/contract_test.py --bin build/dev/bin/clickmill

Starts three brokers and stops the third: topics with a replica on it can be made to wait for it.
"""
import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from contract_program import run_contract  # noqa: E402
from kafka_cluster import KafkaCluster  # noqa: E402
from real_clickmill import parse_arguments  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="*Kafka*", help="of GoogleTest")
    options = parse_arguments(parser)
    cluster = KafkaCluster(f"contract-{os.getpid()}", brokers=3)
    try:
        cluster.start()
        cluster.stop(3, seconds=60)
        return run_contract(options, "event_log_contract_test", CLICKMILL_TEST_KAFKA=cluster.bootstrap_of(1, 2))
    finally:
        cluster.delete()


if __name__ == "__main__":
    sys.exit(main())
