#!/usr/bin/env python3
"""Asks the running server whether api/openapi.yaml is true.

    build/tools/python/bin/python tests/api/api_test.py --bin build/dev/bin/clickmill

The examples in api/examples/ are checked against the schemas, and schemathesis sends what the page allows and what it
does not: no answer may be a server error, of a status or shape that the page does not name, or open without a key.
Needs schemathesis (requirements.txt; `script/setup` installs it).
"""
import argparse
import json
import pathlib
import subprocess
import sys
import sysconfig
import tempfile
import time

import jsonschema_rs
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import SOURCE, Clickmill, parse_arguments  # noqa: E402

PAGE = SOURCE / "api/openapi.yaml"
SCHEMATHESIS = pathlib.Path(sysconfig.get_path("scripts")) / "schemathesis"
CONFIG = pathlib.Path(__file__).with_name("schemathesis.toml")
EXAMPLES = {"series_day": "Series", "series_by_platform": "Series", "features": "Features",
            "dimensions": "Dimensions", "changes": "Changes", "accounting": "AccountingAnswer",
            "status": "Status", "catalogue": "Catalogue",
            "attention": "Attention", "session": "Session"}
# What they cannot know: that a text is no date or no dimension, so a refusal of either is right.
LEFT_OUT = "positive_data_acceptance,use_after_free,ensure_resource_availability"


def validator(page, schema):
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": page["components"]})


def check_examples(page):
    """Each example against its schema; what is wrong with them."""
    for name, schema in EXAMPLES.items():
        example = json.loads((SOURCE / f"api/examples/{name}.json").read_text())
        for error in validator(page, schema).iter_errors(example):
            yield f"{name}.json: {error.message} at {error.instance_path}"


def fill(server, write_key):
    """Clicks of a few people, so that answers have something to say."""
    events = [{"event_id": f"api#{n}", "feature_id": f"feature.{n % 7}", "user_id": f"u{n % 11}",
               "platform": ("web", "ios")[n % 2], "app_version": "4.12.0", "page": "/checkout",
               "experiments": {"new_pay": "AB"[n % 2]}} for n in range(200)]
    status, _, answer = server.send(write_key, events)
    assert (status, answer["accepted"]) == (200, 200), (status, answer)


def check_answers(server, read_key, page):
    """The answers of a filled project against their schemas, which generated questions seldom meet."""
    questions = [("series", "Series", {"grain": "hour", "by": "platform", "compare": "previous"}),
                 ("series", "Series", {"metric": "users", "feature_id": "feature.1,feature.2"}),
                 ("features", "Features", {"users": 1, "trend": 1, "order": "change"}),
                 ("dimensions", "Dimensions", {}), ("accounting", "AccountingAnswer", {}),
                 ("status", "Status", {}), ("changes", "Changes", {}), ("session", "Session", {}),
                 ("catalogue", "Catalogue", {}), ("attention", "Attention", {})]
    for path, schema, parameters in questions:
        answer = server.ask(path, read_key, **parameters)
        for error in validator(page, schema).iter_errors(answer):
            yield f"/{path} {parameters}: {error.message} at {error.instance_path}"
    total = server.ask("series", read_key, grain="day")["series"][0]["total"]
    if total != 200:
        yield f"200 clicks were sent and {total} are shown"


def run_schemathesis(server, arguments, seconds):
    """(what went wrong, how many requests were sent). One worker: Debian's Python 3.11.2 may not parse code in two threads
    at once (CPython's gh-106905, "AST constructor recursion depth mismatch"), which schemathesis does."""
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.ndjson"
        done = subprocess.run(
            [str(SCHEMATHESIS), "--config-file", str(CONFIG), "run", str(PAGE), "--url", f"http://127.0.0.1:{server.port}", "--checks", "all",
             "--exclude-checks", LEFT_OUT, "--phases", "examples,coverage,fuzzing", "--seed", "1", "--workers", "1",
             "--max-time", str(seconds), "--request-timeout", "30", "--generation-database", "none", "--no-color",
             "--suppress-health-check", "all", "--warnings", "off",
             "--report", "ndjson", "--report-ndjson-path", str(report), *arguments],
            cwd=scratch, capture_output=True, text=True, timeout=seconds + 120)
        sent = report.read_text().count('"status_code"') if report.exists() else 0
        return ([] if done.returncode == 0 else [done.stdout[-12000:] + done.stderr[-2000:]]), sent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=15, help="how long each half sends generated requests")
    options = parse_arguments(parser)
    page = yaml.safe_load(PAGE.read_text())
    begin, problems, passed = time.monotonic(), [], 0

    def check(name, found, what=""):
        nonlocal passed
        found = list(found)
        problems.extend(f"{name}: {problem}" for problem in found)
        passed += not found
        print(f"{name}: {'failed' if found else 'passed'} {what}", flush=True)

    check("examples", check_examples(page))
    with Clickmill(options.bin) as server:
        server.start(60)
        write_key, read_key = server.keys()
        fill(server, write_key)
        server.wait_until_counted(read_key)
        check("answers", check_answers(server, read_key, page))
        found, sent = run_schemathesis(server, ["-H", f"Authorization: Bearer {read_key}",
                                                "--include-path-regex", "^/api/v1|^/signin"], options.seconds)
        check("questions", found, f"{sent} requests")
        found, sent = run_schemathesis(server, ["--include-path", "/v1/events"], options.seconds)
        check("events", found, f"{sent} requests")
        server.wait_until_counted(read_key)
        check("accounting", [] if server.ask("accounting", read_key)["is_balanced"] else ["does not add up"])
    for problem in problems:
        print(problem)
    print(f"{time.monotonic() - begin:.0f} s")
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
