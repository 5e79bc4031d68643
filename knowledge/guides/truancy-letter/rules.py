"""What the truancy-letter guide computes: which labels the counts would fit, and what the record may have wrong.

A count that fits a label does not make it true: the school's own record decides, and each label has steps of its own.
"""

from __future__ import annotations

from assistant.guide import Answers

_EXCUSED_IF_SHOWN = {"mental-health", "illness", "medical-visit", "disability"}


def _number(answers: Answers, step: str) -> int | None:
    value = answers.get(step)
    return value if isinstance(value, int) else None


def _tenth(answers: Answers, step: str) -> bool:
    days, school = _number(answers, step), _number(answers, "school-days")
    return days is not None and school is not None and days * 10 >= school


def _reasons(answers: Answers) -> set[str]:
    value = answers.get("why-out")
    return set(value) if isinstance(value, tuple) else set()


def late_times_matter(answers: Answers) -> bool:
    """Late arrivals change nothing once three full days without excuse are known (LAW-TRU-01)."""
    return (_number(answers, "unexcused-days") or 0) < 3


def share_can_be_told(answers: Answers) -> bool:
    """The school days so far are asked for only where a count of days can be set against them."""
    return _number(answers, "days-missed") is not None or _number(answers, "unexcused-days") is not None


def may_be_truant(answers: Answers) -> bool:
    """Three full days, or three times over 30 minutes, or a mix, without valid excuse (LAW-TRU-01)."""
    return (_number(answers, "unexcused-days") or 0) + (_number(answers, "late-times") or 0) >= 3


def below_truant(answers: Answers) -> bool:
    """Both counts are known and fewer than three together (LAW-TRU-01)."""
    days, late = _number(answers, "unexcused-days"), _number(answers, "late-times")
    return days is not None and late is not None and days + late < 3


def truant_count_unknown(answers: Answers) -> bool:
    """Too little is known to say whether the counts reach three (LAW-TRU-01)."""
    return not may_be_truant(answers) and not below_truant(answers)


def may_be_habitual(answers: Answers) -> bool:
    """Three or more reports in the school year; the district's try at a conference is asked for too (LAW-TRU-05)."""
    return answers.get("reports") == "three-or-more"


def may_be_chronic_truant(answers: Answers) -> bool:
    """10 percent of the school days so far without valid excuse; the district has steps of its own (LAW-TRU-06)."""
    return _tenth(answers, "unexcused-days")


def may_be_chronic_absentee(answers: Answers) -> bool:
    """10 percent of the school days so far, whatever the reason (LAW-ATT-09)."""
    return _tenth(answers, "days-missed")


def below_ten_percent(answers: Answers) -> bool:
    """Both numbers are known and under 10 percent (LAW-ATT-09)."""
    known = _number(answers, "days-missed") is not None and _number(answers, "school-days") is not None
    return known and not may_be_chronic_absentee(answers)


def counts_do_not_fit(answers: Answers) -> bool:
    """More days without excuse than days missed, or more days missed than school days: one of the numbers is off."""
    unexcused, missed, school = (_number(answers, s) for s in ("unexcused-days", "days-missed", "school-days"))
    too_many = unexcused is not None and missed is not None and unexcused > missed
    return too_many or (missed is not None and school is not None and missed > school)


def share_missed(answers: Answers) -> str:
    """Days missed of school days so far, with the percentage rounded to a whole number."""
    missed, school = _number(answers, "days-missed"), _number(answers, "school-days")
    if missed is None or not school or missed > school:
        return ""
    return f"{missed} of {school} school days, about {round(100 * missed / school)} percent"


def days_may_be_wrong(answers: Answers) -> bool:
    """A reason that the law excuses (LAW-ATT-02), a plan with the school, or a day marked by mistake (LAW-ATT-11)."""
    reasons = _reasons(answers)
    excused = bool(reasons & _EXCUSED_IF_SHOWN) and _number(answers, "unexcused-days") != 0
    return excused or bool(reasons & {"school-agreed", "record-wrong"})


def sick_days(answers: Answers) -> bool:
    """Days out for illness, and mental or behavioral health counts as illness (LAW-ATT-02)."""
    return bool(_reasons(answers) & {"mental-health", "illness"})


def plan_wanted(answers: Answers) -> bool:
    """No plan at school yet, and a reason for which one may be asked."""
    needs = _reasons(answers) & {"mental-health", "disability", "therapy-visit", "illness"}
    return answers.get("plan") in {"none", "not-sure"} and bool(needs)


def no_lawyer_for_court(answers: Answers) -> bool:
    """A court paper, and no lawyer yet, or that question was skipped."""
    return answers.get("paper") == "court" and answers.get("lawyer") != "yes"


def proof_needed(answers: Answers) -> bool:
    """Days out for mental health, and no note that shows it."""
    value = answers.get("proof")
    notes = set(value) & {"doctor-note", "therapist-note"} if isinstance(value, tuple) else set()
    return "mental-health" in _reasons(answers) and not notes
