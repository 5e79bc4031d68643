"""Words, passage vectors and question vectors, fused to ranked passages, with the evidence for each.

A message is first matched to pages, then to passages inside them. The page score is a weighted sum of scores
(a convex combination: Bruch, Gai and Ingber, 2023, found it better than reciprocal rank fusion once weights can
be fitted): cosine to the page's passages, to its statements and to the questions it answers, BM25 over its
passages (Robertson and Zaragoza, 2009), topics that the vocabulary names, and the linear classifier's log
probabilities of the page and its topic. The weights were fitted by
softmax regression on the pages' own questions, each left out in turn (docs/decisions/0003-fusion.md); on that
scale the softmax of page scores is the probability of the page. Knows nothing of answers or of turns.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from assistant.embedding import Embedder, Vectors
from assistant.errors import InputError
from assistant.index import Index, Near
from assistant.knowledge import Knowledge, Term
from assistant.records import Passage, Situation
from assistant.text import spanish, stems, tokens

__all__ = ["Evidence", "Found", "Hit", "MAX_K", "Query", "Search", "WEIGHT"]

MAX_K = 50
_DEPTH = {"passages": 250, "statements": 400, "questions": 200, "boundaries": 60}  # rows read of each kind
WEIGHT = {
    "passages": 12.3, "statements": 5.4, "question": 1.6, "second": 5.2, "words": 2.7, "vocabulary": 2.0,
    "page": 0.45, "topic": 0.7,
}  # fmt: skip
_LEAST = 1e-4  # a probability below this says no more than this
_BEST = 3  # passages, and statements, of a page that are averaged
_SHORT = 30  # up to this many words the vocabulary's terms are embedded with the message
_MATCH = 0.35  # cosine from which a passage matches whatever its words
_WORDS = 0.2  # share of the best BM25 score from which it matches whatever its cosine
_SITUATIONS, _UNLIKELY = 8, 0.02  # situations kept, and the probability below which one is not
_SURE = 0.2  # probability of a page from which all its passages match: a fragment says few words of any
_SHARE = 6.0  # weight of the neighbours' share beside the learned log-odds
_NEIGHBOURS = 25  # questions and boundary examples that vote on whether a message lies inside


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for, and facets that a passage must match."""

    text: str
    k: int = 10
    topic: str | None = None
    jurisdiction: str | None = None
    speaker: str | None = None
    kind: str | None = None
    library: bool = True

    def allows(self, passage: Passage) -> bool:
        """Whether a passage matches every facet that is set."""
        if not self.library and passage.library:
            return False
        if self.topic and self.topic not in {passage.topic, *passage.topics}:
            return False
        if self.jurisdiction and passage.jurisdiction.lower() != self.jurisdiction.lower():
            return False
        if self.speaker and not any(s.speaker and s.speaker.id == self.speaker for s in passage.statements):
            return False
        return not self.kind or any(s.kind == self.kind for s in passage.statements)


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage; `score` is comparable within one search only, `page` is the probability of its page."""

    passage: Passage
    score: float
    page: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Absolute measures, comparable between searches; the gate reads these."""

    question: float  # best cosine to any question of any page
    passage: float  # best cosine to any passage
    inside: float  # share of the nearest neighbours' weight that lies inside the knowledge, 0 to 1
    boundary: str  # id of the boundary that most of the outside weight belongs to, "" for none
    boundary_cosine: float
    coverage: float  # share of the message's known stems that the three best passages hold
    odds: float = 0.0  # learned log-odds that it lies inside, plus six times `inside`; what the gate compares
    translated: bool = False  # Spanish, and at least two terms of the vocabulary stood for it


@dataclass(frozen=True, slots=True)
class Found:
    """Everything one search learned."""

    hits: tuple[Hit, ...]
    evidence: Evidence
    topics: tuple[tuple[str, float], ...]  # topic and its probability, best first
    situations: tuple[tuple[Situation, float], ...]  # the likeliest ones with their probabilities, best first
    matched: tuple[Passage, ...]  # every passage that matched, best first, before `k` cut the list
    vector: Vectors | None = field(default=None, repr=False)  # of the message
    terms: tuple[str, ...] = ()  # what the vocabulary added


