"""The report on a library, for a person to check: what was left out and why, what was proposed, who speaks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from assistant.library import LibraryReport, Shelved
from assistant.records import Passage

__all__ = ["summary", "whole_report"]

_EXAMPLE = 80  # characters of a piece of text that is shown so that it can be found again
_SHOWN = 6  # examples of one reason in one document


def summary(report: LibraryReport) -> list[str]:
    """What changed, and every file that was left out with its reason: the lines that the command line prints."""
    c = report.changes
    lines = [
        f"library: {len(report.files)} files, {len(report.passages)} passages, {len(report.skipped)} left out",
        f"  {len(c.new)} new, {len(c.changed)} changed, {len(c.unchanged)} unchanged, {len(c.removed)} removed; "
        f"{len(report.copies)} near-copies cited once",
    ]
    lines += [f"  left out {name}: {reason}" for name, reason in report.skipped]
    lines += [f"  removed {name}" for name in c.removed]
    lines += [f"  {s.file}: {remark}" for s in report.shelf for remark in s.remarks]
    return lines


def whole_report(report: LibraryReport, passages: Sequence[Passage], titles: Mapping[str, str], today: date) -> str:
    """The summary, then one part a document.

    Args:
        report: of the reading.
        passages: the same passages with their topics.
        titles: topic titles by slug.
        today: printed at the top.
    """
    by_page: dict[str, list[Passage]] = defaultdict(list)
    for p in passages:
        by_page[p.page_id].append(p)
    copies = Counter(copy.page_id for copy, _ in report.copies)
    lines = [f"Library {report.folder}, read {today.isoformat()}", "", *summary(report)]
    for shelved in report.shelf:
        lines += ["", shelved.file, *(f"  {row}" for row in _document(shelved, by_page[shelved.id], titles, copies))]
    if report.copies:
        lines += ["", "Near-copies"]
        lines += [
            f'  {copy.library} "{copy.heading}": as in {kept.library} "{kept.heading}" /passages/{kept.id}'
            for copy, kept in report.copies
        ]
    return "\n".join(lines) + "\n"


def _document(
    shelved: Shelved, passages: Sequence[Passage], titles: Mapping[str, str], copies: Counter[str]
) -> Iterator[str]:
    document, facts = shelved.document, shelved.document.facts
    pages = f", {document.pages} pages" if document.pages else ""
    cited = f", {copies[shelved.id]} cited elsewhere" if copies[shelved.id] else ""
    yield f"{len(passages)} passages{pages}{cited}; address {shelved.id}"
    for name in ("title", "author", "date", "jurisdiction"):
        if value := getattr(facts, name):
            yield f"{name}: {value}" + (" (proposed)" if name in facts.proposed else "")
    if facts.licence:
        yield f"licence: {facts.licence}"
    topics = Counter(t for p in passages for t in p.topics)
    if topics:
        shown = ", ".join(f"{titles.get(t, t)} ({n})" for t, n in sorted(topics.items(), key=lambda x: (-x[1], x[0])))
        yield f"topics: {shown}" + ("" if facts.topics else " (proposed)")
    yield from (f"remark: {remark}" for remark in shelved.remarks)
    yield from _speakers(passages)
    reasons: dict[str, list[str]] = defaultdict(list)
    for left in document.left_out:
        reasons[left.reason].append(left.text)
    for reason, texts in reasons.items():
        yield f"not quoted, {reason} ({len(texts)}):"
        for text in texts[:_SHOWN]:
            yield f"  {text[:_EXAMPLE]}{' ...' if len(text) > _EXAMPLE else ''}"
        if len(texts) > _SHOWN:
            yield f"  and {len(texts) - _SHOWN} more"


def _speakers(passages: Sequence[Passage]) -> Iterator[str]:
    said: dict[str, Counter[str]] = defaultdict(Counter)
    noted: Counter[str] = Counter()
    for p in passages:
        for s in p.statements:
            if s.speaker:
                who = f"{s.speaker.name}, {s.speaker.credential}"
                said[who][s.voice] += 1
                noted[who] += bool(s.note)
    for who, voices in said.items():
        counts = ", ".join(f"{n} {voice}" for voice, n in sorted(voices.items(), key=lambda x: (-x[1], x[0])))
        yield f"speaker: {who}: {counts}" + (f"; {noted[who]} with a note on the law" if noted[who] else "")
