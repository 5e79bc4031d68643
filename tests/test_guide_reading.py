# ruff: noqa: E501 - a row of a table is one line
"""Guides, letters and dates are loaded strictly: every slip is named with file, line, step and option."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from assistant.errors import ContentError, InputError
from assistant.guide import decided, holds, longest, paths
from assistant.guide_check import walks
from assistant.guide_reading import load_guides
from assistant.plan import plan_of
from assistant.session import answer, replay, start, steps_left

GUIDE = "guides/truancy-letter/guide.yaml"
WORDS = "guides/truancy-letter/words.md"
PLAN = "guides/truancy-letter/plan.md"
RULES = "guides/truancy-letter/rules.py"
LETTER = "letters/truancy-reply.md"

# (file, what stands there, what a slip makes of it, field of the problem, words of the problem)
SLIPS = [
    (GUIDE, "next: hearing-date", "next: hearing-dte", "next", "step 'paper-date': 'hearing-dte' is no later step"),
    (GUIDE, "next: hearing-date", "next: hearing-dte", "next", "did you mean 'hearing-date'?"),
    (GUIDE, "next: hearing-date", "next: paper", "next", "'paper' is not later than it"),
    (GUIDE, "    next: told-school", "    next: proof", "next", "'told-school' cannot be reached"),
    (GUIDE, "id: court, when: paper.court,", "id: court,", "next", "'sarb' cannot be reached"),
    (GUIDE, "{id: reply, then", "{id: reply, when: paper.sarb, then", "when", "last ending has no condition"),
    (GUIDE, "  - id: paper-date", "  - id: plan", "id", "step 'plan': stands twice"),
    (GUIDE, "kind: yes_no", "kind: maybe", "steps", "found 'maybe'"),
    (GUIDE, "    past: true", "    past: true\n    colour: red", "steps", "unknown key; known keys are"),
    (GUIDE, "options: [iep, plan-504", "options: [IEP!, plan-504", "options", "step 'plan', option 'IEP!'"),
    (GUIDE, "options: [one, two", "options: [one, one, two", "options", "step 'reports', option 'one': stands twice"),
    (GUIDE, "options: [doctor-note, therapist-note, plan-papers, messages]", "options: [doctor-note]", "options", "step 'proof': 1 options"),
    (GUIDE, "options: [doctor-note", "options: [none, doctor-note", "options", "step 'proof', option 'none'"),
    (GUIDE, "    when: paper.court\n", "    when: paper.cort\n", "when", "step 'paper' has no option 'cort'; did you mean 'court'?"),
    (GUIDE, "    when: late_times_matter", "    when: late_times", "when", "'late_times' is no function of rules.py; did you mean 'late_times_matter'?"),
    (GUIDE, "    when: late_times_matter", "    when: share_missed", "when", "rule 'share_missed' must return bool here"),
    (GUIDE, "    when: paper.sarb, paper.court", "    when: plan.iep", "when", "'plan' is no step asked before"),
    (GUIDE, "    fact: school-plan", "    fact: school-paln", "fact", "step 'plan': 'school-paln' is not in facts.yaml; did you mean 'school-plan'?"),
    (GUIDE, "    fact: school-plan", "    fact: why-out", "fact", "step 'plan': fact 'why-out' is of kind several, not one"),
    (GUIDE, "    min: 1\n    max: 200", "    max: 200", "min", "step 'school-days': a number needs min and max"),
    (GUIDE, "    future: true\n", "    future: true\n    min: 3\n", "min", "step 'hearing-date': min belongs to a number"),
    (GUIDE, "    otherwise: why-out\n", "    otherwise: somewhere\n", "next", "step 'lawyer' (otherwise): 'somewhere'"),
    (GUIDE, "letter: sarb-cover", "letter: sarb-cove", "letter", "did you mean 'sarb-cover'?"),
    (GUIDE, "hearing_date: hearing-date", "hearing_day: hearing-date", "fill", "letter 'sarb-cover': it has no field 'hearing_day'"),
    (GUIDE, "hearing_date: hearing-date", "hearing_date: plan", "fill", "field 'hearing_date' is a date, step 'plan' a one"),
    (GUIDE, "hearing_date: hearing-date", "hearing_date: nowhere", "fill", "'nowhere' is no step of this guide"),
    (GUIDE, "rule: records, from: today", "rule: recordz, from: today", "rule", "'recordz' is not in deadlines.yaml; did you mean 'records'?"),
    (GUIDE, "rule: records, from: today", "rule: records, from: plan", "from", "'plan' is no step of kind date"),
    (GUIDE, "{event: hearing-date}", "{event: hearing-date, from: today}", "dates", "expected {rule: id, from: step or today}"),
    (GUIDE, "slug: truancy-letter", "slug: truancy-leter", "slug", "differs from the folder's name"),
    (GUIDE, "steps:", "steps: [", "yaml", "not readable"),
    (WORDS, "option iep: Yes, an IEP\n", "", "option", "step 'plan': option 'iep' has no words"),
    (WORDS, "option iep:", "option iepp:", "option", "'plan' has no place for `option iepp:`"),
    (WORDS, "short: your child's plan at school\n", "", "short", "step 'plan': no `short:` line"),
    (WORDS, "question: Does your child have", "questoin: Does your child have", "line", "expected `key: text`"),
    (WORDS, "[@what-the-notice-says.s29]", "[@what-the-notice-says.s999]", "why", "is not a statement"),
    (WORDS, "notice helps you keep your record in order. [@what-the-notice-says.s29]", "order.", "why", "no source"),
    (WORDS, "[@what-the-notice-says.s29]", "[@four-functions.s3]", "why", "shares no word with four-functions.s3"),
    (WORDS, "[@what-the-notice-says.s29]", "[@what-the-notice-says.s29; maybe]", "why", "cannot read 'maybe'"),
    (WORDS, "say back: The paper is from {answer}.", "say back: From {date}.", "say back", "{date} is unknown"),
    (WORDS, "## ending court", "## ending corut", "heading", "'ending corut' is no step or ending of guide.yaml; did you mean 'ending court'?"),
    (WORDS, "## lawyer", "## plan", "heading", "'plan' stands twice"),
    (PLAN, "if=told-school.each-time]", "if=told-school.every]", "if", "step 'told-school' has no option 'every'"),
    (PLAN, "## this week", "## this year", "heading", "'this year' is not a section"),
    (PLAN, "{share_missed}", "{share_mised}", "if", "'share_mised' is no function of rules.py"),
    (PLAN, "{hearing-date}", "{hearing-dat}", "if", "did you mean 'hearing-date'?"),
    (PLAN, "  why: Answer each letter, because the reports add up within one school year. [@truancy-letter-arrived.s23]\n", "", "why", "a step of the plan says why"),
    (PLAN, "- Your list of calls", "* Your list of calls", "line", "expected `- what to do"),
    (RULES, "from assistant.guide import Answers", "import os\nfrom assistant.guide import Answers", "import", "'os': rules import datetime"),
    (RULES, "def may_be_truant(answers: Answers) -> bool:", "def may_be_truant(answers: Answers, more: int) -> bool:", "may_be_truant", "expected: def name(answers"),
    (RULES, '    """Three full days, or three times over 30 minutes, or a mix, without valid excuse (LAW-TRU-01)."""\n', "", "may_be_truant", "no docstring"),
    (RULES, "return answers.get", "return eval('1') or answers.get", "name", "eval has no place in a rule"),
    (RULES, "def may_be_truant", "def may_be_truant(", "python", "not readable"),
    (RULES, "_EXCUSED_IF_SHOWN = {", "_EXCUSED_IF_SHOWN = 1 / 0 or {", "python", "fails when it is loaded: division by zero"),
    (LETTER, "{notice_date}", "{notice_day}", "field", "{notice_day} is not among the fields"),
    (LETTER, "if=told.each-time", "if=told.always", "if", "'told.always' is no field with that choice"),
    (LETTER, "May we look at the days together?", "I ask you to look at the days together.", "tone", "a request is a question"),
    (LETTER, "Thank you for your help.", "This is unacceptable.", "tone", "This may sound like blame"),
    (LETTER, "May I meet with you soon", "I demand to meet with you soon", "tone", "This may sound like an order"),
    (LETTER, "Thank you for your help.", "See you in court.", "tone", "This may sound like a threat"),
    (LETTER, "[@truancy-letter-arrived.s18; @truancy-letter-arrived.s19; @truancy-letter-arrived.s34]", "", "paragraph", "no source"),
    (LETTER, "Sincerely, [form]", "Sincerely, [form; @truancy-letter-arrived.s18]", "paragraph", "a paragraph with a source is not one"),
    (LETTER, "id: truancy-reply", "id: truancy-answer", "id", "differs from the file name"),
    (LETTER, "  - {id: contact, label: How the school can reach you}", "  - {id: contact, label: How the school can reach you}\n  - {id: unused, label: Unused}", "fields", "field 'unused' is used nowhere"),
    ("deadlines.yaml", "law: LAW-CAT-01", "law: LAW-CAT-99", "law", "rule 'assessment-plan': 'LAW-CAT-99' is no law"),
    ("deadlines.yaml", "[evaluation-timeline.s11]", "[four-functions.s1]", "statements", "does not rest on LAW-CAT-02"),
    ("deadlines.yaml", "  passed: ", "  past: ", "says", "missing or unknown: passed, past"),
    ("deadlines.yaml", "    unit: calendar_days", "    unit: moons", "rules", "found 'moons'"),
    ("tone.yaml", "{id: anger, pattern: \"", "{id: anger, pattern: \"(", "pattern", "'anger' cannot be compiled"),
    ("guides/facts.yaml", "{id: child-age,", "{id: child-name,", "id", "fact 'child-name' stands twice"),
]  # fmt: skip


@pytest.fixture
def copied(root, tmp_path):
    """The two exemplars and everything they name, to be broken."""
    target = tmp_path / "knowledge"
    (target / "guides").mkdir(parents=True)
    for name in ("guides/truancy-letter", "guides/this-morning", "letters"):
        shutil.copytree(root / "knowledge" / name, target / name)
    for name in ("guides/facts.yaml", "deadlines.yaml", "tone.yaml"):
        shutil.copy(root / "knowledge" / name, target / name)
    return tmp_path


def problems(root, knowledge):
    try:
        load_guides(root, knowledge)
    except ContentError as error:
        return error.problems
    return []


@pytest.mark.parametrize(("file", "there", "slip", "field", "words"), SLIPS, ids=[f"{s[0].rsplit('/', 1)[-1]}-{n}-{s[3]}" for n, s in enumerate(SLIPS)])  # fmt: skip
def test_slip(copied, knowledge, file, there, slip, field, words):
    path = copied / "knowledge" / file
    text = path.read_text(encoding="utf-8")
    assert there in text, "the file has changed: mend the table"
    path.write_text(text.replace(there, slip, 1), encoding="utf-8")
    found = problems(copied, knowledge)
    assert any(p.file == f"knowledge/{file}" and p.field.split(".")[0] == field and words in p.message for p in found), [str(p) for p in found]  # fmt: skip


def test_the_copy_is_whole(copied, knowledge):
    assert problems(copied, knowledge) == []


@pytest.mark.parametrize("name", ["guide.yaml", "words.md", "plan.md"])
def test_a_missing_file_is_named(copied, knowledge, name):
    (copied / "knowledge/guides/this-morning" / name).unlink()
    found = problems(copied, knowledge)
    assert any(p.file.endswith(f"this-morning/{name}") and p.message == "missing" for p in found)


def test_a_problem_names_its_line(copied, knowledge):
    path = copied / "knowledge" / PLAN
    rows = path.read_text(encoding="utf-8").splitlines()
    n = next(i for i, row in enumerate(rows) if "{hearing-date}" in row)
    rows[n] = rows[n].replace("{hearing-date}", "{hearing}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert [p.line for p in problems(copied, knowledge)] == [n + 1]


def test_bytes_that_are_no_text(copied, knowledge):
    (copied / "knowledge" / WORDS).write_bytes(b"## paper\nshort: \xff\xfe\n")
    assert any("not UTF-8" in p.message for p in problems(copied, knowledge))


def test_loading_writes_nothing_into_the_content(copied, knowledge):
    load_guides(copied, knowledge)
    assert not list((copied / "knowledge").rglob("__pycache__"))


def test_the_version_follows_routes_and_not_words(copied, knowledge):
    before = load_guides(copied, knowledge)["truancy-letter"].version
    words = copied / "knowledge" / WORDS
    words.write_text(words.read_text(encoding="utf-8").replace("short: the kind of paper", "short: the sort of paper"))
    assert load_guides(copied, knowledge)["truancy-letter"].version == before
    guide = copied / "knowledge" / GUIDE
    guide.write_text(guide.read_text(encoding="utf-8").replace("    min: 1\n    max: 200", "    min: 1\n    max: 190"))
    assert load_guides(copied, knowledge)["truancy-letter"].version != before


# What a loaded guide knows of itself


@pytest.fixture(scope="module")
def guide(root, knowledge):
    return load_guides(root, knowledge, "truancy-letter")["truancy-letter"]


def test_conditions(guide):
    answers = {"paper": "sarb", "why-out": ("illness",), "proof": (), "unexcused-days": 2, "late-times": 1}
    assert holds((), guide, answers)
    assert holds(("paper.sarb",), guide, answers) and not holds(("paper.court",), guide, answers)
    assert holds(("paper.court", "why-out.illness"), guide, answers), "any of them is enough"
    assert holds(("paper.known",), guide, answers) and not holds(("plan.known",), guide, answers)
    assert holds(("proof.none",), guide, answers) and not holds(("why-out.none",), guide, answers)
    assert holds(("may_be_truant",), guide, answers)
    assert holds(("ending.sarb",), guide, answers, "sarb") and not holds(("ending.sarb",), guide, answers, "court")


def test_what_is_not_decided_yet(guide):
    assert decided(("paper.sarb",), guide, {}, frozenset()) is None
    assert decided(("paper.sarb",), guide, {"paper": "sarb"}, frozenset()) is True
    assert decided(("paper.sarb",), guide, {}, frozenset({"paper"})) is False
    assert decided(("share_can_be_told",), guide, {}, frozenset()) is None
    assert decided(("share_can_be_told",), guide, {"days-missed": 3}, frozenset({"unexcused-days"})) is True
    assert decided((), guide, {}, frozenset()) is True


def test_longest_is_the_longest_path(guide):
    """Two ways of counting agree: walking every path, and from the end backwards."""
    assert longest(guide, "paper") == max(len(p) - 1 for p in paths(guide))
    assert longest(guide, "reply") == 0


# A small guide with everything that the format has, written as a writer would

SMALL = {
    "guide.yaml": """
