#!/usr/bin/env python3
"""Fails when an #include under src/ crosses a wall of the house (style.md, section 1)."""
import pathlib, re, sys

MAY_KNOW = {  # besides the room itself; rooms above the ground floor also know base and telemetry
    "base": set(), "telemetry": set(), "event": set(), "event_log": set(), "http": set(), "config": set(),
    "calendar": set(), "sql": set(), "control": {"event", "sql"}, "fold": {"event", "calendar"},
    "metrics_store": {"fold", "calendar", "sql"},
    "archive": {"event_log", "event"}, "erasure": {"archive", "event_log", "event"}, "collector": {"event_log", "event", "http", "control"},
    "aggregator": {"event_log", "fold", "metrics_store"},
    "replay": {"aggregator", "archive", "event_log", "fold", "metrics_store"},
    "query_api": {"metrics_store", "calendar", "http", "control"},
    "verify": {"archive", "event_log", "metrics_store", "fold", "calendar", "query_api"},
}
GROUND = {"base": set(), "telemetry": {"base"}}
TOP = {"server", "cli", "main.cc"}
SHARED_BACKEND_PARTS = {"sql"}


def crossing(file, target):
    """Why `file` may not include `target`, or None. Both are paths relative to src/."""
    room, other = file.parts[0], target.parts[0]
    inner, own_inner = target.parts[1:-1], file.parts[1:-1]
    is_test = file.name.endswith("_test.cc") or re.fullmatch(r"test_\w+\.h", file.name)
    if other not in MAY_KNOW.keys() | TOP:
        return None if not (SRC / other).is_dir() else f"room '{other}' has no row in MAY_KNOW"
    if room not in MAY_KNOW.keys() | TOP:
        return f"room '{room}' has no row in MAY_KNOW"
    if inner and file.as_posix() != "server/wiring.cc" and not (is_test and inner[0] == "memory"):
        if room != other or (inner != own_inner and inner[0] not in SHARED_BACKEND_PARTS):
            return "only server/wiring.cc names a backend"
    known = MAY_KNOW.get(room, set()) | GROUND.get(room, set(GROUND))
    if is_test:  # may speak of what the rooms below stand on
        known = known.union(*(MAY_KNOW.get(below, set()) for below in known))
    if room == other or room in TOP or other in known:
        return None
    return f"'{room}' may know {sorted(known) or 'nothing'}, not '{other}'"


SRC = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src")
problems = 0
for path in sorted([*SRC.rglob("*.h"), *SRC.rglob("*.cc")]):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s+"([^"]+/[^"]+)"', line):
            if why := crossing(path.relative_to(SRC), pathlib.PurePosixPath(match[1])):
                problems += 1
                print(f"{path}:{number}: {match[1]}: {why}")
sys.exit(problems > 0)
