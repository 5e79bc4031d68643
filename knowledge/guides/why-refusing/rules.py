"""What the why-refusing guide computes: which of four published reasons may fit, and which few lines come first.

A reason that may fit is a possibility to take to a professional (page four-functions). Nothing is scored or compared,
and no item of a published scale is used. The lists below only keep the plan short enough to do.
"""

from __future__ import annotations

from collections.abc import Mapping

from assistant.guide import Answers

_WEEK, _ASK = 3, 4  # lines picked beside those that are always there


def _chose(answers: Answers, step: str, *options: str) -> bool:
    value = answers.get(step)
    return isinstance(value, tuple) and bool(set(value) & set(options))


def _first(rows: Mapping[str, bool], count: int) -> list[str]:
    """The first `count` of the rows that hold."""
    return [name for name, fits in rows.items() if fits][:count]


def may_stay_away(answers: Answers) -> bool:
    """Staying away from things at school that bring bad feelings may fit (page four-functions)."""
    return (
        _chose(answers, "before", "school-thing")
        or _chose(answers, "after", "calms")
        or _chose(answers, "school-part", "schoolwork", "busy")
        or _chose(answers, "set-off", "bullying", "scare", "teacher")
        or _chose(answers, "wondered", "sensory")
    )


def may_escape_people(answers: Answers) -> bool:
    """Getting out of hard social moments or of being judged may fit (page four-functions)."""
    return _chose(answers, "school-part", "people")


def may_want_closeness(answers: Answers) -> bool:
    """Attention from people who matter, or fear of being apart, may fit (pages four-functions, what-lies-behind)."""
    return (
        _chose(answers, "before", "goodbye")
        or _chose(answers, "after", "near-me")
        or _chose(answers, "school-part", "apart")
    )


def may_reach_comforts(answers: Answers) -> bool:
    """Reaching rewards outside of school may fit (page four-functions)."""
    return _chose(answers, "after", "comforts")


def no_reason_shows(answers: Answers) -> bool:
    """None of the four shows in what was told."""
    return not (
        may_stay_away(answers)
        or may_escape_people(answers)
        or may_want_closeness(answers)
        or may_reach_comforts(answers)
    )


def needs_seen(answers: Answers) -> bool:
    """Something that the school's day or a fuller look may have to deal with (page unmet-access-needs)."""
    return bool(answers.get("wondered")) or _chose(answers, "school-part", "schoolwork", "busy", "people")


def notes_ready(answers: Answers) -> bool:
    """Before, during and after were all told."""
    return all(answers.get(step) for step in ("before", "does", "after"))


def notes_not_ready(answers: Answers) -> bool:
    """One of the three moments is still open."""
    return not notes_ready(answers)


def plan_skipped(answers: Answers) -> bool:
    """The question on the plan was skipped."""
    return answers.get("school-plan") is None


def talks_unknown(answers: Answers) -> bool:
    """How the child tells things was not answered."""
    return answers.get("talks") is None


def fight_goal(answers: Answers) -> bool:
    """Mornings end in a fight, and the line on comforts does not take its place."""
    return _chose(answers, "after", "fight") and not _chose(answers, "after", "comforts")


def ask_staff_today(answers: Answers) -> bool:
    """Nothing else is more urgent today, so there is room to ask a teacher."""
    return not (
        _chose(answers, "set-off", "bullying", "scare", "teacher")
        or _chose(answers, "does", "aches")
        or bool(answers.get("spread"))
        or _chose(answers, "after", "comforts", "fight")
    )


def _week(answers: Answers) -> list[str]:
    rows = {
        "bullying": _chose(answers, "set-off", "bullying"),
        "scare": _chose(answers, "set-off", "scare"),
        "teacher": _chose(answers, "set-off", "teacher"),
        "help-ended": _chose(answers, "set-off", "help-ended"),
        "change": _chose(answers, "set-off", "change"),
        "nurse": _chose(answers, "does", "leaves-early"),
        "no-words": answers.get("talks") == "no-words",
        "health": _chose(answers, "wondered", "health"),
        "part-day": _chose(answers, "after", "part-day"),
        "ask-why": _chose(answers, "does", "says-no"),
        "stuck-step": _chose(answers, "before", "waking", "leaving"),
        "staff": not ask_staff_today(answers),
        "root-cause": True,
    }
    return _first(rows, _WEEK)


