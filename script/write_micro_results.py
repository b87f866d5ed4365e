#!/usr/bin/env python3
"""Runs the micro benchmarks and writes their table, with machine, command and spread, into benchmarks/results/micro.md.

    script/write_micro_results.py build/bench/bin/clickmill_bench
    script/write_micro_results.py build/bench/bin/clickmill_bench --quick    once each, into micro-quick.md
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
REPETITIONS = 3
TO_NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return os.uname().machine


def commit():
    return subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def shown_time(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def shown_rate(result):
    if "items_per_second" in result:
        return f"{result['items_per_second']:,.0f} /s"
    if "bytes_per_second" in result:
        return f"{result['bytes_per_second'] / 1e6:,.0f} MB/s"
    return ""


def measure(program, is_quick):
    """{benchmark: its runs}; None when the program failed."""
    arguments = ["--benchmark_repetitions=1", "--benchmark_min_time=0.01"] if is_quick else [
        f"--benchmark_repetitions={REPETITIONS}", "--benchmark_min_time=0.2"]
    done = subprocess.run([program, *arguments, "--benchmark_format=json"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return None
    runs = {}
    for result in json.loads(done.stdout)["benchmarks"]:
        if result.get("error_occurred"):
            print(f"{result['name']}: {result['error_message']}", file=sys.stderr)
            return None
        if result.get("run_type") == "iteration":
            runs.setdefault(result["run_name"], []).append(result)
    return runs


def table_line(name, runs):
    times = sorted(run["real_time"] * TO_NANOSECONDS[run["time_unit"]] for run in runs)
    middle = min(runs, key=lambda run: abs(run["real_time"] * TO_NANOSECONDS[run["time_unit"]] -
                                           statistics.median(times)))
    spread = f"{shown_time(times[0])} to {shown_time(times[-1])}" if len(times) > 1 else ""
    return f"| {name} | {shown_time(statistics.median(times))} | {spread} | {shown_rate(middle)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default="build/bench/bin/clickmill_bench")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    options = parser.parse_args()
    runs = measure(options.program, options.quick)
    if runs is None:
        return 1
    lines = ["# Micro benchmarks", "",
             f"{time.strftime('%Y-%m-%d', time.gmtime())}, commit {commit()}, {processor()}, {os.cpu_count()} cores. "
             f"`script/benchmark micro`: median of {1 if options.quick else REPETITIONS} runs, and the least and the largest.",
             "", "| benchmark | time | spread | rate |", "| --- | --- | --- | --- |",
             *(table_line(name, of) for name, of in runs.items())]
    path = ROOT / "benchmarks/results" / ("micro-quick.md" if options.quick else "micro.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
