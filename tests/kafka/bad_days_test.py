#!/usr/bin/env python3
"""Bad days on a real broker: paused, with a low limit, grown by partitions, its topic missing or made again.

    tests/kafka/bad_days_test.py --pause 30 --bin build/dev/bin/clickmill

What must hold: nothing acknowledged is lost or doubled, everything goes on by itself where it can, and
where it cannot the parts stop and say what is wrong.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from crash_test import Comparison, Journal, Load  # noqa: E402
from days import run_days  # noqa: E402
from kafka_roles import GROUP, TOPIC, RolesOnKafka  # noqa: E402
from kill_test import java_client  # noqa: E402
from real_clickmill import parse_arguments, wait_until  # noqa: E402


def differences_of(roles, journal):
    journal.read_on()
    comparison = Comparison(roles.query, roles.read_key, journal)
    comparison.compare_accounting()
    comparison.compare_features("hour")
    return comparison.differences


def survives_a_pause(roles, options, folder):
    """The broker stands still for a while; clicks wait or are refused, and all are counted afterwards."""
    journal = Journal(folder / "journal")
    load = Load(options, roles.collect.port, roles.write_key, journal.path)
    try:
        wait_until(lambda: journal.path.exists() and journal.path.stat().st_size > 0, "a first click")
        roles.cluster.pause(1)
        time.sleep(options.pause)
        roles.cluster.go_on(1)
        load.pause()
        return differences_of(roles, journal)
    finally:
        load.process.kill()
        load.process.wait()


def says(process, *words):
    """Whether /readyz refuses and names all of it."""
    def question():
        try:
            status, text = process.operations("/readyz")
        except OSError:
            return False  # it is starting
        return status == 503 and all(word in text for word in words)
    wait_until(question, f"{process.role} says {words}", 30)
    return []


def names_a_topic_that_does_not_fit(roles, *_):
    """topics check tells a topic of other settings than configured."""
    said = ""
    try:
        roles.collect.environment["CLICKMILL_KAFKA__PARTITIONS"] = "7"
        said = roles.collect.run("topics", "check")
    except RuntimeError as error:
        said = str(error)
    finally:
        roles.collect.environment["CLICKMILL_KAFKA__PARTITIONS"] = "4"
    right = roles.collect.run("topics", "check")
    return [text for text, is_there in ((f"said: {said}", "kafka.partitions is 7" in said),
                                        (f"said: {right}", "keeps what is promised" in right)) if not is_there]


def names_a_topic_that_is_missing(roles, *_):
    """A start on a topic that nobody made ends at once, with what to do, and makes none."""
    wrong = []
    roles.collect.environment["CLICKMILL_KAFKA__TOPIC"] = "nobody-made-it"
    try:
        for words in (("collect", "--listen", "127.0.0.1:0"), ("query", "--listen", "127.0.0.1:0"),
                      ("aggregate",), ("topics", "check")):
            try:
                wrong.append(f"{words} did not fail: {roles.collect.run(*words, timeout=30)}")
            except RuntimeError as error:
                if "gave 1" not in str(error) or "'clickmill topics create' makes it" not in str(error):
                    wrong.append(str(error))
    finally:
        roles.collect.environment["CLICKMILL_KAFKA__TOPIC"] = TOPIC
    return wrong


def counts_repeats_in_any_order_once(roles, options, _):
    """A third of the clicks is sent again, up to five times, in other requests and in any order."""
    chance = random.Random(options.seed)
    events = [{"feature_id": "repeats", "user_id": f"u{i % 97}", "event_id": f"repeats-{i}"} for i in range(2_000)]
    sent = events + [event for event in events if chance.random() < 0.3 for _ in range(chance.randint(1, 5))]
    chance.shuffle(sent)
    before = roles.query.wait_until_counted(roles.read_key)
    comparison = Comparison(roles.query, roles.read_key, None)
    while sent:
        some = [sent.pop() for _ in range(min(len(sent), chance.randint(1, 50)))]
        comparison.expect("answer", roles.collect.send(roles.write_key, some)[0], 200)
    after = roles.query.wait_until_counted(roles.read_key)
    comparison.expect("counted", after["counted"] - before["counted"], len(events))
    line, = comparison.series(feature_id="repeats", grain="day")
    comparison.expect("clicks", line["total"], len(events))
    return comparison.differences


def says_what_a_rollup_would_cost(roles, *_):
    """By a sample of the topic, which the broker takes a moment to begin to give."""
    accounting = roles.query.wait_until_counted(roles.read_key)
    cost = roles.query.ask("rollups/cost", roles.read_key, dimensions="platform")
    differences = []
    if cost["sampled_events"] < min(accounting["accepted"], 1_000):
        differences.append(f"a sample of {cost['sampled_events']} events of {accounting['accepted']}")
    if cost["rows"] == 0:
        differences.append("a rollup of no rows")
    return differences


def set_largest_message(roles, limit):
    subprocess.run(roles.cluster.java(roles.folder, "kafka.admin.ConfigCommand", "--bootstrap-server",
                                      roles.cluster.bootstrap, "--topic", TOPIC, "--alter", "--add-config",
                                      f"max.message.bytes={limit}"), check=True, capture_output=True)


def refuses_what_is_too_large_for_the_broker(roles, *_):
    """A click above the topic's limit is not acknowledged, spoils no other, and is counted once sent again."""
    bytes_of = random.Random(1).randbytes
    wide = {"feature_id": "wide", "event_id": "wide-1", "user_id": "ann",
            "properties": {f"p{i}": bytes_of(400).hex() for i in range(6)}}
    slim = {"feature_id": "slim", "event_id": "slim-1", "user_id": "ann"}

    def answer(event):
        return roles.collect.send(roles.write_key, [event])[0]
    set_largest_message(roles, 2_000)
    try:
        wait_until(lambda: answer(wide) == 503, "the broker refuses the wide click")
        slim_answer, ready = answer(slim), roles.collect.operations("/readyz")
    finally:
        set_largest_message(roles, 5 << 20)
    wait_until(lambda: answer(wide) == 200, "the wide click is stored")
    roles.query.wait_until_counted(roles.read_key)
    comparison = Comparison(roles.query, roles.read_key, None)
    comparison.expect("answer to a click within the limit", slim_answer, 200)
    comparison.expect("readiness beside refused clicks", ready[0], 200)
    for feature in ("wide", "slim"):
        line, = comparison.series(feature_id=feature, grain="day")
        comparison.expect(f"clicks on {feature}", line["total"], 1)
    return comparison.differences


