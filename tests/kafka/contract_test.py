#!/usr/bin/env python3
"""Asks the event log on a real Apache Kafka for everything that the contract of event logs promises.

    tests/kafka/contract_test.py --bin build/dev/bin/clickmill

Starts three brokers and stops the third: topics with a replica on it can be made to wait for it.
"""
import argparse
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
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
        test = pathlib.Path(options.bin).with_name("event_log_contract_test")
        done = subprocess.run([test, f"--gtest_filter={options.filter}"], text=True, stdout=subprocess.PIPE,
                              env={**os.environ, "CLICKMILL_TEST_KAFKA": cluster.bootstrap_of(1, 2)})
    finally:
        cluster.delete()
    print(done.stdout)
    passed, failed = (done.stdout.count(f"\n[{mark}] ") for mark in ("       OK ", "  FAILED  "))
    print(f"{passed} passed, {failed // 2 or int(done.returncode != 0)} failed")
    return done.returncode or int(passed == 0)


if __name__ == "__main__":
    sys.exit(main())
