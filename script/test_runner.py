#!/usr/bin/env python3
"""Runs the steps of script/test ("quick") and those that only .ci/run takes ("deep").

Each step's output goes to build/test-logs/<step>.log and is shown when the step fails. The last line
says how many checks passed and failed over all: GoogleTest, vitest, Python, browser, linters.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build/test-logs"
CORES = os.cpu_count() or 2
SOURCES = [p for folder in ("src", "tests", "benchmarks") for p in sorted((ROOT / folder).rglob("*"))
           if p.suffix in (".cc", ".h") and "node_modules" not in p.parts]
# The test programs in which more than one thread runs: ThreadSanitizer has nothing to see in the others.
THREADED_TESTS = ("telemetry_test", "aggregator_test", "control_test", "http_test", "event_log_test",
                  "event_log_contract_test", "metrics_store_contract_test", "collector_test", "query_api_test",
                  "server_test")
SANITIZERS = {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
              "UBSAN_OPTIONS": "print_stacktrace=1",
              "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:suppressions="
                              f"{ROOT}/script/thread_sanitizer_suppressions.txt"}


class Failed(Exception):
    """A step's command failed; what it counted before still counts."""

    def __init__(self, passed=0, failed=1):
        super().__init__()
        self.passed, self.failed = passed, max(failed, 1)


class Step:
    """One step's log, and commands that write into it."""

    def __init__(self, name):
        self.name = name
        self.log = LOGS / f"{name}.log"
        self.log.write_bytes(b"")

    def command(self, *words, cwd=ROOT, environment=None, timeout=3600):
        """Runs it; (exit code, what it printed)."""
        words = [str(word) for word in words]
        with open(self.log, "ab") as log:
            start = log.tell()
            log.write(f"$ {' '.join(words)[:500]}\n".encode())
            log.flush()
            try:
                code = subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      env={**os.environ, **SANITIZERS, **(environment or {})},
                                      timeout=timeout).returncode
            except subprocess.TimeoutExpired:
                log.write(f"stopped after {timeout} s\n".encode())
                code = 124
        with open(self.log, "rb") as log:
            log.seek(start)
            return code, log.read().decode(errors="replace")

    def check(self, *words, **options):
        """A command that is one check."""
        if self.command(*words, **options)[0] != 0:
            raise Failed()
        return 1, 0

    def counted(self, *words, **options):
        """A command whose last words are how many passed and failed."""
        code, output = self.command(*words, **options)
        passed, failed = count(output)
        if code != 0:
            raise Failed(passed, failed)
        return max(passed, 1), failed


def count(output):
    """What a test program says at its end, in one of the ways that ours do."""
    if said := re.findall(r"^(\d+) passed, (\d+) failed", output, re.M):
        return tuple(map(int, said[-1]))
    if said := re.findall(r"Tests\s+(?:(\d+) failed \| )?(\d+) passed", output):  # vitest
        return int(said[-1][1]), int(said[-1][0] or 0)
    if said := re.findall(r"^Ran (\d+) tests?", output, re.M):  # unittest
        failed = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", output)))
        return int(said[-1]) - failed, failed
    if said := re.findall(r"^# pass (\d+)\n# fail (\d+)", output, re.M):  # node --test
        return tuple(map(int, said[-1]))
    return 0, 0


def house(step):
    return step.check("python3", "script/check_house.py")


def cpp_format(step):
    return step.check("clang-format-19", "--dry-run", "-Werror", *SOURCES)


def shell(step):
    files = [p for p in sorted((ROOT / "script").iterdir())
             if p.is_file() and p.read_bytes()[:80].find(b"bash") >= 0]
    return step.check("shellcheck", "-x", *files, ROOT / ".ci/run")


def web_format(step):
    return step.check("npm", "run", "--silent", "lint", cwd=ROOT / "web/dashboard")


def web_build(step):
    return step.check("bash", "-c", "set -e; source script/lib.sh; build_web")


def web_package(folder):
    def run(step):
        """Types, unit tests, and the limit of size where there is one."""
        scripts = json.loads((ROOT / folder / "package.json").read_text()).get("scripts", {})
        passed = 0
        for name in ("typecheck", "size"):
            if name in scripts:
                passed += step.check("npm", "run", "--silent", name, cwd=ROOT / folder)[0]
        if "test" in scripts:
            passed += step.counted("npm", "run", "--silent", "test", cwd=ROOT / folder,
                                   environment={"NO_COLOR": "1"})[0]
        return passed, 0
    return run


def build(preset, *targets):
    def run(step):
        """Those targets, or everything."""
        step.check("cmake", "--preset", preset)
        return step.check("cmake", "--build", "--preset", preset, *(["--target", *targets] if targets else []))
    return run


