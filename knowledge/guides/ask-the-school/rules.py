"""What the ask-the-school guide computes: which request fits, so that few letters are offered and each has its place.

No rule decides what a child may get. It only sorts which request to make first.
"""

from __future__ import annotations

from datetime import date

from assistant.guide import Answers


def _chosen(answers: Answers, step: str) -> set[str]:
    value = answers.get(step)
    return set(value) if isinstance(value, tuple) else set()


def _age(answers: Answers, step: str) -> int | None:
    """Days from the date that a step holds to the day the plan is made; None while either is not there."""
    value, today = answers.get(step), answers.get("today")
    if not isinstance(value, str) or not isinstance(today, str):
        return None
    return (date.fromisoformat(today) - date.fromisoformat(value)).days


def help_kind_matters(answers: Answers) -> bool:
    """No IEP and none asked for: a 504 plan and an assessment for special education both come into question."""
    return answers.get("plan") in {"plan-504", "none", "not-sure"}


def not_asked_yet(answers: Answers) -> bool:
    """Whoever has asked for an assessment has told of a "no" already."""
    return answers.get("plan") != "asked"


def _asked_in_writing(answers: Answers) -> bool:
    """A written request, and nothing has come back."""
    return answers.get("asked-how") == "in-writing"


def plan_may_be_late(answers: Answers) -> bool:
    """Over 15 days since a written request (LAW-CAT-01). Long school breaks are not known here; the line says so."""
    age = _age(answers, "asked-date")
    return _asked_in_writing(answers) and age is not None and age > 15


def plan_still_due(answers: Answers) -> bool:
    """A written request of up to 15 days ago, or of a day that is not known (LAW-CAT-01)."""
    return _asked_in_writing(answers) and not plan_may_be_late(answers)


def _to_assess(answers: Answers) -> bool:
    """The way through the guide that ends with a request for an assessment."""
    return answers.get("plan") not in {"asked", "iep"} and answers.get("help-kind") != "changes"


def assess_with_504(answers: Answers) -> bool:
    """A 504 plan that may not be enough (page 504-or-iep: tests may be asked for with a 504 plan in place)."""
    return answers.get("plan") == "plan-504" and _to_assess(answers)


def both_fit(answers: Answers) -> bool:
    """No plan yet, and the family does not know which of the two would help more."""
    return answers.get("plan") != "plan-504" and answers.get("help-kind") == "not-sure"


def look_again(answers: Answers) -> bool:
    """An IEP, and fear of school has grown: one request for a new look holds all areas (page when-things-change)."""
    return answers.get("plan") == "iep" and "worse" in _chosen(answers, "change")


def assessment_letter(answers: Answers) -> bool:
    """The assessment letter has its place: a first request, a next one, or a question about one that is under way."""
    if answers.get("plan") == "asked":
        return answers.get("asked-answer") is not None and not plan_still_due(answers)
    return _to_assess(answers) or look_again(answers)


def ermhs_letter(answers: Answers) -> bool:
    """Worry or low mood with an IEP, or while tests have been asked for (page asking-for-ermhs)."""
    worry = "mental-health" in _chosen(answers, "hard")
    return worry and answers.get("plan") in {"iep", "asked"} and not assessment_letter(answers)


def fba_letter(answers: Answers) -> bool:
    """Hard behavior, or no known reason (pages what-an-fba-is, finding-the-why); else the assessment letter asks."""
    return bool(_chosen(answers, "hard") & {"behavior", "not-known"}) and not assessment_letter(answers)


def watch_class(answers: Answers) -> bool:
    """Something in the room may play a part, or nobody knows yet what does (page observe-the-classroom)."""
    return bool(_chosen(answers, "hard") & {"disability", "adult", "not-known"})


def provider_letter(answers: Answers) -> bool:
    """An adult who does not fit, and a plan with services in it (page asking-for-a-different-provider)."""
    return "adult" in _chosen(answers, "hard") and answers.get("plan") in {"iep", "plan-504"}


def worry_without_iep(answers: Answers) -> bool:
    """Worry or low mood and no IEP (page mental-health-help-without-an-iep)."""
    return "mental-health" in _chosen(answers, "hard") and answers.get("plan") != "iep"


def behavior_with_iep(answers: Answers) -> bool:
    """Behavior gets in the way, and there is an IEP team (page is-an-fba-required)."""
    return answers.get("plan") == "iep" and bool(_chosen(answers, "hard") & {"behavior", "not-known"})


def worry_with_iep(answers: Answers) -> bool:
    """Worry or low mood with an IEP (page ermhs-not-only-one-label)."""
    return answers.get("plan") == "iep" and "mental-health" in _chosen(answers, "hard")


def tests_elsewhere(answers: Answers) -> bool:
    """Tests are asked for or under way, and the child can hardly come in (page testing-a-child-who-wont-come)."""
    asked = answers.get("plan") == "asked"
    tests = asked or assessment_letter(answers) or ermhs_letter(answers) or fba_letter(answers)
    return tests and answers.get("can-come") in {"some-days", "cannot"}


