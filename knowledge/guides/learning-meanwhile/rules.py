"""What the learning-meanwhile guide computes: who decides on lessons at home, and which request comes next."""

from __future__ import annotations

from assistant.guide import Answers

_HEALTH = {"mental-health", "illness", "disability"}
_HAVE_OFFER = {"offered-study", "offered-home", "on-zoom"}


def _health(answers: Answers) -> bool:
    value = answers.get("why-out")
    return isinstance(value, tuple) and bool(set(value) & _HEALTH)


def _has_iep(answers: Answers) -> bool:
    return answers.get("plan") == "iep"


def _offer(answers: Answers) -> bool:
    return answers.get("school-said") in _HAVE_OFFER


def home_teaching_may_fit(answers: Answers) -> bool:
    """Health keeps the child out, so a report may be asked for (LAW-HHI-01; title 5, section 3051.4)."""
    other_road = answers.get("school-said") in {"offered-study", "on-zoom"}
    return not other_road and (_health(answers) or answers.get("can-manage") in {"hospital", "visitor"})


def general_program(answers: Answers) -> bool:
    """Health keeps the child out, and no IEP is known of: the general program of section 48206.3 (LAW-HHI-05)."""
    hospital = answers.get("can-manage") == "hospital"
    return (_health(answers) or hospital) and not _has_iep(answers) and not _offer(answers)


def notice_now(answers: Answers) -> bool:
    """The general program may fit, and the district has not been asked yet, so far as is known (LAW-HHI-05)."""
    return general_program(answers) and answers.get("school-said") in {None, "not-asked"}


def notice_given_before(answers: Answers) -> bool:
    """The general program may fit, and the family waits for an answer (LAW-HHI-05)."""
    return general_program(answers) and answers.get("school-said") == "waiting"


def iep_ask_now(answers: Answers) -> bool:
    """An IEP, and a meeting still to be asked for (LAW-CAT-04)."""
    return _has_iep(answers) and answers.get("school-said") not in {"waiting"}


def iep_asked_before(answers: Answers) -> bool:
    """An IEP, and a request that waits for an answer (LAW-CAT-04)."""
    return _has_iep(answers) and answers.get("school-said") == "waiting"


def request_fits(answers: Answers) -> bool:
    """No program is offered yet, or what was promised has not begun."""
    return not _offer(answers)


def iep_meeting_fits(answers: Answers) -> bool:
    """An IEP, and a program that is offered or runs and belongs in it; else learning-request asks for the meeting."""
    return _has_iep(answers) and _offer(answers)


def _iep_home_report(answers: Answers) -> bool:
    """An IEP and health: home teaching needs a report to the team (title 5, section 3051.4; LAW-HHI-07)."""
    return _has_iep(answers) and home_teaching_may_fit(answers)


def _writers(answers: Answers) -> set[str]:
    value = answers.get("report")
    return set(value) if isinstance(value, tuple) else set()


def report_writer_known(answers: Answers) -> bool:
    """An IEP, and a doctor or psychologist who treats the child (title 5, section 3051.4)."""
    return _iep_home_report(answers) and bool(_writers(answers) & {"doctor", "psychologist"})


def report_writer_unknown(answers: Answers) -> bool:
    """An IEP, home teaching may fit, and no doctor or psychologist is named (title 5, section 3051.4)."""
    return _iep_home_report(answers) and not report_writer_known(answers)


def doctor_note_useful(answers: Answers) -> bool:
    """No IEP known of, health keeps the child out, and a doctor or psychologist treats the child (section 48206.3)."""
    return home_teaching_may_fit(answers) and not _has_iep(answers) and bool(_writers(answers))


def no_doctor_yet(answers: Answers) -> bool:
    """No IEP known of, health keeps the child out, and nobody who treats the child is named."""
    return home_teaching_may_fit(answers) and not _has_iep(answers) and not _writers(answers)


def no_with_iep(answers: Answers) -> bool:
    """The school said no, and the child has an IEP: prior written notice can be asked for."""
    return answers.get("school-said") == "said-no" and _has_iep(answers)


def no_without_iep(answers: Answers) -> bool:
    """The school said no, and no IEP is known of."""
    return answers.get("school-said") == "said-no" and not _has_iep(answers)


def study_with_iep(answers: Answers) -> bool:
    """Independent study is offered or wished for, and the child has an IEP (section 51745)."""
    return _has_iep(answers) and (
        answers.get("school-said") == "offered-study" or answers.get("can-manage") == "own-work"
    )


def study_no_iep(answers: Answers) -> bool:
    """Independent study is offered or wished for, and no IEP is known of (section 51745)."""
    return not _has_iep(answers) and (
        answers.get("school-said") == "offered-study" or answers.get("can-manage") == "own-work"
    )


def zoom_wished(answers: Answers) -> bool:
    """A screen is what the child could manage, and there is no class on Zoom yet."""
    return answers.get("can-manage") == "screen" and answers.get("school-said") != "on-zoom"


def visitor_is_too_much(answers: Answers) -> bool:
    """A home teacher is offered, and a visitor is not what the child could manage."""
    return answers.get("school-said") == "offered-home" and answers.get("can-manage") in {"screen", "too-upset"}


def longer_with_iep(answers: Answers) -> bool:
    """More than a few weeks, with an IEP: the IEP can be changed for longer support."""
    return _has_iep(answers) and answers.get("how-long") in {"months", "open-end"}


