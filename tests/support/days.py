"""Bad days, one after another: functions that give what differs. Python's standard library only."""
import pathlib
import subprocess
import tempfile
import time

FAILURES = (TimeoutError, RuntimeError, OSError, AssertionError, subprocess.SubprocessError)


def run_days(days, parts_of_names, live_through, last_words=lambda: ""):
    """Each day's differences, as live_through(day, a folder for it) gives them; the exit code."""
    passed, failed = 0, []
    for day in days:
        if parts_of_names and not any(part in day.__name__ for part in parts_of_names):
            continue
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="clickmill-day-") as folder:
            try:
                differences = live_through(day, pathlib.Path(folder))
            except FAILURES as error:
                differences = [str(error)]
        print(f"{day.__name__}: {'; '.join(differences) or 'holds'} ({time.monotonic() - begin:.1f} s)", flush=True)
        if differences:
            print(last_words())
            failed.append(f"failed: {day.__name__}: {'; '.join(differences)}")
        else:
            passed += 1
    print(*failed, f"{passed} passed, {len(failed)} failed", sep="\n")  # last, where whoever looks at the end finds it
    return bool(failed)