def home_tests_today(answers: Answers) -> bool:
    """As tests_elsewhere, where the tests are the main thing and not the meeting of an IEP team."""
    return tests_elsewhere(answers) and answers.get("plan") != "iep" and answers.get("help-kind") != "changes"


def asks_for_tests_today(answers: Answers) -> bool:
    """A request for tests that goes out now (LAW-CAT-01)."""
    if answers.get("plan") == "asked":
        return answers.get("asked-how") == "aloud" or answers.get("asked-answer") == "no-in-writing"
    if answers.get("plan") == "iep":
        return assessment_letter(answers) or ermhs_letter(answers) or fba_letter(answers)
    return _to_assess(answers)


def _refused(answers: Answers) -> bool:
    return answers.get("said-no") == "aloud" or answers.get("asked-answer") == "no-aloud"


def refused_aloud(answers: Answers) -> bool:
    """A "no" aloud that prior written notice may fit (page prior-written-notice)."""
    return _refused(answers) and answers.get("help-kind") != "changes"


def refused_504(answers: Answers) -> bool:
    """A "no" aloud where a 504 plan is sought (page 504-safeguards)."""
    return _refused(answers) and answers.get("help-kind") == "changes"


def refused_in_writing(answers: Answers) -> bool:
    """A "no" on paper (page prior-written-notice)."""
    return answers.get("said-no") == "in-writing" or answers.get("asked-answer") == "no-in-writing"


def refused(answers: Answers) -> bool:
    """Any "no"."""
    return _refused(answers) or refused_in_writing(answers)


def new_504(answers: Answers) -> bool:
    """No 504 plan yet, and changes to the day are what is sought."""
    return answers.get("help-kind") == "changes" and answers.get("plan") != "plan-504"


def old_504(answers: Answers) -> bool:
    """A 504 plan that is to be gone over."""
    return answers.get("help-kind") == "changes" and answers.get("plan") == "plan-504"


def ermhs_while_waiting(answers: Answers) -> bool:
    """The ERMHS letter goes out while a written request waits for its test plan."""
    return answers.get("plan") == "asked" and ermhs_letter(answers)


def fba_while_waiting(answers: Answers) -> bool:
    """The FBA letter goes out where no IEP team meets: while a request waits, or beside a 504 plan."""
    return answers.get("plan") != "iep" and fba_letter(answers)


def ermhs_for_iep(answers: Answers) -> bool:
    """The ERMHS letter for a child with an IEP."""
    return answers.get("plan") == "iep" and ermhs_letter(answers)


def fba_for_iep(answers: Answers) -> bool:
    """The FBA letter for a child with an IEP."""
    return answers.get("plan") == "iep" and fba_letter(answers)


def iep_help_cut(answers: Answers) -> bool:
    """Help was cut, and an IEP meeting can be asked for (page what-a-bip-is)."""
    return answers.get("plan") == "iep" and "help-cut" in _chosen(answers, "change")


def help_cut_504(answers: Answers) -> bool:
    """Help was cut under a 504 plan."""
    return answers.get("plan") == "plan-504" and "help-cut" in _chosen(answers, "change")


def iep_home_tests(answers: Answers) -> bool:
    """As tests_elsewhere, for a child with an IEP or beside a 504 plan, where it can wait until after today."""
    return tests_elsewhere(answers) and not home_tests_today(answers)


def asked_unknown(answers: Answers) -> bool:
    """Asked, but how, or what came of it, was not told."""
    asked, answer = answers.get("plan") == "asked", answers.get("asked-answer")
    return asked and (answer is None or (answer == "nothing" and answers.get("asked-how") is None))


def first_plan(answers: Answers) -> bool:
    """No plan of any kind yet, and an assessment is asked for (page asking-for-an-evaluation: child find)."""
    return answers.get("plan") != "plan-504" and _to_assess(answers)


def grades_line(answers: Answers) -> bool:
    """A child who cannot attend, and a first assessment is asked for or was refused."""
    refused_tests = answers.get("asked-answer") in {"no-aloud", "no-in-writing"}
    return answers.get("can-come") == "cannot" and (_to_assess(answers) or refused_tests)


def few_needs(answers: Answers) -> bool:
    """Two needs or fewer were named, so that the week has room for a general line."""
    return len(_chosen(answers, "hard")) <= 2


def few_needs_504(answers: Answers) -> bool:
    """As few_needs, where a 504 plan is sought."""
    return few_needs(answers) and answers.get("help-kind") == "changes"


def plan_on_file(answers: Answers) -> bool:
    """As few_needs, with a plan that can be on file."""
    return few_needs(answers) and answers.get("plan") in {"iep", "plan-504"}


def gather_papers(answers: Answers) -> bool:
    """As few_needs, where an assessment is asked for or under way."""
    return few_needs(answers) and (_to_assess(answers) or answers.get("plan") == "asked")
