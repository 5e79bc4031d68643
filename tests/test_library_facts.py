"""What a document says of itself: declared, else proposed and marked so."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.blocks import Block
from assistant.errors import InputError
from assistant.library import read_library
from assistant.library_facts import declared, facts_of, front_matter

TODAY = date(2026, 11, 24)


def test_declared_facts_are_used_as_they_stand():
    given, rest = front_matter(
        "---\ntitle: Absences\nauthor: Ana Lee\ndate: 2025-03-01\njurisdiction: california\nlicense: CC BY 4.0\n"
        "topics: [truancy-sarb, pace]\n---\nWords.\n"
    )
    facts, remarks = facts_of(given, {}, [Block("text", "Words.")], "a", TODAY)
    assert rest.strip() == "Words." and remarks == [] and facts.proposed == ()
    assert (facts.title, facts.author, facts.date) == ("Absences", "Ana Lee", "2025-03-01")
    assert (facts.jurisdiction, facts.licence, facts.topics) == ("California", "CC BY 4.0", ("truancy-sarb", "pace"))


def test_without_any_they_are_proposed_from_the_text():
    blocks = [
        Block("heading", "A plan for the morning", 1), Block("text", "By Ana Lee"), Block("text", "Last updated March 2025"),
        Block("text", "In California the Ed. Code has rules."),
    ]  # fmt: skip
    facts, _ = facts_of({}, {}, blocks, "a", TODAY)
    assert (facts.title, facts.author, facts.date) == ("A plan for the morning", "Ana Lee", "2025-03")
    assert facts.jurisdiction == "California"
    assert facts.proposed == ("title", "author", "date", "jurisdiction")


@pytest.mark.parametrize(
    ("text", "day"),
    [("Published: Oct. 2, 2024Updated: Oct. 3, 2024", "2024-10-03"), ("Revised 03/14/2025", "2025-03-14"),
     ("Effective 2024", "2024"), ("Published 2031-01-01", ""), ("Updated: soon", ""), ("Reviewed: February 30, 2024", "")],
)  # fmt: skip
def test_dates_that_can_be(text, day):
    assert facts_of({}, {}, [Block("text", text)], "a", TODAY)[0].date == day


@pytest.mark.parametrize(
    ("given", "remark"),
    [({"date": "9999-01-01"}, "date is"), ({"date": 12}, "date is"), ({"jurisdiction": "Mars"}, "jurisdiction is 'mars'"),
     ({"topics": 3}, "topics is int"), ({"title": ["a"]}, "title is list"), ({"layout": "x"}, "not used: layout")],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_remarked_and_dropped(given, remark):
    facts, remarks = facts_of(given, {}, [Block("text", "Words.")], "a", TODAY)
    assert len(remarks) == 1 and remarks[0].startswith(remark)
    assert (facts.date, facts.jurisdiction, facts.topics, facts.title) == ("", "", (), "a")


@pytest.mark.parametrize(
    "text", ["a: &x 1\nb: *x", "!!python/name:os.system", "- a", "just words", "a: [", "x: " + "y" * 9000]
)
def test_yaml_that_only_a_program_would_write_is_refused(text):
    with pytest.raises(InputError, match="sidecar"):
        declared(text, "sidecar")


def test_a_file_beside_a_document_describes_it(tmp_path):
    (tmp_path / "plan.txt").write_text("Bring the note from the clinic.", "utf-8")
    (tmp_path / "plan.txt.yaml").write_text(
        "title: The plan\ndate: 2025-01-02\njurisdiction: Federal\nlicence: ours\ntopics: pace", "utf-8"
    )
    (tmp_path / "other.yaml").write_text("title: x", "utf-8")
    (tmp_path / "bad.txt").write_text("Bring a snack for the walk.", "utf-8")
    (tmp_path / "bad.yaml").write_text("- a list", "utf-8")
    report = read_library(tmp_path, topics={"pace"})
    assert report.files == ("plan.txt",)
    assert dict(report.skipped) == {
        "bad.txt": "its file beside it (.yaml) is list, expected keys such as title and date",
        "other.yaml": "describes no document: name it after one, for example handout.pdf.yaml",
    }
    passage = report.passages[0]
    source = passage.sources[0]
    assert (source.title, source.date, source.licence, passage.jurisdiction, passage.topics) == (
        "The plan", "2025-01-02", "ours", "Federal", ("pace",),
    )  # fmt: skip
    assert "proposed" not in source.as_of


def test_what_was_proposed_is_marked_where_it_is_cited(tmp_path):
    (tmp_path / "plan.txt").write_text("A plan\n\nIn California the Ed. Code has rules.", "utf-8")
    report = read_library(tmp_path)
    assert report.passages[0].sources[0].as_of.endswith("; title proposed from the text")
    assert report.passages[0].jurisdiction == "Library"  # a place that nobody declared is proposed in the report only


def test_unknown_topics_are_remarked(tmp_path):
    (tmp_path / "a.md").write_text("---\ntopics: [pace, nonsense]\n---\nBring the note from the clinic.", "utf-8")
    report = read_library(tmp_path, topics={"pace"})
    assert report.passages[0].topics == ("pace",)
    assert report.shelf[0].remarks == ("unknown topics, not used: nonsense",)
