"""The evidence gate: may this be answered, and if not, what is it?

Absolute and constant: the thresholds were set on the cases of evals/cases/gate.jsonl and are never lowered to
obtain a citation. A test moves them and expects verdicts to change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.knowledge import Boundary
from assistant.records import Status
from assistant.search import Evidence
from assistant.text import tokens

__all__ = ["GATE", "Gate", "Verdict", "named_outside", "place_named"]

_SHORT = 30
_HERE = re.compile(
    r"\b(?:moved|moving|transferred|coming|came|relocated|used to live|lived|born|originally|back)\b.{0,20}$"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` ANSWERED lets the answer be composed; `reply` names the fixed reply otherwise."""

    status: Status
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """Thresholds on `Evidence`, set for the tuned encoder (docs/decisions/0005-gate.md)."""

    near: float = 0.38  # the best cosine to a question or a passage; below it nothing is near enough
    odds: float = 6.9  # learned log-odds and neighbours' share together
    coverage: float = 0.34  # words only: share of the message's known words in the best passages
    translated: float = 0.45  # Spanish, searched through the vocabulary: the best cosine to a passage

    def decide(self, evidence: Evidence, boundaries: Sequence[Boundary], words_only: bool = False) -> Verdict:
        """Whether the evidence passes; else the boundary that most neighbours belong to decides the status."""
        if words_only:
            passed = evidence.coverage >= self.coverage
            return Verdict(Status.ANSWERED) if passed else Verdict(Status.NO_MATCH, "no_match")
        near = max(evidence.question, evidence.passage)
        if evidence.translated and evidence.passage >= self.translated:
            return Verdict(Status.ANSWERED)
        if near >= self.near and evidence.odds >= self.odds:
            return Verdict(Status.ANSWERED)
        found = next((b for b in boundaries if b.id == evidence.boundary), None)
        if found is None or max(near, evidence.boundary_cosine) < self.near:
            return Verdict(Status.OUT_OF_SCOPE, "out_of_scope")
        return Verdict(Status(found.status), found.reply)


GATE = Gate()


def named_outside(text: str, boundaries: Sequence[Boundary]) -> Verdict | None:
    """The verdict on a message of at most 30 words that names something no page speaks of, else None."""
    words = tokens(text)
    flat = f" {' '.join(words)} "
    if len(words) <= _SHORT:
        for b in boundaries:
            if any(f" {' '.join(tokens(w))} " in flat for w in b.words):
                return Verdict(Status(b.status), b.reply)
    return None


def place_named(text: str, places: Sequence[tuple[str, str]]) -> str:
    """The place outside California that a message speaks of, "" for none; "we moved from Texas" does not count."""
    flat = " " + " ".join(w.replace("'", "") for w in tokens(text)) + " "
    for say, name in places:
        at = flat.find(f" {say} ")
        if at >= 0 and not _HERE.search(flat[max(0, at - 40) : at + 1].rstrip().removesuffix(" from")):
            return name
    return ""
