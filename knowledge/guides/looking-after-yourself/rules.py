"""What the looking-after-yourself guide computes: how much to put on the plan, and whom the parent has not told yet."""

from __future__ import annotations

from assistant.guide import Answers


def _unsafe(answers: Answers) -> bool:
    return answers.get("how-you") == "unsafe"


def _told(answers: Answers) -> set[str]:
    value = answers.get("told")
    return set(value) if isinstance(value, tuple) else set()


def _light(answers: Answers) -> bool:
    return answers.get("room") == "nothing" or answers.get("how-you") == "worn-out"


def tell_someone(answers: Answers) -> bool:
    """Nobody knows yet that the parent needs help, or nothing is known of what is heaviest (harder-for-parents.s20)."""
    return not _told(answers) or (not _unsafe(answers) and "heaviest" not in answers)


def one_goal(answers: Answers) -> bool:
    """One small goal for the day, where the home-days lines do not set one already (harder-for-parents.s27)."""
    return not _unsafe(answers) and answers.get("home-days") not in ("free-rein", "daily-fight", "some-routine")


def write_it_down(answers: Answers) -> bool:
    """A record helps, but is left out for a parent who can take on nothing more."""
    return not (_unsafe(answers) or _light(answers))


def other_parents(answers: Answers) -> bool:
    """Peer support: for a parent with room for one thing, who has not found another parent yet."""
    return not (_unsafe(answers) or _light(answers)) and "parent" not in _told(answers)


def weekly_contact(answers: Answers) -> bool:
    """A set time with the school, for a parent with room for one thing more."""
    return not (_unsafe(answers) or _light(answers))


def find_center(answers: Answers) -> bool:
    """A family center, for a parent with room for it this month; with an IEP the training comes first."""
    return not (_unsafe(answers) or _light(answers) or answers.get("plan") == "iep")


def one_therapist(answers: Answers) -> bool:
    """No therapist yet: the one step Dr. Stutman names for a worn-out family (harder-for-parents.s25)."""
    return answers.get("child-help") == "none"


def by_phone(answers: Answers) -> bool:
    """Work in the way and an IEP: consultation by phone or video (parent-consultation-minutes.s20)."""
    return answers.get("heaviest") == "work" and answers.get("plan") == "iep"


def no_school_plan(answers: Answers) -> bool:
    """No IEP: the school can still be asked to plan with the parent (asking-for-help.s16)."""
    return not _unsafe(answers) and answers.get("plan") != "iep"


def not_unsafe(answers: Answers) -> bool:
    """Nothing more urgent than a hard time."""
    return not _unsafe(answers)
