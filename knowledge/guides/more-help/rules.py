"""What the more-help guide computes: what the parent saw, in words; and who has to be told about a program.

Nothing here weighs the signs: the page signs-of-something-deeper says to bring them to a doctor or therapist.
"""

from __future__ import annotations

from assistant.guide import Answers

_SIGNS = {
    "sleep": "sleep",
    "mood": "mood",
    "friends": "friends",
    "interests": "interests",
    "body": "aches or clinging",
}
_HELPERS = {
    "therapist": "your child's therapist",
    "in-program": "the staff of the program",
    "after-program": "your child's doctor or therapist",
}
_PROGRAMS = {"iop", "php", "hospital"}


def _named(answers: Answers, leave_out: str = "") -> str:
    chosen = answers.get("signs")
    words = [_SIGNS[s] for s in chosen if s in _SIGNS and s != leave_out] if isinstance(chosen, tuple) else []
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def signs_list(answers: Answers) -> str:
    """The changes that the parent named, in one phrase; "" if none."""
    return _named(answers)


def deeper_signs(answers: Answers) -> str:
    """Those of statement will-it-end.s29: sleep, mood, friends, interests."""
    return _named(answers, leave_out="body")


def no_signs_named(answers: Answers) -> bool:
    """No change was named, or the question was skipped."""
    return _past_danger(answers) and not signs_list(answers)


def helper(answers: Answers) -> str:
    """Whom to tell first (statement signs-of-something-deeper.s13)."""
    return _HELPERS.get(str(answers.get("care")), "your child's doctor")


def _past_danger(answers: Answers) -> bool:
    return answers.get("danger") in {None, "no-danger"}


def danger_unknown(answers: Answers) -> bool:
    """The question about danger was skipped."""
    return answers.get("danger") is None


def program_now(answers: Answers) -> bool:
    """A program or a hospital stay is planned or under way, and not behind the family."""
    care = answers.get("care")
    return care == "in-program" or (answers.get("kind") in _PROGRAMS and care != "after-program")


def _untold(answers: Answers) -> bool:
    return answers.get("told-district") != "in-writing"


def hospital_untold(answers: Answers) -> bool:
    """A hospital stay, and the district has nothing in writing (statement school-during-a-program.s13)."""
    return hospital_ahead(answers) and _untold(answers)


def day_program_untold(answers: Answers) -> bool:
    """A day program without an IEP, and nothing in writing (statement school-during-a-program.s5)."""
    other = answers.get("kind") != "hospital" and answers.get("plan") != "iep"
    return program_now(answers) and other and _untold(answers)


def program_with_iep(answers: Answers) -> bool:
    """A program and an IEP: the IEP team is asked to meet (statement school-during-a-program.s12)."""
    return program_now(answers) and answers.get("plan") == "iep"


def _first_help(answers: Answers) -> bool:
    return _past_danger(answers) and not program_now(answers) and answers.get("care") != "after-program"


def no_count(answers: Answers) -> bool:
    """No change named and no program: no number of missed days decides (signs-of-something-deeper.s16)."""
    return _first_help(answers) and not signs_list(answers)


def hospital_ahead(answers: Answers) -> bool:
    """A hospital or live-in stay that is planned or under way."""
    return program_now(answers) and answers.get("kind") == "hospital"


def waiting(answers: Answers) -> bool:
    """Nobody cares for the child's mental health yet (mental-health-help-without-an-iep.s10)."""
    return _first_help(answers) and answers.get("care") == "no-one"


def school_without_iep(answers: Answers) -> bool:
    """Help through the school is asked about, and there is no IEP (mental-health-help-without-an-iep.s34)."""
    return notice_asked(answers) and answers.get("kind") == "school-help"


def ermhs_asked(answers: Answers) -> bool:
    """An IEP and no program: ask for an ERMHS assessment (statement asking-for-ermhs.s1)."""
    return _first_help(answers) and answers.get("plan") == "iep"


def notice_asked(answers: Answers) -> bool:
    """No IEP and no program: what the school has for all (statement mental-health-help-without-an-iep.s8)."""
    return _first_help(answers) and answers.get("plan") != "iep"


def iep_meeting_asked(answers: Answers) -> bool:
    """The plan asks for an IEP meeting: a program, or home teaching through the IEP."""
    return program_with_iep(answers) or home_teaching_iep(answers)


def home_teaching_iep(answers: Answers) -> bool:
    """School in the meantime, with an IEP (statement home-hospital-basics.s15)."""
    return _before_end(answers) and answers.get("plan") == "iep"


def home_teaching(answers: Answers) -> bool:
    """School in the meantime, without an IEP (statement home-hospital-basics.s16)."""
    return _before_end(answers) and answers.get("plan") in {"none", "plan-504", "asked"}


def teaching_asked(answers: Answers) -> bool:
    """The plan asks for home or hospital teaching outside an IEP (statement home-hospital-basics.s17)."""
    return home_teaching(answers) or (hospital_untold(answers) and answers.get("plan") != "iep")


def _before_end(answers: Answers) -> bool:
    return answers.get("worry") == "school-meanwhile" and answers.get("care") != "after-program"


def no_plan(answers: Answers) -> bool:
    """No plan, or not known: a Section 504 evaluation may be asked for."""
    return answers.get("plan") in {"none", "not-sure"}


def tell_child(answers: Answers) -> bool:
    """A talk with the child today (signs-of-something-deeper.s28), unless the parent has too much already."""
    worry = answers.get("worry")
    return worry == "child-refuses" or (program_now(answers) and worry != "too-much")


def teen(answers: Answers) -> bool:
    """12 or older (statement teens-own-consent.s1)."""
    age = answers.get("child-age")
    return isinstance(age, int) and age >= 12


def teen_says(answers: Answers) -> bool:
    """12 or older, and the child's own word is the question or counseling is asked about."""
    asked = answers.get("worry") == "child-refuses" or answers.get("kind") in {"therapy", "school-help"}
    return teen(answers) and asked


def _therapy(answers: Answers) -> bool:
    return _first_help(answers) and answers.get("kind") in {"therapy", "not-sure", None}


def therapist_wanted(answers: Answers) -> bool:
    """Therapy is asked about, or it is not clear yet what to ask about, and there is no therapist."""
    return _therapy(answers) and answers.get("care") != "therapist"


def therapist_there(answers: Answers) -> bool:
    """The same, with a therapist."""
    return _therapy(answers) and answers.get("care") == "therapist"


def program_fit(answers: Answers) -> bool:
    """A program is asked about, and the child is not in one yet."""
    return program_now(answers) and answers.get("care") != "in-program"


def pays_iep(answers: Answers) -> bool:
    """Who pays, with an IEP (statement intensive-outpatient.s23)."""
    return answers.get("worry") == "who-pays" and answers.get("plan") == "iep"


def pays_no_iep(answers: Answers) -> bool:
    """Who pays, without an IEP."""
    return answers.get("worry") == "who-pays" and answers.get("plan") != "iep"
