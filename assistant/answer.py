"""Situations and passages to a cited answer: choose statements, order them, number them, each whole.

A statement is weighed by the situations that say it and how likely they are, its nearness to the message, the part
its writer gave it (an `answer` before a `more`) and its page. Near-repeats are left out (maximal marginal relevance,
Carbonell and Goldstein, 1998). Where both an expert and the law speak, both are heard.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.embedding import Vectors
from assistant.index import Index
from assistant.knowledge import Knowledge
from assistant.records import Citation, CitedSource, Passage, Role, Sentence, Situation, Statement
from assistant.search import Found, Hit

__all__ = ["Composed", "MAX_SENTENCES", "MIN_SENTENCES", "NOTHING", "cite", "compose"]

MAX_SENTENCES = 7
MIN_SENTENCES = 3
_PASSAGES = 36  # ranked passages whose statements are weighed
# Fitted by logistic regression on the tune part of evals/cases/questions*.jsonl: does a sentence say a vital fact?
# Scaled so that the cosine to the message weighs 1 (docs/decisions/0004-choosing.md).
_PART = {"answer": 0.09, "do": 0.09, "why": 0.0, "more": 0.0, "example": -0.09}
_VOICE = {"expert": 0.21, "article": 0.12, "law": -0.10, "help": -0.10}
_LEAD = 0.02  # for the first of the sentences that its page would say first, falling to a sixth of it
_LEADS = 6
_PAGE = 0.29  # for the square root of its page's probability
_LIKELIEST = 1.22  # for the square root of the probability of the likeliest situation that says it
_ALL, _VITAL = -0.92, 0.29  # for the probability of all situations that say it, and of those that must
_OFTEN = 0.52  # for being said by three likely situations; a part of it for fewer
_COUNTS = 0.05  # probability from which a situation counts whole
_LATE = -0.29  # for standing last in the situation's order, or in none
_SAID = -0.51  # offset of a sentence that some situation says
_MOST = 10  # statements of a situation
_ORDER = {"answer": 0, "why": 1, "more": 2, "example": 3, "do": 4}
_SAME = 0.86  # cosine from which two statements say the same
_VOICES = 2  # situations whose voices are both heard
_BOTH = 0.2  # least share of the best weight with which the missing voice joins
_NOWHERE = (99, 0)


@dataclass(frozen=True, slots=True)
class Composed:
    """The sentences and citations of an answer, numbered from 1 in reading order."""

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics of the citations, most cited first, ties in reading order."""
        count = Counter(c.topic for c in self.citations)
        return tuple(t for t, _ in count.most_common())


NOTHING = Composed((), ())


@dataclass(frozen=True, slots=True)
class _Weighed:
    statement: Statement
    passage: Passage
    weight: float
    vector: Vectors | None
    place: tuple[int, int]  # of the situation that says it, and in its order; (99, 0) for none


def _family(statement: Statement) -> str:
    """Two voices are told apart: law (rules and agencies) and guidance (experts, article, research)."""
    return "law" if statement.kind in {"law", "help"} else "guidance"


@dataclass(slots=True)
class _Said:
    """What the likely situations say of one statement."""

    all: float = 0.0
    vital: float = 0.0
    best: float = 0.0
    count: float = 0.0  # situations that say it, an unlikely one in part
    place: tuple[int, int] = _NOWHERE

    @property
    def weight(self) -> float:
        """Zero situations give the constant of a sentence that none says."""
        if not self.count:
            return _LATE
        return (
            _SAID + _ALL * self.all + _VITAL * self.vital + _LIKELIEST * math.sqrt(self.best)
            + _OFTEN * min(self.count, 3) / 3 + _LATE * self.place[1] / (_MOST - 1)
        )  # fmt: skip


def _said(situations: Sequence[tuple[Situation, float]], told: frozenset[str]) -> dict[str, _Said]:
    """By statement id; its place is the one in the likeliest situation that says it."""
    out: dict[str, _Said] = {}
    for rank, (situation, chance) in enumerate(situations):
        for n, statement in enumerate(situation.says(told)):
            said = out.setdefault(statement, _Said())
            said.all += chance
            said.vital += chance * (statement in situation.vital)
            said.count += min(chance / _COUNTS, 1.0)
            if chance > said.best:
                said.best, said.place = chance, (rank, n)
    return out


def _weigh(found: Found, index: Index | None, knowledge: Knowledge, told: frozenset[str]) -> list[_Weighed]:
    said = _said(found.situations, told)
    pages = {h.passage.id: h.page for h in found.hits[:_PASSAGES]}
    candidates = {s.id: h.passage for h in found.hits[:_PASSAGES] for s in h.passage.statements}
    candidates |= {i: knowledge.passage_of[i] for i in said}
    vectors = index.vectors("statements", list(candidates)) if index else {}
    rank = {passage: n for n, passage in enumerate(pages)}
    out = []
    for i, passage in candidates.items():
        statement = next(s for s in passage.statements if s.id == i)
        vector = vectors.get(i)
        near = (
            float(vector @ found.vector)
            if vector is not None and found.vector is not None
            else 0.4 - 0.01 * rank.get(passage.id, 0)
        )
        by_situations = said.get(i, _Said())
        weight = near + by_situations.weight + _PART[statement.part] + _VOICE.get(statement.kind, 0.0)
        weight += _PAGE * math.sqrt(pages.get(passage.id, 0.0)) + _told_first(statement)
        out.append(_Weighed(statement, passage, weight, vector, by_situations.place))
    return sorted(out, key=lambda w: (-w.weight, w.statement.id))


