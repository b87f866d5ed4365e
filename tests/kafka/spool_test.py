#!/usr/bin/env python3
"""A collector with a spool on a real broker: Kafka goes away, clicks are taken, and all of them are counted later.

    tests/kafka/spool_test.py --away 300 --bin build/dev/bin/clickmill

What must hold: nothing acknowledged is lost or doubled, nobody is refused for want of a broker, the spool drains by
itself, each click counts in the hour in which it was received, and complete_through claims no more than is known.
"""
import argparse
import datetime
import os
import pathlib
import random
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from bad_days_test import differences_of, run_days_on_kafka  # noqa: E402
from crash_test import Comparison, Journal, Load  # noqa: E402
from kafka_roles import RoleProcess, RolesOnKafka  # noqa: E402
from real_clickmill import faketime_preload, parse_arguments, wait_until  # noqa: E402

MINUTE, HOUR = 60, 3_600


def metric(process, name):
    lines = process.operations("/metrics")[1].splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name) and line[len(name)] in " {")


def is_drained(process):
    return "clicks wait" not in process.operations("/readyz")[1]


def wait_until_counted(roles, *collectors):
    """A broker that has just come back can be too slow for a click: then it goes into the spool again."""
    for process in collectors:
        wait_until(lambda process=process: is_drained(process), "the spool is drained", 120)
    roles.query.wait_until_counted(roles.read_key)


def takes_clicks_without_a_broker(roles, options, folder):
    """The broker is killed; the collector goes on, is killed, too, and starts again without it."""
    chance = random.Random(options.seed)
    journal = Journal(folder / "journal")
    load = Load(options, roles.collect.port, roles.write_key, journal.path)
    wrong = []
    try:
        wait_until(lambda: journal.path.exists() and journal.path.stat().st_size > 0, "a first click")
        roles.cluster.kill(1)
        wait_until(lambda: metric(roles.collect, "clickmill_spool_accepted_events_total") > 0, "the spool takes clicks", 60)
        before = journal.path.stat().st_size
        time.sleep(options.away / 2 * chance.uniform(0.8, 1.2))
        status, text = roles.collect.operations("/readyz")
        if status != 200 or "clicks wait in the spool" not in text:
            wrong.append(f"/readyz is {status}: {text}")
        roles.collect.kill()
        roles.collect.start(60)
        time.sleep(options.away / 2 * chance.uniform(0.8, 1.2))
        if journal.path.stat().st_size <= before:
            wrong.append("nothing was acknowledged without a broker")
        roles.cluster.start()
        wait_until(lambda: is_drained(roles.collect), "the spool is drained under load", 120)
        report = load.pause()
        wait_until_counted(roles, roles.collect)
        print(f"  {len(journal.ids) or 'all'} acknowledged, {report['retries']} requests sent again, "
              f"{metric(roles.collect, 'clickmill_spool_drained_events_total'):.0f} events went through the spool")
        return wrong + differences_of(roles, journal)
    finally:
        load.process.kill()
        load.process.wait()


def collector_behind(roles, seconds, folder):
    """Another collector, whose clock is so far from the host's."""
    environment = {**roles.environment, "LD_PRELOAD": faketime_preload(roles.collect.binary),
                   "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
                   "NO_FAKE_STAT": "1", "CLICKMILL_KAFKA__SPOOL_FOLDER": str(folder / f"spool{seconds}")}
    return RoleProcess(roles.collect.binary, "collect", roles.folder / "data", environment)


def hours_of(comparison, feature):
    """Clicks by the hour, as UTC text."""
    answer = comparison.server.ask("series", comparison.read_key, **comparison.range, feature_id=feature, grain="hour")
    return {bucket["start"] if isinstance(bucket, dict) else bucket: value
            for bucket, value in zip(answer["buckets"], answer["series"][0]["values"]) if value}


