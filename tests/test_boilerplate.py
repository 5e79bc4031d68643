"""What stands around a document is left out with its reason; what only looks like it stays."""

from __future__ import annotations

from collections import Counter

import pytest

from assistant.blocks import Block
from assistant.boilerplate import without_boilerplate
from assistant.library import read_library

BODY = [Block("text", "The clerk writes down who called and when they called. " * 12)]


def left(*rows):
    """Reason of each row, "" where it stays; "# " marks a heading. Long text stands before and after."""
    blocks = [Block("heading", r[2:], 2) if r.startswith("# ") else Block("text", r) for r in rows]
    kept, out = without_boilerplate([*BODY, *blocks])
    assert Counter(b.text for b in [*BODY, *blocks]) == Counter([*(b.text for b in kept), *(x.text for x in out)])
    reasons = {x.text: x.reason for x in out}
    return [reasons.get(b.text, "") for b in blocks]


@pytest.mark.parametrize(
    ("row", "reason"),
    [("Subscribe to our newsletter for weekly tips.", "sign-up text"),
     ("Join for free", "sign-up text"),
     ("Sign up today and save your favorite resources.", "sign-up text"),
     ("\u00a9 2026 Our organisation. All rights reserved.", "sign-up text"),
     ("Reviewed by Ana Lee, Writer, and Sam Lee, Editor", "author box"),
     ("Featured image", "label of a picture"),
     ("tick-icon", "label of a picture"),
     ("Published: Oct. 2, 2024Updated: Oct. 3, 2024", "date line"),
     ("\u201cIt is so helpful to have one place.\u201d\u2013Lee W., with Navigator Kelly since 2020", "testimonial"),
     ("\"You saved our year, thank you all.\" - Dana P., mom of two", "testimonial"),
     ("Each piece of content has been rigorously researched by us.", "about the site"),
     ("Absences and notes ........ 12", "contents list")],
)  # fmt: skip
def test_left_out(row, reason):
    assert left(row)[0].startswith(reason)


@pytest.mark.parametrize(
    "row",
    ["You may have to sign up the student for independent study before the term, and the form has to be signed by you, "
     "by the teacher and by the principal, with the dates on which the work is due and the place where it is given back.",
     "\u201cStart small.\u201d \u2014 Lauren Stutman, Psy.D.",
     "The author of the scale is a psychologist.",
     "Ask for a picture schedule with an icon for each step.",
     "Section 988 of the handbook lists 911 rooms.",
     "Call the office at 555-010-2000 before nine.",
     "Updated plans are sent to you within ten days."],
)  # fmt: skip
def test_what_only_looks_like_it_stays(row):
    assert left(row) == [""]


def test_a_contents_list_before_or_after_the_text_goes_and_the_sections_stay():
    sections = ["# First steps", "Begin with one step.", "# What to bring", "Bring the note."]
    entries = ["First steps", "What to bring"]
    assert left("# Contents", *entries, *sections)[:3] == ["contents list"] * 3
    kept, out = without_boilerplate([*BODY, *(Block("heading", r[2:]) if r[0] == "#" else Block("text", r) for r in sections),
                                     Block("heading", "Contents"), *(Block("heading", e) for e in entries)])  # fmt: skip
    assert [x.text for x in out] == ["Contents", *entries]
    assert [b.text for b in kept if b.shape == "heading"] == ["First steps", "What to bring"]


def test_a_section_that_is_called_contents_stays():
    assert left("# Contents", "The bag holds a note, a snack and a card.") == ["", ""]


def test_an_author_box_takes_its_lines_and_leaves_the_next_section():
    bio = "Ana Lee is a passionate mental health advocate and volunteer."
    assert left("Author", "Ana LeeWriter", bio, "# Notes", "Keep the note.") == ["author box"] * 3 + ["", ""]


def test_testimonials_under_their_heading():
    assert (
        left("# What families say", "It helped us a lot this year.", "# Notes", "Keep it.")[:2] == ["testimonial"] * 2
    )


def test_a_short_end_of_a_site_is_left_out_after_three_signs_of_it():
    rows = ["Join for free", "Author", "Ana Lee", "Some line of the site", "Another line of the site"]
    assert left(*rows)[-2:] == ["end of the site's page"] * 2
    assert left("Join for free", "Keep the note of that day with you.")[1] == ""


def test_the_articles_frame_is_not_indexed(shared):
    if shared is None or not (shared / "library").is_dir():
        pytest.skip("the article is not here")
    report = read_library(shared / "library")
    text = " ".join(f"{p.heading} {p.text}" for p in report.passages)
    for words in (
        "Liney circle",
        "Overview",
        "Ndebele",
        "Sarkisyan",
        "Leeza",
        "Kickstart",
        "Join for free",
        "tick-icon",
    ):
        assert words not in text
    reasons = {x.reason for s in report.shelf for x in s.document.left_out}
    assert {"contents list", "author box", "testimonial"} <= reasons
    # Every section of the article is there; of the rest nothing is lost.
    document = (shared / "library" / report.files[0]).read_text("utf-8")
    body = document[: document.index("\nContents\n")]
    lost = [
        x.text
        for s in report.shelf
        for x in s.document.left_out
        if x.reason != "contents list" and x.text in body and len(x.text.split()) > 12
    ]
    assert lost == []