def garbage_of(roles, *lines, version=None):
    """Records of another program: one a line, with Clickmill's header when there is a version."""
    words = ["--producer-property", "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner"]
    head = ""
    if version:
        words += ["--property", "parse.headers=true"]
        head = f"clickmill-version:{version}\t"
    java_client(roles, "ConsoleProducer", *words, check=True, input="".join(f"{head}{line}\n" for line in lines))


def unreadable_of(roles):
    listed = roles.collect.run("unreadable", "list").splitlines()
    return sorted((entry["reason"], entry["payload"]) for entry in map(json.loads, listed))


def sets_aside_what_is_no_event(roles, *_):
    """What nobody can read is kept with its reason, counted, and sent again once it can be read."""
    newer = json.dumps({"feature_id": "newer", "user_id": "ann"})
    before = roles.query.ask("accounting", roles.read_key)
    garbage_of(roles, "no JSON", '{"user_id": "ann"}')
    garbage_of(roles, newer, version=2)
    wait_until(lambda: roles.query.ask("accounting", roles.read_key)["unreadable"] == before["unreadable"] + 3,
               "three records are counted as unreadable", 30)
    kept = unreadable_of(roles)
    report = roles.collect.run("unreadable", "retry")
    roles.query.wait_until_counted(roles.read_key)
    comparison = Comparison(roles.query, roles.read_key, None)
    comparison.expect("kept", kept, [("feature_id is missing", '{"user_id": "ann"}'),
                                     ("not a JSON object with members of the right types", "no JSON"),
                                     ("written by another version of Clickmill", newer)])
    comparison.expect("report of retry", report, "1 events are sent, 2 records stay unreadable\n")
    comparison.expect("report of another retry", roles.collect.run("unreadable", "retry"),
                      "0 events are sent, 2 records stay unreadable\n")
    comparison.expect("left", [payload for _, payload in unreadable_of(roles)], ['{"user_id": "ann"}', "no JSON"])
    line, = comparison.series(feature_id="newer", grain="day")
    comparison.expect("clicks that were sent again", line["total"], 1)
    return comparison.differences


