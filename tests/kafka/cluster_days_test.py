#!/usr/bin/env python3
"""Bad days of a cluster of three brokers, behind TLS and passwords: leaders move, most brokers die, a password is wrong.

    tests/kafka/cluster_days_test.py --bin build/dev/bin/clickmill

Everything speaks to the listener with SASL_SSL here. What must hold: nothing acknowledged is lost or doubled; with
too few brokers clicks are refused with 503, and taken again once there are enough.
"""
import argparse
import os
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from bad_days_test import differences_of, run_days_on_kafka, says  # noqa: E402
from crash_test import Journal, Load  # noqa: E402
from kafka_roles import RolesOnKafka, secure_settings  # noqa: E402
from real_clickmill import parse_arguments, wait_until  # noqa: E402


class UnderLoad:
    """Roles on a cluster, one load through all days, and what of it is acknowledged."""

    def __init__(self, roles, options):
        self.roles, self.journal = roles, Journal(roles.folder / "journal")
        self.load = Load(options, roles.collect.port, roles.write_key, self.journal.path)

    def __getattr__(self, name):  # otherwise as the roles
        return getattr(self.roles, name)

    def differences_with(self, feature):
        """The same, with a click of ours."""
        self.journal.ids.add(feature)
        self.journal.clicks["feature", feature] += 1
        return self.differences()

    def differences(self):
        report = self.load.pause()
        differences = differences_of(self.roles, self.journal)
        print(f"  {len(self.journal.ids)} acknowledged, {report['retries']} requests sent again", flush=True)
        self.load.say("go")
        return differences

    def end(self):
        self.load.process.kill()
        self.load.process.wait()


def acknowledges_more(journal, what):
    def size():
        return journal.path.stat().st_size if journal.path.exists() else 0
    before = size()
    wait_until(lambda: size() > before, what, 60)


def goes_on_when_leaders_move(roles, options, _):
    """Brokers are killed in turn; the other two lead their partitions."""
    acknowledges_more(roles.journal, "a first click")
    for broker in (1, 2, 3)[:options.kills]:
        roles.cluster.kill(broker)
        time.sleep(1)
        acknowledges_more(roles.journal, f"clicks are taken without broker {broker}")
        roles.cluster.start()
        wait_until(lambda: roles.collect.operations("/readyz")[0] == 200, "ready", 60)
    return roles.differences()


def refuses_below_min_insync_replicas(roles, *_):
    """Two of three are killed: 503 with the reason, and clicks are taken again once they are back."""
    wrong = []
    refused = {"feature_id": "refused", "event_id": "refused", "user_id": "ann"}
    for broker in (2, 3):
        roles.cluster.kill(broker)
    says(roles.collect, "event_log")
    status, headers, _ = roles.collect.send(roles.write_key, [refused])
    if status != 503 or "retry-after" not in headers:
        wrong.append(f"a click was answered {status}")
    roles.cluster.start()
    acknowledges_more(roles.journal, "clicks are taken again")
    wait_until(lambda: roles.collect.operations("/readyz")[0] == 200, "ready", 60)
    status = roles.collect.send(roles.write_key, [refused])[0]  # as every sender does
    if status != 200:
        wrong.append(f"the click that was refused is answered {status}")
    wrong += roles.differences_with("refused")
    return wrong


def lets_in_who_has_a_password(roles, *_):
    """By both mechanisms; with a wrong password a command, or a role, ends soon and says why."""
    wrong = []
    before = dict(roles.collect.environment)
    commands = {"PLAIN": ("topics", "check"),
                "SCRAM-SHA-512": ("collect", "--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0")}
    try:
        for mechanism, words in commands.items():
            roles.collect.environment.update(secure_settings(roles.cluster, mechanism))
            if "keeps what is promised" not in roles.collect.run("topics", "check"):
                wrong.append(f"{mechanism} does not get in")
            roles.collect.environment.update(secure_settings(roles.cluster, mechanism, password="wrong"))
            begin = time.monotonic()
            try:
                wrong.append(f"{words} got in: {roles.collect.run(*words, timeout=60)}")
            except RuntimeError as error:
                took = time.monotonic() - begin
                said = str(error).splitlines()[-1]
                if "uthentication failed" not in said or took > 20:
                    wrong.append(f"after {took:.0f} s: {error}")
    finally:
        roles.collect.environment.clear()
        roles.collect.environment.update(before)
    return wrong


DAYS = (goes_on_when_leaders_move, refuses_below_min_insync_replicas, lets_in_who_has_a_password)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=3, help="of three brokers, when leaders move")
    parser.add_argument("--days", nargs="+", help="only these, by a part of their names")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=1_000, help="events a second")
    options = parse_arguments(parser, "load")
    with RolesOnKafka(options.bin, f"cluster-{os.getpid()}", brokers=3, is_secure=True) as roles:
        loaded = UnderLoad(roles, options)
        try:
            return run_days_on_kafka(DAYS, loaded, options)
        finally:
            loaded.end()


if __name__ == "__main__":
    sys.exit(main())
