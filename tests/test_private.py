"""Private details are noticed, what is none is left alone, and hiding changes nothing else."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from assistant.errors import ContentError
from assistant.private import Private, Span, masked

ROOT = Path(__file__).resolve().parents[1]
CASES = [json.loads(row) for row in (Path(__file__).parent / "data/private.jsonl").read_text("utf-8").splitlines()]
NUMBERS = {"phone", "email", "ssn", "student", "address", "birth"}


@pytest.fixture(scope="module")
def private():
    return Private(ROOT / "knowledge/private.yaml")


def hidden(private, text):
    return masked(text, private.find(text))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("My son Jayden Parker goes to Lincoln Elementary.", "My son [name] goes to [school]."),
        ("my daughter emily is 9", "my daughter [name] is 9"),
        ("Mrs. O'Brien and Mr. García-López said no.", "Mrs. [name] and Mr. [name] said no."),
        ("Call me at (818) 555-0142 or jane.doe@gmail.com.", "Call me at [phone] or [e-mail]."),
        ("DOB: 3/14/2015, student ID 1234567", "DOB: [date of birth], student ID [number]"),
        ("her ssn is 123-45-6789", "her ssn is [number]"),
        ("We live at 123 N Main St, Apt 4B, Fresno, CA 93701.", "We live at [address]."),
        ("4512 maple street apt 5 is ours", "[address] is ours"),
        ("Se llama Sofía y nació el 12 de marzo de 2014", "Se llama [name] y nació el [date of birth]"),
        ("mi correo es ana.ruiz@yahoo.com", "mi correo es [e-mail]"),
        ("Ana and Ben", "[name] and [name]"),
    ],
)
def test_details_are_hidden(private, text, want):
    assert hidden(private, text) == want


@pytest.mark.parametrize(
    "text",
    [
        "",
        "do I call 988 or 911? text HOME to 741741",
        "Call 800-799-7233, 1-800-222-1222 or (800) 422-4453",
        "Dr. Stutman says, and Molly Marsh and Sandra Dixon Shove too",
        "EC 48260.5, 34 CFR 300.530 and section 504 in 2024-2025",
        "he missed 15 days, 3 tardies and 120 minutes since 10/3/2025",
        "It was published Oct. 2, 2024, and updated on October 3, 2024.",
        "My son Will Not go to school and my daughter Refuses",
        "My Son Has Anxiety And The School Sent A Letter",
        "our IEP meeting is on Tuesday at 3:30 with the SARB in San Diego, California",
        "mi hijo no quiere ir a la escuela y la maestra dice que no",
        "she may mark the day in june, i hope, with grace and joy",
        "it costs $1,234,567.00 or 5551234567890123",
    ],
)
def test_what_is_no_detail_is_left_alone(private, text):
    assert hidden(private, text) == text


def test_most_details_of_400_messages_are_found(private):
    """1,316 details in 400 messages, a quarter Spanish; names drawn from lists that the patterns do not hold."""
    planted, found, beside = Counter(), Counter(), []
    for case in CASES:
        spans = private.find(case["text"])
        covered = {at for s in spans for at in range(s.start, s.end)}
        for start, end, kind in case["details"]:
            planted[kind] += 1
            found[kind] += set(range(start, end)) <= covered
        beside += [s for s in spans if not any(s.start < b and a < s.end for a, b, _ in case["details"])]
    assert len(CASES) == 400 and planted.total() >= 1200
    rates = {kind: found[kind] / planted[kind] for kind in planted}
    assert {kind: rate for kind, rate in rates.items() if rate < (0.99 if kind in NUMBERS else 0.95)} == {}
    assert len(beside) <= 0.03 * planted.total()


def test_messages_without_details_are_left_alone(private, knowledge):
    """Written messages hold some first names; anything but a name or a school in them would be a false alarm."""
    texts = [m.text for m in knowledge.examples]
    spans = [s for text in texts for s in private.find(text)]
    assert len(texts) > 2000
    assert [s for s in spans if s.kind not in {"name", "school"}] == []
    assert len(spans) <= 0.08 * len(texts)


def test_the_pages_hold_nothing_private_but_those_who_are_quoted(private, knowledge):
    """Two days of the law look like days of birth; nothing else on the pages is taken for a detail."""
    texts = [p.text for p in knowledge.passages]
    found = {t[s.start : s.end] for t in texts for s in private.find(t) if s.kind != "name"}
    assert found <= {"January 1, 2020", "June 30, 2011"}


def test_spans_are_in_order_and_apart(private):
    for case in CASES:
        spans = private.find(case["text"])
        assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))
        assert all(0 <= s.start < s.end <= len(case["text"]) and s.kind in private.labels for s in spans)


def test_hiding_twice_hides_nothing_more(private):
    for case in CASES:
        once = hidden(private, case["text"])
        assert hidden(private, once) == once


def test_masking_keeps_the_rest():
    assert masked("abcdef", [Span(3, 4, "name", "[n]"), Span(0, 1, "name", "[m]")]) == "[m]bc[n]ef"
    assert masked("abc", []) == "abc"


@pytest.mark.parametrize("text", ["1" * 4000, "a" * 4000, "A b " * 1000, "Ab " * 1333, "1 aa " * 800, "a@" * 2000])
def test_no_text_takes_long(private, text):
    """Nested repetitions would take hours; the runner's own limit is the only clock."""
    private.find(text)


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: f.unlink(),
        lambda f: f.write_text("kinds: [", "utf-8"),
        lambda f: f.write_text("[]", "utf-8"),
        lambda f: f.write_text(f.read_text("utf-8").replace("{start}(p\\.?", "{start}((p\\.?"), "utf-8"),
        lambda f: f.write_text(yaml.safe_dump({"kinds": []}), "utf-8"),
    ],
    ids=["missing", "no yaml", "a list", "no pattern", "no words"],
)
def test_a_broken_file_is_one_problem(tmp_path, damage):
    shutil.copy(ROOT / "knowledge/private.yaml", tmp_path / "private.yaml")
    damage(tmp_path / "private.yaml")
    with pytest.raises(ContentError, match="knowledge/private.yaml"):
        Private(tmp_path / "private.yaml")