slug: small
title: A small guide
for_whom: For a test of every way on.
invite: [one way in, two ways in, three ways in, four ways in, five ways in]
reviewed: 2026-11-24
review_in: 12 months
steps:
  - {id: way, kind: one, options: [plain, {id: far, next: last}, {id: out, next: gone}], next: sure}
  - {id: sure, kind: yes_no, not_sure: true, if_yes: count, if_not_sure: last, next: note}
  - {id: note, kind: text, max: 10, next: count}
  - {id: count, kind: number, min: 1, max: 9, when: big, otherwise: gone, next: last}
  - {id: last, kind: several, options: [a, b], next: first-end}
endings:
  - {id: first-end, when: last.none}
  - {id: gone}
""",
    "words.md": """
## way
short: the way
question: Which way?
why: Answer the truancy letter in writing. [@truancy-letter-arrived.s6]
option plain: The plain way
option far: The far way
option out: Out of here

## sure
short: whether you are sure
question: Are you sure?
why: Answer the truancy letter
  in writing. [@truancy-letter-arrived.s6]
option yes: Quite sure
note no: Try not to panic. [@truancy-letter-arrived.s6]

## note
short: a note
question: What would you like to note?
why: Answer the truancy letter in writing. [@truancy-letter-arrived.s6]

## count
short: the count
question: How many?
why: Answer the truancy letter in writing. [@truancy-letter-arrived.s6]

