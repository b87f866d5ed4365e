#!/usr/bin/env python3
"""The recount itself: a counting rule that is wrong here would hide a wrong one there."""
import datetime
import json
import unittest

from recount import ALL, NONE, Calendar, Project, Recount, hour_of_label


def microseconds(text):
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1_000_000)


def click(event_id, at="2026-11-01T12:00:00+00:00", **fields):
    return json.dumps({"project": "p", "received_at": microseconds(at), "event_id": event_id,
                       "feature_id": "pay", **fields})


def recount_of(*lines, zone="UTC"):
    recount = Recount({"p": Project(zone)})
    recount.read(lines)
    return recount


class RecountTest(unittest.TestCase):
    def test_counts_an_event_id_once(self):
        recount = recount_of(click("1"), click("2"), click("1"))
        self.assertEqual(recount.projects["p"].counted, 2)
        self.assertEqual(recount.duplicate, 1)

    def test_leaves_crawlers_out(self):
        recount = recount_of(click("1", bot=True), click("2"))
        self.assertEqual((recount.left_out, recount.projects["p"].counted), (1, 1))

    def test_counts_a_click_in_each_of_its_experiments(self):
        project = recount_of(click("1", experiments={"a": "x", "b": "y"})).projects["p"]
        totals = project.totals("by_experiment", "month", lambda feature, values: (feature, *values))
        self.assertEqual({key: cells["2026-11"][0] for key, cells in totals.items()},
                         {("pay", "a", "x"): 1, ("pay", "b", "y"): 1, (ALL, "a", "x"): 1, (ALL, "b", "y"): 1})

    def test_unites_people_over_hours(self):
        project = recount_of(click("1", user_id="ann"), click("2", at="2026-11-01T15:00:00+00:00", user_id="ann"),
                             click("3", session_id="s")).projects["p"]
        self.assertEqual(project.totals("totals", "day", lambda feature, _: feature)["pay"]["2026-11-01"],
                         [3, {"ann", "s"}])

    def test_puts_missing_values_under_none(self):
        project = recount_of(click("1", platform="web")).projects["p"]
        self.assertIn(("pay", ("web", NONE)), project.totals("by_platform_version", "day"))

    def test_keeps_the_two_hours_of_a_clock_change_apart(self):
        berlin = Calendar("Europe/Berlin", "monday")
        first, second = (berlin.hour_at(microseconds(f"2026-10-25T0{hour}:30:00+00:00")) for hour in (0, 1))
        self.assertNotEqual(first, second)
        self.assertEqual(second, hour_of_label("2026-10-25T02:00:00+01:00"))

    def test_reads_the_label_of_an_hour_that_a_change_of_clocks_cut(self):
        lord_howe = Calendar("Australia/Lord_Howe", "monday")
        self.assertEqual(lord_howe.hour_at(microseconds("2026-10-03T15:45:00+00:00")),
                         hour_of_label("2026-10-04T02:30:00+11:00"))

    def test_begins_weeks_where_the_project_does(self):
        sunday = (datetime.date(2026, 11, 1), 0, 0)
        self.assertEqual(Calendar("UTC", "monday").label("week", sunday), "2026-10-26")
        self.assertEqual(Calendar("UTC", "sunday").label("week", sunday), "2026-11-01")
        self.assertEqual(Calendar("UTC", "saturday").label("week", sunday), "2026-10-31")


if __name__ == "__main__":
    unittest.main()
