"""Reading knowledge/: a broken file is named with line and field; and the softer rules of `check`."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.check import MAX_GRADE, check_helpline, check_knowledge, check_page, grade, overdue_helplines
from assistant.errors import ContentError
from assistant.knowledge import load, load_page

ROOT = Path(__file__).resolve().parents[1]
TODAY = date(2026, 12, 1)

QUESTIONS = "\n".join(f"  - how many little steps back on day {n}" for n in range(1, 9))
HEAD = f"""---
id: little-steps
title: Little steps back
topic: pace
jurisdiction: General
reviewed: 2026-11-30
review_in: 6 months
questions:
{QUESTIONS}
related: [slow-days]
lead: [s2, s1]
---
"""
BODY = """## Start small {#start-small}
A first step may be one that a child can take today without fear. [#s1 answer; @sr101 "Go at the child's pace"]
Shove says a plan works best when school and home write it. [#s2 do; @sr101 "Go at the child's pace"; speaker=shove]
- Stay on each step until it feels dull and easy to the child. [#s3 do; @sr101 "Go at the child's pace"; @LAW-ATT-02]
"""
PAGE = HEAD + BODY
OTHER = (
    PAGE.replace("little-steps", "slow-days")
    .replace("[slow-days]", "[little-steps]")
    .replace("little steps", "slow days")
)
SITUATIONS = """- id: too-fast
  title: The school goes faster than she can
  topics: [pace]
  say: [little-steps.s1, little-steps.s2, slow-days.s3]
  vital: [little-steps.s2]
  offer: return-plan
  related: [too-slow]
  confused_with: [{id: too-slow, tell: Here it is the school that hurries.}]
- id: too-slow
  title: Everyone says we go too slowly
  topics: [pace]
  say: [slow-days.s1, slow-days.s2, little-steps.s3]
  vital: [slow-days.s1]
  offer: return-plan
  related: [too-fast]
  confused_with: [{id: too-fast, tell: Here the family is blamed for slowness.}]
"""
MESSAGE = '{"text": "too fast for her", "situations": ["too-fast"]}'
PATH = "knowledge/pages/pace/little-steps.md"


def line_of(text, marker):
    """The last line that holds the marker, counted from 1; 1 where there is none to point at."""
    return max((n for n, row in enumerate(text.splitlines(), 1) if marker and marker in row), default=1)


@pytest.fixture
def project(tmp_path):
    """The real data files with two pages of our own and a message."""
    folder = tmp_path / "knowledge"
    (folder / "pages/pace").mkdir(parents=True)
    for file in (ROOT / "knowledge").glob("*.yaml"):
        shutil.copy(file, folder)
    for name in ("messages", "situations"):
        (folder / name).mkdir()
    (folder / "messages/pace.jsonl").write_text(f"{MESSAGE}\n", "utf-8")
    (folder / "situations/pace.yaml").write_text(SITUATIONS, "utf-8")
    (folder / "pages/pace/little-steps.md").write_text(PAGE, "utf-8")
    (folder / "pages/pace/slow-days.md").write_text(OTHER, "utf-8")
    return tmp_path


def broken(project):
    """Every problem of a load that has to fail, as (file, line, field); each is one line that says all three."""
    with pytest.raises(ContentError) as caught:
        load(project)
    for problem in caught.value.problems:
        assert str(problem) == f"{problem.file}:{problem.line}: {problem.field}: {problem.message}"
        assert problem.message and "\n" not in str(problem)
    return [(p.file, p.line, p.field) for p in caught.value.problems]


def test_a_sound_folder_loads(project):
    knowledge = load(project)
    page = knowledge.page_by_id["little-steps"]
    assert (page.review_due, page.related) == ("2027-05-30", ("slow-days",))
    passage = knowledge.passage_by_id["little-steps.start-small"]
    assert [passage.text[s.start : s.end] == s.text for s in passage.statements] == [True] * 3
    assert [(s.id, s.part, s.lead, s.kind) for s in passage.statements] == [
        ("little-steps.s1", "answer", 2, "article"),
        ("little-steps.s2", "do", 1, "expert"),
        ("little-steps.s3", "do", 0, "article"),
    ]
    assert "\n- Stay on each step" in passage.text
    assert [r.source.id for r in passage.statements[2].references] == ["sr101", "LAW-ATT-02"]
    assert passage.statements[0].references[0].locator == "Go at the child's pace"
    assert [(m.text, m.situations, m.pages) for m in knowledge.messages] == [
        ("too fast for her", ("too-fast",), ("little-steps", "slow-days"))
    ]
    assert [m.text for m in knowledge.examples] == [s.title for s in knowledge.situations] + ["too fast for her"]
    assert knowledge.passage_of["slow-days.s2"].id == "slow-days.start-small"


S1 = '[#s1 answer; @sr101 "Go at the child\'s pace"]'
BREAKS = {
    # name: (what is replaced, with what, field, words on the line that has to be named)
    "missing source": (S1, "[#s1 answer; ]", "statement", "[#s1 answer; ]"),
    "bare sentence": (f" {S1}", "", "statement", "without fear."),
    "unknown source": ("@LAW-ATT-02]", "@LAW-ATT-99]", "source", "LAW-ATT-99"),
    "unknown locator": (S1, '[#s1 answer; @sr101 "Nowhere"]', "locator", "Nowhere"),
    "unknown speaker": ("speaker=shove", "speaker=nobody", "speaker", "nobody"),
    "speaker without article": ('@sr101 "Go at the child\'s pace"; sp', "@LAW-ATT-02; sp", "speaker", "#s2"),
    "bad part": ("[#s1 answer;", "[#s1 advice;", "part", "advice"),
    "half a sentence": ("without fear.", "without fear", "statement", "without fear"),
    "unknown key": ("title:", "colour: red\ntitle:", "colour", "colour:"),
    "missing key": ("jurisdiction: General\n", "", "jurisdiction", ""),
    "unknown jurisdiction": ("jurisdiction: General", "jurisdiction: Ohio", "jurisdiction", "Ohio"),
    "bad day": ("2026-11-30", "soon", "reviewed", "reviewed:"),
    "no such day": ("2026-11-30", "2026-13-30", "yaml", "id: "),
    "bad review": ("6 months", "half a year", "review_in", "half a year"),
    "title too long": ("Little steps back", "steps " * 20, "title", "title:"),
    "question that is no text": ("  - how many little steps back on day 3", "  - {a: b}", "questions.2", "questions:"),
    "duplicate statement": ("[#s3 do", "[#s1 do", "statement id", "[#s1 do"),
    "duplicate question": ("on day 8", "on day 2", "question", "on day 2"),
    "duplicate slug": ("- Stay", "## Again {#start-small}\nStay", "passage slug", "## Again"),
    "unknown related": ("[slow-days]", "[no-such-page]", "related", "related:"),
    "related to itself": ("[slow-days]", "[little-steps]", "related", "related:"),
    "id unlike the file": ("id: little-steps", "id: littler-steps", "id", "id: littler"),
    "wrong topic": ("topic: pace", "topic: morning", "topic", "topic:"),
    "unknown topic": ("topic: pace", "topic: cookery", "topic", "topic:"),
    "heading without slug": (" {#start-small}", "", "heading", "## Start small"),
    "heading with bad slug": ("{#start-small}", "{#Start Small}", "heading", "## Start small"),
    "heading without text": ("## Start small", "## Empty {#empty}\n## Start small", "passage", "## Empty"),
    "text before heading": ("## Start small", "Hello there.\n\n## Start small", "body", "Hello"),
    "unfinished front matter": ("---\n## Start", "\n## Start", "front matter", ""),
    "no front matter": (HEAD, "", "front matter", ""),
    "broken YAML": ("[slow-days]", "[slow-days", "yaml", "lead:"),
    "lead of no statement": ("[s2, s1]", "[s2, s9]", "lead", "lead:"),
    "lead twice": ("[s2, s1]", "[s2, s2]", "lead", "lead:"),
    "lead too long": ("[s2, s1]", "[s2, s1, s3, s4, s5, s6, s7]", "lead", "lead:"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_page_is_named_with_line_and_field(project, name):
    old, new, field, marker = BREAKS[name]
    text = PAGE.replace(old, new, 1)
    assert text != PAGE
    (project / PATH).write_text(text, "utf-8")
    assert (PATH, line_of(text, marker), field) in broken(project)


def test_a_page_that_is_not_utf8(project):
    (project / PATH).write_bytes(PAGE.replace("without fear", "without caf\u00e9").encode("latin-1"))
    assert (PATH, line_of(PAGE, "[#s1 "), "file") in broken(project)


def test_a_page_saved_with_windows_line_ends(project):
    before = load(project).digest
    (project / PATH).write_bytes(PAGE.replace("\n", "\r\n").encode())
    assert load(project).digest == before


def test_a_question_of_two_pages(project):
    file = project / "knowledge/pages/pace/slow-days.md"
    file.write_text(OTHER.replace("slow days back on day 4", "Little  steps back on day 4"), "utf-8")
    assert broken(project) == [("knowledge/pages/pace/slow-days.md", line_of(OTHER, "questions:"), "questions")]


def test_a_page_id_in_two_folders(project):
    folder = project / "knowledge/pages/morning"
    folder.mkdir()
    text = OTHER.replace("topic: pace", "topic: morning").replace("slow days", "mornings")
    (folder / "slow-days.md").write_text(text, "utf-8")
    assert broken(project) == [("knowledge/pages/pace/slow-days.md", 1, "id")]


@pytest.mark.parametrize(
    ("row", "field"),
    [('{"text": "one two", "situations": ["too-fast"], "pages": ["no-such-page"]}', "pages"),
     ('{"text": "one two", "situations": ["no-such-situation"]}', "situations"),
     ('{"text": "one two", "situations": []}', "situations"), ('{"text": "one two"}', "situations"),
     ('{"text": "x", "situations": ["too-fast"]}', "text"), ('{"text": ', "json"), ("[1]", "file"),
     ('{"text": "one two", "situations": ["too-fast"], "page": 1}', "page"),
     ('{"text": "too fast for her", "situations": ["too-slow"]}', "text")],
)  # fmt: skip
def test_a_broken_message(project, row, field):
    name = "knowledge/messages/pace.jsonl"
    with (project / name).open("a", encoding="utf-8") as file:
        file.write(row + "\n")
    assert broken(project) == [(name, 2, field)]


@pytest.mark.parametrize(
    ("name", "row", "field"),
    [("topics.yaml", "- {slug: Bad Slug, title: T, description: D, group: G}", "slug"),
     ("helplines.yaml", "- {id: x, name: X}", "how"), ("vocabulary.yaml", "- {say: [], means: something}", "say"),
     ("places.yaml", "- {name: Ohio, say: [ohio], near: lake}", "near"),
     ("details.yaml", "- {id: x, label: has x, told: []}", "told"),
     ("boundaries.yaml", "- {id: x, status: answered, reply: chat, examples: [hi]}", "status")],
)  # fmt: skip
def test_a_broken_row_of_a_data_file(project, name, row, field):
    file = project / "knowledge" / name
    file.write_text(f"{file.read_text('utf-8').rstrip()}\n{row}\n", "utf-8")
    assert (f"knowledge/{name}", line_of(file.read_text("utf-8"), row), field) in broken(project)


@pytest.mark.parametrize("name", ["topics", "vocabulary", "helplines", "boundaries", "places", "sources", "details"])
def test_a_missing_data_file(project, name):
    (project / f"knowledge/{name}.yaml").unlink()
    assert (f"knowledge/{name}.yaml", 0, "file") in broken(project)


def test_every_broken_file_is_named_at_once(project):
    (project / PATH).write_text(PAGE.replace("[#s1 answer;", "[#s1 advice;"), "utf-8")
    other = project / "knowledge/pages/pace/slow-days.md"
    other.write_text(OTHER.replace("title:", "name:"), "utf-8")
    assert {file for file, _, _ in broken(project)} >= {PATH, "knowledge/pages/pace/slow-days.md"}


def test_one_page_alone_is_read_without_the_others(project):
    (project / PATH).write_text(PAGE.replace("[slow-days]", "[no-such-page]"), "utf-8")
    page, problems = load_page(project / PATH, project)
    assert page is not None and problems == []


def test_the_digest_follows_what_is_searched(project):
    before = load(project).digest
    assert load(project).digest == before
    (project / PATH).write_text(PAGE.replace("without fear", "without tears"), "utf-8")
    assert load(project).digest != before


# --- the softer rules ---------------------------------------------------------------------------------------------

LONG = "\n".join(f"A calm step is a good step for child number {n}. [#s{n} more; @LAW-ATT-02]" for n in range(4, 24))
HARD = "Multidisciplinary individualized accommodations necessitate comprehensive psychoeducational documentation."


@pytest.mark.parametrize(
    ("old", "new", "field", "marker"),
    [
        (BODY, BODY.split("Shove says")[0], "passage", "{#start-small}"),
        (BODY, BODY + LONG, "passage", "{#start-small}"),
        ("A first step", "It", "statement", "[#s1 "),
        ("A first step", "These steps", "statement", "[#s1 "),
        ("\n  - how many little steps back on day 8", "", "questions", ""),
        ("[slow-days]", "[]", "related", ""),
        ("A first step may be one that a child can take today without fear.", HARD, "reading grade", ""),
    ],
    ids=["too short", "too long", "leaning it", "leaning these", "few questions", "no related", "hard words"],
)
def test_check_names_what_is_wrong_with_a_page(project, old, new, field, marker):
    text = PAGE.replace(old, new, 1)
    (project / PATH).write_text(text.replace("lead: [s2, s1]", "lead: []"), "utf-8")
    page, problems = load_page(project / PATH, project)
    assert problems == []
    found = {(p.file, p.line, p.field) for p in check_page(project / PATH, page, project, TODAY)}
    assert (PATH, line_of(text, marker), field) in found


def test_check_finds_nothing_wrong_with_a_sound_page(project):
    page, _ = load_page(project / PATH, project)
    assert check_page(project / PATH, page, project, TODAY) == []


@pytest.mark.parametrize(
    ("today", "wrong"),
    [("2027-05-30", False), ("2027-05-31", True), ("2026-11-30", False), ("2026-11-29", True)],
    ids=["day it is due", "day after", "day of review", "day before review"],
)
def test_review_dates(project, today, wrong):
    page, _ = load_page(project / PATH, project)
    found = check_page(project / PATH, page, project, date.fromisoformat(today))
    assert [p.field for p in found] == ["reviewed"] * wrong


@pytest.mark.parametrize(
    ("reviewed", "months", "due"),
    [("2026-08-31", 6, "2027-02-28"), ("2026-12-15", 1, "2027-01-15"), ("2024-02-29", 12, "2025-02-28")],
)
def test_a_review_is_due_on_a_day_that_exists(project, reviewed, months, due):
    text = PAGE.replace("2026-11-30", reviewed).replace("6 months", f"{months} months")
    (project / PATH).write_text(text, "utf-8")
    page, _ = load_page(project / PATH, project)
    assert page.review_due == due


def test_check_over_all_content_sees_average_grade_empty_topics_and_help_lines(knowledge):
    hard = replace(knowledge.pages[0].passages[0].statements[0], text=HARD)
    passage = replace(knowledge.pages[0].passages[0], statements=(hard,))
    page = replace(knowledge.pages[0], passages=(passage,))
    line = replace(knowledge.helplines[0], source="NOWHERE", as_of="")
    small = replace(knowledge, pages=(page,), helplines=(line,))
    found = check_knowledge(small, ROOT, TODAY)
    assert found == sorted(found)
    fields = {(p.file, p.field) for p in found}
    assert ("knowledge/pages", "reading grade") in fields and ("knowledge/topics.yaml", "slug") in fields
    assert [p.field for p in check_helpline(line, small)] == ["source", "as_of"]
    assert grade(HARD) > MAX_GRADE > grade("The dog ran to the car. We sat in the sun.")


def test_help_lines_that_nobody_looked_at_are_overdue(knowledge):
    line = knowledge.helplines[0]
    seen = {day: replace(line, id=day, checked_on=day) for day in ("", "2026-06-03", "2026-06-04", "2026-12-01")}
    assert [x.id for x in overdue_helplines(seen.values(), date(2026, 12, 1))] == ["", "2026-06-03"]
