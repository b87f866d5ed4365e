#!/usr/bin/env python3
"""`clickmill erase` beside a server that takes clicks, killed at any moment and begun again.

    tests/recount/erasure_test.py --events 12000 --kills 10 --bin build/dev/bin/clickmill

Afterwards nobody finds the person: not in a file's bytes, in six encodings, not in what the files unpack to, and not in
the bytes of the old records. Every answer is what it was, repeats sent afterwards included, and `verify` agrees.
"""
import argparse
import base64
import json
import random
import sqlite3
import subprocess
import sys
import time
import pathlib

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash")]
from clicking import Clicking  # noqa: E402
from real_clickmill import Clickmill, parse_arguments, sanitizer_report, wait_until  # noqa: E402
from verify_test import Checks, World  # noqa: E402

ANN = "ann.lindqvist@example.org"
DEVICE = "device-of-ann-lindqvist"
ROLLUPS = """
[[rollup]]
name = "by_plan"
dimensions = ["properties.plan"]
"""


def events_of(chance, count):
    """Clicks of forty people, one of them Ann, with properties; one in ten is a copy of an earlier one."""
    events = []
    for number in range(count):
        if events and chance.random() < 0.1:
            events.append(dict(chance.choice(events)))
            if chance.random() < 0.2:  # as no SDK of ours does: the copy has lost who it was
                events[-1].pop("user_id", None)
            continue
        person = chance.randrange(40)
        event = {"event_id": f"install{person}.boot#{number}", "feature_id": f"button.{chance.randrange(6)}",
                 "user_id": f"person-{person}", "properties": {"plan": chance.choice(["free", "team"])}}
        if person == 0:
            event.update(event_id=f"{DEVICE}.b1#{number}", user_id=ANN, anonymous_id=DEVICE,
                         client_timestamp=f"{ANN} at noon", note={"from": ANN})
            event["properties"]["mail"] = ANN
        events.append(event)
    return events


def encodings_of(text):
    raw = text.encode()
    # base64 of a text inside a longer one depends on what stands before it: three ways, less what the ends share.
    return {
        "UTF-8": raw, "UTF-16": text.encode("utf-16-le"), "hex": raw.hex().encode(),
        "percent": text.replace("@", "%40").encode(), "JSON": text.replace("@", "\\u0040").encode(),
        **{f"base64 {shift}": base64.b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3)},
    }