def ctest(preset, *programs, environment=None):
    def run(step):
        """Those test programs, or all that ctest knows; GoogleTest's own count where it leaves one."""
        folder = ROOT / "build" / preset
        results = folder / "results"
        shutil.rmtree(results, ignore_errors=True)
        junit = folder / "ctest.xml"
        code, _ = step.command("ctest", "--test-dir", folder, "-j", CORES, "--output-on-failure", "--timeout",
                               "900", "--output-junit", junit, *(["-R", f"^({'|'.join(programs)})$"] if programs else []),
                               environment={"GTEST_OUTPUT": f"json:{results}/", **(environment or {})})
        passed = failed = counted = 0
        for file in results.glob("*.json"):
            result = json.loads(file.read_text())
            bad = result["failures"] + result["errors"]
            passed, failed = passed + result["tests"] - bad - result["disabled"], failed + bad
            counted += 1
        statuses = re.findall(r'<testcase [^>]*status="(\w+)"', junit.read_text()) if junit.exists() else []
        passed += max(0, statuses.count("run") - counted)
        failed = max(failed, statuses.count("fail"))
        if code != 0:
            raise Failed(passed, failed)
        return passed, failed
    return run


def python_test(path, *arguments, preset="asan", **options):
    def run(step):
        return step.counted("python3", path, *arguments, "--bin", f"build/{preset}/bin/clickmill", **options)
    return run


def python_units(step):
    passed = 0
    for path in sorted((ROOT / "tests").glob("*/*_unit_test.py")):
        passed += step.counted("python3", path)[0]
    return passed, 0


def docs(step):
    return step.counted("python3", "tests/docs/docs_test.py", "--bin", "build/asan/bin/clickmill")


def api(step):
    python = ROOT / "build/tools/python/bin/python"
    return step.counted(python if python.exists() else "python3", "tests/api/api_test.py", "--bin",
                        "build/asan/bin/clickmill")


def browser(step):
    return step.counted("npm", "run", "--silent", "test", cwd=ROOT / "tests/end_to_end",
                        environment={"CLICKMILL_BIN": str(ROOT / "build/asan/bin/clickmill"), "NO_COLOR": "1"})


def clang_tidy(step):
    """Every source of src/, one a core at a time."""
    build_folder = ROOT / "build/tidy"
    step.check("cmake", "-S", ROOT, "-B", build_folder, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19",
               "-DCMAKE_C_COMPILER=clang-19", "-DCLICKMILL_TESTS=OFF")
    step.check("cmake", "--build", build_folder, "--target", "clickmill_web_files", "clickmill_user_agent_rules")
    files = [p for p in SOURCES if p.suffix == ".cc" and p.is_relative_to(ROOT / "src")
             and not p.name.endswith("_test.cc")]

    def tidy(file):
        done = subprocess.run(["clang-tidy-19", "--quiet", "-p", str(build_folder), str(file)],
                              cwd=ROOT, capture_output=True, text=True)
        return file, done.returncode, done.stdout
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool, open(step.log, "a") as log:
        for file, code, output in pool.map(tidy, files):
            passed, failed = passed + (code == 0), failed + (code != 0)
            if code != 0:
                log.write(f"{file}\n{output}\n")
    if failed:
        raise Failed(passed, failed)
    return passed, failed


def quick_steps():
    web = [(f"web-{p.name}", web_package(f"web/{p.name}"))
           for p in sorted((ROOT / "web").iterdir()) if (p / "package.json").exists()]
    steps = [("house", house), ("cpp-format", cpp_format), ("shell", shell), ("web-format", web_format),
             ("web-build", web_build), *web, ("build", build("asan")), ("cpp", ctest("asan")),
             ("python-units", python_units)]
    steps += [("docs", docs), ("api", api), ("browser", browser),
              ("operation", python_test("tests/operation/operation_test.py")),
              ("backup", python_test("tests/operation/backup_test.py")),
              ("recount", python_test("tests/recount/recount_test.py", "--events", "30000")),
              ("verify", python_test("tests/recount/verify_test.py", "--events", "10000")),
              ("erasure", python_test("tests/recount/erasure_test.py", "--events", "6000", "--kills", "5")),
              ("crash", python_test("tests/crash/crash_test.py", "--rounds", "20")),
              ("disk-full", python_test("tests/crash/disk_full_test.py")),
              ("damage", python_test("tests/crash/damage_test.py")),
              ("clock-jump", python_test("tests/crash/clock_jump_test.py")),
              ("postgres-contract", python_test("tests/postgres/contract_test.py")),
              ("postgres-days", python_test("tests/postgres/days_test.py")),
              ("postgres-disk-full", python_test("tests/postgres/disk_full_test.py")),
              ("postgres-replica", python_test("tests/postgres/replica_test.py")),
              ("clickhouse-contract", python_test("tests/clickhouse/contract_test.py")),
              ("s3-contract", python_test("tests/s3/contract_test.py", "--rounds", "1")),
              ("kafka-contract", python_test("tests/kafka/contract_test.py")),
              ("kafka-kill", python_test("tests/kafka/kill_test.py", "--rounds", "4")),
              ("kafka-bad-days", python_test("tests/kafka/bad_days_test.py")),
              ("kafka-rebalance", python_test("tests/kafka/rebalance_test.py", "--seed", "1"))]
    return steps


