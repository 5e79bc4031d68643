"""What the talking-with-my-child guide computes: how to ask, when to wait, and which lines fit together."""

from __future__ import annotations

from assistant.guide import Answers


def _chosen(answers: Answers, step: str) -> set[str]:
    value = answers.get(step)
    return set(value) if isinstance(value, tuple) else set()


def _age(answers: Answers) -> int | None:
    value = answers.get("child-age")
    return value if isinstance(value, int) else None


def _safety(answers: Answers) -> bool:
    return bool(_chosen(answers, "heard") & {"dying", "hurt"})


def _young(answers: Answers) -> bool:
    age = _age(answers)
    return age is not None and age <= 6


def _own_way(answers: Answers) -> bool:
    return answers.get("talks") in ("few-words", "no-words")


def _closed(answers: Answers) -> bool:
    return answers.get("asking") in ("quiet", "upset")


def open_question(answers: Answers) -> bool:
    """A spoken question today: the child has words, is no very young child, and asking does not close the child up."""
    return not (_safety(answers) or _own_way(answers) or _closed(answers) or _young(answers))


def draw_young(answers: Answers) -> bool:
    """Art is named for very young children (open-questions.s17); that page sets no age, so 6 and under is taken."""
    return _young(answers) and not (_safety(answers) or _own_way(answers))


def leave_it_today(answers: Answers) -> bool:
    """A talk about feelings can wait when the child is not up for one (open-questions.s16)."""
    if _safety(answers):
        return False
    return answers.get("asking") == "upset" or (answers.get("asking") == "quiet" and not _own_way(answers))


def watch_today(answers: Answers) -> bool:
    """Noticing instead of asking, where asking closes a talking child up."""
    return not (_safety(answers) or _own_way(answers)) and _closed(answers)


def watch_this_week(answers: Answers) -> bool:
    """Noticing as a help next to asking."""
    return not (_safety(answers) or _own_way(answers) or _closed(answers))


def last_year_question(answers: Answers) -> bool:
    """The question on this year and last year: for a talking child who is past the first school years."""
    return open_question(answers) and answers.get("in-the-way") != "no-time"


def own_way_device(answers: Answers) -> bool:
    """A device or signs are there to ask with."""
    return _own_way(answers) and not _safety(answers) and bool(_chosen(answers, "ways") & {"aac", "signs"})


def own_way_paper(answers: Answers) -> bool:
    """Drawing, where the child draws or where no other way is known yet."""
    ways = _chosen(answers, "ways")
    return _own_way(answers) and not _safety(answers) and ("draws" in ways or not ways & {"aac", "signs"})


def own_way_one_thing(answers: Answers) -> bool:
    """One small thing at a time, unless asking upsets the child."""
    return _own_way(answers) and not _safety(answers) and answers.get("asking") != "upset"


def own_way(answers: Answers) -> bool:
    """Few words or none, and nothing more urgent."""
    return _own_way(answers) and not _safety(answers)


def hold_the_fix(answers: Answers) -> bool:
    """Listening first, for a parent who said that fixing comes fast."""
    return not (own_way(answers) or _safety(answers)) and answers.get("in-the-way") == "i-fix"


def listen_first(answers: Answers) -> bool:
    """Listening first, for everyone else."""
    return not (own_way(answers) or hold_the_fix(answers))


def say_support(answers: Answers) -> bool:
    """Words of support, for a child who has words."""
    return not _own_way(answers) or _safety(answers)


def worth_a_note(answers: Answers) -> bool:
    """What the child said may be needed later, word for word."""
    return bool(_chosen(answers, "heard") & {"bullying", "adult", "hurt"})


def ask_staff(answers: Answers) -> bool:
    """Asking staff what they noticed, unless a talk with the school about harm comes first anyway."""
    return not _chosen(answers, "heard") & {"bullying", "adult"}


def nobody_else(answers: Answers) -> bool:
    """No other person to talk to is known."""
    return answers.get("who-else") not in ("school-adult", "therapist")


def counseling_own_say(answers: Answers) -> bool:
    """From 12 a child may agree to outpatient counseling in some cases (teens-own-consent.s1, AB 665)."""
    age = _age(answers)
    return age is not None and age >= 12 and not _own_way(answers) and nobody_else(answers)


def device_in_iep(answers: Answers) -> bool:
    """A device and an IEP: the plan can hold the tool (nonspeaking-ways-to-tell.s29)."""
    return own_way(answers) and answers.get("plan") == "iep" and "aac" in _chosen(answers, "ways")


def therapist_teaches(answers: Answers) -> bool:
    """An IEP and few words: parent consultation minutes (nonspeaking-ways-to-tell.s23)."""
    return own_way(answers) and answers.get("plan") == "iep" and "aac" not in _chosen(answers, "ways")


def evaluation(answers: Answers) -> bool:
    """Few words and no IEP: ask for an evaluation (nonspeaking-signs.s24, s26)."""
    return own_way(answers) and answers.get("plan") in ("plan-504", "none", "not-sure")


def child_questions(answers: Answers) -> bool:
    """Questions for the child, spoken: not on a day when safety comes first."""
    return not (_safety(answers) or _own_way(answers))


def child_question_small(answers: Answers) -> bool:
    """The small question, for every child who can answer one in some way."""
    return not _safety(answers)
