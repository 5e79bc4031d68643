# ruff: noqa: E501 - a row of a table is one line
"""Letters: only words of the template and of answers, visible blanks, calm words, sources for every paragraph."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.deadlines import shown
from assistant.guide_check import walks
from assistant.guide_reading import load_guides
from assistant.letters import BLANK, MAX_FIELD, as_text, fill, listed, plain, tone_of
from assistant.plan import letters_of

TODAY = date(2026, 11, 24)
WORD = re.compile(r"[^\W_]+")


@pytest.fixture(scope="module")
def guides(root, knowledge):
    return load_guides(root, knowledge)


def pytest_generate_tests(metafunc):
    """One test id a letter, found by file name so that a letter that cannot be read is red by name."""
    if "letter_id" in metafunc.fixturenames:
        folder = metafunc.config.rootpath / "knowledge/letters"
        metafunc.parametrize("letter_id", sorted(f.stem for f in folder.glob("*.md")))


def words(text):
    return set(WORD.findall(text))


def allowed(letter, values):
    """Every word that may stand in a filled letter: the template's, the answers', the date's."""
    found = words(" ".join(text for text, _ in letter.body)) | words(shown(TODAY))
    for field in letter.fields:
        found |= words(as_text(field, values.get(field.id)))
    return found | {w[:1].upper() + w[1:] for w in found} | {"and"}


def test_no_word_from_elsewhere(guides, letter_id):
    """On every walk of every guide that offers the letter."""
    letter = guides.letters[letter_id]
    met = 0
    for guide in guides.by_slug.values():
        use = next((u for u in guide.letters if u.letter == letter_id), None)
        if use is None:
            continue
        for walk in walks(guide):
            values = {f: walk.place.answers[s] for f, s in use.fill if s in walk.place.answers}
            for draft in letters_of(guides, guide, walk.session, TODAY):
                if draft.letter == letter_id:
                    met += 1
                    assert words(draft.text) <= allowed(letter, values)
    assert met or all(letter_id not in {u.letter for u in g.letters} for g in guides.by_slug.values())


def test_empty_it_is_all_template_and_blanks(guides, letter_id):
    letter = guides.letters[letter_id]
    draft = fill(letter, {}, TODAY, guides.tone)
    assert words(draft.text) <= allowed(letter, {})
    assert BLANK in draft.text and "{" not in draft.text
    assert {b for p in draft.paragraphs for b in p.blanks} == {f.id for f in draft.blanks}
    assert shown(TODAY) in draft.text
    assert draft.tone == ()


def test_every_paragraph_has_its_source_or_states_nothing(guides, letter_id):
    for text, tag in guides.letters[letter_id].body:
        assert tag.form != bool(tag.statements), text
        assert set(tag.statements) <= set(guides.said), text


def test_what_to_check_is_said_with_sources(guides, letter_id):
    checks = guides.letters[letter_id].checks
    assert len(checks) >= 3 and all(line.statements for line in checks)


NASTY = [
    "{child}", "{today}", "[____]", "{{sender}}", "$name", "{0}", "%s", "\\1", "<script>alert(1)</script>", "=HYPERLINK(\"x\")",
    "a\nb\n\nc", "\u202ecod.exe", "zero\u200bwidth", "\x00null", "Łucja ñ ş 王 İğ", "\ud800", "\ufffe", "x" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY, ids=[ascii(n)[:20] for n in NASTY])
def test_what_a_parent_types_stays_text(guides, name):
    """A name is never read as a placeholder, a tag or a line of its own."""
    letter = guides.letters["truancy-reply"]
    draft = fill(letter, {"child": name, "sender": "Ana"}, TODAY, guides.tone)
    plainly = fill(letter, {"child": "Kim", "sender": "Ana"}, TODAY, guides.tone)
    assert len(draft.paragraphs) == len(plainly.paragraphs)
    assert draft.text.count("\n") == plainly.text.count("\n")
    assert draft.text == plainly.text.replace("Kim", plain(name) or BLANK)
    draft.text.encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_plain_is_one_safe_line(text):
    found = plain(text)
    assert len(found) <= MAX_FIELD and "\n" not in found and found == found.strip()
    assert plain(found) == found
    found.encode("utf-8")


def test_choices_in_words(guides):
    letter = guides.letters["truancy-reply"]
    values = {"reasons": ("mental-health", "medical-visit", "disability"), "proof": ("messages",), "plan": "iep"}
    text = fill(letter, values, TODAY).text
    assert "mental health, medical visits and a disability" in text
    assert "With this letter you will find my messages to the school." in text
    assert "My child has an IEP." in text and "504" not in text
    assert listed(("a", "b", "c")) == "a, b and c" and listed(("a", "b")) == "a and b" and listed(()) == ""


def test_conditions_of_a_letter(guides):
    letter = guides.letters["truancy-reply"]
    known = fill(letter, {"notice_date": "2026-11-03"}, TODAY).text
    assert "your notice dated November 3, 2026" in known
    assert "your notice about days" in fill(letter, {}, TODAY).text
    only_wrong = fill(letter, {"reasons": ("record-wrong",)}, TODAY).text
    assert "49070" in only_wrong and "48205" not in only_wrong and "What kept my child out" not in only_wrong
    records = guides.letters["records-request"]
    assert "five business days" in fill(records, {"plan": "iep"}, TODAY).text
    for plan in ("plan-504", "none", None):
        text = fill(records, {"plan": plan} if plan else {}, TODAY).text
        assert "five business days" not in text and "how long the records will take" in text


@pytest.mark.parametrize(
    ("text", "calm"),
    [("You failed my son.", False), ("This is outrageous", False), ("I will sue the district", False), ("or else", False),
     ("I demand an answer", False), ("you must reply immediately", False), ("I am furious!!", False), ("It\u2019s your fault", False),
     ("Would you please mark these days?", True), ("I ask under section 49070.", True), ("Thank you for your help.", True),
     ("My son is sued by nobody's shoes", False), ("Miss Sue Lee teaches him", False), ("He must eat", True)],
)  # fmt: skip
def test_tone(guides, text, calm):
    """A word such as a name may be pointed out without need; nothing is changed by it."""
    assert (tone_of(text, guides.tone) == ()) is calm


def test_tone_of_what_was_typed_is_pointed_out_and_kept(guides):
    draft = fill(guides.letters["truancy-reply"], {"dates": "Nov 3, which is your fault"}, TODAY, guides.tone)
    assert draft.tone[0][0] == "your fault" and "which is your fault" in draft.text