def files_with(folder, needles):
    """Names of files, and which of the needles are in them."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found += [(str(path.relative_to(folder)), name) for name, needle in needles.items() if needle in content]
    return found


def traces_of_records(server):
    """Parts of what the log stores of records with Ann, that lie in one piece somewhere in its files."""
    with sqlite3.connect(server.data / "events.db") as database:
        offsets = {json.loads(line)["offset"] for line in server.run("log", "cat").splitlines() if ANN in line}
        blobs = [blob for offset, blob in database.execute("SELECT offset, payload FROM records") if offset in offsets]
    content = b"".join(path.read_bytes() for path in server.data.glob("events.db*"))
    traces = {f"record {i}": blob[len(blob) // 2:len(blob) // 2 + 32] for i, blob in enumerate(blobs)}
    return {name: trace for name, trace in traces.items() if trace in content}


def answers_of(server, read_key):
    days = {"from": "2020-01-01", "to": "2030-01-01"}
    asked = [("features", {**days, "limit": 100, "users": 1}), ("series", {**days, "grain": "month", "metric": "users"}),
             ("series", {**days, "grain": "day", "by": "properties.plan"})]
    answers = [server.ask(path, read_key, **parameters) for path, parameters in asked]
    for answer in answers:
        answer.pop("complete_through", None)
    return answers


def erase(server, *users, kill_after=None):
    """(exit code, what it said); killed after so many seconds, if it is not done by then."""
    words = [word for user in users for word in ("--user", user)]
    with subprocess.Popen([server.binary, "erase", *words, "--data", str(server.data)], text=True, env=server.environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            said, _ = process.communicate(timeout=kill_after or 600)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
        if report := sanitizer_report(said):
            raise RuntimeError(report)
        return process.returncode, said


def other_click(number):
    return {"event_id": f"other.b#{number}", "feature_id": "other", "user_id": "other"}


def killed_and_begun_again(options, checks):
    chance = random.Random(options.seed)
    with Clickmill(options.bin, environment={"CLICKMILL_ARCHIVE__FILE_EVENTS": str(options.events // 12)}) as server:
        (server.data / "rollups.toml").write_text(ROLLUPS)
        server.arguments = ["--config", str(server.data / "rollups.toml")]
        server.start()
        write_key, read_key = server.keys()
        events = events_of(chance, options.events)
        for first in range(0, len(events), 40):
            status, _, said = server.send(write_key, events[first:first + 40])
            if status != 200 or said["rejected"]:
                raise RuntimeError(f"clicks gave {status}: {said}")
        server.wait_until_counted(read_key)
        wait_until(lambda: len(list(server.data.glob("archive/date=*/*.parquet"))) >= 9, "files of the archive")
        world = World(server)
        known = {event["event_id"] for event in events if event.get("user_id") == ANN}
        theirs = sum(event["event_id"] in known for event in events)
        needles = {f"{name} of {who}": needle for who in (ANN, DEVICE) for name, needle in encodings_of(who).items()}
        traces = traces_of_records(server)
        checks.expect("there are traces of records", len(traces) > 50, True)
        checks.expect("the scan finds her before", len(files_with(server.data, {**needles, **traces})) > 50, True)
        before, accounting = answers_of(server, read_key), server.ask("accounting", read_key)

        begin = time.monotonic()
        dry = world.command("erase", "--user", ANN, "--dry-run")
        takes = time.monotonic() - begin  # about as long as an erasure
        checks.expect_in(f"a dry run counts: {dry[1]}", f"event log   {theirs} clicks found", dry[1])
        checks.expect("and changes nothing", len(files_with(server.data, traces)) >= len(traces), True)
        with Clicking(server, write_key, other_click, pause=0.02) as others:
            killed = 0
            for _ in range(options.kills):
                code, said = erase(server, ANN, DEVICE, kill_after=chance.uniform(0.05, 1.2 * takes))
                killed += code < 0
            code, said = erase(server, ANN, DEVICE)
            checks.expect(f"the last one is complete: {said}", code, 0)
        checks.expect("nobody was refused", others.failure, None)
        checks.expect("kills met work", killed >= options.kills // 3, True)
        print(f"{killed} of {options.kills} were killed, {others.answered} clicks beside them", flush=True)

        checks.expect("not in a file's bytes", files_with(server.data, {**needles, **traces}), [])
        unpacked = server.data / "unpacked"
        unpacked.mkdir()
        (unpacked / "log").write_text(server.run("log", "cat"))
        (unpacked / "raw").write_text(server.run("raw", "export", "--format", "json"))
        checks.expect("not in what they unpack to", files_with(unpacked, needles), [])
        rows = world.ask("SELECT count(*) AS n, count(DISTINCT user_id) AS people, count(properties) AS with_properties "
                         "FROM events WHERE other = '{\"erased\":true}'")
        # A copy that had lost who it was is hers, too, and is nobody's.
        checks.expect("her clicks are all there", rows, [{"n": theirs, "people": 1, "with_properties": 0}])
        again = world.command("erase", "--user", ANN)
        checks.expect_in("a second erasure finds nobody", "event log   0 clicks erased", again[1])

        # Repeats of clicks of others still meet, and a repeat of hers would: both of its copies were changed alike.
        server.wait_until_counted(read_key)
        server.send(write_key, [event for event in events if event.get("user_id") == "person-1"][:20])
        after = server.wait_until_counted(read_key)
        checks.expect("repeats afterwards", after["duplicate"], accounting["duplicate"] + 20)
        checks.expect("accounting", after["counted"], accounting["counted"] + others.answered)
        without_others = answers_of(server, read_key)
        without_others[0]["features"] = [row for row in without_others[0]["features"] if row["feature_id"] != "other"]
        checks.expect("clicks by feature", [(row["feature_id"], row["clicks"], row["users"])
                                            for row in without_others[0]["features"]],
                      [(row["feature_id"], row["clicks"], row["users"]) for row in before[0]["features"]])
        server.stop()
        code, said = world.command("verify")
        checks.expect(f"verify: {said[-1500:]}", code, 0)
        checks.expect_in("verify names what it cannot compare", "default by_plan by day", said)
        checks.expect("and only that", [line for line in said.splitlines()
                                        if line.startswith("not checked") and "by_plan" not in line], [])
        rebuild_is_equal(server, world, checks)


def rebuild_is_equal(server, world, checks):
    """What is counted anew from what is left is the same, and users within their sketches' error."""
    server.start()
    code, said = world.command("rollup", "rebuild", "totals", "--wait")
    checks.expect(f"rebuilt: {said}", code, 0)
    server.stop()
    code, said = world.command("verify", "--rollup", "totals")
    checks.expect(f"verify of a rebuilt rollup: {said[-1000:]}", code, 0)


def hashed_ids_are_found(options, checks):
    with Clickmill(options.bin, environment={"CLICKMILL_PRIVACY__USER_IDS": "hashed"}) as server:
        server.start()
        write_key, read_key = server.keys()
        server.send(write_key, [{"feature_id": "buy", "user_id": ANN}, {"feature_id": "buy", "user_id": "bob"}])
        server.wait_until_counted(read_key)
        code, said = erase(server, ANN)
        checks.expect_in(f"by the id that was hashed ({code})", "event log   1 click erased in 1 records", said)
        code, said = World(server).command("erase", "--user", ANN, "--project", "nobody")
        checks.expect_in(f"a project that is not there ({code})", "there is no such project", said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=12_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parse_arguments(parser)
    checks = Checks()
    begin = time.monotonic()
    killed_and_begun_again(options, checks)
    hashed_ids_are_found(options, checks)
    print(f"{checks.passed} passed, {checks.failed} failed in {time.monotonic() - begin:.0f} s")
    return 0 if checks.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