def longer_without_iep(answers: Answers) -> bool:
    """More than a few weeks, health, and no IEP or request for one."""
    return answers.get("plan") in {"none", "not-sure", "plan-504"} and answers.get("how-long") in {"months", "open-end"}


def ask_iep_team(answers: Answers) -> bool:
    """An IEP, no offer yet, and no request that waits: the team is asked today (LAW-CAT-04)."""
    return iep_ask_now(answers) and not _offer(answers)


def ask_about_programs(answers: Answers) -> bool:
    """No IEP known of, no health reason, and nothing asked for yet."""
    asked = answers.get("school-said") not in {None, "not-asked"}
    return not _has_iep(answers) and not general_program(answers) and not asked


def _waiting_no_date(answers: Answers) -> bool:
    return answers.get("school-said") == "waiting" and answers.get("asked-date") is None


def waiting_no_date_iep(answers: Answers) -> bool:
    """The family waits, no written request is known of, and the child has an IEP (LAW-CAT-04)."""
    return _waiting_no_date(answers) and _has_iep(answers)


def waiting_no_date_district(answers: Answers) -> bool:
    """The family waits, no written request is known of, and no IEP is known of (LAW-HHI-05)."""
    return _waiting_no_date(answers) and not _has_iep(answers)


def no_general_mental(answers: Answers) -> bool:
    """The school said no, no IEP is known of, and mental health keeps the child out (section 48206.3)."""
    value = answers.get("why-out")
    return no_without_iep(answers) and isinstance(value, tuple) and "mental-health" in value


def offer_with_iep(answers: Answers) -> bool:
    """A program is offered or runs, and the child has an IEP in which it belongs."""
    return _has_iep(answers) and _offer(answers)


def iep_at_home(answers: Answers) -> bool:
    """An IEP whose services are to be given somewhere other than school."""
    return _has_iep(answers) and answers.get("can-manage") != "part-day"


def visitor_wished(answers: Answers) -> bool:
    """One person at home is what the child could manage."""
    return answers.get("can-manage") == "visitor"


def limit_matters(answers: Answers) -> bool:
    """More than a few weeks, or unknown: a district's own time limit may come up."""
    return answers.get("how-long") != "few-weeks" and not longer_with_iep(answers)


def progress_with_iep(answers: Answers) -> bool:
    """Class by Zoom, with an IEP that the team can change."""
    return _has_iep(answers) and answers.get("school-said") == "on-zoom" and not_in_hospital(answers)


def progress_without_iep(answers: Answers) -> bool:
    """Class by Zoom, now or wished for, and no IEP is known of."""
    return not _has_iep(answers) and (zoom_no_iep(answers) or answers.get("can-manage") == "screen")


def study_offer_iep(answers: Answers) -> bool:
    """Independent study is offered to a child with an IEP."""
    return _has_iep(answers) and answers.get("school-said") == "offered-study"


def study_offer_no_iep(answers: Answers) -> bool:
    """Independent study is offered, and no IEP is known of."""
    return not _has_iep(answers) and answers.get("school-said") == "offered-study"


def not_in_hospital(answers: Answers) -> bool:
    """Not in a hospital or a program, so far as is known."""
    return answers.get("can-manage") != "hospital"


def study_by_choice(answers: Answers) -> bool:
    """No IEP known of, and independent study is wished for or the only road left (section 51745)."""
    return not _has_iep(answers) and not _offer(answers) and (study_no_iep(answers) or not general_program(answers))


def check_in(answers: Answers) -> bool:
    """No IEP known of, and no weekly check-in asked for elsewhere in the plan."""
    few_lines = answers.get("can-manage") in {None, "part-day", "too-upset"} or not home_teaching_may_fit(answers)
    other = answers.get("school-said") == "on-zoom" or _has_iep(answers) or study_no_iep(answers)
    plan_line = answers.get("plan") in {"plan-504", "asked"} and home_teaching_may_fit(answers)
    return few_lines and not_in_hospital(answers) and not other and not plan_line


def make_up_matters(answers: Answers) -> bool:
    """Missed school work, where no offered program with an IEP takes its place."""
    return not_in_hospital(answers) and not study_with_iep(answers)


def zoom_to_ask(answers: Answers) -> bool:
    """A screen is what the child could manage, and nothing is offered yet."""
    return zoom_wished(answers) and not _offer(answers)


def report_to_ask(answers: Answers) -> bool:
    """A report to the IEP team is still to be written."""
    return report_writer_known(answers) and not _offer(answers)


def zoom_no_iep(answers: Answers) -> bool:
    """Class by Zoom already, from home, and no IEP is known of."""
    return answers.get("school-said") == "on-zoom" and not _has_iep(answers) and not_in_hospital(answers)


def home_no_iep(answers: Answers) -> bool:
    """A home teacher is offered or comes, and no IEP is known of (the general program, LAW-HHI-04)."""
    return answers.get("school-said") == "offered-home" and not _has_iep(answers)


def open_end_general(answers: Answers) -> bool:
    """No end in sight, where the general home-teaching program is the road (section 48206.3)."""
    return general_program(answers) and answers.get("how-long") == "open-end"


def hospital_call(answers: Answers) -> bool:
    """A hospital stay of which the letter of the plan does not tell the district."""
    return not not_in_hospital(answers) and not notice_now(answers)