def counts_on_without_a_place_for_what_is_no_event(roles, *_):
    """Without the topic for it, what nobody can read is counted all the same; 'topics create' makes it again."""
    java_client(roles, "TopicCommand", "--delete", topic=f"{TOPIC}.unreadable", check=True)
    roles.aggregate.stop()
    roles.aggregate.start(60)
    before = roles.query.ask("accounting", roles.read_key)
    garbage_of(roles, "no JSON")
    wait_until(lambda: roles.query.ask("accounting", roles.read_key)["unreadable"] == before["unreadable"] + 1,
               "it is counted", 30)
    wrong = []
    if "no copy is kept" not in roles.aggregate.output():
        wrong.append("the aggregator says nothing of it")
    made = roles.collect.run("topics", "create")
    if f"made {TOPIC}.unreadable with 1 partitions" not in made or f"made {TOPIC} " in made:
        wrong.append(f"topics create: {made}")
    return wrong


def lag_of(roles, partitions=4):
    """What Kafka's own tool says of our group: records that are not yet counted, over all partitions."""
    done = subprocess.run(roles.cluster.java(roles.folder, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                                             "--bootstrap-server", roles.cluster.bootstrap, "--describe", "--group",
                                             GROUP), capture_output=True, text=True)
    rows = [line.split() for line in done.stdout.splitlines() if TOPIC in line.split()]
    return sum(int(row[5]) for row in rows) if len(rows) == partitions and "-" not in [row[5] for row in rows] else None


def shows_the_lag(roles, *_):
    """Kafka's own tools and our metrics know how many records wait, and for which partition."""
    def metric_lag():
        lines = roles.aggregate.operations("/metrics")[1].splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("clickmill_aggregator_lag_records{"))
    roles.query.wait_until_counted(roles.read_key)
    wait_until(lambda: lag_of(roles) == 0, "Kafka's tool sees that all is counted", 30)
    roles.aggregate.stop()
    clicks = [{"feature_id": "waits", "user_id": f"u{i}", "event_id": f"waits-{i}"} for i in range(300)]
    comparison = Comparison(roles.query, roles.read_key, None)
    comparison.expect("answer", roles.collect.send(roles.write_key, clicks)[0], 200)
    comparison.expect("lag without an aggregator", lag_of(roles), 300)
    accounting = roles.query.ask("accounting", roles.read_key)
    comparison.expect("pending by partition", sum(part["pending"] for part in accounting["partitions"]), 300)
    roles.aggregate.start(60)
    wait_until(lambda: lag_of(roles) == 0, "Kafka's tool sees that all is counted again", 30)
    wait_until(lambda: metric_lag() == 0, "so does the metric", 10)
    return comparison.differences


def delete_records(roles, folder, ends):
    """Deletes what is below these offsets, as retention would: {partition: offset}."""
    file = folder / "delete.json"
    file.write_text(json.dumps({"version": 1, "partitions": [{"topic": TOPIC, "partition": partition, "offset": offset}
                                                             for partition, offset in ends.items()]}))
    subprocess.run(roles.cluster.java(roles.folder, "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server",
                                      roles.cluster.bootstrap, "--offset-json-file", str(file)),
                   check=True, capture_output=True)


