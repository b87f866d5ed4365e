#!/usr/bin/env python3
"""Measures the whole program beside its references, and writes the table into benchmarks/results/.

    benchmarks/load/side_by_side.py --bin build/bench/bin/clickmill            all of it, about 35 minutes
    benchmarks/load/side_by_side.py --only collector_beside_nginx --quick      one measurement, quickly

Needs a quiet machine: what else runs is in the figures. The load before the start is written down.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "support"))
import archive_measures  # noqa: E402
import kafka_measures  # noqa: E402
import machine  # noqa: E402
import measures  # noqa: E402
import store_measures  # noqa: E402
from real_clickmill import parse_arguments  # noqa: E402
from store_world import STORES  # noqa: E402

ALL = ["collector_beside_nginx", "collector_in_batches", "fold_from_the_log", "live_at_a_rate", "questions",
       "start_after_a_kill", "kafka_collector", "kafka_fold", "kafka_takeover", "store_commits", "store_questions", "archive_year"]
HOMES = {"archive": archive_measures, "kafka": kafka_measures, "store": store_measures}


def shown(number, unit):
    if unit in ("requests/s", "events/s", "events/s per core", "rows/s"):
        return f"{number:,.0f}"
    return f"{number:.2f}" if number < 100 else f"{number:.0f}"


def with_spread(samples, unit):
    middle = shown(statistics.median(samples), unit)
    if len(samples) == 1:
        return middle
    return f"{middle} ({shown(min(samples), unit)} to {shown(max(samples), unit)})"


def table_line(row):
    reference = ""
    if row.get("reference"):
        reference = f"{row['reference_name']}: {with_spread(row['reference'], row['unit'])}"
        if row.get("is_ratio"):
            share = statistics.median(a / b for a, b in zip(row["samples"], row["reference"]))
            reference += f"; **{share:.0%}** of it"
    return (f"| {row['what']} | {with_spread(row['samples'], row['unit'])} {row['unit']} | {row.get('budget') or ''} "
            f"| {reference} | {row.get('note') or ''} |")


def markdown(result):
    facts = result["machine"]
    lines = [
        f"# Measured on {result['date']}", "",
        "You can read here what this commit does on one machine, beside its references in the same run: medians, with the",
        "least and the largest sample in brackets. Missed budgets stand here like the others.", "",
        f"- Machine: {facts['processor']}, {facts['cores']} cores, {facts['memory_gib']} GiB; {facts['system']}, "
        f"kernel {facts['kernel']}",
        f"- Built from {facts['commit']} with {facts['compiler']}; {facts['nginx']}",
        f"- Command: `{result['command']}`",
        f"- Load of the machine before the start: {result['load_before']:.1f}. The load generator runs on the same cores.",
        "", "| what | measured | budget | reference | note |", "| --- | --- | --- | --- | --- |",
        *(table_line(row) for row in result["rows"]), ""]
    return "\n".join(lines)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=ALL)
    parser.add_argument("--quick", action="store_true", help="small and rough: to see that it runs")
    parser.add_argument("--out", type=pathlib.Path, default=SOURCE / "benchmarks" / "results")
    parser.add_argument("--scratch", type=pathlib.Path, help="folder for data; default: a temporary one")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--live-seconds", type=float, default=40)
    parser.add_argument("--fold-events", type=int, default=2_000_000)
    parser.add_argument("--history-events", type=int, default=4_000_000)
    parser.add_argument("--log-gib", type=float, default=2)
    parser.add_argument("--kafka-events", type=int, default=5_000_000)
    parser.add_argument("--store-clicks", type=int, nargs="+", default=[10_000_000], help="histories of so many clicks")
    parser.add_argument("--archive-events", type=int, default=100_000_000, help="a year of so many clicks")
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES))
    options = parse_arguments(parser, "load", "history", "fold_log", "rows")
    if options.quick:
        options.repeats, options.seconds, options.live_seconds = 1, 3, 5
        options.fold_events, options.history_events, options.log_gib = 200_000, 200_000, 0.05
        options.kafka_events = min(options.kafka_events, 200_000)
        options.store_clicks, options.archive_events = [100_000], 1_000_000
    return options


def main():
    options = parse()
    result = {"date": time.strftime("%Y-%m-%d"), "command": "benchmarks/load/side_by_side.py " +
              " ".join(a for a in sys.argv[1:] if "/" not in a and a != "--bin"), "machine": machine.facts(SOURCE),
              "load_before": machine.load_average(), "rows": []}
    failed = 0
    for name in options.only or ALL:
        with tempfile.TemporaryDirectory(prefix="clickmill-bench-", dir=options.scratch) as scratch:
            print(f"# {name}", flush=True)
            try:
                home = HOMES.get(name.split("_")[0], measures)
                rows = getattr(home, name)(options, pathlib.Path(scratch))
            except (RuntimeError, TimeoutError, OSError, subprocess.SubprocessError) as problem:
                print(f"{name} could not be measured: {problem}", file=sys.stderr)
                failed += 1
                continue
        for row in rows:
            print(table_line(row), flush=True)
        result["rows"] += rows
    options.out.mkdir(parents=True, exist_ok=True)
    name = f"{result['date']}-{result['machine']['cores']}-cores" + ("-quick" if options.quick else "")
    (options.out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    (options.out / f"{name}.md").write_text(markdown(result))
    print(options.out / f"{name}.md")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
