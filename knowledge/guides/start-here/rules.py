"""What the start-here guide computes: which of several lines comes first, so that the plan stays short."""

from __future__ import annotations

from assistant.guide import Answers


def _chose(answers: Answers, step: str, *options: str) -> bool:
    value = answers.get(step)
    return isinstance(value, tuple) and bool(set(value) & set(options))


def _this_minute(answers: Answers) -> bool:
    return answers.get("now") == "this-minute"


def letter_only(answers: Answers) -> bool:
    """A letter about absences, and none that names a court or a review board (page truancy-letter-arrived)."""
    return _chose(answers, "school-did", "absence-letter") and not _chose(answers, "school-did", "legal-letter")


def tell_both(answers: Answers) -> bool:
    """The office may not have heard each time, or that was skipped (page attendance-office-mixup)."""
    return answers.get("told-school") != "each-time" and not _this_minute(answers)


def talks_unknown(answers: Answers) -> bool:
    """How the child tells things was skipped."""
    return answers.get("talks") is None and not _this_minute(answers)


def helped_not_pushed(answers: Answers) -> bool:
    """Someone at school helps, and nobody there pushes (page staying-in-touch)."""
    return _chose(answers, "school-did", "helping") and not _chose(answers, "school-did", "pushing")


def ask_root_cause(answers: Answers) -> bool:
    """Neither a helper nor a push at school, so the first thing is to ask (page finding-the-why)."""
    return not _chose(answers, "school-did", "helping", "pushing") and not _this_minute(answers)


def _tried(answers: Answers) -> str:
    """The one thing tried that this week's plan takes up."""
    return next((o for o in ("pushed", "school-talk", "waited", "rewards") if _chose(answers, "tried", o)), "")


def tried_pushed(answers: Answers) -> bool:
    """Pushing was tried (page calm-before-learning)."""
    return _tried(answers) == "pushed"


def tried_school_talk(answers: Answers) -> bool:
    """A talk at school was tried (page working-with-the-school)."""
    return _tried(answers) == "school-talk"


def tried_waited(answers: Answers) -> bool:
    """Waiting was tried (page calm-before-learning)."""
    return _tried(answers) == "waited"


def tried_rewards(answers: Answers) -> bool:
    """Rewards were tried (page kind-and-firm)."""
    return _tried(answers) == "rewards"


def out_long(answers: Answers) -> bool:
    """Not at school at all, and for weeks or longer (page must-my-child-attend)."""
    return answers.get("now") == "not-going" and answers.get("since") in {"weeks", "months", "on-and-off"}


def therapist_in_it(answers: Answers) -> bool:
    """A doctor or therapist has been asked (page small-steps-back), and there is room for the line."""
    return _chose(answers, "tried", "therapist") and not (out_long(answers) and _no_plan(answers))


def find_therapist(answers: Answers) -> bool:
    """No doctor or therapist yet (page asking-for-help), and there is room for the line."""
    asked = answers.get("tried") is not None and not _chose(answers, "tried", "therapist")
    return asked and not (out_long(answers) and _no_plan(answers))


def plan_skipped(answers: Answers) -> bool:
    """The question on the plan was skipped."""
    return answers.get("school-plan") is None and not _this_minute(answers)


def _no_plan(answers: Answers) -> bool:
    return answers.get("school-plan") in {None, "none", "not-sure"}
