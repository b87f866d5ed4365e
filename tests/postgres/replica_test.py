#!/usr/bin/env python3
"""Questions go to a streaming replica (metrics_store.read_url): its delay shows, and nothing else changes.

    tests/postgres/replica_test.py --bin build/dev/bin/clickmill
"""
import argparse
import contextlib
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from kafka_roles import RoleProcess, RolesOnKafka  # noqa: E402
from postgres_cluster import PostgresCluster, PostgresReplica  # noqa: E402
from real_clickmill import Refused, parse_arguments, wait_until  # noqa: E402


def readiness(process):
    process.check_alive()
    try:
        return process.operations("/readyz")[1]
    except OSError:
        return ""


class World:
    """Kafka, a process of each role, a primary that is written to and a replica that is asked."""

    def __init__(self, roles, primary, replica):
        self.roles, self.primary, self.replica = roles, primary, replica
        self.sent = 0

    def click(self, count):
        for _ in range(count):
            self.sent += 1
            status, _, answer = self.roles.collect.send(self.roles.write_key, [
                {"event_id": f"e{self.sent}", "feature_id": "pay", "user_id": f"u{self.sent % 7}"}])
            assert status == 200 and answer["accepted"] == 1, answer

    def answer(self):
        """(clicks, complete_through) of today, as the query process says."""
        day = lambda days: time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86_400))
        answer = self.roles.query.ask("series", self.roles.read_key, feature_id="pay", grain="day",
                                      **{"from": day(-1), "to": day(2)})
        return sum(value or 0 for value in answer["series"][0]["values"]), answer["complete_through"]

    def wait_for_all(self):
        wait_until(lambda: self.answer()[0] == self.sent, f"{self.sent} clicks are answered", 30)


def answers_from_the_replica(world):
    world.click(20)
    world.wait_for_all()
    connections = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    return [] if int(world.replica.sql(connections).strip()) > 0 else ["nobody is connected to the replica"]


def shows_its_delay(world):
    """What is counted on the primary only is not answered, and complete_through says how far it goes."""
    world.replica.sql("SELECT pg_wal_replay_pause()")
    wait_until(lambda: world.replica.sql("SELECT pg_get_wal_replay_pause_state()").strip() == "paused", "a pause", 10)
    before, complete_before = world.answer()
    world.click(10)
    counted = "SELECT sum(click_count) FROM hourly_clicks"
    wait_until(lambda: int(world.primary.sql(counted)) == world.sent, "the primary has them", 30)
    held, complete_held = world.answer()
    world.replica.sql("SELECT pg_wal_replay_resume()")
    world.wait_for_all()
    wait_until(lambda: world.answer()[1] > complete_before, "complete_through goes on", 30)
    if (held, complete_held) == (before, complete_before):
        return []
    return [f"while it stood still {held} clicks through {complete_held}, before {before} {complete_before}"]


def is_away_and_comes_back(world):
    world.replica.kill()
    world.click(5)  # clicks are taken and counted whoever can be asked
    wait_until(lambda: int(world.primary.sql("SELECT sum(click_count) FROM hourly_clicks")) == world.sent, "counted", 30)
    try:
        world.answer()
        return ["a question was answered without the replica"]
    except Refused as refused:
        if refused.status != 503:
            return [f"{refused.status} instead of 503"]
    world.replica.start()
    world.wait_for_all()
    return []


def is_no_place_to_write(world):
    """A replica as metrics_store.url: the aggregator says what to do, and goes on once it is right."""
    environment = world.roles.environment | {"CLICKMILL_METRICS_STORE__URL": world.replica.url}
    world.roles.aggregate.stop()
    wrong = RoleProcess(world.roles.aggregate.binary, "aggregate", world.roles.folder / "data", environment)
    with wrong:
        wrong.launch()
        wait_until(lambda: "metrics_store.url has to name the primary, not a replica" in readiness(wrong), "it says so", 30)
    world.roles.aggregate.start(60)
    world.click(3)
    world.wait_for_all()
    return []


DAYS = (answers_from_the_replica, shows_its_delay, is_away_and_comes_back, is_no_place_to_write)


def main():
    options = parse_arguments(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    passed = failed = 0
    with contextlib.ExitStack() as ends:
        primary = PostgresCluster(f"primary-{os.getpid()}")
        ends.callback(primary.delete)
        primary.start()
        replica = PostgresReplica(primary)
        ends.callback(replica.delete)
        replica.start()
        settings = {"CLICKMILL_METRICS_STORE__URL": primary.url, "CLICKMILL_METRICS_STORE__READ_URL": replica.url}
        roles = ends.enter_context(RolesOnKafka(options.bin, f"replica-{os.getpid()}", settings=settings))
        world = World(roles, primary, replica)
        for day in DAYS:
            differences = day(world)
            print(f"{day.__name__}: {'; '.join(differences) or 'holds'}", flush=True)
            passed, failed = passed + (not differences), failed + bool(differences)
    print(f"{passed} passed, {failed} failed")
    return int(failed != 0)


if __name__ == "__main__":
    sys.exit(main())
