"""What the desk shows of a passage: a checked look, a passage as JSON, its words marked, and the ways to copy it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date

from assistant.desk import MAX_SHOWN, Look
from assistant.errors import InputError
from assistant.facets import FACETS, Facets
from assistant.records import Passage, Source
from assistant.text import normalise, stems

__all__ = ["COPIES", "copy_text", "marked", "result_json", "stale", "wanted"]

COPIES = ("plain", "markdown", "apa")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def wanted(
    facets: Facets, text: str, k: int = 20, skip: int = 0, any_words: bool = True,
    chosen: Mapping[str, str | None] | None = None,
) -> Look:  # fmt: skip
    """A look with every facet checked; `chosen` are values of FACETS, in any case of letters.

    Raises:
        InputError: no words where `any_words` is False and no facet is set, a value that no passage has, or `k` or
            `skip` out of range.
    """
    if not 1 <= k <= MAX_SHOWN:
        raise InputError(f"k is {k}: give a whole number from 1 to {MAX_SHOWN}")
    if not 0 <= skip <= 1_000_000:
        raise InputError(f"skip is {skip}: give a whole number from 0 to 1,000,000")
    clean = normalise(text)
    set_ = {name: _checked(facets, name, value) for name, value in (chosen or {}).items() if value}
    if not any_words and not set_ and not any(c.isalnum() for c in clean):
        raise InputError("nothing to look for: give at least one word")
    return Look(clean, k, skip, **set_)


def _checked(facets: Facets, name: str, value: str) -> str:
    """The value as it is written in the content.

    Raises:
        InputError: there is no such facet, or no passage has that value.
    """
    if name not in FACETS:
        raise InputError(f"unknown facet {name!r}: one of {', '.join(FACETS)}")
    known = facets.values(name)
    found = next((v for v in known if v.lower() == value.lower()), None)
    if found is None:
        listed = ", ".join(known[:40]) + (", ..." if len(known) > 40 else "")
        raise InputError(f"unknown {name} {value[:60]!r}: one of {listed}")
    return found


def stale(passage: Passage, today: date) -> bool:
    """Whether a passage is past its review date."""
    return bool(passage.review_due) and passage.review_due < today.isoformat()


def marked(text: str, query: str, names: Collection[str] = ()) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether a word of the query, or a section that it names, stands there."""
    wanted_stems = set(stems(query))
    exact = [re.escape(n) for n in sorted(names, key=len, reverse=True) if any(c.isdigit() for c in n)]
    finder = re.compile("|".join([*exact, _WORD.pattern])) if exact else _WORD
    pieces: list[tuple[str, bool]] = []
    at = 0
    for match in finder.finditer(text):
        word = match[0]
        if word in names or (wanted_stems & set(stems(word))):
            if match.start() > at:
                pieces.append((text[at : match.start()], False))
            pieces.append((word, True))
            at = match.end()
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


def result_json(passage: Passage, score: float | None = None, today: date | None = None) -> dict[str, object]:
    """One passage with its statements and sources, as the lookup and /passages/{id} give it."""
    head: dict[str, object] = {
        "passage_id": passage.id,
        "page_title": passage.page_title,
        "heading": passage.heading,
        "topic": passage.topic,
        "topics": list(passage.topics),
        "also_in": list(passage.also_in),
        "jurisdiction": passage.jurisdiction,
        "reviewed": passage.reviewed,
        "review_due": passage.review_due,
        "stale": stale(passage, today or date.today()),
        "text": passage.text,
        "statements": [
            {
                "id": s.id,
                "text": s.text,
                "start": s.start,
                "end": s.end,
                "kind": s.kind,
                "speaker": s.speaker.name if s.speaker else None,
                "voice": s.voice if passage.library else None,
                "note": s.note,
                "sources": [{"id": r.source.id, "locator": r.locator} for r in s.references],
            }
            for s in passage.statements
        ],
        "sources": [
            {
                "id": s.id, "title": s.title, "publisher": s.publisher, "date": s.date, "as_of": s.as_of,
                "check_at": s.check_at, "caveat": s.caveat, "confidence": s.confidence, "licence": s.licence,
            }
            for s in passage.sources
        ],
    }  # fmt: skip
    return head if score is None else {"passage_id": passage.id, "score": score, **head}


