"""Is a sentence supported by the statements that it cites? A score, flags, and the reason; no model is asked.

    S = 0.5 coverage + 0.2 best sentence + 0.3 cosine - 0.25 mismatch - 0.15 negation

coverage is the share of the sentence's stems that stand anywhere in its sources; best sentence the share in a single
one; cosine the nearest one by the encoder. A number, name, statute, speaker or place that the sources lack, a
negation that they lack, a "must" where they say "may", and an absolute word of its own are flags with reasons.
Quoted sentences need none of this: they are compared letter by letter. The weights are those of the study that this
was planned on and are not fitted to any of the sets that evals measure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embedding import Embedder
from assistant.text import sentences, stems, tokens

__all__ = ["Support", "support", "verdict"]

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = {
    w: str(n)
    for n, w in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "ninety": "90", "hundred": "100"}
_NEGATIONS = frozenset("not no never none nor neither cannot without nobody nothing".split())
_MUST = frozenset("must shall required requires require mandatory".split())
_MAY = frozenset("may might can could usually often sometimes appears seem seems generally".split())
_ABSOLUTE = frozenset("all always every never guarantee guarantees guaranteed proves proven".split())
_PLACES = frozenset(
    "california federal texas ohio oregon nevada york florida arizona washington england canada".split()
)
_SPEAKERS = frozenset("stutman marsh shove".split())
_OPENERS = frozenset(
    "the a an in on at if when for to your you it this that these those some many most and but".split()
)


@dataclass(frozen=True, slots=True)
class Support:
    """`score` from 0 to 1; `flags` name what the sources lack, with the words that show it."""

    score: float
    flags: tuple[str, ...]
    best: str  # the source sentence that says most of it


def _flat(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("%", " percent")


def _numbers(text: str) -> set[str]:
    found = {m.replace(",", "").rstrip(".") for m in _NUMBER.findall(re.sub(r"(?<=\d) ?, (?=\d{3})", "", text))}
    return found | {_WORDS[w] for w in tokens(text) if w in _WORDS and w != "one"}


def _names(text: str) -> set[str]:
    """Capitalised words that do not open a sentence, and words in capitals, with their possessive off."""
    found = set()
    for sentence in sentences(text):
        for n, word in enumerate(re.findall(r"[A-Za-z][\w'-]*", sentence)):
            bare = word.removesuffix("'s")
            if (bare[0].isupper() and n > 0 and bare.lower() not in _OPENERS) or (len(bare) > 1 and bare.isupper()):
                found.add(bare.lower())
    return found - {"i", "i'm", "i've"}


def _negations(text: str) -> int:
    words = tokens(text)
    return sum(w in _NEGATIONS or w.endswith("n't") for w in words)


def _flags(claim: str, best: str, whole: str, covered: float) -> list[str]:
    flags = []
    extra = _numbers(claim) - _numbers(whole)
    if extra:
        flags.append(f"number not in the source: {', '.join(sorted(extra))}")
    said = set(tokens(claim))
    known = set(tokens(whole))
    names = {n for n in _names(claim) if n not in known and not any(part in known for part in re.split(r"[-']", n))}
    speakers = (said & _SPEAKERS) - known
    places = (said & _PLACES) - known
    for what, found in (("speaker", speakers), ("place", places), ("name", names - speakers - places)):
        if found:
            flags.append(f"{what} not in the source: {', '.join(sorted(found))}")
    if covered > 0.5 and _negations(claim) % 2 != _negations(best) % 2:
        flags.append("negation differs from the source")
    if said & _MUST and not known & _MUST and known & _MAY:
        flags.append(f"'{sorted(said & _MUST)[0]}' where the source says '{sorted(known & _MAY)[0]}'")
    if absolute := (said & _ABSOLUTE) - known:
        flags.append(f"absolute word not in the source: {', '.join(sorted(absolute))}")
    return flags


def support(claim: str, sources: Sequence[str], embedder: Embedder | None = None) -> Support:
    """How far the sources, read together, carry the claim.

    Args:
        claim: one sentence.
        sources: the statements or passages that it cites; none supports nothing.
        embedder: for the cosine; without one its weight goes to coverage.
    """
    claim = _flat(claim)
    whole = _flat("\n".join(sources))
    rows = [s for s in sentences(whole) if s] or [whole]
    wanted = stems(claim)
    if not wanted or not whole.strip():
        return Support(0.0, ("nothing to compare",), "")
    known = set(stems(whole))
    coverage = sum(s in known for s in wanted) / len(wanted)
    shares = [len(set(wanted) & set(stems(r))) / len(set(wanted)) for r in rows]
    if embedder is not None:
        vectors = embedder.encode([claim, *rows], lambda _: None)
        cosines = vectors[1:] @ vectors[0]
        best, cosine = rows[int(np.argmax(cosines))], float(np.max(cosines))
    else:
        best, cosine = rows[int(np.argmax(shares))], coverage
    flags = _flags(claim, best, whole, max(shares))
    mismatch = any("not in the source" in f and "absolute" not in f for f in flags)
    negation = any("negation" in f for f in flags)
    score = 0.5 * coverage + 0.2 * max(shares) + 0.3 * cosine - 0.25 * mismatch - 0.15 * negation
    return Support(round(float(np.clip(score, 0, 1)), 4), tuple(flags), best)


def verdict(found: Support) -> str:
    """`supported` from 0.80 without a flag, `unsupported` under 0.45, `review` between."""
    if found.score >= 0.80 and not found.flags:
        return "supported"
    return "unsupported" if found.score < 0.45 else "review"
