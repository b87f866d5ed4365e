#!/usr/bin/env python3
"""Starts a Kafka broker and Clickmill's three roles on it, each a process, until Ctrl-C: script/run --kafka.

The broker, its data and the data folder stay below build/ for the next time.
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
from kafka_cluster import KafkaCluster  # noqa: E402
from postgres_cluster import PostgresCluster  # noqa: E402

PARTITIONS = 4


def environment_of(cluster, postgres):
    store = {"CLICKMILL_METRICS_STORE__URL": postgres.url} if postgres else {}
    return {**os.environ, **store, "CLICKMILL_EVENT_LOG__BACKEND": "kafka", "CLICKMILL_KAFKA__BROKERS": cluster.bootstrap,
            "CLICKMILL_KAFKA__PARTITIONS": str(PARTITIONS), "CLICKMILL_KAFKA__REPLICATION": "1",
            "CLICKMILL_KAFKA__MIN_INSYNC_REPLICAS": "1"}


def commands_of(options):
    """What runs, in the order of starting; stopped in the reverse one."""
    program, data = [str(options.bin)], ["--data", str(options.data)]
    return [
        [*program, "query", *data, "--listen", f"127.0.0.1:{options.port}", "--operations",
         f"127.0.0.1:{options.port + 2}", "--demo", "--collector", f"http://127.0.0.1:{options.port + 1}"],
        [*program, "aggregate", *data, "--operations", f"127.0.0.1:{options.port + 3}"],
        [*program, "collect", *data, "--listen", f"127.0.0.1:{options.port + 1}", "--operations",
         f"127.0.0.1:{options.port + 4}"],
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=ROOT / "build/release/bin/clickmill", type=pathlib.Path)
    parser.add_argument("--data", default=ROOT / "build/kafka-demo-data", type=pathlib.Path)
    parser.add_argument("--name", default="demo", help="of the cluster")
    parser.add_argument("--postgres", action="store_true", help="keep the numbers in a PostgreSQL server")
    parser.add_argument("--port", type=int, default=8080, help="of the dashboard; the four above are used, too")
    options = parser.parse_args()

    def stop(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, stop)
    cluster = KafkaCluster(options.name)
    postgres = PostgresCluster(options.name) if options.postgres else None
    if postgres:
        options.data = options.data.with_name(options.data.name + "-postgres")
    processes = []
    try:
        cluster.start()
        if postgres:
            postgres.start()
        environment = environment_of(cluster, postgres)
        subprocess.run([options.bin, "topics", "create", "--data", options.data], env=environment,
                       stderr=subprocess.DEVNULL)  # the second time it is there
        for command in commands_of(options):
            processes.append(subprocess.Popen(command, env=environment, start_new_session=True))
        while all(process.poll() is None for process in processes):
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    finally:
        ended = [process for process in processes if process.poll() is not None]
        for process in reversed(processes):
            if process.poll() is None:
                process.terminate()
        for process in processes:
            process.wait()
        cluster.stop()
        if postgres:
            postgres.stop()
    return 1 if ended else 0


if __name__ == "__main__":
    sys.exit(main())
