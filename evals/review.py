"""A sheet on which a person marks each sentence and citation, and how far the scorers agree with it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InputError
from evals.figures import kappa
from evals.runs import Run

__all__ = ["Agreement", "export_sheet", "import_sheet"]

FIELDS = ("case", "message", "status", "sentence_number", "sentence", "bears_on_it", "citation_right", "note")
_MARKS = {"yes", "partly", "no", ""}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What people marked, and how it sits with the scorer beside it."""

    marked: int
    bears: float  # share of sentences marked yes, partly counts a half
    right: float
    kappa: float | None  # of "bears on it" with the scorer's verdict; None where one side never varies


def export_sheet(run: Run, file: Path, most: int = 60) -> int:
    """One row a quoted sentence, the marks left empty; cells that a spreadsheet would run are made text.

    Returns:
        Rows written.
    """
    rows = [r for r in run["results"] if r["suite"] == "answers"][:most]
    count = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        sheet = csv.DictWriter(stream, FIELDS)
        sheet.writeheader()
        for row in rows:
            quoted = [line for line in row["text"].replace("\n\n", "\n").split("\n") if "[" in line]
            pieces = [p.strip() for line in quoted for p in line.split("]") if "[" in p]
            for n, piece in enumerate(pieces, 1):
                count += 1
                sheet.writerow(
                    {"case": row["id"], "message": _safe(row["turns"][-1]), "status": row["status"],
                     "sentence_number": n, "sentence": _safe(piece.rsplit("[", 1)[0].strip()),
                     "bears_on_it": "", "citation_right": "", "note": ""}
                )  # fmt: skip
    return count


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def import_sheet(run: Run, file: Path) -> Agreement:
    """Read the marks back.

    Raises:
        InputError: another sheet, or a mark that is not yes, partly, no or empty.
    """
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            if tuple(reader.fieldnames or ()) != FIELDS:
                raise InputError(f"{file} has the columns {reader.fieldnames}; expected {', '.join(FIELDS)}")
            rows = list(reader)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    worth = {"yes": 1.0, "partly": 0.5, "no": 0.0}
    for n, row in enumerate(rows, 2):
        for field in ("bears_on_it", "citation_right"):
            if row[field].strip().lower() not in _MARKS:
                raise InputError(f"{file}:{n}: {field} is {row[field]!r}; expected yes, partly, no or nothing")
    marked = [r for r in rows if r["bears_on_it"].strip()]
    if not marked:
        raise InputError(f"{file} has no marks yet: fill bears_on_it with yes, partly or no")
    off = {
        (r["id"], text.strip())
        for r in run["results"] if r["suite"] == "answers"
        for s in r["scores"] if s["name"] == "bearing"
        for text in s["explanation"].split("; ")
    }  # fmt: skip
    person = ["no" if r["bears_on_it"].strip().lower() == "no" else "yes" for r in marked]
    scorer = ["no" if (r["case"], r["sentence"].strip()) in off else "yes" for r in marked]
    varies = len(set(person)) > 1 and len(set(scorer)) > 1
    right = [worth[r["citation_right"].strip().lower()] for r in marked if r["citation_right"].strip()]
    return Agreement(
        len(marked),
        sum(worth[r["bears_on_it"].strip().lower()] for r in marked) / len(marked),
        sum(right) / len(right) if right else 1.0,
        kappa(person, scorer) if varies else None,
    )