def deep_steps():
    return [("tsan-build", build("tsan", "clickmill", "clickmill_load", *THREADED_TESTS)),
            ("tsan", ctest("tsan", *THREADED_TESTS)),
            ("tsan-recount", python_test("tests/recount/recount_test.py", "--events", "20000", preset="tsan")),
            ("tsan-crash", python_test("tests/crash/crash_test.py", "--rounds", "3", preset="tsan")),
            ("clang-tidy", clang_tidy),
            ("dev-build", build("dev", "clickmill", "clickmill_load", "simulation_test")),
            ("simulation-long", ctest("dev", "simulation_test",
                                      environment={"CLICKMILL_SIMULATION_SEEDS": "1000"})),
            ("recount-million", python_test("tests/recount/recount_test.py", "--events", "1000000",
                                            preset="dev")),
            ("crash-60", python_test("tests/crash/crash_test.py", "--rounds", "60", "--seed", "200",
                                      preset="dev")),
            ("erasure-15", python_test("tests/recount/erasure_test.py", "--kills", "15", preset="dev")),
            ("s3-days", python_test("tests/s3/days_test.py", "--kills", "3", preset="dev")),
            ("kafka-cluster-3", python_test("tests/kafka/cluster_days_test.py", preset="dev")),
            ("kafka-kill-10", python_test("tests/kafka/kill_test.py", "--rounds", "10", preset="dev")),
            ("clickhouse-days", python_test("tests/clickhouse/days_test.py", preset="dev")),
            ("clickhouse-kill", python_test("tests/crash/store_kill_test.py", "--store", "clickhouse", "--rounds", "8",
                                            preset="dev")),
            ("stores-questions", python_test("tests/recount/stores_test.py", "--events", "100000", preset="dev")),
            ("clickhouse-questions", python_test("tests/clickhouse/contract_test.py", "--all", "--filter",
                                                 "*EveryCombination*:*Model*")),
            ("kafka-spool", python_test("tests/kafka/spool_test.py", preset="dev")),
            ("stores-copy", python_test("tests/recount/copy_test.py", "--back", "--events", "20000",
                                             preset="dev")),
            ("postgres-kill", python_test("tests/crash/store_kill_test.py", "--store", "postgres", "--rounds", "20",
                                          preset="dev")),
            ("postgres-rebalance", python_test("tests/kafka/rebalance_test.py", "--store", "postgres",
                                               "--rounds", "6", preset="dev")),
            ("clickhouse-rebalance", python_test("tests/kafka/rebalance_test.py", "--store", "clickhouse",
                                                 "--rounds", "6", preset="dev"))]


def run_steps(steps):
    passed = failed = 0
    width = max(len(name) for name, _ in steps)
    for name, action in steps:
        print(f"{name:<{width}}  ", end="", flush=True)
        step, begin = Step(name), time.monotonic()
        try:
            good, bad = action(step)
        except Failed as failure:
            good, bad = failure.passed, failure.failed
        passed, failed = passed + good, failed + bad
        print(f"{good:5} passed {bad:3} failed {time.monotonic() - begin:7.1f} s", flush=True)
        if bad:
            print(f"--- the end of {step.log.relative_to(ROOT)}")
            print(step.log.read_text(errors="replace")[-6000:])
            print("---", flush=True)
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("quick", "deep"))
    parser.add_argument("words", nargs="*", help="run only steps whose names contain one of these")
    parser.add_argument("--list", action="store_true", help="print the names of the steps")
    parser.add_argument("--result", type=pathlib.Path, help="write the counts there, too")
    parser.add_argument("--add", type=pathlib.Path, help="add the counts of an earlier --result")
    options = parser.parse_args()
    os.chdir(ROOT)
    LOGS.mkdir(parents=True, exist_ok=True)
    steps = quick_steps() if options.what == "quick" else deep_steps()
    if options.words:
        steps = [(n, a) for n, a in steps if any(word in n for word in options.words)]
    if options.list:
        print("\n".join(name for name, _ in steps))
        return 0
    if not steps:
        print("no step has such a name; --list shows them", file=sys.stderr)
        return 2
    if options.result:
        options.result.unlink(missing_ok=True)
    begin = time.monotonic()
    passed, failed = run_steps(steps)
    print(f"{(time.monotonic() - begin) / 60:.1f} minutes")
    if options.result:
        options.result.write_text(json.dumps({"passed": passed, "failed": failed}))
    if options.add:
        try:
            before = json.loads(options.add.read_text())
        except (OSError, ValueError):  # the earlier run did not get to its end
            before = {"passed": 0, "failed": 1}
        passed, failed = passed + before["passed"], failed + before["failed"]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