def _told_first(statement: Statement) -> float:
    return _LEAD * (_LEADS + 1 - statement.lead) / _LEADS if statement.lead else 0.0


def _repeats(candidate: _Weighed, chosen: Iterable[_Weighed]) -> bool:
    for other in chosen:
        if other.statement.text == candidate.statement.text:
            return True
        if (
            candidate.vector is not None
            and other.vector is not None
            and float(candidate.vector @ other.vector) >= _SAME
        ):
            return True
    return False


def _choose(weighed: Sequence[_Weighed], limit: int) -> list[_Weighed]:
    """Greedy, without repeating; the last of them gives way where a voice is missing."""
    chosen: list[_Weighed] = []
    for candidate in weighed:
        if len(chosen) == limit:
            break
        if not _repeats(candidate, chosen):
            chosen.append(candidate)
    return _both_voices(chosen, weighed, limit)


def _both_voices(chosen: list[_Weighed], weighed: Sequence[_Weighed], limit: int) -> list[_Weighed]:
    """Where a voice is missing that the likely situations or the chosen pages have, its best joins; the last goes."""
    if len(chosen) < MIN_SENTENCES:
        return chosen
    have = {_family(c.statement) for c in chosen}
    pages = {c.passage.page_id for c in chosen}
    for voice in ("guidance", "law"):
        near = (w for w in weighed if w.place[0] < _VOICES or w.passage.page_id in pages)
        other = next((w for w in near if _family(w.statement) == voice and not _repeats(w, chosen)), None)
        if voice not in have and other and other.weight >= _BOTH * weighed[0].weight:
            return [*chosen[:-1], other] if len(chosen) == limit else [*chosen, other]
    return chosen


def _in_reading_order(chosen: Sequence[_Weighed]) -> list[_Weighed]:
    """What situations say, in their order; then pages by their best statement, inside a page answer, why, do."""
    rank: dict[str, int] = {}
    for n, c in enumerate(chosen):
        rank.setdefault(c.passage.page_id, n)
    return sorted(
        chosen,
        key=lambda c: (c.place, rank[c.passage.page_id], _ORDER[c.statement.part], c.statement.start, c.passage.id),
    )


def cite(n: int, statement: Statement, passage: Passage) -> Citation:
    """Citation `n` of a statement: the place in its passage and the source that a person can check."""
    reference = statement.references[0]
    source = reference.source
    return Citation(
        n=n,
        passage_id=passage.id,
        statement_id=statement.id,
        quote=passage.text[statement.start : statement.end],
        start=statement.start,
        end=statement.end,
        page_title=passage.page_title,
        heading=passage.heading,
        topic=passage.topic,
        speaker=statement.speaker.name if statement.speaker else None,
        credential=statement.speaker.credential if statement.speaker else None,
        jurisdiction=source.jurisdiction,
        as_of=source.as_of,
        kind=statement.kind,
        source=CitedSource(source.id, source.title, reference.locator, source.publisher, source.date),
        caveat=" ".join(x for x in (source.caveat, statement.note) if x),
    )


def compose(
    found: Found,
    index: Index | None,
    knowledge: Knowledge,
    told: frozenset[str] = frozenset(),
    limit: int = MAX_SENTENCES,
    after: Composed = NOTHING,
) -> Composed:
    """Choose, order and number 3 to `limit` statements; fewer where the passages hold fewer.

    Args:
        found: ranked passages and likely situations.
        index: gives the vectors of statements; None when only words were searched.
        knowledge: holds the statements that situations say.
        told: ids of the details that the message tells.
        limit: most sentences.
        after: what was said already: numbers go on from it, and nothing of it is said again.
    """
    said = {c.quote for c in after.citations}
    weighed = [w for w in _weigh(found, index, knowledge, told) if w.statement.text not in said]
    chosen = _in_reading_order(_choose(weighed, limit))
    citations = tuple(cite(n, c.statement, c.passage) for n, c in enumerate(chosen, len(after.citations) + 1))
    roles = [_role(c.statement) for c in chosen]
    sentences = tuple(Sentence(c.quote, (c.n,), role) for c, role in zip(citations, roles, strict=True))
    return Composed(after.sentences + sentences, after.citations + citations)


def _role(statement: Statement) -> Role:
    """A step to take may rest on the law; it is not the law, and is not shown as if it were."""
    return "law" if _family(statement) == "law" and statement.part != "do" else "guidance"


def best_pages(hits: Sequence[Hit], knowledge_pages: dict[str, str], without: set[str], n: int) -> tuple[str, ...]:
    """Titles of the best-ranked pages that are not in `without`, in order, at most `n`."""
    titles = (
        knowledge_pages[h.passage.page_id]
        for h in hits
        if h.passage.page_id in knowledge_pages and h.passage.page_id not in without
    )
    return tuple(dict.fromkeys(titles))[:n]
