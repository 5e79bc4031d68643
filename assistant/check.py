"""The contract of content: what `doorstep check` holds beyond what can be loaded at all.

Length of passages, reading grade, review dates, questions, help lines, replies. Each rule returns
Problems; nothing is mended here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

from assistant.errors import Problem
from assistant.knowledge import Knowledge
from assistant.records import HelpLine, Page, Passage

__all__ = ["MAX_GRADE", "check_helpline", "check_knowledge", "check_page", "grade", "overdue_helplines"]

WORDS = (40, 150)  # words of a passage
MAX_GRADE = 9.0  # US school grade of one page; the average over all pages is held at 7
MEAN_GRADE = 7.0
MIN_QUESTIONS = 8
HELPLINE_DAYS = 180  # a number not looked at for longer is named

# A sentence that opens so cannot be quoted without the one before it.
_LEANING = ("It ", "It's ", "This ", "That ", "These ", "Those ", "They ", "He ", "She ", "Also", "Instead", "Then ")


@cache
def grade(text: str) -> float:
    """US school grade of a text, Flesch-Kincaid (Kincaid et al., 1975), as textstat computes it."""
    import textstat  # noqa: PLC0415 - half a second of import, only checks need it

    return float(textstat.flesch_kincaid_grade(text))


def _plain(passages: Iterable[Passage]) -> str:
    """Sentences with section numbers' dots taken out: "48260.5" is not the end of a sentence."""
    rows = [s.text for p in passages for s in p.statements]
    return " ".join(rows).replace("Ed. Code", "Ed Code").replace("Dr. ", "Dr ").replace("Psy.D.", "PsyD")


def _passage(page: Page, passage: Passage, file: str, lines: dict[str, int]) -> Iterator[Problem]:
    words = len(passage.text.split())
    at = lines.get(passage.id, 1)
    if not WORDS[0] <= words <= WORDS[1]:
        yield Problem(file, at, "passage", f"{words} words; expected {WORDS[0]} to {WORDS[1]}")
    for statement in passage.statements:
        if statement.text.startswith(_LEANING):
            yield Problem(
                file, lines.get(statement.id, at), "statement",
                f"opens with {statement.text.split()[0]!r}: a sentence is quoted alone, so name what it speaks of",
            )  # fmt: skip


def _lines(file: Path, page: Page) -> dict[str, int]:
    found: dict[str, int] = {}
    for n, row in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if row.startswith("## ") and "{#" in row:
            found[f"{page.id}.{row.rsplit('{#', 1)[1].rstrip('}')}"] = n
        elif " [#s" in row:
            found[f"{page.id}.{row.rsplit(' [#', 1)[1].split()[0]}"] = n
    return found


def check_page(file: Path, page: Page, root: Path, today: date) -> list[Problem]:
    """Every rule of one page; a passed review date is a problem from the day after."""
    name = str(file.relative_to(root))
    lines = _lines(file, page)
    found = [p for passage in page.passages for p in _passage(page, passage, name, lines)]
    if len(page.questions) < MIN_QUESTIONS:
        found.append(
            Problem(name, 1, "questions", f"{len(page.questions)} questions; expected {MIN_QUESTIONS} or more")
        )
    if page.review_due < today.isoformat():
        found.append(Problem(name, 1, "reviewed", f"review was due on {page.review_due}; look at the page again"))
    if page.reviewed > today.isoformat():
        found.append(Problem(name, 1, "reviewed", f"{page.reviewed} lies in the future"))
    if not page.related:
        found.append(Problem(name, 1, "related", "expected at least one related page"))
    if page.passages and (g := grade(_plain(page.passages))) > MAX_GRADE:
        found.append(
            Problem(name, 1, "reading grade", f"{g:.1f}; expected {MAX_GRADE} or lower: shorten sentences and words")
        )
    return found


def check_helpline(line: HelpLine, knowledge: Knowledge) -> list[Problem]:
    """A number needs a known source and a date; 911 and 988 need a source only."""
    name = "knowledge/helplines.yaml"
    found = []
    if line.source not in knowledge.sources:
        found.append(Problem(name, 1, "source", f"{line.id}: unknown source {line.source!r}"))
    if not line.as_of:
        found.append(Problem(name, 1, "as_of", f"{line.id}: a help line needs the date of what was read"))
    return found


def overdue_helplines(lines: Iterable[HelpLine], today: date) -> list[HelpLine]:
    """Lines that nobody has looked at on their own page within 180 days, in order of the file."""
    return [x for x in lines if not x.checked_on or (today - date.fromisoformat(x.checked_on)).days > HELPLINE_DAYS]


def check_knowledge(knowledge: Knowledge, root: Path, today: date) -> list[Problem]:
    """All rules over all content, sorted by file and line."""
    found: list[Problem] = []
    for page in knowledge.pages:
        file = root / "knowledge" / "pages" / page.topic / f"{page.id}.md"
        found += check_page(file, page, root, today)
    grades = [grade(_plain(p.passages)) for p in knowledge.pages]
    if grades and (mean := sum(grades) / len(grades)) > MEAN_GRADE:
        found.append(
            Problem("knowledge/pages", 0, "reading grade", f"{mean:.2f} on average; expected {MEAN_GRADE} or lower")
        )
    for slug in knowledge.topics:
        if not any(p.topic == slug for p in knowledge.pages):
            found.append(Problem("knowledge/topics.yaml", 1, "slug", f"topic {slug!r} has no page"))
    for line in knowledge.helplines:
        found += check_helpline(line, knowledge)
    return sorted(found)