@dataclass(frozen=True, slots=True)
class _Scores:
    """Cosines of one message, by row id or by owner; words are BM25 scores divided by the best one."""

    passages: dict[str, float]
    statements: dict[str, list[float]]  # by passage
    questions: dict[str, list[float]]  # by page, best first
    words: dict[str, float]
    floor: float  # for a passage too far away to be listed


class _Vocabulary:
    """Phrases of vocabulary.yaml, matched word by word with a plural s off."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Term]]] = defaultdict(list)
        for term in terms:
            for phrase in term.say:
                words = tuple(_light(w) for w in tokens(phrase))
                if words:
                    self._by_first[words[0]].append((words, term))

    def match(self, text: str) -> list[Term]:
        """Terms said in the text, in the order they are first said, each once."""
        words = [_light(w) for w in tokens(text)]
        found: dict[int, Term] = {}
        for i, word in enumerate(words):
            for phrase, term in self._by_first.get(word, ()):
                if tuple(words[i : i + len(phrase)]) == phrase:
                    found.setdefault(id(term), term)
        return list(found.values())


def _light(word: str) -> str:
    """A word with its plural s off: close enough for phrases, without a stemmer's surprises."""
    flat = word.replace("'", "")
    return flat[:-1] if len(flat) > 3 and flat.endswith("s") and not flat.endswith("ss") else flat


def _mean_of_best(values: Sequence[float]) -> float:
    best = sorted(values, reverse=True)[:_BEST]
    return sum(best) / len(best)


