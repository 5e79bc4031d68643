"""Planted faults: good answers corrupted on purpose, and which scorer catches which.

Structural kinds break the record itself and are caught letter by letter. The others change a sentence as a rewording
might, and keep its citation: the detector has to see it against what is cited.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.embedding import Embedder
from assistant.grounding import faults as structural
from assistant.knowledge import Knowledge
from assistant.records import Answer, Statement, Status
from evals.detector import support

__all__ = ["KINDS", "Caught", "plant", "table"]

_SEED = 7
# Score under which the detector flags a reworded sentence, whatever its flags; kept above random topics, below quotes.
FLAGGED = 0.70

_STATUTE = re.compile(r"\b(?:section |sections )?(\d{4,5}(?:\.\d+)?)\b")
_NUMBER = re.compile(r"\b\d+\b")
_SPEAKER = re.compile(r"\b(?:Dr\. )?(Stutman|Marsh|Shove)\b")
_MODAL = re.compile(r"\b(may|might|can|could)\b(?! be able)")
_PLACE = re.compile(r"\b(California|federal|Federal)\b")
_VERBS = re.compile(r"\b(is|are|was|were|can|may|must|should|will|does|do|has|have)\b(?! not\b)")


@dataclass(frozen=True, slots=True)
class Caught:
    """How many of a kind were planted, and how many each scorer caught."""

    kind: str
    planted: int
    integrity: int
    detector: int

    @property
    def share(self) -> float:
        """Caught by either."""
        return max(self.integrity, self.detector) / self.planted if self.planted else 0.0


def _other(statement: Statement, pool: Sequence[Statement], rng: random.Random) -> str:
    """A sentence of another page."""
    page = statement.id.rsplit(".", 1)[0]
    while True:
        found = rng.choice(pool)
        if found.id.rsplit(".", 1)[0] != page:
            return found.text


def _number(text: str, rng: random.Random) -> str | None:
    hits = [m for m in _NUMBER.finditer(text) if len(m[0]) < 4]
    if not hits:
        return None
    m = rng.choice(hits)
    return text[: m.start()] + str(int(m[0]) + rng.choice((1, 2, 5, 10))) + text[m.end() :]


def _statute(text: str, rng: random.Random) -> str | None:
    hits = list(_STATUTE.finditer(text))
    hits = [m for m in hits if not m[1].startswith(("19", "20"))]
    if not hits:
        return None
    m = rng.choice(hits)
    changed = str(int(m[1].split(".")[0]) + rng.choice((1, 3, 12))) + (f".{m[1].split('.')[1]}" if "." in m[1] else "")
    return text[: m.start(1)] + changed + text[m.end(1) :]


def _speaker(text: str, rng: random.Random) -> str | None:
    m = _SPEAKER.search(text)
    if m is None:
        return None
    others = [n for n in ("Stutman", "Marsh", "Shove") if n != m[1] and n not in text]
    return text[: m.start(1)] + rng.choice(others) + text[m.end(1) :] if others else None


def _negate(text: str, rng: random.Random) -> str | None:
    m = _VERBS.search(text)
    if m is None:
        return None
    return f"{text[: m.end()]} not{text[m.end() :]}"


def _must(text: str, rng: random.Random) -> str | None:
    return _MODAL.sub("must", text, count=1) if _MODAL.search(text) and "must" not in text.split() else None


def _place(text: str, rng: random.Random) -> str | None:
    return (
        _PLACE.sub(rng.choice(("Texas", "Ohio", "New York", "Florida")), text, count=1) if _PLACE.search(text) else None
    )


def _edited(text: str, rng: random.Random) -> str | None:
    """One word of the quotation changed."""
    words = text.split()
    at = rng.randrange(len(words))
    words[at] = words[at] + "s" if words[at][-1].isalpha() else words[at][:-1]
    return " ".join(words)


KINDS: dict[str, tuple[str, Callable[[str, random.Random], str | None]]] = {
    "number changed": ("reworded", _number), "statute changed": ("reworded", _statute),
    "speaker swapped": ("reworded", _speaker), "negation flipped": ("reworded", _negate),
    "may to must": ("reworded", _must), "place swapped": ("reworded", _place),
    "quote edited": ("structural", _edited),
}  # fmt: skip


def plant(answer: Answer, kind: str, knowledge: Knowledge, rng: random.Random) -> tuple[Answer, str, str] | None:
    """A corrupted copy, the corrupted sentence and the statement that it still cites; None where it does not apply."""
    claims = [n for n, s in enumerate(answer.sentences) if s.role in {"guidance", "law"}]
    if not claims:
        return None
    at = rng.choice(claims)
    sentence = answer.sentences[at]
    cited = next(c for c in answer.citations if c.n == sentence.citations[0])
    pool = [s for p in knowledge.passages for s in p.statements]
    if kind == "citations off by one":
        if len(answer.citations) < 2:
            return None
        moved = tuple(replace(c, n=c.n % len(answer.citations) + 1) for c in answer.citations)
        return replace(answer, citations=moved), sentence.text, ""
    if kind == "citation dangling":
        changed = replace(sentence, citations=(len(answer.citations) + 3,))
        return _put(answer, at, changed), sentence.text, ""
    if kind == "non-answer with citations":
        return replace(answer, status=Status.NO_MATCH), sentence.text, ""
    if kind == "foreign sentence":
        statement = next(s for s in knowledge.passage_by_id[cited.passage_id].statements if s.id == cited.statement_id)
        foreign = _other(statement, pool, rng)
        return _put(answer, at, replace(sentence, text=foreign)), foreign, cited.quote
    text = KINDS[kind][1](sentence.text, rng)
    if text is None or text == sentence.text:
        return None
    return _put(answer, at, replace(sentence, text=text)), text, cited.quote


def _put(answer: Answer, at: int, sentence: object) -> Answer:
    return replace(answer, sentences=(*answer.sentences[:at], sentence, *answer.sentences[at + 1 :]))  # type: ignore[arg-type]


def flagged(claim: str, source: str, embedder: Embedder | None) -> bool:
    """Whether the detector would hold a reworded sentence back."""
    found = support(claim, [source], embedder)
    return bool(found.flags) or found.score < FLAGGED


def table(
    answers: Sequence[Answer],
    knowledge: Knowledge,
    embedder: Embedder | None,
    each: int = 200,
    tick: Callable[[int], None] = lambda _: None,
) -> tuple[list[Caught], int, int]:
    """Plant `each` faults of every kind.

    Returns:
        One row a kind, how many clean sentences were looked at, and how many of them the detector flagged. Clean
        sentences are light rewordings that keep every fact: the clause after a comma moved to the front.
    """
    rows = []
    names = ["citations off by one", "citation dangling", "non-answer with citations", *KINDS, "foreign sentence"]
    for kind in names:
        rng = random.Random(f"{_SEED} {kind}")
        planted = caught = seen = tries = 0
        while planted < each and tries < each * 60:
            tries += 1
            made = plant(rng.choice(answers), kind, knowledge, rng)
            if made is None:
                continue
            broken, claim, source = made
            planted += 1
            caught += bool(structural(broken.status, broken.sentences, broken.citations, knowledge.passage_by_id))
            seen += bool(source) and flagged(claim, source, embedder)
        rows.append(Caught(kind, planted, caught, seen))
        tick(1)
    clean = [_reworded(c.quote) for a in answers for c in a.citations]
    pairs = [(c, q) for c, q in clean if c != q][:each]
    wrong = sum(flagged(c, q, embedder) for c, q in pairs)
    return rows, len(pairs), wrong


def _reworded(quote: str) -> tuple[str, str]:
    """The same sentence with its last clause first: every fact kept, no word added."""
    head, comma, tail = quote.rstrip(".").rpartition(", ")
    return (
        (f"{tail[0].upper()}{tail[1:]}, {head[0].lower()}{head[1:]}.", quote)
        if comma and head and tail
        else (quote, quote)
    )