# Copying


def _speakers(passage: Passage) -> str:
    found = dict.fromkeys(f"{s.speaker.name} ({s.speaker.credential})" for s in passage.statements if s.speaker)
    return "; ".join(found)


def _state(passage: Passage, today: date) -> str:
    if not passage.reviewed:
        return ""
    late = f", out of review since {passage.review_due}" if stale(passage, today) else ""
    return f", reviewed {passage.reviewed}{late}"


def copy_text(passage: Passage, format_: str = "plain", today: date | None = None) -> str:
    """The passage with its citation, for a letter or a case note; `format_` is one of COPIES.

    Raises:
        InputError: another format.
    """
    if format_ not in COPIES:
        raise InputError(f"unknown format {format_!r}: one of {', '.join(COPIES)}")
    day = today or date.today()
    if format_ == "apa":
        return _apa(passage, day)
    return _markdown(passage, day) if format_ == "markdown" else _plain(passage, day)


def _plain(passage: Passage, today: date) -> str:
    lines = [passage.text, ""]
    if speakers := _speakers(passage):
        lines.append(f"Speaking: {speakers}.")
    lines += [f"Note: {note}" for note in dict.fromkeys(s.note for s in passage.statements if s.note)]
    lines += [f"Source: {s.title}, {s.publisher} ({s.as_of}). Check at: {s.check_at}." for s in passage.sources]
    lines.append(f'Doorstep, "{passage.page_title}: {passage.heading}"{_state(passage, today)}, /passages/{passage.id}')
    return "\n".join(lines)


def _md(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", text)


def _markdown(passage: Passage, today: date) -> str:
    lines = [f"> {_md(row)}" for row in passage.text.splitlines()]
    lines += ["", f"**{_md(passage.page_title)}: {_md(passage.heading)}**{_md(_state(passage, today))}", ""]
    if speakers := _speakers(passage):
        lines.append(f"- Speaking: {_md(speakers)}")
    lines += [
        f"- Source: {_md(s.title)}, {_md(s.publisher)} ({_md(s.as_of)}). Check at: {_md(s.check_at)}."
        for s in passage.sources
    ]
    lines.append(f"- Doorstep, /passages/{passage.id}")
    return "\n".join(lines)


def _year(source: Source) -> str:
    match = re.match(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-\d{2})?(?!\d))?", source.date)  # "2025-26" is a school year
    if match is None:
        return "n.d."
    parts = match[0].split("-")
    if len(parts) == 1:
        return parts[0]
    day = date(int(parts[0]), int(parts[1]), int(parts[2]) if len(parts) == 3 else 1)
    return f"{day.year}, {day:%B}" + (f" {day.day}" if len(parts) == 3 else "")


def _apa(passage: Passage, today: date) -> str:
    """After APA style: author, date, title, publisher; a law by its own name and year, as that style does."""
    rows = []
    for s in passage.sources:
        if s.kind == "law":
            rows.append(f"{s.title} ({_year(s)}). {s.as_of}. {s.check_at}.")
        else:
            rows.append(f"{s.publisher}. ({_year(s)}). {s.title}. {s.check_at}.")
    quoted = " ".join(passage.text.split())
    own = f"Doorstep. ({passage.reviewed[:4] or 'n.d.'}). {passage.page_title}: {passage.heading}"
    late = " (out of review)" if stale(passage, today) else ""
    said = f"Speaking: {_speakers(passage)}." if _speakers(passage) else ""
    return "\n".join(x for x in [f'"{quoted}"', said, f"{own}{late}. /passages/{passage.id}", *rows] if x)