def week_bullying(answers: Answers) -> bool:
    """The week's line on bullying (page bullied-and-refusing)."""
    return "bullying" in _week(answers)


def week_scare(answers: Answers) -> bool:
    """The week's line on a frightening event (page what-sets-it-off)."""
    return "scare" in _week(answers)


def week_teacher(answers: Answers) -> bool:
    """The week's line on a teacher (page scared-of-a-teacher)."""
    return "teacher" in _week(answers)


def week_help_ended(answers: Answers) -> bool:
    """The week's line on help that stopped (page when-things-change-re-evaluate)."""
    return "help-ended" in _week(answers)


def week_change(answers: Answers) -> bool:
    """The week's line on a change (page what-sets-it-off)."""
    return "change" in _week(answers)


def week_nurse(answers: Answers) -> bool:
    """The week's line on nurse visits (page body-complaints)."""
    return "nurse" in _week(answers)


def week_no_words(answers: Answers) -> bool:
    """The week's line for a child without speech (page nonspeaking-signs)."""
    return "no-words" in _week(answers)


def week_health(answers: Answers) -> bool:
    """The week's line on health (page how-it-shows)."""
    return "health" in _week(answers)


def week_part_day(answers: Answers) -> bool:
    """The week's line on days that went in part (page after-a-hard-morning)."""
    return "part-day" in _week(answers)


def week_ask_why(answers: Answers) -> bool:
    """The week's line for a child who says no (page school-aversion-words)."""
    return "ask-why" in _week(answers)


def week_stuck_step(answers: Answers) -> bool:
    """The week's line on the step of the morning (page how-it-shows)."""
    return "stuck-step" in _week(answers)


def week_staff(answers: Answers) -> bool:
    """The week's line on asking staff (page finding-the-why)."""
    return "staff" in _week(answers)


def week_root_cause(answers: Answers) -> bool:
    """The week's line on the school's help to look (page finding-the-why)."""
    return "root-cause" in _week(answers)


def _ask(answers: Answers) -> list[str]:
    rows = {
        "bullying": _chose(answers, "set-off", "bullying"),
        "teacher": _chose(answers, "set-off", "teacher"),
        "sensory": _chose(answers, "wondered", "sensory"),
        "learning": _chose(answers, "wondered", "learning"),
        "counselor": _chose(answers, "wondered", "worry-mood") or _chose(answers, "school-part", "apart"),
        "training": answers.get("talks") == "no-words",
        "missed": _chose(answers, "wondered", "autism-adhd"),
        "schoolwork": _chose(answers, "school-part", "schoolwork"),
        "people": _chose(answers, "school-part", "people"),
        "safe-place": _chose(answers, "school-part", "busy") or _chose(answers, "set-off", "scare"),
        "time": True,
    }
    return _first(rows, _ASK)


def ask_bullying(answers: Answers) -> bool:
    """A question on bullying (page bullied-and-refusing)."""
    return "bullying" in _ask(answers)


def ask_teacher(answers: Answers) -> bool:
    """A question on trust with an adult (page scared-of-a-teacher)."""
    return "teacher" in _ask(answers)


def ask_safe_place(answers: Answers) -> bool:
    """A question on a safe place (page sensory-needs-first)."""
    return "safe-place" in _ask(answers)


def ask_sensory(answers: Answers) -> bool:
    """A question on sensory needs (page sensory-needs-first)."""
    return "sensory" in _ask(answers)


def ask_schoolwork(answers: Answers) -> bool:
    """A question on schoolwork (page working-with-the-school)."""
    return "schoolwork" in _ask(answers)


def ask_learning(answers: Answers) -> bool:
    """A question on learning and language (page what-lies-behind)."""
    return "learning" in _ask(answers)


def ask_people(answers: Answers) -> bool:
    """A question on social skills (page unmet-access-needs)."""
    return "people" in _ask(answers)


def ask_counselor(answers: Answers) -> bool:
    """A question on counseling (page what-lies-behind)."""
    return "counselor" in _ask(answers)


def ask_missed(answers: Answers) -> bool:
    """A question on a condition that may have been missed (page finding-the-why)."""
    return "missed" in _ask(answers)


def ask_training(answers: Answers) -> bool:
    """A question on training (page nonspeaking-ways-to-tell)."""
    return "training" in _ask(answers)


def ask_time(answers: Answers) -> bool:
    """A question on the hardest time of day (page finding-the-why)."""
    return "time" in _ask(answers)
