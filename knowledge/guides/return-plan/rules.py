"""What the return-plan guide computes: who and where for each step of the ladder, and how the time at school grows.

The steps follow the pages small-steps-back, slow-exposure and one-students-slow-return: begin where the child is, add a
little. No page gives a speed, so nothing here is counted in days from now.
"""

from __future__ import annotations

from assistant.guide import Answers

_WHO = {
    "teacher": "a teacher your child likes",
    "counselor": "the school counselor",
    "aide": "the aide",
    "office": "someone from the office or library",
    "friend": "a friend from school and one calm adult",
}
_PLACE = {
    "counselor-room": "the counselor's room",
    "library": "the library",
    "nurse": "the nurse's office",
    "quiet-room": "a quiet room",
}
_CALMS = {
    "tools": "headphones or other sensory tools",
    "breaks": "a way to take short breaks",
    "quiet": "a quiet spot",
    "person": "a person who helps your child feel safe",
}
# How a stay grows, from what the child can manage now.
_STAYS = {
    "few-minutes": ("a few minutes", "about one class", "about two classes", "about half a day"),
    "one-class": ("about one class", "about two classes", "about half a day", "most of the day"),
    "half-day": ("about half a day", "half a day and one more class", "most of the day", "a whole day"),
}


def who(answers: Answers) -> str:
    """Who meets the child (page who-works-with-my-child: a calm adult whom the child knows)."""
    return _WHO.get(str(answers.get("meets")), "one calm adult")


def who_at_arrival(answers: Answers) -> str:
    """The same for a child who comes near the school, "" for one at home, or if nobody is there yet."""
    return "" if answers.get("now") == "home" else _WHO.get(str(answers.get("meets")), "")


def who_for_hello(answers: Answers) -> str:
    """The same for a child at home (page one-students-slow-return: a counselor came to the home first)."""
    return _WHO.get(str(answers.get("meets")), "") if answers.get("now") == "home" else ""


def nobody_yet(answers: Answers) -> bool:
    """Nobody to meet the child, or the question was skipped."""
    return str(answers.get("meets")) not in _WHO


def place(answers: Answers) -> str:
    """The safe place at school (page calm-before-learning)."""
    return _PLACE.get(str(answers.get("safe-place")), "a place you and the school choose")


def no_place_yet(answers: Answers) -> bool:
    """No safe place at school yet, or the question was skipped."""
    return str(answers.get("safe-place")) not in _PLACE


def calm_kit(answers: Answers) -> str:
    """What calms the child, in one phrase; "" if nothing was chosen."""
    chosen = answers.get("calms")
    words = [_CALMS[c] for c in chosen if c in _CALMS] if isinstance(chosen, tuple) else []
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def no_calm_yet(answers: Answers) -> bool:
    """Nothing is known yet that calms the child."""
    return not calm_kit(answers)


def _stay(answers: Answers, step: int) -> str:
    return _STAYS.get(str(answers.get("stay")), _STAYS["few-minutes"])[step]


def stay_one(answers: Answers) -> str:
    """The stay of step 1: what the child manages now (page small-steps-back)."""
    return _stay(answers, 0)


def stay_two(answers: Answers) -> str:
    """A little more than step 1."""
    return _stay(answers, 1)


def stay_three(answers: Answers) -> str:
    """A little more than step 2."""
    return _stay(answers, 2)


def stay_four(answers: Answers) -> str:
    """A little more than step 3."""
    return _stay(answers, 3)


def _days(answers: Answers) -> int | None:
    value = answers.get("days")
    return value if isinstance(value, int) else None


def _count(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def days_one(answers: Answers) -> str:
    """The days of a week that the child goes now."""
    days = _days(answers)
    return f"{_count(days)} a week" if days else "the same days"


def days_two(answers: Answers) -> str:
    """Half of one more day, Marsh's own picture (statement small-steps-back.s2)."""
    days = _days(answers)
    return f"{_count(days)} and half of one more" if days else "those days, and half of one more"


def days_three(answers: Answers) -> str:
    """That half day made whole."""
    days = _days(answers)
    return f"{_count(days + 1)} a week" if days else "those days, and one more whole day"


def days_four(answers: Answers) -> str:
    """Half of the next day; once all five days are reached, the help stays (statement small-steps-back.s15)."""
    days = _days(answers)
    if days == 4:
        return "all 5 days, with the added help still there"
    return f"{_count(days + 1)} and half of one more" if days else "half of the next day"


def now_unknown(answers: Answers) -> bool:
    """The first question was skipped."""
    return answers.get("now") is None


def cause_first(answers: Answers) -> bool:
    """Other children or an adult are the hard part: the school acts on that first (calm-before-learning.s10)."""
    return answers.get("hardest") in {"other-kids", "an-adult"}


def smaller_this_time(answers: Answers) -> bool:
    """The last try went too fast (statement small-steps-back.s10)."""
    return answers.get("last-try") == "too-fast"


def as_it_is(answers: Answers) -> bool:
    """The first step as the ladder has it."""
    return not smaller_this_time(answers)


def no_plan(answers: Answers) -> bool:
    """No IEP and no 504 plan, or not known: the school staff are asked to meet (working-with-the-school.s17)."""
    return answers.get("plan") in {"none", "not-sure", "asked", None}