def stops_where_uncounted_records_were_deleted(roles, _, folder):
    """Retention was too short for an aggregator that was away: one partition stops, until the gap is accepted."""
    def accounting():
        return roles.query.ask("accounting", roles.read_key)
    roles.query.wait_until_counted(roles.read_key)
    before = accounting()
    roles.aggregate.stop()
    clicks = [{"feature_id": "gone", "user_id": f"u{i}", "event_id": f"gone-{i}"} for i in range(400)]
    comparison = Comparison(roles.query, roles.read_key, None)
    comparison.expect("answer", roles.collect.send(roles.write_key, clicks)[0], 200)
    part = max(accounting()["partitions"], key=lambda part: part["pending"])
    delete_records(roles, folder, {part["partition"]: part["end"]})
    roles.aggregate.launch()
    says(roles.aggregate, f"aggregator.{part['partition']}", "records were deleted before they were counted",
         f"clickmill partition resume {part['partition']} --accept-gap")
    wait_until(lambda: accounting()["counted"] == before["counted"] + 400 - part["pending"], "the others go on", 30)
    try:
        comparison.differences.append(f"it ends with 0: {roles.collect.run('partition', 'resume', str(part['partition']))}")
    except RuntimeError as error:
        wanted = f"records {part['through']} to {part['end'] - 1} were deleted before they were counted"
        if wanted not in str(error):
            comparison.differences.append(f"{error} does not say {wanted}")
    roles.collect.run("partition", "resume", str(part["partition"]), "--accept-gap")
    wait_until(roles.aggregate.is_ready, "it goes on", 30)
    after = roles.query.wait_until_counted(roles.read_key)
    comparison.expect("lost", after["lost"] - before["lost"], part["pending"])
    comparison.expect("counted", after["counted"] - before["counted"], 400 - part["pending"])
    said = roles.collect.run("partition", "resume", str(part["partition"]))
    if "has no gap" not in said:
        comparison.differences.append(said)
    return comparison.differences


def stops_when_partitions_are_added(roles, *_):
    java_client(roles, "TopicCommand", "--alter", "--partitions", "5", check=True)
    says(roles.aggregate, "partitions changed", "it was 4 and is 5")
    says(roles.collect, "partitions changed")
    status, headers, _ = roles.collect.send(roles.write_key, [{"feature_id": "pay", "event_id": "late"}])
    return [] if status == 503 and "retry-after" in headers else [f"a click was answered {status}"]


def stops_when_the_topic_is_another(roles, *_):
    java_client(roles, "TopicCommand", "--delete", check=True)
    says(roles.collect, "event_log")
    java_client(roles, "TopicCommand", "--create", "--partitions", "4", check=True)
    says(roles.aggregate, "made again")
    return says(roles.collect, "made again")


DAYS = (survives_a_pause, counts_repeats_in_any_order_once, says_what_a_rollup_would_cost,
        names_a_topic_that_does_not_fit, names_a_topic_that_is_missing,
        refuses_what_is_too_large_for_the_broker, sets_aside_what_is_no_event,
        counts_on_without_a_place_for_what_is_no_event, shows_the_lag,
        stops_where_uncounted_records_were_deleted, stops_when_partitions_are_added,
        stops_when_the_topic_is_another)  # in this order: the last two end the topic


def run_days_on_kafka(days, roles, options):
    return run_days(days, options.days, lambda day, folder: day(roles, options, folder),
                    lambda: "\n".join(process.output()[-3000:] for process in roles.roles))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pause", type=float, default=4, help="seconds that the broker stands still")
    parser.add_argument("--days", nargs="+", help="only these, by a part of their names")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    options = parse_arguments(parser, "load")
    with RolesOnKafka(options.bin, f"days-{os.getpid()}") as roles:
        return run_days_on_kafka(DAYS, roles, options)


if __name__ == "__main__":
    sys.exit(main())