## last
short: the last thing
question: What is last?
why: Answer the truancy letter in writing. [@truancy-letter-arrived.s6]
option a: The a
option b: The b

## ending first-end
title: The first end
say: Try not to panic. [@truancy-letter-arrived.s6]

## ending gone
title: The other end
say: Try not to panic. [@truancy-letter-arrived.s6]
""",
    "plan.md": """
## today
- Answer the letter, {loud}. [@truancy-letter-arrived.s6; if=ending.gone, way.plain]
  why: Try not to panic. [@truancy-letter-arrived.s6]
- Answer the letter again. [@truancy-letter-arrived.s6]
  why: Try not
    to panic. [@truancy-letter-arrived.s6]
""",
    "rules.py": '''
"""Rules of the small guide."""
from assistant.guide import Answers


def big(answers: Answers) -> bool:
    """The note is long."""
    return len(str(answers.get("note", ""))) > 3


def loud(answers: Answers) -> str:
    """The note, aloud."""
    return str(answers.get("note", "")).upper()
''',
}

# answers in the order of asking, the steps that were asked, the ending
WAYS = [
    ({"way": "plain", "sure": "yes"}, ["way", "sure"], "gone"),  # count is not asked: `otherwise`
    (
        {"way": "plain", "sure": "no", "note": "abcd", "count": 3, "last": ["a"]},
        ["way", "sure", "note", "count", "last"],
        "gone",
    ),
    (
        {"way": "plain", "sure": "no", "note": "abcd", "count": 3, "last": []},
        ["way", "sure", "note", "count", "last"],
        "first-end",
    ),
    ({"way": "plain", "sure": "no", "note": "ab"}, ["way", "sure", "note"], "gone"),
    ({"way": "plain", "sure": "not-sure", "last": None}, ["way", "sure", "last"], "gone"),
    ({"way": "plain", "sure": None, "note": None}, ["way", "sure", "note"], "gone"),  # a skip goes to `next`
    ({"way": "far", "last": []}, ["way", "last"], "first-end"),
    ({"way": "out"}, ["way"], "gone"),
    ({"way": None, "sure": "yes"}, ["way", "sure"], "gone"),
]


@pytest.fixture
def small(copied, knowledge):
    folder = copied / "knowledge/guides/small"
    folder.mkdir()
    for name, text in SMALL.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_guides(copied, knowledge)


@pytest.mark.parametrize(("answers", "asked", "ending"), WAYS, ids=[str(n) for n in range(len(WAYS))])
def test_every_way_on(small, answers, asked, ending):
    guide = small["small"]
    session = start(guide)
    for step_id, value in answers.items():
        place = replay(guide, session)
        assert place.step.id == step_id
        assert steps_left(guide, session) >= 1
        session = answer(guide, session, {step_id: value})
    place = replay(guide, session)
    assert list(place.path) == asked and place.ending.id == ending


def test_what_a_small_guide_says(small):
    guide = small["small"]
    assert [o.label for o in guide.step_by_id["sure"].options] == ["Quite sure", "No", "I am not sure"]
    assert guide.step_by_id["sure"].why[0].text == "Answer the truancy letter in writing."
    assert guide.step_by_id["sure"].option("no").note.text == "Try not to panic."
    assert guide.step_by_id["note"].high == 10 and guide.step_by_id["count"].high == 9
    assert guide.review_due == "2027-11-24"
    assert {p[-1] for p in paths(guide)} == {"first-end", "gone"}
    assert [w.place.ending.id for w in walks(guide)].count("first-end") >= 1


def test_lines_of_a_plan_with_an_empty_place_are_left_out(small):
    guide = small["small"]
    for note, lines in (
        ("hi", ["Answer the letter, HI.", "Answer the letter again."]),
        (None, ["Answer the letter again."]),
    ):
        session = answer(guide, start(guide), {"way": "plain", "sure": "no", "note": note})
        plan = plan_of(small, guide, session, date(2026, 11, 24))
        assert [i.line.text for i in plan.sections[0].items] == lines


def test_an_unfinished_guide_has_no_plan(small):
    with pytest.raises(InputError, match="'sure' is still open"):
        plan_of(
            small, small["small"], answer(small["small"], start(small["small"]), {"way": "plain"}), date(2026, 11, 24)
        )
