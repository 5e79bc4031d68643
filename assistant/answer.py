"""Passages to a cited answer: choose statements, order them, number them. Every sentence is a statement, whole.

A statement is weighed by its passage's rank, its own nearness to the message, and the part its writer gave it
(an `answer` before a `more`). Near-repeats are left out (maximal marginal relevance, Carbonell and Goldstein,
1998). Where both an expert and the law speak, both are heard.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.embedding import Vectors
from assistant.index import Index
from assistant.records import Citation, CitedSource, Passage, Role, Sentence, Statement
from assistant.search import Found, Hit

__all__ = ["Composed", "MAX_SENTENCES", "MIN_SENTENCES", "cite", "compose"]

MAX_SENTENCES = 7
MIN_SENTENCES = 3
_PASSAGES = 36  # ranked passages whose statements are weighed
# Weights beside a cosine; tuned on evals/cases/answers.jsonl, the plateau is wide (docs/decisions/0004-choosing.md).
_PART = {"answer": 0.15, "do": 0.06, "why": 0.04, "more": 0.0, "example": 0.0}
_ORDER = {"answer": 0, "why": 1, "more": 2, "example": 3, "do": 4}
_LEAD = 0.35  # for the sentence that its page would say first, falling to a sixth of it for the sixth
_LEADS = 6
_VOICE = {"expert": 0.15, "article": 0.10}  # guidance before rules: what to do, then what the law says
_PAGE = 0.08  # weight of the log-probability of a statement's page
_FAR = 0.03  # pages less likely than this share of the likeliest are not quoted
_SPREAD = 0.02  # lost by a sentence for each one that its page already gave
_SAME = 0.80  # cosine from which two statements say the same
_FLOOR = 0.4  # a statement weighing less than this share of the best one is padding
_PER_PASSAGE = 2


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


@dataclass(frozen=True, slots=True)
class _Weighed:
    statement: Statement
    passage: Passage
    weight: float
    vector: Vectors | None
    page: float  # probability of the page


def _family(statement: Statement) -> str:
    """Two voices are told apart: law (rules and agencies) and guidance (experts, article, research)."""
    return "law" if statement.kind in {"law", "help"} else "guidance"


def _weigh(found: Found, index: Index | None) -> list[_Weighed]:
    hits = found.hits[:_PASSAGES]
    if not hits:
        return []
    vectors = index.vectors("statements", [s.id for h in hits for s in h.passage.statements]) if index else {}
    best_page = max(h.page for h in hits)
    out = []
    for rank, hit in enumerate(hits):
        page = _PAGE * math.log(hit.page / best_page)
        for statement in hit.passage.statements:
            vector = vectors.get(statement.id)
            near = (
                float(vector @ found.vector) if vector is not None and found.vector is not None else 0.4 - 0.01 * rank
            )
            out.append(
                _Weighed(
                    statement,
                    hit.passage,
                    near + _PART[statement.part] + _told_first(statement) + page,
                    vector,
                    hit.page,
                )
            )
    return sorted(out, key=lambda w: (-w.weight, w.statement.id))


def _told_first(statement: Statement) -> float:
    voice = _VOICE.get(statement.kind, 0.0)
    return voice + (_LEAD * (_LEADS + 1 - statement.lead) / _LEADS if statement.lead else 0.0)


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


def _page_limit(chance: float) -> int:
    """Sentences that a page may give: the surer the reading, the more of the answer is its."""
    return 2 if chance < 0.2 else 3 if chance < 0.5 else 4 if chance < 0.8 else 6


def _choose(weighed: Sequence[_Weighed], limit: int) -> list[_Weighed]:
    """Greedy: each sentence already taken from a page makes its next one weigh less."""
    chosen: list[_Weighed] = []
    passages: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    top = max((w.page for w in weighed), default=0.0)
    left = [w for w in weighed if w.page >= _FAR * top]
    while left and len(chosen) < limit:
        best = max(left, key=lambda w: w.weight - _SPREAD * pages[w.passage.page_id])
        left.remove(best)
        if len(chosen) >= MIN_SENTENCES and best.weight < _FLOOR * weighed[0].weight:
            break
        p = best.passage
        if passages[p.id] >= _PER_PASSAGE or pages[p.page_id] >= _page_limit(best.page) or _repeats(best, chosen):
            continue
        chosen.append(best)
        passages[p.id] += 1
        pages[p.page_id] += 1
    return _both_voices(chosen, weighed, limit)


def _both_voices(chosen: list[_Weighed], weighed: Sequence[_Weighed], limit: int) -> list[_Weighed]:
    """Where one voice is missing and speaks on a page already chosen, its best statement replaces the weakest."""
    if len(chosen) < MIN_SENTENCES:
        return chosen
    have = {_family(c.statement) for c in chosen}
    pages = {c.passage.page_id for c in chosen}
    for voice in ("guidance", "law"):
        if voice in have:
            continue
        other = next(
            (
                w
                for w in weighed
                if w.passage.page_id in pages and _family(w.statement) == voice and not _repeats(w, chosen)
            ),
            None,
        )
        if other and other.weight >= _FLOOR * weighed[0].weight:
            return [*chosen[:-1], other] if len(chosen) == limit else [*chosen, other]
    return chosen


def _in_reading_order(chosen: Sequence[_Weighed]) -> list[_Weighed]:
    """Pages by their best statement; inside a page answer, why, detail, story, what to do."""
    rank: dict[str, int] = {}
    for n, c in enumerate(chosen):
        rank.setdefault(c.passage.page_id, n)
    return sorted(
        chosen, key=lambda c: (rank[c.passage.page_id], _ORDER[c.statement.part], c.statement.start, c.passage.id)
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
        caveat=source.caveat,
    )


def compose(found: Found, index: Index | None, limit: int = MAX_SENTENCES) -> Composed:
    """Choose, order and number 3 to `limit` statements; fewer where the passages hold fewer."""
    chosen = _in_reading_order(_choose(_weigh(found, index), limit))
    citations = tuple(cite(n, c.statement, c.passage) for n, c in enumerate(chosen, 1))
    sentences = tuple(Sentence(c.quote, (c.n,), _role(chosen[c.n - 1].statement)) for c in citations)
    return Composed(sentences, citations)


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