class Search:
    """Search over one knowledge and, when there is one, its index and encoder.

    Without an index or encoder only the words are searched; `Evidence` then holds coverage alone.
    """

    def __init__(self, knowledge: Knowledge, index: Index | None = None, embedder: Embedder | None = None) -> None:
        """Build the word index; under 0.2 s for a few hundred passages."""
        import bm25s  # noqa: PLC0415 - only where something is searched

        self.knowledge = knowledge
        self.index = index
        self.embedder = embedder
        self._vocabulary = _Vocabulary(knowledge.vocabulary)
        self._ids = [p.id for p in knowledge.passages]
        corpus = [stems(f"{p.page_title} {p.heading} {p.text}") for p in knowledge.passages]
        self._known = {stem for doc in corpus for stem in doc}
        self._bm25 = bm25s.BM25(k1=1.5, b=0.75)
        self._bm25.index(corpus or [["empty"]], show_progress=False)
        self._stems = dict(zip(self._ids, (set(doc) for doc in corpus), strict=True))
        # A page is one unit; a library document is long and mixed, so each of its passages is its own.
        self._unit = {p.id: p.id if p.library else p.page_id for p in knowledge.passages}
        self._units: dict[str, list[Passage]] = defaultdict(list)
        for passage in knowledge.passages:
            self._units[self._unit[passage.id]].append(passage)

    def find(self, query: Query) -> Found:
        """Rank passages for a message.

        Returns:
            At most `query.k` hits, best first, ties by passage id.

        Raises:
            InputError: an unknown topic, or k outside 1 to 50.
            IndexProblem: the store failed.
        """
        if not isinstance(query.k, int) or isinstance(query.k, bool) or not 1 <= query.k <= MAX_K:
            raise InputError(f"k is {query.k!r}: give a whole number from 1 to {MAX_K}")
        if query.topic and query.topic not in self.knowledge.topics and query.topic != "library":
            raise InputError(f"unknown topic {query.topic!r}: one of {', '.join(self.knowledge.topics)}")
        terms = self.terms(query.text)
        added = " ".join(dict.fromkeys(t.means for t in terms))
        words = self._words(f"{query.text} {added}")
        vector: Vectors | None = None
        near: dict[str, list[Near]] = {kind: [] for kind in _DEPTH}
        if self.index and self.embedder:
            vector = self.embedder.encode([self.embedded(query.text, added)])[0]
            near = {kind: self.index.nearest(kind, vector, depth) for kind, depth in _DEPTH.items()}
        scores = _scores(near, words)
        pages = self._page_scores(scores, terms, self.embedded(query.text, added), vector)
        chance = _softmax(pages)
        hits = self._hits(scores, pages, chance, query)
        return Found(
            tuple(hits[: query.k]),
            self._evidence(query.text, terms, near, hits, self._odds(self.embedded(query.text, added), vector)),
            self._topics(chance),
            self._situations(query.text, self.embedded(query.text, added), vector),
            tuple(h.passage for h in hits),
            vector,
            tuple(t.means for t in terms),
        )

    def terms(self, text: str) -> list[Term]:
        """Terms of the vocabulary that a text says, in order."""
        return self._vocabulary.match(text)

    def word_scores(self, text: str) -> Vectors:
        """BM25 of every passage, in the order of `knowledge.passages`, divided by the best one; 0 holds no word."""
        scores = self._bm25_scores(text)
        return scores / (float(scores.max(initial=0.0)) or 1.0)

    def stems_of(self, passage_id: str) -> set[str]:
        """The stems that a passage holds, its title and heading counted."""
        return self._stems[passage_id]

    @staticmethod
    def embedded(text: str, added: str) -> str:
        """What is embedded: the vocabulary's terms help a short message and replace a Spanish one."""
        if added and spanish(text):
            return added
        return f"{text} ({added})" if added and len(text.split()) <= _SHORT else text

    def _words(self, text: str) -> dict[str, float]:
        scores = self._bm25_scores(text)
        top = float(scores.max(initial=0.0)) or 1.0
        return {self._ids[i]: float(scores[i]) / top for i in np.flatnonzero(scores > 0)}

    def _bm25_scores(self, text: str) -> Vectors:
        wanted = [s for s in dict.fromkeys(stems(text)) if s in self._known]
        if not wanted or not self._ids:
            return np.zeros(len(self._ids), dtype=np.float32)
        return np.asarray(self._bm25.get_scores(wanted), dtype=np.float32)

    def _page_scores(self, s: _Scores, terms: Sequence[Term], text: str, vector: Vectors | None) -> dict[str, float]:
        page_chance, topic_chance = self.read(text, vector)
        least = min(page_chance.values(), default=0.0)  # for a library document, which nothing was learned about
        said = Counter(topic for term in terms for topic in term.topics)
        out = {}
        for unit, passages in self._units.items():
            word = max((s.words.get(p.id, 0.0) for p in passages), default=0.0)
            score = WEIGHT["words"] * word + WEIGHT["vocabulary"] * min(said[passages[0].topic], 2) / 2
            if vector is not None:
                questions = s.questions.get(unit, [])
                score += WEIGHT["passages"] * _mean_of_best([s.passages.get(p.id, s.floor) for p in passages])
                score += WEIGHT["statements"] * _mean_of_best(
                    [c for p in passages for c in s.statements.get(p.id, [s.floor])]
                )
                score += WEIGHT["question"] * (questions[0] if questions else s.floor)
                score += WEIGHT["second"] * (questions[1] if len(questions) > 1 else s.floor)
                score += WEIGHT["page"] * log(page_chance.get(unit, least) + _LEAST)
                score += WEIGHT["topic"] * log(topic_chance.get(passages[0].topic, least) + _LEAST)
            out[unit] = score
        return out

    def read(self, text: str, vector: Vectors | None) -> tuple[Counter[str], Counter[str]]:
        """How likely each page and each topic is, by the linear reading alone."""
        pages: Counter[str] = Counter()
        topics: Counter[str] = Counter()
        if self.index and vector is not None:
            pages.update(self.index.pages.chance(text, vector))  # a Counter of floats
            for page, p in pages.items():
                topics[self._units[page][0].topic] += p
        return pages, topics

    def _hits(self, s: _Scores, pages: dict[str, float], chance: dict[str, float], query: Query) -> list[Hit]:
        """Passages of every page in order of page score plus the passage's own nearness."""
        hits = []
        for unit, passages in self._units.items():
            for p in passages:
                own = WEIGHT["passages"] * s.passages.get(p.id, s.floor) + WEIGHT["words"] * s.words.get(p.id, 0.0)
                sure = bool(s.passages) and chance[unit] >= _SURE
                near = sure or s.words.get(p.id, 0.0) >= _WORDS or s.passages.get(p.id, 0.0) >= _MATCH
                if near and query.allows(p):
                    hits.append(Hit(p, round(pages[unit] + own, 6), chance[unit]))
        return sorted(hits, key=lambda h: (-h.score, h.passage.id))

    def _situations(self, said: str, text: str, vector: Vectors | None) -> tuple[tuple[Situation, float], ...]:
        """Situations from a probability of 0.02; one whose title was said word for word is certain."""
        known = self.knowledge.situation_by_id
        named = next((s for s in self.knowledge.situations if s.title == said), None)
        if named:
            return ((named, 1.0),)
        if not self.index or vector is None:
            return ()
        likely = sorted(self.index.situations.chance(text, vector).items(), key=lambda x: (-x[1], x[0]))
        return tuple((known[i], round(p, 4)) for i, p in likely[:_SITUATIONS] if p >= _UNLIKELY)

    def _odds(self, text: str, vector: Vectors | None) -> float:
        """Natural log-odds that a message lies inside, by the linear reading alone; 0 where nothing was learned."""
        if self.index is None or vector is None:
            return 0.0
        inside = self.index.inside.chance(text, vector).get("inside", 0.5)
        return log(inside + 1e-6) - log(1 - inside + 1e-6)

    def _topics(self, chance: dict[str, float]) -> tuple[tuple[str, float], ...]:
        weight: Counter[str] = Counter()
        for unit, p in chance.items():
            weight[self._units[unit][0].topic] += p  # type: ignore[assignment] # a Counter of floats
        return tuple(sorted(((t, round(w, 4)) for t, w in weight.items()), key=lambda x: (-x[1], x[0])))

    def _evidence(
        self, text: str, terms: Sequence[Term], near: dict[str, list[Near]], hits: Sequence[Hit], odds: float
    ) -> Evidence:
        best = [max((n.cosine for n in near[k]), default=0.0) for k in ("questions", "passages", "boundaries")]
        # A message stands once for each page that it is labelled with; its vote counts once.
        asked = {n.id.rsplit("?", 1)[1] if "?m" in n.id else n.id: n for n in near["questions"]}
        both = [(n.cosine, True, n.owner) for n in asked.values()] + [
            (n.cosine, False, n.owner) for n in near["boundaries"]
        ]
        sums: defaultdict[str, float] = defaultdict(float)
        inside = 0.0
        for cosine, is_inside, owner in sorted(both, reverse=True)[:_NEIGHBOURS]:
            weight = max(cosine, 0.0) ** 4  # the near ones decide
            if is_inside:
                inside += weight
            else:
                sums[owner] += weight
        total = inside + sum(sums.values())
        share = round(inside / total, 4) if total else 0.0
        wanted = {s for s in stems(" ".join([text, *(t.means for t in terms)])) if s in self._known}
        held: set[str] = set().union(*(self._stems[h.passage.id] for h in hits[:3]))
        return Evidence(
            best[0], best[1], share,
            max(sums, key=lambda o: (sums[o], o)) if sums else "", best[2],
            round(len(wanted & held) / len(wanted), 4) if wanted else 0.0,
            round(odds + _SHARE * share, 4), len(terms) >= 2 and spanish(text),
        )  # fmt: skip


def _scores(near: dict[str, list[Near]], words: dict[str, float]) -> _Scores:
    statements: dict[str, list[float]] = defaultdict(list)
    for n in near["statements"]:
        statements[n.owner].append(n.cosine)
    questions: dict[str, list[float]] = defaultdict(list)
    for n in near["questions"]:
        questions[n.owner].append(n.cosine)
    floor = min((n.cosine for n in near["passages"]), default=0.0)
    return _Scores({n.id: n.cosine for n in near["passages"]}, statements, questions, words, min(floor, 0.1))


def _softmax(scores: dict[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    top = max(scores.values())
    raw = {k: float(np.exp(v - top)) for k, v in scores.items()}
    total = sum(raw.values())
    return {k: v / total for k, v in raw.items()}
