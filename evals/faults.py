"""Planted faults: good answers are spoiled on purpose, to see which scorer catches which fault and which cries wolf.

Structural faults are looked for by the check that every answer passes, letter by letter. Faults of wording are scored
as if a model had reworded the answer: the sentence is reworded first, so that no word-for-word comparison helps, then
spoiled, and the detector alone has to see it. The same rewording without a fault shows how often the detector flags a
good sentence.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.embedding import Embedder
from assistant.grounding import faults as last_check
from assistant.knowledge import Knowledge
from assistant.records import Answer, Citation, Status
from evals.detector import Judgement, evidence_for, judge, negations, numbers, statutes
from evals.figures import Figure, share

__all__ = ["REACH", "Caught", "plant", "reword"]

_SEED = 20261124
_JOINED = 0.3  # of the reworded sentences: two told as one, citing both
_KEEPS_ASIDE = {"changed statute", "changed number", "another place"}

# The share of each kind that has to be caught; of "clean" and "reworded" the share that may be flagged at most.
REACH = {
    "swapped numbers": 1.0, "dangling number": 1.0, "edited quote": 1.0, "another passage": 1.0,
    "non-answer cited": 1.0, "changed number": 0.98, "changed statute": 0.98, "swapped speaker": 0.95,
    "flipped negation": 0.85, "may to must": 0.85, "foreign sentence": 0.95, "another place": 0.85,
    "clean": 0.05, "reworded": 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caught:
    """One line of the table: how many were planted, how many were caught, and by what; `missed` up to three, in words.

    For "clean" and "reworded", `caught` counts false alarms, and `missed` shows them.
    """

    kind: str
    planted: int
    caught: int
    by: dict[str, int]
    missed: tuple[str, ...]

    @property
    def figure(self) -> Figure:
        """Caught / planted with its interval."""
        return share([1.0] * self.caught + [0.0] * (self.planted - self.caught))

    @property
    def reached(self) -> bool:
        """Whether the aim of its kind is met."""
        value, aim = self.figure.value, REACH[self.kind]
        if value is None:
            return False
        return value <= aim if self.kind in {"clean", "reworded"} else value >= aim


@dataclass(frozen=True, slots=True)
class _Good:
    """A good answer, and the knowledge to spoil it with."""

    answer: Answer
    random: random.Random
    knowledge: Knowledge


# Structural faults: answer to spoiled answer, or None where the answer offers no place for it.


def _quoting(answer: Answer) -> list[int]:
    """Places of the sentences that quote."""
    return [n for n, s in enumerate(answer.sentences) if s.role in {"guidance", "law"}]


def _swapped_numbers(good: _Good) -> Answer | None:
    i, j = good.random.sample(_quoting(good.answer), 2)
    rows = list(good.answer.sentences)
    rows[i], rows[j] = replace(rows[i], citations=rows[j].citations), replace(rows[j], citations=rows[i].citations)
    return replace(good.answer, sentences=tuple(rows))


def _dangling(good: _Good) -> Answer | None:
    i = good.random.choice(_quoting(good.answer))
    rows = list(good.answer.sentences)
    rows[i] = replace(rows[i], citations=(len(good.answer.citations) + good.random.randint(1, 3),))
    return replace(good.answer, sentences=tuple(rows))


def _edited_quote(good: _Good) -> Answer | None:
    """One inner word left out, in the card and in the sentence alike."""
    i = good.random.randrange(len(good.answer.citations))
    card = good.answer.citations[i]
    words = card.quote.split()
    if len(words) < 5:
        return None
    del words[good.random.randrange(1, len(words) - 1)]
    quote = " ".join(words)
    cards = tuple(replace(c, quote=quote) if c.n == card.n else c for c in good.answer.citations)
    rows = tuple(replace(s, text=quote) if card.n in s.citations else s for s in good.answer.sentences)
    return replace(good.answer, citations=cards, sentences=rows)


def _another_passage(good: _Good) -> Answer | None:
    i = good.random.randrange(len(good.answer.citations))
    card = good.answer.citations[i]
    other = good.random.choice(good.knowledge.passages)
    if card.quote in other.text:
        return None
    cards = tuple(replace(c, passage_id=other.id) if c.n == card.n else c for c in good.answer.citations)
    return replace(good.answer, citations=cards)


def _non_answer(good: _Good) -> Answer | None:
    status = good.random.choice([Status.NO_MATCH, Status.OUT_OF_SCOPE, Status.CLARIFY, Status.CRISIS])
    return replace(good.answer, status=status)


_STRUCTURAL: dict[str, Callable[[_Good], Answer | None]] = {
    "swapped numbers": _swapped_numbers,
    "dangling number": _dangling,
    "edited quote": _edited_quote,
    "another passage": _another_passage,
    "non-answer cited": _non_answer,
}

# Rewording that keeps the meaning: what a careful model would do to a sentence.

_SAID = re.compile(
    r"^(?P<what>.+), (?:as )?(?P<who>(?:Dr\. )?(?:Shove|Stutman|Marsh)) (?:says|suggests|notes|explains)\.$"
)
_SAYS = re.compile(r"^(?P<who>(?:Dr\. )?(?:Shove|Stutman|Marsh)) says (?:that )?(?P<what>.+)\.$")
_SOFT = (
    (r"\bdo not\b", "don't"), (r"\bdoes not\b", "doesn't"), (r"\bcannot\b", "can't"), (r"\bis not\b", "isn't"),
    (r"\bare not\b", "aren't"), (r"\bwill not\b", "won't"), (r"\bmust not\b", "mustn't"), (r"\bmust\b", "has to"),
    (r"\bmay\b", "might"), (r"\bbecause\b", "since"), (r"\bsuch as\b", "like"), (r"\boften\b", "frequently"),
    (r"\bask for\b", "request"), (r"\bstart\b", "begin"), (r"\bshows\b", "tells"), (r"\bbig\b", "large"),
    (r"\bneeds\b", "requirements"), (r"\bhelp\b", "support"), (r"\btalk\b", "speak"), (r"\bhard\b", "difficult"),
    (r"\bkeep\b", "hold on to"), (r"\bwhen\b", "once"), (r"\byour child\b", "the child"), (r"\bnow\b", "today"),
    (r"\babout\b", "regarding"), (r"\blooks? at\b", "considers"), (r"\bwork with\b", "cooperate with"),
)  # fmt: skip
_ASIDE = re.compile(r" \((?=[^)]*(?:copy|text|read|as of|plan|program|law|section)\b)[^)]*\)")
_OPENING = ("In short, ", "Note that ", "Also, ")


def _lower_first(text: str) -> str:
    first = text.split(" ", 1)[0]
    proper = first.isupper() or first in {
        "California",
        "Shove",
        "Stutman",
        "Marsh",
        "Dr.",
        "Undivided",
        "Education",
        "I",
    }
    return text if proper else text[:1].lower() + text[1:]


def reword(text: str, rng: random.Random, aside: bool = True) -> str:
    """The same sentence in other words: who said it moved, one to three words changed, an aside left out, an opening.

    Always differs from `text`. With `aside` False the brackets with a law's number stay.
    """
    said, says = _SAID.match(text), _SAYS.match(text)
    if said and rng.random() < 0.7:
        text = f"{said['who']} says that {_lower_first(said['what'])}."
    elif says and rng.random() < 0.7:
        text = f"According to {says['who']}, {_lower_first(says['what'])}."
    if aside and rng.random() < 0.5:
        text = _ASIDE.sub("", text)
    options = [(pattern, word) for pattern, word in _SOFT if re.search(pattern, text)]
    rng.shuffle(options)
    for pattern, word in options[: rng.randint(1, 3)]:
        text = re.sub(pattern, word, text, count=1)
    return rng.choice(_OPENING) + _lower_first(text)


# Faults of wording: a reworded sentence to a false one, or None where it offers no place for it.


def _changed_number(text: str, good: _Good) -> str | None:
    """One figure, not a section of law, becomes another that the sentence does not hold."""
    law = statutes(text)
    places_ = [m for m in re.finditer(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)", text) if m.group() not in law]
    if not places_:
        return None
    m = good.random.choice(places_)
    old = m.group()
    step = good.random.choice([-3, -2, -1, 1, 2, 3, 5, 10])
    new = str(max(1, int(float(old)) + step)) if "." not in old else f"{float(old) + step:.1f}"
    return None if new in numbers(text) else text[: m.start()] + new + text[m.end() :]


def _changed_statute(text: str, good: _Good) -> str | None:
    law = sorted(statutes(text))
    if not law:
        return None
    old = good.random.choice(law)
    head, _, tail = old.partition(".")
    new = str(int(re.sub(r"\D", "", head)) + good.random.choice([-30, -4, 1, 2, 7, 110])) + (f".{tail}" if tail else "")
    return re.sub(rf"(?<![\w.]){re.escape(old)}(?!\d)", new, text, count=1)


def _swapped_speaker(text: str, good: _Good) -> str | None:
    surnames = sorted(s.name.split()[-1] for s in good.knowledge.speakers.values())
    named = [s for s in surnames if re.search(rf"\b{s}\b", text)]
    if len(named) != 1:
        return None
    other = good.random.choice([s for s in surnames if s != named[0]])
    return re.sub(rf"\b{named[0]}\b", other, text)


_UNDO = (
    (r"\bdon't ", ""), (r"\bdoesn't (\w+)", r"does \1"), (r"\bcan't\b", "can"), (r"\bisn't\b", "is"),
    (r"\baren't\b", "are"), (r"\bwon't\b", "will"), (r"\bmustn't\b", "must"), (r"\bdo not ", ""),
    (r"\bdoes not\b", "does"), (r"\bcannot\b", "can"),
    (r" not\b", ""), (r"\bnever\b", "often"), (r"\bno (?=\w)", "a "), (r"\bwithout\b", "with"),
)  # fmt: skip
_DENY = (
    (r"\b(is|are|was|were|may|might|must|should|will|could|would)\b", r"\1 not"), (r"\bcan\b", "cannot"),
    (r"\bhas to\b", "does not have to"), (r"\bsays that\b", "does not say that"),
    (r"\b(helps|means|needs|shows|lists)\b", r"never \1"),
)  # fmt: skip


def _flipped_negation(text: str, good: _Good) -> str | None:
    """A denial taken out, or one put in."""
    rules = _UNDO if negations(text) else _DENY
    for pattern, word in rules:
        if re.search(pattern, text):
            found = re.sub(pattern, word, text, count=1)
            # Taking out "not even" or a double denial leaves a sentence that says the same: no fault was planted.
            return found if (negations(found) - negations(text)) % 2 else None
    return None


def _may_to_must(text: str, good: _Good) -> str | None:
    found = re.sub(r"\b(?:may|might|could|can)\b(?! not)", "must", text, count=1)
    return found if found != text else None


def _foreign(text: str, good: _Good) -> str | None:
    """A sentence of a page of another topic in its place."""
    topics = set(good.answer.topics)
    other = [p for p in good.knowledge.passages if p.topic not in topics]
    return reword(good.random.choice(good.random.choice(other).statements).text, good.random) if other else None


_MOVED = (
    (r"\bCalifornia's\b", "Texas's"), (r"\bCalifornia\b", "Texas"), (r"\bFederal\b", "California"),
    (r"\bfederal\b", "California"), (r"\b[Ss]tate law\b", "Texas law"),
)  # fmt: skip


def _another_place(text: str, good: _Good) -> str | None:
    for pattern, word in _MOVED:
        if re.search(pattern, text):
            return re.sub(pattern, word, text)
    return None


_WORDING: dict[str, Callable[[str, _Good], str | None]] = {
    "changed number": _changed_number,
    "changed statute": _changed_statute,
    "swapped speaker": _swapped_speaker,
    "flipped negation": _flipped_negation,
    "may to must": _may_to_must,
    "foreign sentence": _foreign,
    "another place": _another_place,
}


@dataclass(frozen=True, slots=True)
class _Planted:
    """A reworded, perhaps spoiled sentence and the cards that it claims to tell."""

    kind: str
    text: str
    cards: tuple[Citation, ...]


def _sentences(answers: Sequence[Answer], knowledge: Knowledge, rng: random.Random, each: int) -> list[_Planted]:
    """Up to `each` of every kind of wording, and twice as many reworded without a fault."""
    rows = [(a, n) for a in answers for n in range(len(a.citations))]
    rng.shuffle(rows)
    wanted = {kind: each for kind in _WORDING} | {"reworded": 2 * each}
    found: dict[str, list[_Planted]] = {kind: [] for kind in wanted}
    tried: dict[str, Counter[str]] = {kind: Counter() for kind in wanted}
    for again in range(4):  # a fault with few places, such as a statute, is planted in a sentence up to four times
        for answer, n in rows:
            quote = answer.citations[n].quote
            for kind, planted in found.items():
                if len(planted) < wanted[kind] and tried[kind][quote] <= again:
                    tried[kind][quote] += 1
                    planted += _one(kind, n, _Good(answer, rng, knowledge))
    return [p for planted in found.values() for p in planted]


def _one(kind: str, n: int, good: _Good) -> list[_Planted]:
    """The sentence of card `n` reworded and, unless the kind is "reworded", spoiled; nothing where it cannot be."""
    card = good.answer.citations[n]
    text = reword(card.quote, good.random, aside=kind not in _KEEPS_ASIDE)
    if kind == "reworded":
        if n and good.random.random() < _JOINED:
            other = good.answer.citations[n - 1]
            joined = f"{reword(other.quote, good.random).rstrip('.')}, and {text[:1].lower()}{text[1:]}"
            return [_Planted(kind, joined, (other, card))]
        return [_Planted(kind, text, (card,))]
    spoiled = _WORDING[kind](text, good)
    return [_Planted(kind, spoiled, (card,))] if spoiled is not None and spoiled != text else []


def _structure(spoiled: Answer, knowledge: Knowledge) -> list[str]:
    found = last_check(spoiled.status, spoiled.sentences, spoiled.citations, knowledge.passage_by_id)
    return ["integrity"] if found else []


def _caught_by(judged: Judgement) -> list[str]:
    return [r.partition(":")[0] for r in judged.reasons] + (["score"] if judged.verdict == "unsupported" else [])


def _row(kind: str, planted: Sequence[tuple[str, list[str]]]) -> Caught:
    """A line of the table from what was planted, in words, and what each was caught by."""
    count = Counter(name for _, by in planted for name in by)
    wrong = [text for text, by in planted if bool(by) == (kind in {"clean", "reworded"})]
    return Caught(kind, len(planted), sum(bool(by) for _, by in planted), dict(count.most_common()), tuple(wrong[:3]))


def plant(
    answers: Sequence[Answer], knowledge: Knowledge, embedder: Embedder | None, each: int = 200,
    tick: Callable[[int], None] = lambda _: None,
) -> list[Caught]:  # fmt: skip
    """Plant `each` faults of every kind and look for them; the same answers and number give the same table.

    Args:
        answers: good answers with at least two quoted sentences each.
        knowledge: what they quote.
        embedder: for the detector.
        each: how many of every kind; a kind with few places, such as a statute, may have less.
        tick: told how many more sentences were judged.
    """
    rng = random.Random(_SEED)
    good = [a for a in answers if len(_quoting(a)) >= 2]
    table = []
    for kind, spoil in _STRUCTURAL.items():
        rows: list[tuple[str, list[str]]] = []
        while len(rows) < each and good:
            answer = rng.choice(good)
            spoiled = spoil(_Good(answer, rng, knowledge))
            if spoiled is not None:
                rows.append((answer.question, _structure(spoiled, knowledge)))
        table.append(_row(kind, rows))
    clean = [(a.question, _structure(a, knowledge)) for a in good[:each]]
    judged: dict[str, list[tuple[str, list[str]]]] = {}
    for p in _sentences(good, knowledge, rng, each):
        found = judge(p.text, evidence_for(p.cards, knowledge), embedder)
        said = f"{p.text} (cited: {' '.join(c.quote for c in p.cards)})"
        judged.setdefault(p.kind, []).append((said, _caught_by(found)))
        tick(1)
    table += [_row(kind, judged.get(kind, [])) for kind in _WORDING]
    return [*table, _row("clean", clean), _row("reworded", judged.get("reworded", []))]
