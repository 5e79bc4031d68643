"""The grounding detector: does a reworded sentence say what its cited statements say? A score and its reasons.

Without a model: word coverage, nearness in meaning, and rules for what rewording most often changes (numbers, names,
negation, modality, place, speaker). A guard, not a proof: it cannot see a contradiction in other words. Weights are
those of the project's study of eleven public sets and are fitted on none of the sets they are measured on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from assistant.embedding import Embedder
from assistant.knowledge import Knowledge
from assistant.records import Citation
from assistant.text import stems, tokens

__all__ = [
    "SUPPORTED", "UNSUPPORTED", "Evidence", "Judgement", "evidence_for", "judge", "negations", "numbers", "obligations",
    "places", "statutes",
]  # fmt: skip

SUPPORTED = 0.80  # from here, and with nothing against it, a sentence counts as supported
UNSUPPORTED = 0.45  # below, as unsupported; between the two a person should look
_WEIGHT = {"coverage": 0.5, "best": 0.2, "cosine": 0.3, "mismatch": -0.25, "negation": -0.15}
_NEAR = 0.5  # coverage by one sentence from which a differing negation means the opposite and not another thing
_EMBEDDED = 20  # evidence sentences that are embedded: those with most words in common
_YEAR = 1000  # numbers from here on are years or sections

Verdict = Literal["supported", "review", "unsupported"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sentence cites: the statements' words, and what their cards say beside them."""

    sentences: tuple[str, ...]
    speakers: frozenset[str] = frozenset()  # surnames on the cards
    others: frozenset[str] = frozenset()  # surnames of every other expert
    places: frozenset[str] = frozenset()  # jurisdictions on the cards
    sources: tuple[str, ...] = ()  # titles and locators: a number that stands there is no invention


