# ruff: noqa: E501 - a row of a table is one line
"""Dates by rule, against calendars worked by hand. Each row says which days were counted, so a reader can check it."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime

import icalendar
import pytest

from assistant.deadlines import Break, Event, calendar_file, due, later, shown
from assistant.errors import InputError
from assistant.guide_reading import load_guides


@pytest.fixture(scope="module")
def deadlines(root, knowledge):
    return load_guides(root, knowledge).deadlines


def d(text):
    return date.fromisoformat(text)


# rule, start, expected, how it was counted by hand
BY_HAND = [
    ("records", "2026-11-02", "2026-11-09", "Mon: Tue 3, Wed 4, Thu 5, Fri 6, Mon 9"),
    ("records", "2026-11-24", "2026-12-03", "Tue: Wed 25; Thu 26 and Fri 27 are holidays; Mon 30, Tue 1, Wed 2, Thu 3"),
    ("records", "2026-12-23", "2026-12-31", "Wed: Thu 24; Fri 25 holiday; Mon 28, Tue 29, Wed 30, Thu 31"),
    ("records", "2026-12-24", "2027-01-04", "Thu: Mon 28 ... Thu 31 are four; Fri Jan 1 holiday; Mon Jan 4"),
    ("records", "2026-07-01", "2026-07-09", "Wed: Thu 2; July 4 is a Saturday, kept on Fri 3; Mon 6, Tue 7, Wed 8, Thu 9"),
    ("records", "2027-12-20", "2027-12-28", "Mon: Tue 21, Wed 22, Thu 23; Dec 25 is a Saturday, kept on Fri 24; Mon 27, Tue 28"),
    ("records", "2026-01-16", "2026-01-26", "Fri: Mon 19 King day; Tue 20, Wed 21, Thu 22, Fri 23, Mon 26"),
    ("records", "2026-02-13", "2026-02-23", "Fri: Mon 16 Presidents' Day; Tue 17 to Fri 20; Mon 23"),
    ("records", "2026-03-30", "2026-04-07", "Mon: Tue 31 Cesar Chavez Day; Wed 1, Thu 2, Fri 3, Mon 6, Tue 7"),
    ("records", "2026-05-22", "2026-06-01", "Fri: Mon 25 Memorial Day; Tue 26 to Fri 29; Mon 1"),
    ("records", "2026-09-04", "2026-09-14", "Fri: Mon 7 Labor Day; Tue 8 to Fri 11; Mon 14"),
    ("records", "2026-10-09", "2026-10-19", "Fri: Mon 12 holiday; Tue 13 to Fri 16; Mon 19"),
    ("records", "2026-11-10", "2026-11-18", "Tue: Wed 11 Veterans Day; Thu 12, Fri 13, Mon 16, Tue 17, Wed 18"),
    ("records", "2026-11-07", "2026-11-16", "Sat: Mon 9, Tue 10; Wed 11 holiday; Thu 12, Fri 13, Mon 16"),
    ("home-instruction-decision", "2024-02-27", "2024-03-05", "Tue of a leap year: Wed 28, Thu 29, Fri 1, Mon 4, Tue 5"),
    ("assessment-plan", "2026-11-02", "2026-11-17", "2 + 15"),
    ("assessment-plan", "2026-12-20", "2027-01-04", "11 days to Dec 31, then 4"),
    ("assessment-plan", "2024-02-20", "2024-03-06", "leap year: 9 days to Feb 29, then 6"),
    ("assessment-plan", "2026-02-20", "2026-03-07", "no leap year: 8 days to Feb 28, then 7"),
    ("iep-after-consent", "2027-11-15", "2028-01-14", "15 days to Nov 30, 31 in December, 14"),
    ("iep-after-consent", "2028-01-15", "2028-03-15", "16 to Jan 31, 29 in the leap February, 15"),
    ("iep-meeting", "2026-01-31", "2026-03-02", "28 in February, 2"),
    ("record-correction", "2026-11-24", "2026-12-24", "6 to Nov 30, 24"),
    ("annual-review", "2024-02-29", "2025-02-28", "no Feb 29 in 2025"),
    ("annual-review", "2026-12-31", "2027-12-31", "a year"),
    ("reassessment", "2024-02-29", "2027-02-28", "three years"),
    ("cde-complaint", "2025-11-25", "2026-11-25", "a year"),
    ("uniform-complaint", "2026-08-31", "2027-02-28", "six months; February has no 31st"),
    ("uniform-complaint", "2027-08-30", "2028-02-29", "six months into a leap February"),
    ("uniform-decision", "2026-11-24", "2027-01-23", "6 + 31 + 23"),
    ("uniform-appeal", "2026-12-20", "2027-01-04", "11 + 4"),
    ("due-process", "2024-02-29", "2026-02-28", "two years"),
    ("resolution-meeting", "2026-02-14", "2026-03-01", "14 + 1"),
    ("ocr-complaint", "2026-01-01", "2026-06-30", "day 181 of the year"),
    ("ocr-complaint", "2028-01-01", "2028-06-29", "day 181 of a leap year"),
    ("cde-decision", "2026-11-24", "2027-01-23", "6 + 31 + 23"),
    ("plan-decision", "2026-11-24", "2026-12-09", "6 + 9"),
    ("private-school-notice", "2026-12-07", "2026-11-19", "back from Mon: Fri 4, Thu 3, Wed 2, Tue 1, Mon 30; 27 and 26 holidays; Wed 25, Tue 24, Mon 23, Fri 20, Thu 19"),
    ("private-school-notice", "2027-01-11", "2026-12-24", "back from Mon: Fri 8 to Mon 4 are five; Fri 1 holiday; Thu 31, Wed 30, Tue 29, Mon 28; Fri 25 holiday; Thu 24"),
    ("emergency-report", "2026-11-25", "2026-11-30", "Wed before Thanksgiving: Thu and Fri are holidays, then Monday"),
    ("manifestation-review", "2026-11-16", "2026-12-02", "Mon: Tue 17 to Fri 20 are 4; Mon 23 to Wed 25 are 7; Mon 30, Tue 1, Wed 2"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "start", "expected", "by_hand"), BY_HAND, ids=[f"{r[0]}-{r[1]}" for r in BY_HAND])
def test_by_hand(deadlines, rule, start, expected, by_hand):
    assert due(deadlines, deadlines.by_id[rule], d(start)).day == d(expected), by_hand


def test_every_rule_is_worked_by_hand(deadlines):
    assert {row[0] for row in BY_HAND} == set(deadlines.by_id)


WINTER = Break(d("2026-12-21"), d("2027-01-04"))  # Mon to Mon: 11 weekdays without holidays counted, well over five
THANKSGIVING = Break(d("2026-11-23"), d("2026-11-27"))  # three school days, since two are holidays
SUMMER = Break(d("2026-06-12"), d("2026-08-16"))


@pytest.mark.parametrize(
    ("rule", "start", "breaks", "expected", "by_hand"),
    [
        ("assessment-plan", "2026-12-14", (WINTER,), "2027-01-13", "Dec 15 to 20 are 6; 15 days off; Jan 5 to 13 are 9"),
        ("assessment-plan", "2026-11-16", (THANKSGIVING,), "2026-12-01", "a break of three school days counts: 16 + 15"),
        ("assessment-plan", "2026-06-08", (SUMMER,), "2026-08-28", "Jun 9 to 11 are 3; Aug 17 to 28 are 12"),
        ("iep-meeting", "2026-12-18", (WINTER,), "2027-02-01", "Dec 19 and 20 are 2; Jan 5 to 31 are 27; Feb 1"),
        ("record-correction", "2026-12-18", (WINTER,), "2027-01-17", "this rule has no pause: 13 + 17"),
        ("manifestation-review", "2026-11-20", (THANKSGIVING,), "2026-12-11", "Fri: Nov 30 to Dec 4 are 5, Dec 7 to 11 are 5"),
        ("assessment-plan", "2026-12-14", (), "2026-12-29", "told that there are none: 14 + 15"),
    ],
)  # fmt: skip
def test_with_the_breaks_a_parent_enters(deadlines, rule, start, breaks, expected, by_hand):
    found = due(deadlines, deadlines.by_id[rule], d(start), breaks=breaks)
    assert found.day == d(expected), by_hand
    assert not found.open


def test_a_break_of_five_school_days_counts_and_of_six_does_not(deadlines):
    rule = deadlines.by_id["assessment-plan"]
    five = Break(d("2026-10-19"), d("2026-10-23"))
    six = Break(d("2026-10-19"), d("2026-10-26"))
    assert due(deadlines, rule, d("2026-10-15"), breaks=[five]).day == d("2026-10-30")
    assert due(deadlines, rule, d("2026-10-15"), breaks=[six]).day == d("2026-11-07"), "eight days later"


def test_unknown_breaks_are_said_to_be_unknown(deadlines):
    found = due(deadlines, deadlines.by_id["assessment-plan"], d("2026-11-02"))
    assert found.open and any("does not know your school's breaks" in n for n in found.notes)
    school = due(deadlines, deadlines.by_id["manifestation-review"], d("2026-11-02"))
    assert school.open and any("cannot be counted without your school's calendar" in n for n in school.notes)
    assert not due(deadlines, deadlines.by_id["records"], d("2026-11-02")).open


def test_what_is_said_beside_a_date(deadlines):
    found = due(deadlines, deadlines.by_id["record-correction"], d("2026-11-26"))
    notes = " ".join(found.notes)
    assert found.notes[0] == "Around December 26, 2026, counting from November 26, 2026."
    assert "This day is a Saturday." in notes
    assert deadlines.by_id["record-correction"].caveat in notes
    assert "check it with the district or a lawyer" in notes, "the fact is of medium confidence"
    assert "Thanksgiving Day" in " ".join(due(deadlines, deadlines.by_id["records"], d("2026-11-24")).notes)


@pytest.mark.parametrize(
    ("start", "near", "past"),
    [("2026-05-30", True, False), ("2026-06-30", False, False), ("2026-05-01", False, True)],
)
def test_a_limit_of_the_family_near_or_past_names_a_lawyer(deadlines, start, near, past):
    notes = " ".join(due(deadlines, deadlines.by_id["uniform-complaint"], d(start), today=d("2026-11-24")).notes)
    assert ("Call a lawyer soon" in notes) is near
    assert ("the day has passed" in notes) is past


def test_a_duty_of_the_school_names_none(deadlines):
    notes = " ".join(due(deadlines, deadlines.by_id["records"], d("2026-05-01"), today=d("2026-11-24")).notes)
    assert "has passed" not in notes


@pytest.mark.parametrize("start", ["1899-01-01", "9999-12-31", "2101-01-01"])
def test_years_that_cannot_be_meant(deadlines, start):
    with pytest.raises(InputError, match="give a year from 2000 to 2100"):
        due(deadlines, deadlines.by_id["records"], d(start))


@pytest.mark.parametrize(("first", "last"), [("2026-12-21", "2026-12-20"), ("2026-01-01", "2026-12-31")])
def test_breaks_that_cannot_be_used(deadlines, first, last):
    with pytest.raises(InputError, match="give its first and last day"):
        due(deadlines, deadlines.by_id["iep-meeting"], d("2026-11-02"), breaks=[Break(d(first), d(last))])


def test_months_later():
    assert later(d("2026-01-31"), 1) == d("2026-02-28")
    assert later(d("2026-03-31"), -1) == d("2026-02-28")
    assert later(d("2026-12-15"), 1) == d("2027-01-15")
    assert shown(d("2026-03-05")) == "March 5, 2026"


NUMBERS = {
    1: "one|once a year|yearly|past year",
    2: "two",
    3: "three",
    5: "five",
    6: "six",
    10: "10",
    15: "15",
    30: "30",
    60: "60",
    180: "180",
}


def test_only_what_the_law_sheet_says(deadlines, shared):
    """Every rule rests on a fact that may be published and that names its number."""
    if shared is None:
        pytest.skip("the law sheet is not beside the project")
    rows = (shared / "law/law_facts.jsonl").read_text(encoding="utf-8").splitlines()
    facts = {f["id"]: f for f in map(json.loads, rows)}
    for rule in deadlines.by_id.values():
        fact = facts[rule.law.id]
        assert fact["publish"], rule.id
        words = f"{fact['fact']} {fact['caveats']}".lower()
        number = rf"\b(?:{rule.amount}|{NUMBERS[rule.amount]})\b"
        assert re.search(number, words), (rule.id, words)


def test_the_calendar_file_reads_back(deadlines):
    found = due(deadlines, deadlines.by_id["records"], d("2026-11-24"))
    events = [
        Event(found.day, 'Copies of records, Łucja; "x", 王', "\n".join(found.notes), "a/records"),
        Event(d("2028-02-29"), "SARB meeting", "", "a/sarb"),
    ]
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    raw = calendar_file(events, now)
    assert raw == calendar_file(events, now), "same events, same bytes"
    calendar = icalendar.Calendar.from_ical(raw)
    entries = [c for c in calendar.walk("VEVENT")]
    assert [e["summary"] for e in entries] == [x.title for x in events]
    assert [e.decoded("dtstart") for e in entries] == [x.day for x in events]
    assert entries[1].decoded("dtend") == d("2028-03-01")
    assert str(entries[0]["description"]) == events[0].text
    assert len({e["uid"] for e in entries}) == 2 and len(calendar.walk("VALARM")) == 2
    assert max(len(row) for row in raw.split(b"\r\n")) <= 75, "RFC 5545 folds lines"
