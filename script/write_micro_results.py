#!/usr/bin/env python3
"""Runs the micro benchmarks and writes their table, with machine, command and spread, into benchmarks/results/micro.md.

    script/write_micro_results.py build/bench/bin/clickmill_bench
"""
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
REPETITIONS = 5


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


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/bench/bin/clickmill_bench"
    arguments = [f"--benchmark_repetitions={REPETITIONS}", "--benchmark_min_time=0.3",
                 "--benchmark_display_aggregates_only=true", "--benchmark_format=json"]
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return 1
    rows = {}
    to_nanoseconds = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    for result in json.loads(done.stdout)["benchmarks"]:
        if result.get("run_type") == "aggregate":
            rows.setdefault(result["run_name"], {})[result["aggregate_name"]] = result
    lines = ["# Micro benchmarks", "",
             f"{time.strftime('%Y-%m-%d', time.gmtime())}, commit {commit()}, {processor()}, {os.cpu_count()} cores. "
             f"`script/benchmark micro`: median of {REPETITIONS} runs, and how far they spread.", "",
             "| benchmark | time | spread | rate |", "| --- | --- | --- | --- |"]
    for name, of in rows.items():
        median = of["median"]
        nanoseconds = median["real_time"] * to_nanoseconds[median["time_unit"]]
        spread = of["stddev"]["real_time"] / max(of["mean"]["real_time"], 1e-12) * 100
        lines.append(f"| {name} | {shown_time(nanoseconds)} | ± {spread:.0f} % | {shown_rate(median)} |")
    path = ROOT / "benchmarks/results/micro.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
