"""Counts clicks again from the raw lines of the event log: slowly, simply, and sharing no code with the server.

Zones come from Python's zoneinfo, people are counted in sets. A click's bucket is decided by `received_at` alone.
"""
import collections
import datetime
import json
import zoneinfo

ALL, NONE = "(all)", "(none)"
GRAINS = ("hour", "day", "week", "month")
ROLLUPS = {
    "totals": (),
    "by_platform_version": ("platform", "app_version"),
    "by_experiment": ("experiment", "variant"),
    "by_page": ("page",),
}
FIRST_WEEKDAY = {"monday": 0, "saturday": 5, "sunday": 6}
QUARTER = 900  # no zone changes between two quarters of an hour


class Calendar:
    """Labels of the buckets that hold a moment, as the API writes them (hours by date, hour and offset)."""

    def __init__(self, zone, week_start):
        self.zone, self.week_start = zoneinfo.ZoneInfo(zone), FIRST_WEEKDAY[week_start]
        self.known = {}

    def hour_at(self, microseconds):
        """(local date, local hour, UTC offset in seconds): what makes an hour one bucket."""
        quarter = microseconds // 1_000_000 // QUARTER
        hour = self.known.get(quarter)
        if hour is None:
            local = datetime.datetime.fromtimestamp(quarter * QUARTER, self.zone)
            hour = (local.date(), local.hour, int(local.utcoffset().total_seconds()))
            self.known[quarter] = hour
        return hour

    def label(self, grain, hour):
        date = hour[0]
        if grain == "hour":
            return hour
        if grain == "week":
            date -= datetime.timedelta(days=(date.weekday() - self.week_start) % 7)
        return date.isoformat()[:7] if grain == "month" else date.isoformat()


def hour_of_label(label):
    """The API's label of an hour, as Calendar.hour_at says it: a change of clocks may start it at :30."""
    moment = datetime.datetime.fromisoformat(label)
    return moment.date(), moment.hour, int(moment.utcoffset().total_seconds())


class Project:
    """Everything counted of one project, by rollup: (hour, feature, values) -> [clicks, people]."""

    def __init__(self, zone, week_start="monday"):
        self.calendar = Calendar(zone, week_start)
        self.cells = {rollup: collections.defaultdict(lambda: [0, set()]) for rollup in ROLLUPS}
        self.features = set()
        self.counted = 0

    def add(self, event):
        self.counted += 1
        hour = self.calendar.hour_at(event["received_at"])
        feature = event["feature_id"]
        self.features.add(feature)
        who = event.get("user_id") or event.get("anonymous_id") or event.get("session_id")
        values = {
            "totals": [()],
            "by_platform_version": [(event.get("platform") or NONE, event.get("app_version") or NONE)],
            "by_page": [(event.get("page") or NONE,)],
            "by_experiment": list((event.get("experiments") or {NONE: NONE}).items()),
        }
        for rollup, cells in self.cells.items():
            for value in values[rollup]:
                for name in (feature, ALL):
                    cell = cells[hour, name, value]
                    cell[0] += 1
                    if who:
                        cell[1].add(who)

    def totals(self, rollup, grain, group_by=lambda feature, values: (feature, values)):
        """{group: {bucket label: [clicks, people]}}; what `group_by` gives None for is left out."""
        found = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, set()]))
        for (hour, feature, values), (clicks, people) in self.cells[rollup].items():
            group = group_by(feature, values)
            if group is None:
                continue
            cell = found[group][self.calendar.label(grain, hour)]
            cell[0] += clicks
            cell[1] |= people
        return found


class Recount:
    """All projects of an event log. Each event id counts once; crawlers do not count."""

    def __init__(self, projects):
        self.projects = projects  # id -> Project
        self.seen = set()
        self.lines = self.duplicate = self.left_out = 0

    def read(self, lines):
        """Lines of NDJSON in the order of the log."""
        for line in lines:
            event = json.loads(line)
            self.lines += 1
            identity = (event["project"], event["event_id"])
            if identity in self.seen:
                self.duplicate += 1
                continue
            self.seen.add(identity)
            if event.get("bot"):
                self.left_out += 1
            else:
                self.projects[event["project"]].add(event)
