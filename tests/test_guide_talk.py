# ruff: noqa: E501 - a row of a table is one line
"""A guide inside a conversation: what is shown after each reply, and that nothing a parent says is lost."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.guide import SECTIONS
from assistant.guide_reading import load_guides
from assistant.guided import Guided
from assistant.hearing import Ears
from assistant.phrases import Phrases
from assistant.records import Answer, Sentence, Status
from assistant.safety import Watch
from assistant.session import replay
from assistant.showing import State
from assistant.text import MAX_CHARS, normalise

TODAY = date(2026, 11, 24)


class Asked:
    """Stands in for the pipeline: remembers what it was asked, and answers it."""

    def __init__(self):
        self.questions = []

    def __call__(self, text, turns):
        self.questions.append(text)
        return Answer(text, Status.ANSWERED, (Sentence("An answer.", (), "guidance"),))


@pytest.fixture(scope="module")
def parts(root, knowledge):
    return load_guides(root, knowledge), Phrases(root / "prompts"), Watch(root / "knowledge/danger.yaml")


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def guided(parts, asked):
    guides, phrases, watch = parts
    return Guided(guides, phrases, Ears(), asked, lambda t: watch.look(normalise(t)) is not None, lambda: TODAY)


def walk(guided, slug, *replies):
    shown = guided.open(slug)
    for reply in replies:
        shown = guided.say(shown.state, reply)
    return shown


def texts(shown, role=None):
    return " | ".join(m.text for m in shown.messages if role in {None, m.role})


LETTER = (
    "first letter", "nov 3", "an IEP", "anxiety and a doctor visit", "only the case manager", "doctor's note and emails",
    "4", "12", "60", "Łucja", "Ana Şahin",
)  # fmt: skip


def test_a_whole_guide_by_typing(guided):
    shown = walk(guided, "truancy-letter", *LETTER)
    assert shown.review and shown.outcome is None and shown.card is None
    rows = {r.step: r.answer for r in shown.review}
    assert rows["paper-date"] == "November 3, 2026" and rows["child-name"] == "Łucja"
    done = guided.say(shown.state, "yes").outcome
    assert done is not None
    assert [d.letter for d in done.letters] == ["truancy-reply", "records-request"]
    assert "Łucja" in done.letters[0].text and "Ana Şahin" in done.letters[0].text


def test_the_same_by_pressing(guided):
    shown = guided.open("this-morning")
    presses = [
        "option:at-door",
        "option:very-upset",
        "option:talks",
        "option:one-step",
        "option:not-yet",
        "skip",
        "yes",
    ]
    for press in presses:
        shown = guided.press(shown.state, press)
    assert shown.outcome is not None and shown.outcome.plan.title == "Calm first, then one small step"


def test_a_card_has_all_that_a_page_shows(guided):
    shown = guided.open("truancy-letter")
    card = shown.card
    assert card.question == "What kind of paper did you get?" and card.progress == "About 14 questions left"
    assert [c.press for c in card.choices][:2] == ["option:first-notice", "option:another-notice"]
    assert card.why[0].credits[0].statement_id == "truancy-letter-arrived.s2"
    assert card.why[0].credits[0].passage_id and card.why[0].credits[0].as_of
    several = walk(guided, "truancy-letter", "first letter", "skip", "iep").card
    assert several.kind == "several" and several.choices[-1].press == "options:"


def test_progress_counts_down_and_follows_the_branch(guided):
    shown = guided.open("truancy-letter")
    left = [shown.card.left]
    for reply in ("court", "skip", "skip", "none"):
        shown = guided.say(shown.state, reply)
        left.append(shown.card.left)
    assert left == [14, 4, 3, 2, 1]
    assert shown.card.progress == "Last question"


def test_why(guided):
    shown = guided.say(guided.open("truancy-letter").state, "why do you ask?")
    assert shown.messages[0].text == "Why I ask:"
    assert shown.messages[1].credits, "the reason has its source"
    assert shown.card.step == "paper"


def test_a_question_in_the_middle(guided, asked):
    before = walk(guided, "truancy-letter", "first letter")
    shown = guided.say(before.state, "what is a 504 plan?")
    assert asked.questions == ["what is a 504 plan?"] and shown.answer.text == "An answer."
    assert shown.card == before.card and shown.state == before.state, "the same question, nothing changed"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(0, len(LETTER)), words=st.text(max_size=60))
def test_a_digression_never_changes_answers(guided, n, words):
    before = walk(guided, "truancy-letter", *LETTER[:n])
    shown = guided.say(before.state, f"what does {words} mean for us?")
    assert shown.answer is not None
    assert shown.state.session == before.state.session


DANGER = "she says she wants to kill herself"


def test_danger_is_answered_first_and_the_guide_waits(guided, asked):
    for before in (guided.open("truancy-letter"), walk(guided, "truancy-letter", *LETTER), walk(guided, "truancy-letter", *LETTER[:9])):  # fmt: skip
        shown = guided.say(before.state, DANGER)
        assert asked.questions[-1] == DANGER, "the pipeline answers danger"
        assert shown.answer is not None and shown.state.session == before.state.session
        assert "no hurry" in texts(shown)


def test_danger_in_the_message_that_opens_a_guide(guided, asked):
    shown = guided.open("this-morning", text=f"he is at the door and {DANGER}")
    assert asked.questions and shown.answer is not None
    assert shown.state.session.turns == (), "nothing is taken from such a message"


def test_danger_far_down_in_a_long_message(guided, asked):
    long = "he likes trains. " * 400 + DANGER
    assert len(long) > MAX_CHARS
    shown = guided.say(guided.open("truancy-letter").state, long)
    assert asked.questions == [long], "what is too long for a guide goes to the pipeline, which looks everywhere"
    assert shown.state.session.turns == ()


def test_a_megabyte_is_not_an_answer(guided):
    at_name = walk(guided, "truancy-letter", *LETTER[:9])
    assert at_name.card.step == "child-name"
    shown = guided.say(at_name.state, "Ana " * 300_000)
    assert shown.card.step == "child-name" and shown.state.session == at_name.state.session


def test_unclear_twice_then_a_skip_is_offered(guided):
    shown = guided.open("truancy-letter")
    help_texts = []
    for reply in ("asdf", "qwer", "zxcv"):
        shown = guided.say(shown.state, reply)
        help_texts.append(texts(shown, "help"))
    assert '"first letter"' in help_texts[0] and '"first letter"' in help_texts[1]
    assert 'say "skip"' in help_texts[2] and '"first letter"' not in help_texts[2]
    after = guided.say(shown.state, "skip")
    assert after.card.step == "paper-date" and after.state.misses == 0


def test_a_day_that_does_not_exist_is_named(guided):
    shown = walk(guided, "truancy-letter", "first letter", "31/02")
    assert "no such day" in texts(shown) and shown.card.step == "paper-date"


def test_two_near_options_by_name_then_one_of_them(guided):
    shown = walk(guided, "truancy-letter", "first letter", "skip", "yes")
    assert "Did you mean yes, an IEP, or yes, a 504 plan?" in texts(shown)
    assert [c.press for c in shown.card.choices] == ["option:iep", "option:plan-504"]
    assert guided.say(shown.state, "the second one").state.session.answers["plan"] == "plan-504"
    assert guided.say(shown.state, "no plan at all").state.session.answers["plan"] == "none", "neither is fine too"


def test_one_sentence_says_what_was_understood_and_undo_takes_it_all_back(guided):
    opened = guided.open("truancy-letter")
    shown = guided.say(opened.state, "its a sarb letter, she has an IEP, and she missed 12 days because of anxiety")
    said = texts(shown, "heard")
    assert "I understood" in said and "an IEP" in said and "12" in said and "say what to change" in said
    assert guided.say(shown.state, "undo").state.session == opened.state.session


def test_a_change_is_said_with_what_depends_on_it(guided):
    before = walk(guided, "truancy-letter", "sarb", "nov 3", "dec 14", "iep")
    shown = guided.say(before.state, "change the kind of paper to first letter")
    said = texts(shown, "changed")
    assert "Changed: the kind of paper" in said and "No longer needed: the date of the meeting or hearing" in said
    assert shown.card.step == "why-out", "what still fits is not asked again"
    back = guided.say(shown.state, "change the kind of paper to sarb")
    assert back.card.step == "why-out" and back.state.session.answers["hearing-date"] == "2026-12-14"


def test_a_change_from_the_review_page_comes_back_to_it(guided):
    review = walk(guided, "truancy-letter", *LETTER)
    row = next(r for r in review.review if r.step == "plan")
    asking = guided.press(review.state, row.press)
    assert asking.card.step == "plan" and asking.card.value == "Yes, an IEP"
    assert [c.chosen for c in asking.card.choices][:2] == [True, False]
    again = guided.press(asking.state, "option:plan-504")
    assert again.review and {r.step: r.answer for r in again.review}["plan"] == "Yes, a 504 plan"
    kept = guided.press(asking.state, "undo")
    assert kept.review == review.review, "going back from a change changes nothing"


def test_every_row_of_the_review_can_be_changed(guided):
    review = walk(guided, "truancy-letter", *LETTER)
    for row in review.review:
        assert guided.press(review.state, row.press).card.step == row.step


def test_nothing_is_made_before_yes(guided):
    review = walk(guided, "truancy-letter", *LETTER)
    with pytest.raises(InputError, match="look at the review page first"):
        guided.outcome(review.state)
    done = guided.press(review.state, "yes")
    assert guided.outcome(done.state).letters
    changed = guided.say(done.state, "change the plan to 504")
    assert changed.outcome is None and changed.review, "a change after the plan is looked at again"


def test_blanks_are_filled_by_what_the_parent_types(guided):
    done = guided.press(walk(guided, "truancy-letter", *LETTER).state, "yes")
    typed = {"truancy-reply": {"school": "Río Vista <b>School</b>", "notice_date": "2026-11-04"}}
    first = guided.outcome(done.state, typed).letters[0]
    assert "Río Vista <b>School</b>" in first.text and "November 4, 2026" in first.text
    assert "school" not in {f.id for f in first.blanks}
    with pytest.raises(InputError, match="has no field 'colour'"):
        guided.outcome(done.state, {"truancy-reply": {"colour": "red"}})
    with pytest.raises(InputError, match="'31/02' is not a day"):
        guided.outcome(done.state, {"truancy-reply": {"notice_date": "31/02"}})
    with pytest.raises(InputError, match="'cooking' is no letter of this plan"):
        guided.outcome(done.state, {"cooking": {"school": "x"}})


def test_skip_repeat_help_stop_and_go_on(guided):
    state = walk(guided, "truancy-letter", "first letter").state
    assert "Skipped" in texts(guided.say(state, "skip"))
    assert guided.say(state, "repeat").card.step == "paper-date"
    assert "go back, change, skip" in texts(guided.say(state, "help"))
    stopped = guided.say(state, "stop")
    assert stopped.card is None and stopped.state.stopped and "still here" in texts(stopped)
    assert stopped.state.session == state.session
    assert guided.say(stopped.state, "go on").card.step == "paper-date"
    assert guided.say(stopped.state, DANGER).answer is not None, "danger is heard after a stop too"


def test_start_over(guided):
    shown = guided.say(walk(guided, "truancy-letter", *LETTER[:5]).state, "start over")
    assert shown.state.session.turns == () and shown.card.step == "paper"


def test_undo_of_nothing_and_change_of_nothing(guided):
    state = guided.open("truancy-letter").state
    assert "nothing to take back" in texts(guided.say(state, "back"))
    assert "no answer to change yet" in texts(guided.say(state, "change something"))


def test_answers_are_shared_between_guides(guided):
    first = walk(guided, "this-morning", "at the door", "calm", "only a few words")
    second = guided.open("truancy-letter", first.state)
    assert [s.guide for s in second.state.sessions] == ["this-morning", "truancy-letter"]
    again = guided.open("this-morning", second.state)
    assert again.card.step == "small-step" and [s.guide for s in again.state.sessions] == ["truancy-letter", "this-morning"]  # fmt: skip


@pytest.fixture
def two_letters(parts, asked):
    """The letter guide, and the same questions under another name: all their facts are shared."""
    guides, phrases, _ = parts
    again = replace(guides["truancy-letter"], slug="again")
    both = replace(guides, by_slug={**guides.by_slug, "again": again})
    return Guided(both, phrases, Ears(), asked, lambda t: False, lambda: TODAY)


def test_what_another_guide_knows_is_said_and_not_asked(two_letters):
    first = walk(two_letters, "truancy-letter", "first letter", "skip", "iep", "anxiety", "sometimes", "none", "4", "0", "12", "60", "Łucja")  # fmt: skip
    second = two_letters.open("again", first.state)
    said = texts(second, "heard")
    assert "From before" in said and "yes, an IEP" in said and "Łucja" in said and "12" in said
    asked_for = []
    while second.card is not None:
        asked_for.append(second.card.step)
        second = two_letters.say(second.state, "first letter" if second.card.step == "paper" else "skip")
    assert asked_for == ["paper", "paper-date", "proof", "unexcused-days", "late-times", "your-name"]
    assert {r.step: r.answer for r in second.review}["plan"] == "Yes, an IEP"
    changed = two_letters.say(second.state, "change my child's plan to 504")
    assert {r.step: r.answer for r in changed.review}["plan"] == "Yes, a 504 plan"


def test_an_answer_that_was_changed_meanwhile_is_taken_over(two_letters):
    first = walk(two_letters, "truancy-letter", "first letter", "skip", "iep")
    second = two_letters.open("again", first.state)
    back = two_letters.open("truancy-letter", second.state)
    changed = two_letters.say(back.state, "change my child's plan to 504")
    again = two_letters.open("again", changed.state)
    assert again.state.session.answers["plan"] == "plan-504"


def test_opening_with_a_message_takes_what_is_said_outright(guided):
    shown = guided.open(
        "truancy-letter", text="we got a truancy letter, she has an IEP and she missed 12 days of school"
    )
    assert shown.state.session.answers["plan"] == "iep" and shown.state.session.answers["days-missed"] == 12
    assert "I understood" in texts(shown)


def test_opening_again_goes_on_where_it_was(guided):
    before = walk(guided, "truancy-letter", "first letter", "skip")
    again = guided.open("truancy-letter", before.state)
    assert again.card == before.card and len(again.state.sessions) == 1


def test_an_unknown_guide_and_no_guide(guided):
    with pytest.raises(InputError, match="there is no guide 'cooking'; there are"):
        guided.open("cooking")
    with pytest.raises(InputError, match="no guide is open"):
        guided.say(State(), "hello")


BAD_BUTTONS = ["option:pizza", "value:", "change:nowhere", "explode", "option:", "answer", "ask", "options:pizza", ""]


@pytest.mark.parametrize("button", BAD_BUTTONS)
def test_a_button_that_is_none(guided, button):
    with pytest.raises(InputError):
        guided.press(guided.open("truancy-letter").state, button)


def test_values_by_button(guided):
    at_date = walk(guided, "truancy-letter", "first letter")
    assert guided.press(at_date.state, "value:2026-11-03").state.session.answers["paper-date"] == "2026-11-03"
    at_days = walk(guided, "truancy-letter", *LETTER[:6])
    assert guided.press(at_days.state, "value:4").state.session.answers["unexcused-days"] == 4
    with pytest.raises(InputError, match="is not a whole number"):
        guided.press(at_days.state, "value:" + "9" * 5000)
    at_why = walk(guided, "truancy-letter", "first letter", "skip", "iep")
    chosen = guided.press(at_why.state, "options:illness,mental-health").state.session.answers["why-out"]
    assert chosen == ("mental-health", "illness")
    assert guided.press(at_why.state, "options:").state.session.answers["why-out"] == ()


# State and files


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(replies=st.lists(st.one_of(st.sampled_from([*LETTER, "back", "skip", "why", "stop", "change the plan", "yes", "no", "review"]), st.text(max_size=40)), max_size=14))  # fmt: skip
def test_any_talk_keeps_a_state_that_is_plain_json(guided, parts, replies):
    shown = guided.open("truancy-letter")
    for reply in replies:
        shown = guided.say(shown.state, reply)
        assert State.from_json(shown.state.to_json(), parts[0]) == shown.state
        assert shown.state.stopped or sum(map(bool, (shown.card, shown.review, shown.outcome))) >= 1
        replay(parts[0]["truancy-letter"], shown.state.session)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"sessions": 3}', "null", "x" * 2_000_000, '{"sessions": [{}], "asking": ""}'])  # fmt: skip
def test_a_state_that_cannot_be_read(parts, text):
    with pytest.raises(InputError):
        State.from_json(text, parts[0])


def test_two_tabs_on_one_conversation(guided):
    """Each tab sends the state it has: the older one goes on from its own, and nothing of the other is touched."""
    shared = walk(guided, "truancy-letter", "first letter")
    one = guided.say(shared.state, "nov 3")
    two = guided.say(shared.state, "skip")
    assert one.state.session.answers["paper-date"] == "2026-11-03"
    assert two.state.session.answers["paper-date"] is None


def test_save_and_open(guided):
    before = walk(guided, "truancy-letter", *LETTER[:4])
    opened = guided.opened(guided.saved(before.state))
    assert opened.card == before.card and "open again" in texts(opened)


def test_an_older_file_says_what_changed(guided):
    data = json.loads(guided.saved(walk(guided, "truancy-letter", *LETTER[:4]).state))
    data["version"] = "older"
    data["turns"].append({"favourite-colour": "blue"})
    opened = guided.opened(json.dumps(data).encode())
    said = texts(opened, "changed")
    assert "was changed since you saved it" in said and "favourite colour" in said
    assert opened.card.step == "told-school"


# With the real pipeline


def test_the_real_pipeline_answers_with_citations_and_danger_first(parts, assistant):
    guides, phrases, _ = parts
    guided = Guided(guides, phrases, Ears(), assistant.answer, assistant.dangerous, lambda: TODAY)
    before = walk(guided, "truancy-letter", "first letter")
    shown = guided.say(before.state, "what is a SARB?")
    assert shown.answer.status is Status.ANSWERED and shown.answer.citations
    assert shown.card.step == "paper-date"
    crisis = guided.say(shown.state, DANGER)
    assert crisis.answer.status is Status.CRISIS and "988" in crisis.answer.text
    assert crisis.card.step == "paper-date" and crisis.state.session == before.state.session


def test_every_sentence_that_a_guide_says_is_there_and_used(root, parts):
    """prompts/guide.yaml holds exactly the keys that the code asks for."""
    source = "".join(f.read_text(encoding="utf-8") for f in (root / "assistant").glob("*.py"))
    used = set(re.findall(r"""phrases\.say\(\s*["']([a-z_]+)["']""", source)) | set(
        re.findall(r'reason="([a-z_]+)"', source)
    )
    used |= {f"section_{name}" for name in SECTIONS} | {f"help_{k}" for k in ("date", "number", "text", "yes_no")}
    used |= {f"log_{k}" for k in ("date", "what", "who", "said")} | {"took_back", "took_back_first", "plan_again", "review_again"}  # fmt: skip
    used |= {f"{k}_{why}" for k in ("date", "number") for why in ("two", "range")} | {"back_to"}
    assert used - parts[1].keys() == set()
    assert parts[1].keys() - used == set()
