#!/usr/bin/env python3
"""Prints gcovr's summary as the table of README.md, a room a row, then the files with the poorest coverage."""
import collections
import json
import sys

ROOMS = ("collector", "event_log", "fold", "metrics_store", "query_api")
POOREST = 15


def percent(covered, total):
    return f"{100 * covered / total:.1f} %" if total else "–"


def main():
    with open(sys.argv[1]) as file:
        files = json.load(file)["files"]
    rooms = collections.defaultdict(collections.Counter)
    for entry in files:
        numbers = {key: entry[key] for key in ("line_covered", "line_total", "branch_covered", "branch_total")}
        rooms[entry["filename"].split("/")[1]].update(numbers)
    print("| room | lines | branches |\n| --- | --- | --- |")
    for room in ROOMS:
        of = rooms[room]
        print(f"| `{room}/` | {percent(of['line_covered'], of['line_total'])} "
              f"| {percent(of['branch_covered'], of['branch_total'])} |")
    print("\nlines never run, by file:")
    missed = sorted(files, key=lambda entry: entry["line_covered"] - entry["line_total"])
    for entry in [entry for entry in missed if entry["filename"].split("/")[1] in ROOMS][:POOREST]:
        print(f"{entry['line_total'] - entry['line_covered']:5} of {entry['line_total']:4}  {entry['filename']}")


if __name__ == "__main__":
    main()
