"""Answers, replay, undo, change and files: what must hold for any way through any guide."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.guide_check import walks
from assistant.guide_reading import load_guides
from assistant.session import (
    MAX_TURNS,
    Session,
    answer,
    check_value,
    confirm,
    facts_of,
    load,
    replay,
    save,
    start,
    start_over,
    steps_left,
    undo,
)  # fmt: skip

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120).filter(
    lambda t: any(c.isalnum() for c in t)
)


@pytest.fixture(scope="module")
def guides(root, knowledge):
    return load_guides(root, knowledge)


@pytest.fixture(scope="module")
def letter(guides):
    return guides["truancy-letter"]


def value_of(draw, step):
    """An answer that fits the step, or a skip."""
    if draw(st.integers(0, 9)) == 0:
        return None
    if step.kind == "number":
        return draw(st.integers(step.low, step.high))
    if step.kind == "date":
        return draw(st.dates(date(2001, 1, 1), date(2099, 1, 1))).isoformat()
    if step.kind == "text":
        return draw(TEXT)
    ids = [o.id for o in step.options]
    if step.kind == "several":
        return tuple(draw(st.lists(st.sampled_from(ids), unique=True)))
    return draw(st.sampled_from(ids))


@st.composite
def journeys(draw, guide):
    """A session some way into a guide: answers, skips, changes of earlier answers, undos."""
    session = start(guide)
    for _ in range(draw(st.integers(0, 18))):
        place = replay(guide, session)
        move = draw(st.integers(0, 9))
        if move == 0:
            session = undo(session)
        elif move == 1 and place.path:
            step = guide.step_by_id[draw(st.sampled_from(place.path))]
            session = answer(guide, session, {step.id: value_of(draw, step)})
        elif place.step is not None:
            session = answer(guide, session, {place.step.id: value_of(draw, place.step)})
        else:
            session = confirm(session)
    return session


@RELAXED
@given(data=st.data())
def test_undo_after_an_answer_is_identity(guides, data):
    guide = guides[data.draw(st.sampled_from(sorted(guides.by_slug)))]
    session = data.draw(journeys(guide))
    step = data.draw(st.sampled_from(guide.steps))
    assert undo(answer(guide, session, {step.id: value_of(data.draw, step)})) == session


@RELAXED
@given(data=st.data())
def test_undo_takes_back_several_answers_of_one_turn_together(letter, data):
    session = data.draw(journeys(letter))
    steps = data.draw(st.lists(st.sampled_from(letter.steps), min_size=2, max_size=5, unique=True))
    turn = {s.id: value_of(data.draw, s) for s in steps}
    assert undo(answer(letter, session, turn)) == session


@RELAXED
@given(data=st.data())
def test_a_saved_session_replays_to_the_same_bytes(guides, data):
    guide = guides[data.draw(st.sampled_from(sorted(guides.by_slug)))]
    session = data.draw(journeys(guide))
    opened = load(save(session), guides.by_slug)
    assert save(opened.session) == save(session)
    assert (opened.changed, opened.dropped) == (False, ())
    assert replay(guide, opened.session) == replay(guide, session)


@RELAXED
@given(data=st.data())
def test_a_correction_keeps_every_other_answer(letter, data):
    session = data.draw(journeys(letter))
    step = data.draw(st.sampled_from(letter.steps))
    changed = answer(letter, session, {step.id: value_of(data.draw, step)})
    others = {k: v for k, v in session.answers.items() if k != step.id}
    assert {k: v for k, v in changed.answers.items() if k != step.id} == others


@RELAXED
@given(data=st.data())
def test_changing_back_brings_everything_back(letter, data):
    """Answers that a change put off the way are there again when it is changed back."""
    session = data.draw(journeys(letter))
    before = replay(letter, session)
    if not before.answers:
        return
    step = letter.step_by_id[data.draw(st.sampled_from(sorted(before.answers)))]
    away = answer(letter, session, {step.id: value_of(data.draw, step)})
    back = answer(letter, away, {step.id: before.answers[step.id]})
    assert replay(letter, back) == before


@RELAXED
@given(data=st.data())
def test_replay_asks_nothing_twice_and_only_forward(guides, data):
    guide = guides[data.draw(st.sampled_from(sorted(guides.by_slug)))]
    place = replay(guide, data.draw(journeys(guide)))
    order = [s.id for s in guide.steps]
    assert list(place.path) == sorted(set(place.path), key=order.index)
    assert (place.step is None) != (place.ending is None)


@RELAXED
@given(data=st.data())
def test_progress_never_counts_too_few(guides, data):
    """However a parent goes on, no more questions come than were said to be left."""
    guide = guides[data.draw(st.sampled_from(sorted(guides.by_slug)))]
    session = data.draw(journeys(guide))
    left = steps_left(guide, session)
    asked = 0
    while (step := replay(guide, session).step) is not None:
        asked += 1
        session = answer(guide, session, {step.id: value_of(data.draw, step)})
    assert asked <= left
    assert steps_left(guide, session) == 0


@pytest.mark.parametrize("slug", ["truancy-letter", "this-morning"])
def test_progress_is_met_by_some_walk(guides, slug):
    """It is not a number picked to be safe: the longest walk of all asks as many questions as are said to be left."""
    guide = guides[slug]
    assert steps_left(guide, start(guide)) == max(len(w.place.path) for w in walks(guide))


# One step after another


def test_several_answers_come_back_in_the_order_of_the_guide(letter):
    step = letter.step_by_id["why-out"]
    assert check_value(step, ["illness", "mental-health"]) == ("mental-health", "illness")
    assert check_value(step, []) == ()


def test_skipped_and_off_the_way(letter):
    session = answer(letter, start(letter), {"paper": "sarb", "hearing-date": "2026-12-14", "paper-date": None})
    place = replay(letter, session)
    assert place.path == ("paper", "paper-date", "hearing-date") and place.skipped == ("paper-date",)
    assert place.step.id == "plan"
    plain = answer(letter, session, {"paper": "first-notice"})
    assert "hearing-date" not in replay(letter, plain).answers
    assert plain.answers["hearing-date"] == "2026-12-14", "kept, in case it is changed back"


def test_confirmed_only_while_nothing_was_said_since(letter):
    session = confirm(answer(letter, start(letter), {"paper": "court"}))
    assert session.confirmed and confirm(session) == session
    assert not answer(letter, session, {"paper": "sarb"}).confirmed
    assert undo(answer(letter, session, {"paper": "sarb"})).confirmed
    assert not undo(session).confirmed


def test_what_another_guide_knows_is_not_asked_again(guides):
    morning, letter = guides["this-morning"], guides["truancy-letter"]
    first = answer(letter, start(letter), {"paper": "first-notice", "paper-date": None, "plan": "iep"})
    assert facts_of(letter, first) == {"school-plan": "iep"}
    talks = start(morning, {"talks": "few-words", "school-plan": "iep"})
    session = answer(morning, talks, {"where": "in-bed", "how-upset": "calmer"})
    assert replay(morning, session).step.id == "small-step"
    assert start_over(session) == start(morning)


def test_a_fact_that_does_not_fit_is_asked(guides):
    assert start(guides["this-morning"], {"talks": "telepathy"}).known == ()


# Files


def test_the_file_is_readable_and_holds_answers_by_step(letter):
    session = confirm(answer(letter, start(letter), {"paper": "court", "plan": None, "child-name": "Łucja"}))
    data = json.loads(save(session))
    assert data["turns"] == [{"paper": "court", "plan": None, "child-name": "Łucja"}, {"confirm": "yes"}]
    assert list(data) == ["doorstep", "format", "guide", "version", "turns", "known"]


def test_an_older_guide_keeps_what_fits_and_says_what_does_not(guides, letter):
    data = json.loads(save(answer(letter, start(letter), {"paper": "sarb", "unexcused-days": 4})))
    data["version"] = "0" * 12
    data["turns"] += [{"favourite-colour": "blue"}, {"plan": "a-plan-of-old"}, {"confirm": "yes"}]
    opened = load(json.dumps(data).encode(), guides.by_slug)
    assert opened.changed and not opened.session.confirmed
    assert opened.session.answers == {"paper": "sarb", "unexcused-days": 4}
    assert [step for step, _ in opened.dropped] == ["favourite-colour", "plan"]
    assert opened.session.version == letter.version


def file_with(letter, **changes):
    data = json.loads(save(answer(letter, start(letter), {"paper": "sarb"})))
    return json.dumps({**data, **changes}).encode()


BAD_FILES = {
    "empty": (b"", "not a saved guide"),
    "cut short": (b'{"doorstep": "guide", "for', "not a saved guide, or was cut short"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "not a saved guide"),
    "a list": (b"[]", "not a saved guide"),
    "another object": (b'{"hello": 1}', "not a saved guide"),
    "nested deep": (b"[" * 60_000, "not a saved guide"),
    "not a number": (b'{"doorstep": "guide", "format": NaN}', "not a saved guide"),
    "a huge number": (b'{"doorstep": "guide", "format": ' + b"9" * 5000 + b"}", "not a saved guide"),
    "far too long": (b" " * 200_000, "200,000 bytes"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_none(guides, name):
    raw, words = BAD_FILES[name]
    with pytest.raises(InputError, match=words):
        load(raw, guides.by_slug)


BAD_FIELDS = {
    "unknown guide": ({"guide": "cooking"}, "a guide that is not here: 'cooking'"),
    "guide of another kind": ({"guide": ["x"]}, "a guide that is not here"),
    "newer format": ({"format": 99}, "format 99; this Doorstep reads format 1"),
    "extra key": ({"admin": True}, "the file was changed: admin"),
    "turns no list": ({"turns": {"paper": "sarb"}}, "turns and known are not"),
    "a turn no object": ({"turns": ["sarb"]}, "turns and known are not"),
    "ten thousand answers": ({"turns": [{"paper": "sarb"}] * 1500}, "1,500 answers"),
    "unknown step": ({"turns": [{"shoe-size": 4}]}, "'shoe-size' is no question"),
    "unknown option": ({"turns": [{"paper": "pizza"}]}, "'pizza' is not one of"),
    "a number for an option": ({"turns": [{"paper": 3}]}, "3 is not one of"),
    "a text for a number": ({"turns": [{"unexcused-days": "many"}]}, "'many' is not a whole number"),
    "true for a number": ({"turns": [{"unexcused-days": True}]}, "True is not a whole number"),
    "a number out of range": ({"turns": [{"unexcused-days": 10**9}]}, "is not between 0 and 200"),
    "no such day": ({"turns": [{"paper-date": "2026-02-31"}]}, "is not a day"),
    "day and month swapped": ({"turns": [{"paper-date": "31/02/2026"}]}, "is not a day"),
    "year 9999": ({"turns": [{"paper-date": "9999-01-01"}]}, "the year 9999 cannot be meant"),
    "one text for several": ({"turns": [{"why-out": "illness"}]}, "is not a list of"),
    "an object for a text": ({"turns": [{"child-name": {"a": 1}}]}, "is not a text"),
    "known of another kind": ({"known": {"plan": 7}}, "7 is not one of"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_a_file_that_was_changed(guides, letter, name):
    changes, words = BAD_FIELDS[name]
    with pytest.raises(InputError, match=words) as error:
        load(file_with(letter, **changes), guides.by_slug)
    assert len(str(error.value)) < 300 and "\n" not in str(error.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_bytes_give_one_clear_line(guides, letter, data):
    raw = bytearray(save(confirm(answer(letter, start(letter), {"paper": "sarb", "why-out": ["illness"]}))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        opened = load(bytes(raw), guides.by_slug)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 400
    else:
        replay(letter, opened.session)


def test_a_megabyte_of_name_is_cut(letter):
    session = answer(letter, start(letter), {"child-name": "Ana " * 300_000})
    assert len(session.answers["child-name"]) <= 80


def test_ten_thousand_answers_are_refused_and_none_lost(letter):
    session = start(letter)
    with pytest.raises(InputError, match=f"more than {MAX_TURNS} answers"):
        for _ in range(10_000):
            session = answer(letter, session, {"paper": "sarb"})
    assert session.answers == {"paper": "sarb"}


def test_an_unknown_step_is_refused(letter):
    with pytest.raises(InputError, match="'shoe-size' is no question of the guide 'truancy-letter'"):
        answer(letter, start(letter), {"shoe-size": 4})


def test_a_session_is_frozen(letter):
    with pytest.raises(AttributeError):
        start(letter).turns = ()
    assert replace(start(letter), guide="x") == Session("x", letter.version)