@dataclass(frozen=True, slots=True)
class _Nearest:
    """The cited sentence nearest in meaning, the largest share that one holds, and those mostly told in the claim."""

    text: str
    share: float
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score` from about -0.4 to 1; `reasons` is empty only where nothing speaks against the sentence."""

    score: float
    verdict: Verdict
    reasons: tuple[str, ...]
    coverage: float
    best: float
    cosine: float
    nearest: str  # the cited sentence that is nearest in meaning

    @property
    def flagged(self) -> bool:
        """Whether a person should look: a rule was broken, or the score is that of an unsupported sentence."""
        return bool(self.reasons) or self.verdict == "unsupported"


_ONES = dict(zip("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
                 "sixteen seventeen eighteen nineteen".split(), range(20), strict=True))  # fmt: skip
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "twice": 2}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NOT = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|unable|\w+n't|cant|dont|doesnt|wont|isnt|arent|"
    r"didnt|wasnt|shouldnt|couldnt|wouldnt|rarely|seldom|hardly|refus\w+ to|fails? to|stops? short)\b"
)
_MUST = re.compile(
    r"\b(?:must|shall|(?:has|have|had) to|required?|requires|obliged|mandatory|guarantees?d?|(?:is|are) entitled)\b"
)
_ABSOLUTE = re.compile(
    r"\b(?:all|always|every|everyone|proves?|guarantees?|only|entirely|completely|certainly|in all cases)\b"
)
_STATUTE = re.compile(
    r"(?:§+|\bsections?|\bsec\.|\bCFR|\bU\.?S\.?C\.?|\b(?:Education|Penal|Welfare|Health|Government|Civil) Code|"
    r"\btitle)\s*(\d[\w.]*)",
    re.I,
)
_PLACES = {
    "california": "California", "californian": "California", "federal": "Federal", "nationwide": "Federal",
    "texas": "Texas", "oregon": "Oregon", "nevada": "Nevada", "arizona": "Arizona", "florida": "Florida",
    "ohio": "Ohio", "washington": "Washington", "new york": "New York", "england": "England", "canada": "Canada",
}  # fmt: skip
_WORD = re.compile(r"[\w'&-]+")
_CAPITAL = re.compile(r"(?<![.?!:\"(] )(?<!^)(?<![\w'])([A-Z][\w'&-]*\w)")
_NAMES_SAFE = frozenset("I Mr Mrs Ms Dr Also And But If In The When Your You A It This That Some One".split())


@lru_cache(maxsize=65536)
def _plain(text: str) -> str:
    """NFKC, straight quotes, "1 , 056" and "1,056" as 1056, spaces around punctuation as written text has them."""
    flat = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2018", "'")
    flat = re.sub(r"(?<=\d) ?, ?(?=\d{3}\b)", "", flat)
    flat = re.sub(r"(?<=\d) ?\. ?(?=\d)", ".", flat)
    return re.sub(r"(\w) (n't|'s|'re|'ve|'ll)\b", r"\1\2", flat)


@lru_cache(maxsize=65536)
def numbers(text: str) -> frozenset[str]:
    """Every number of a text as a plain decimal; words such as "thirty-six" and "third" are numbers too."""
    flat = _plain(text)
    found = {_decimal(float(n)) for n in _NUMBER.findall(flat)}
    words = tokens(flat.replace("-", " "))
    for word, after in zip(words, (*words[1:], ""), strict=False):
        if word in _TENS:
            found.add(_decimal(_TENS[word] + _ONES.get(after, 0)))
        elif word in _ONES and word != "one":  # "one", "once" and "first" seldom count anything
            found.add(_decimal(_ONES[word]))
        elif word in _ORDINALS:
            found.add(_decimal(_ORDINALS[word]))
    return frozenset(found)


def _decimal(n: float) -> str:
    return f"{n:.4f}".rstrip("0").rstrip(".")


def statutes(text: str) -> frozenset[str]:
    """Section numbers that a text names as law: "Education Code section 48260.5" gives 48260.5."""
    return frozenset(m.rstrip(".") for m in _STATUTE.findall(_plain(text)))


def negations(text: str) -> int:
    """How many words deny something."""
    return len(_NOT.findall(_plain(text).lower()))


def obligations(text: str) -> int:
    """How many words say that something must be."""
    return len(_MUST.findall(_plain(text).lower()))


def places(text: str) -> frozenset[str]:
    """Jurisdictions that a text names."""
    flat = f" {' '.join(tokens(_plain(text)))} "
    return frozenset(name for word, name in _PLACES.items() if f" {word} " in flat)


def _names(text: str) -> frozenset[str]:
    """Capitalised words inside a sentence, in lower case without a plural or possessive s."""
    return frozenset(_bare(m) for m in _CAPITAL.findall(_plain(text)) if m not in _NAMES_SAFE)


def _bare(word: str) -> str:
    low = word.lower().removesuffix("'s")
    return low[:-1] if len(low) > 3 and low.endswith("s") else low


def _flags(claim: str, evidence: Evidence, near: _Nearest) -> tuple[list[str], bool, bool]:
    """What rewording changed, in words; whether a number or name is missing; whether the negation differs."""
    cited = " ".join(evidence.sentences)
    cards = " ".join(evidence.sources)
    reasons = []
    law = statutes(claim) - statutes(cited) - statutes(cards)
    # A year that only the card names may be told, where the statement names none; a small number there never may.
    years = {n for n in numbers(cited) if float(n) >= _YEAR}
    told = {n for n in numbers(cards) if float(n) >= _YEAR} if not years else set()
    lost = numbers(claim) - numbers(cited) - told - law
    if law:
        reasons.append(f"statute: section {', '.join(sorted(law))} is not in the cited statements")
    if lost:
        reasons.append(f"number: {', '.join(sorted(lost))} is not in the cited statements")
    low = {_bare(w) for w in _WORD.findall(f"{cited} {cards}")} | {
        n.lower() for n in evidence.speakers | evidence.others
    }
    names = {n for n in _names(claim) if n not in low and n not in _PLACES}
    if names:
        reasons.append(f"name: {', '.join(sorted(names))} is not in the cited statements")
    deny = near.share > _NEAR and not _same_count(claim, near, negations)
    if deny:
        reasons.append("negation: one of the two denies what the other says")
    reasons += [
        r for r in (_stronger(claim, near), _elsewhere(claim, f"{cited} {cards}"), _voice(claim, evidence)) if r
    ]
    return reasons, bool(law or lost or names), deny


def _same_count(claim: str, near: _Nearest, count: Callable[[str], int]) -> bool:
    """As many as the nearest sentence has, or as all sentences together that the claim was made of."""
    return count(claim) in {count(near.text), sum(map(count, near.parts))}


def _stronger(claim: str, near: _Nearest) -> str:
    """A "may" that became a "must", or an absolute word that the cited sentence lacks."""
    if near.share <= _NEAR:
        return ""
    if obligations(claim) > max(obligations(near.text), sum(map(obligations, near.parts))):
        return "modality: it must, says the sentence; the cited statement does not say so"
    held = _plain(" ".join((near.text, *near.parts))).lower()
    added = set(_ABSOLUTE.findall(_plain(claim).lower())) - set(_ABSOLUTE.findall(held))
    return f"absolute: {', '.join(sorted(added))} is not in the cited statement" if added else ""


def _elsewhere(claim: str, cited: str) -> str:
    """Another state's or level's law than the cited statements and their cards name."""
    other = places(claim) - places(cited)
    return f"place: {', '.join(sorted(other))} is not in the cited statements" if other else ""


def _voice(claim: str, evidence: Evidence) -> str:
    """An expert named who did not say it."""
    words = set(tokens(claim.replace("'s", "")))
    wrong = {s for s in evidence.others - evidence.speakers if s.lower() in words}
    cited = set(tokens(" ".join(evidence.sentences).replace("'s", "")))
    wrong = {s for s in wrong if s.lower() not in cited}
    return f"speaker: {', '.join(sorted(wrong))} is not who is cited" if wrong else ""


def judge(claim: str, evidence: Evidence, embedder: Embedder | None = None) -> Judgement:
    """Score a sentence against what it cites.

    S = 0.5 coverage + 0.2 best + 0.3 cosine - 0.25 mismatch - 0.15 negation, where coverage is the share of the
    sentence's stems that stand anywhere in the evidence, best the largest share that one evidence sentence holds,
    cosine the nearest evidence sentence's, mismatch 1 when a number or a name is missing from the evidence, and
    negation 1 when the nearest sentence denies and the claim does not, or the reverse. Formula and weights: the study
    of eleven public sets that docs/evals.md names; only the twenty sentences with most words in common are embedded.

    A sentence with no evidence scores 0, as in ALCE (Gao et al., 2023). `embedder` None: words only.
    """
    if not evidence.sentences:
        return Judgement(0.0, "unsupported", ("uncited: nothing is cited for it",), 0.0, 0.0, 0.0, "")
    said = stems(_plain(claim))
    held = [frozenset(stems(_plain(s))) for s in evidence.sentences]
    everything = frozenset().union(*held)
    coverage = sum(s in everything for s in said) / len(said) if said else 0.0
    kinds = set(said)
    shares = [len(kinds & h) / len(kinds) if kinds else 0.0 for h in held]
    order = sorted(range(len(shares)), key=lambda i: (-shares[i], i))[:_EMBEDDED]
    best = max(shares)
    nearest, cosine = evidence.sentences[order[0]], coverage  # without an encoder its weight goes to the words
    if embedder is not None:
        vectors = embedder.encode([claim, *(evidence.sentences[i] for i in order)])
        cosines = vectors[1:] @ vectors[0]
        at = int(cosines.argmax())
        nearest, cosine = evidence.sentences[order[at]], float(cosines[at])
    parts = tuple(s for s, h in zip(evidence.sentences, held, strict=True) if h and len(h & kinds) / len(h) >= _NEAR)
    reasons, mismatch, deny = _flags(claim, evidence, _Nearest(nearest, best, parts))
    score = (
        _WEIGHT["coverage"] * coverage + _WEIGHT["best"] * best + _WEIGHT["cosine"] * cosine
        + _WEIGHT["mismatch"] * mismatch + _WEIGHT["negation"] * deny
    )  # fmt: skip
    verdict: Verdict = "unsupported" if score < UNSUPPORTED else "supported"
    if verdict == "supported" and (score < SUPPORTED or reasons):
        verdict = "review"
    return Judgement(round(score, 4), verdict, tuple(reasons), coverage, best, cosine, nearest)


def evidence_for(cards: Sequence[Citation], knowledge: Knowledge) -> Evidence:
    """What the detector may hold a sentence against: the cards' quotes, and what stands on the cards beside them."""
    surnames = {s.name.split()[-1] for s in knowledge.speakers.values()}
    spoken = frozenset(c.speaker.split()[-1] for c in cards if c.speaker)
    beside = (
        " ".join((c.source.title, c.source.locator, c.as_of, c.source.date, c.jurisdiction, c.speaker or ""))
        for c in cards
    )
    return Evidence(
        tuple(c.quote for c in cards), spoken, frozenset(surnames) - spoken, frozenset(c.jurisdiction for c in cards),
        tuple(beside),
    )  # fmt: skip