def hour_text(moment):
    return datetime.datetime.fromtimestamp(moment // HOUR * HOUR, datetime.timezone.utc).strftime("%Y-%m-%dT%H")


def click(process, roles, feature, count, expected=200):
    """Sends so many clicks one by one; the moment of the middle one, on the host's clock."""
    events = [{"feature_id": feature, "user_id": f"u{i}", "event_id": f"{feature}-{i}"} for i in range(count)]
    status, _, answer = process.send(roles.write_key, events)
    assert status == expected and answer.get("accepted") == count, f"clicks got {status}: {answer}"
    return time.time()


def complete_through_of(roles):
    text = roles.query.ask("accounting", roles.read_key)["complete_through"]
    return datetime.datetime.fromisoformat(text).timestamp()


def counts_by_each_collectors_clock(roles, _, folder):
    """Two collectors, five minutes ahead and five behind: each click once, in the hour of whoever took it."""
    comparison = Comparison(roles.query, roles.read_key, None)
    with collector_behind(roles, 5 * MINUTE, folder) as ahead, collector_behind(roles, -5 * MINUTE, folder) as behind:
        for process in (ahead, behind):
            process.start(60)
        for name, process, seconds in (("ahead", ahead, 5 * MINUTE), ("behind", behind, -5 * MINUTE)):
            sent_at = click(process, roles, name, 40)
            click(process, roles, name, 40)  # repeats
            wait_until_counted(roles, process)
            hour = hour_text(sent_at + seconds)
            has_begun = hour <= hour_text(time.time())
            hours = {hour[:13]: clicks for hour, clicks in hours_of(comparison, name).items()}
            if not has_begun and not hours:
                continue  # an hour that has not begun is null, with the reason "future", whoever has clicked in it
            comparison.expect(f"clicks of the clock {name}", hours, {hour: 40})
        late = time.time() - complete_through_of(roles)
        comparison.expect("complete_through waits for the clock that is behind", late > 4.9 * MINUTE, True)
    return comparison.differences


def drains_the_clicks_of_an_hour_ago(roles, _, folder):
    """A collector that took clicks an hour ago, without a broker, wakes now."""
    comparison = Comparison(roles.query, roles.read_key, None)
    click(roles.collect, roles, "now", 10)
    wait_until_counted(roles, roles.collect)
    with collector_behind(roles, -HOUR, folder) as sleeper:
        sleeper.start(60)
        roles.cluster.kill(1)
        sent_at = click(sleeper, roles, "asleep", 200)
        sleeper.kill()
        roles.cluster.start()
        # The same spool on a clock that is right.
        sleeper.environment["FAKETIME"] = "+0"
        sleeper.start(60)
        wait_until_counted(roles, sleeper)
        hours = {hour[:13]: clicks for hour, clicks in hours_of(comparison, "asleep").items()}
        comparison.expect("clicks of an hour ago", hours, {hour_text(sent_at - HOUR): 200})
        click(sleeper, roles, "asleep", 200)  # sent again: none of them counts
        wait_until_counted(roles, sleeper)
        comparison.expect("after repeats", sum(hours_of(comparison, "asleep").values()), 200)
    return comparison.differences


def ends_when_another_has_its_spool(roles, *_):
    other = RoleProcess(roles.collect.binary, "collect", roles.folder / "data", roles.environment)
    try:
        other.run("collect", "--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0", timeout=30)
    except RuntimeError as error:
        return [] if "with kafka.spool_folder" in str(error) else [str(error)]
    return ["two collectors share a spool"]


DAYS = (takes_clicks_without_a_broker, counts_by_each_collectors_clock, drains_the_clicks_of_an_hour_ago,
        ends_when_another_has_its_spool)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--away", type=float, default=6, help="seconds without a broker")
    parser.add_argument("--days", nargs="+", help="only these, by a part of their names")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    options = parse_arguments(parser, "load")
    settings = {"CLICKMILL_KAFKA__SPOOL_GIB": "1", "CLICKMILL_KAFKA__DELIVERY_TIMEOUT_MS": "3000"}
    with RolesOnKafka(options.bin, f"spool-{os.getpid()}", settings=settings) as roles:
        return run_days_on_kafka(DAYS, roles, options)


if __name__ == "__main__":
    sys.exit(main())
