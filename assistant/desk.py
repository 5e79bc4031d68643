"""The navigator's search: the pages' own ranking over arrays in memory, with sections, acronyms and facets exact.

The score of a page and of a passage in it are those of `search` (same weights, no vector store in between), so a
parent's words rank as in the chat. What a navigator types in shorthand comes before it: a passage that names the
section, the bill or the acronym of a short query always stands above one that does not. Beyond the pages, whose
statements and questions are few, only one vector a passage is held: 100,000 passages take 154 MB.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from assistant.embedding import Vectors
from assistant.facets import FACETS, Facets, Mask
from assistant.knowledge import Term
from assistant.records import Passage, Source
from assistant.search import WEIGHT, Search
from assistant.sections import asked_keys, section_keys
from assistant.text import stems, tokens

__all__ = ["Desk", "DeskHit", "Look", "Looked", "MAX_SHOWN"]

MAX_SHOWN = 50
_EXACT = 100.0  # more than any two scores differ: what is named exactly comes first
_SHORT = 8  # words up to which acronyms are exact; a parent's long message names them in passing
_MATCH, _WORDS, _SURE = 0.35, 0.2, 0.2  # as in `search`: cosine, share of the best BM25, probability of the page
_TOP = 300  # best passages that are looked at word by word
_TITLE, _HELD = 5.0, 4.0  # weight of the share of the query's stems in title and heading, and anywhere
_LEAST, _FLOOR = 1e-4, 0.1  # as in `search`
_BEST = 3
_NEVER_ACRONYMS = frozenset("us la ms home start care is ed tv".split())  # unless typed in capitals

_LAW = frozenset("section sections sec ed educ code cal california cfr ccr usc ec cf ab sb bill et seq".split())

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Look:
    """What to look for: words, one value a facet ("" is any), and which part of the list to give."""

    text: str = ""
    k: int = 20
    skip: int = 0
    topic: str = ""
    kind: str = ""
    speaker: str = ""
    jurisdiction: str = ""
    source: str = ""
    reviewed: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """The facets that are set."""
        return {name: value for name in FACETS if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class DeskHit:
    """A ranked passage; `score` is comparable within one search only, `exact` are the names that it holds."""

    passage: Passage
    score: float
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: part of the list, how long the whole one is, the counts of each facet."""

    hits: tuple[DeskHit, ...]
    total: int
    facets: dict[str, dict[str, int]]
    named: tuple[str, ...] = ()  # sections, bills and acronyms that the query names
    unknown: tuple[str, ...] = ()  # sections that no passage names
    terms: tuple[str, ...] = ()  # what the vocabulary added
    vector: Vectors | None = None


class _Padded:
    """Rows grouped by page as a table, so that the best values of each page are one numpy call."""

    def __init__(self, owners: Sequence[int], size: int) -> None:
        groups: list[list[int]] = [[] for _ in range(size)]
        for row, owner in enumerate(owners):
            groups[owner].append(row)
        width = max((len(g) for g in groups), default=0) or 1
        self._at = np.full((size, width), -1, dtype=np.int64)
        for n, group in enumerate(groups):
            self._at[n, : len(group)] = group

    def best(self, values: Floats, n: int) -> Floats:
        """The `n` best values of each page, best first, `-inf` where it has fewer: shape (pages, n)."""
        table = np.where(self._at >= 0, np.append(values, -np.inf)[self._at], -np.inf)
        table = np.pad(table, ((0, 0), (0, max(0, n - table.shape[1]))), constant_values=-np.inf)
        return np.asarray(-np.sort(-table, axis=1)[:, :n], dtype=np.float32)


def _mean(best: Floats) -> Floats:
    there = np.isfinite(best)
    return np.asarray(np.where(there, best, 0).sum(1) / np.maximum(there.sum(1), 1), dtype=np.float32)


class Desk:
    """Looks up in one knowledge. Safe for several threads: a search changes nothing."""

    def __init__(self, search: Search, passage_vectors: Mapping[str, Vectors] | None = None) -> None:
        """Read the index into memory; `passage_vectors`, by passage id, stand in for those of the index.

        Raises:
            IndexProblem: the store failed.
        """
        self.search = search
        self.knowledge = search.knowledge
        self.passages = self.knowledge.passages
        self.facets = Facets(self.passages)
        self._row = {p.id: n for n, p in enumerate(self.passages)}
        self._pages = self.knowledge.pages
        self._page_row = {p.id: n for n, p in enumerate(self._pages)}
        self._paged = sum(len(p.passages) for p in self._pages)  # passages of pages come first
        self._page_of = np.array([self._page_row[p.page_id] for p in self.passages[: self._paged]], dtype=np.int64)
        self._names = _names(self.passages, self._glossary)
        self._topics = [p.topic for p in self._pages]
        self._vectors: dict[str, Vectors] = {}
        if search.index is not None and search.embedder is not None:
            self._read(passage_vectors)

    @cached_property
    def _glossary(self) -> dict[str, tuple[str, Term]]:
        """Acronym in capitals to what it stands for and its term."""
        return {a.upper(): (words, t) for t in self.knowledge.vocabulary for a, words in t.acronyms}

    def _read(self, passage_vectors: Mapping[str, Vectors] | None) -> None:
        index = self.search.index
        assert index is not None
        if passage_vectors is None:
            ids, _, found = index.matrix("passages")
            passage_vectors = dict(zip(ids, found, strict=True))
        self._vectors["passages"] = np.stack([passage_vectors[p.id] for p in self.passages])
        self._by_page = _Padded(self._page_of.tolist(), len(self._pages))
        for kind in ("statements", "questions"):
            _, owners, found = index.matrix(kind)
            pages = [self._page_of_owner(o) for o in owners]
            keep = [n for n, page in enumerate(pages) if page >= 0]
            self._vectors[kind] = np.ascontiguousarray(found[keep])
            padded = _Padded([pages[n] for n in keep], len(self._pages))
            if kind == "statements":
                self._statements = padded
            else:
                self._questions = padded

    def _page_of_owner(self, owner: str) -> int:
        if owner in self._page_row:
            return self._page_row[owner]
        row = self._row.get(owner, self._paged)
        return int(self._page_of[row]) if row < self._paged else -1

    # Looking up

    def find(self, look: Look, today: date) -> Looked:
        """Passages for a look, best first, ties by passage id; in the order of topics where no words are given."""
        names = self.named(look.text)
        unknown = tuple(k for k in asked_keys(look.text, self._names) if k not in self._names)
        if not any(c.isalnum() for c in look.text):
            everything: Mask = np.ones(len(self.passages), dtype=np.bool_)
            kept, counts = self.facets.narrow(everything, look.chosen, today)
            rows = np.flatnonzero(kept)
            hits = tuple(DeskHit(self.passages[n], 0.0) for n in rows[look.skip : look.skip + look.k])
            return Looked(hits, len(rows), counts)
        scores, found, vector, terms = self._score(look.text, names)
        kept, counts = self.facets.narrow(found, look.chosen, today)
        rows = np.flatnonzero(kept)
        order = self._ordered(rows, scores, look)
        hits = tuple(
            DeskHit(self.passages[n], round(float(scores[n]), 4), tuple(k for k in names if self._holds(k, n)))
            for n in order[look.skip : look.skip + look.k]
        )
        return Looked(hits, len(rows), counts, tuple(names), unknown, terms, vector)

    def named(self, text: str) -> dict[str, Rows]:
        """Sections, bills and acronyms of a text with the passages that hold each; those held by none are left out."""
        found = {k: self._names[k] for k in asked_keys(text, self._names) if k in self._names}
        words = text.split()
        shouting = len(words) > 2 and text.upper() == text
        if len(tokens(text)) <= _SHORT:
            law = _LAW if found else frozenset[str]()  # "34 CFR 300.301" asks for the section, not for every CFR
            for word in tokens(text):
                key = word.upper() if word not in law else ""
                if key in self._names and not key.isdigit() and (
                    (key in self._glossary and word not in _NEVER_ACRONYMS)
                    or (key in text and not shouting)
                ):  # fmt: skip
                    found[key] = self._names[key]
        return found

    def _holds(self, key: str, row: int) -> bool:
        rows = self._names[key]
        at = int(np.searchsorted(rows, row))
        return at < len(rows) and int(rows[at]) == row

    def _score(self, text: str, names: Mapping[str, Rows]) -> tuple[Floats, Mask, Vectors | None, tuple[str, ...]]:
        """Score of every passage, whether it matches at all, the query's vector and what the vocabulary added."""
        said = self.search.terms(text)
        spelt = [self._glossary[w.upper()] for w in tokens(text) if w.upper() in self._glossary]
        spelt = [(words, term) for words, term in spelt if term not in said]
        added = " ".join(dict.fromkeys([t.means for t in said] + [words for words, _ in spelt]))
        terms = [*said, *(t for _, t in spelt)]
        words = np.asarray(self.search.word_scores(f"{text} {added}"), dtype=np.float32)
        full = self.search.embedded(text, added)
        vector: Vectors | None = None
        near = np.zeros(len(self.passages), dtype=np.float32)
        if self._vectors and self.search.embedder is not None:
            vector = self.search.embedder.encode([full])[0]
            near = np.asarray(self._vectors["passages"] @ vector, dtype=np.float32)
        page, chance = self._page_scores(full, vector, near, words, terms)
        scores = WEIGHT["passages"] * near + WEIGHT["words"] * words + page
        found: Mask = (words >= _WORDS) | (near >= _MATCH) | (chance >= _SURE)
        for rows in names.values():
            scores[rows] += _EXACT
            found[rows] = True
        if names and not _other_words(text, names):
            found[:] = False
            for rows in names.values():
                found[rows] = True
        return np.asarray(scores, dtype=np.float32), found, vector, tuple(t.means for t in terms)

    def _page_scores(
        self, text: str, vector: Vectors | None, near: Floats, words: Floats, terms: Sequence[Term]
    ) -> tuple[Floats, Floats]:
        """What a passage's page adds to its score, and the probability of its page: two arrays over passages."""
        topic_said: dict[str, int] = defaultdict(int)
        for term in terms:
            for topic in term.topics:
                topic_said[topic] += 1
        paged = self._paged
        out = np.zeros(len(self.passages), dtype=np.float32)
        best_word = np.zeros(len(self._pages), dtype=np.float32)
        np.maximum.at(best_word, self._page_of, words[:paged])
        page = WEIGHT["words"] * best_word + WEIGHT["vocabulary"] * np.array(
            [min(topic_said[t], 2) / 2 for t in self._topics], dtype=np.float32
        )
        out[paged:] = WEIGHT["words"] * words[paged:]
        if vector is not None:
            pages, topics = self.search.read(text, vector)
            least = min(pages.values(), default=0.0)
            page = page + WEIGHT["passages"] * _mean(self._by_page.best(near[:paged], _BEST))
            page += WEIGHT["statements"] * _mean(self._statements.best(self._vectors["statements"] @ vector, _BEST))
            asked = self._questions.best(self._vectors["questions"] @ vector, 2)
            asked = np.where(np.isfinite(asked), asked, _FLOOR)
            page += WEIGHT["question"] * asked[:, 0] + WEIGHT["second"] * asked[:, 1]
            learned = [
                WEIGHT["page"] * np.log(pages.get(p.id, least) + _LEAST)
                + WEIGHT["topic"] * np.log(topics.get(p.topic, least) + _LEAST)
                for p in self._pages
            ]
            page += np.array(learned, dtype=np.float32)
            out[paged:] += (WEIGHT["passages"] + WEIGHT["statements"]) * near[paged:]
            out[paged:] += (WEIGHT["question"] + WEIGHT["second"]) * _FLOOR
            out[paged:] += (WEIGHT["page"] + WEIGHT["topic"]) * np.log(least + _LEAST)
        out[:paged] = page[self._page_of]
        chance = np.zeros(len(self.passages), dtype=np.float32)
        if vector is not None and len(out):
            units = np.concatenate([page, out[paged:]])
            raw = np.exp(units - units.max())
            raw /= raw.sum()
            chance[:paged], chance[paged:] = raw[: len(page)][self._page_of], raw[len(page) :]
        return out, chance

    def _ordered(self, rows: Rows, scores: Floats, look: Look) -> list[int]:
        """Rows best first: the best of them are weighed again by the words that they hold."""
        wanted = set(stems(look.text))
        need = max(_TOP, look.skip + look.k)
        if len(rows) > need:
            part = np.argpartition(-scores[rows], need)[:need]
            rows = rows[part]
        for n in rows.tolist() if wanted else []:
            p = self.passages[n]
            title = wanted & set(stems(f"{p.page_title} {p.heading}"))
            held = wanted & self.search.stems_of(p.id)
            scores[n] += (_TITLE * len(title) + _HELD * len(held)) / len(wanted)
        return sorted(rows.tolist(), key=lambda n: (-float(scores[n]), self.passages[n].id))

    # Around a passage

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source that a passage cites, documents of the library too, by id."""
        return {r.source.id: r.source for p in self.passages for s in p.statements for r in s.references}

    @cached_property
    def by_page(self) -> dict[str, list[Passage]]:
        """Passages of each page, or document of the library, in its order."""
        found: dict[str, list[Passage]] = defaultdict(list)
        for p in self.passages:
            found[p.page_id].append(p)
        return dict(found)

    @cached_property
    def by_topic(self) -> dict[str, list[Passage]]:
        """Passages of each topic, in their order."""
        found: dict[str, list[Passage]] = defaultdict(list)
        for p in self.passages:
            found[p.topic].append(p)
        return dict(found)

    def citing(self, source_id: str, but: str = "", limit: int = 0) -> tuple[Passage, ...]:
        """Passages that cite a source, in the order of topics; `limit` 0 gives all of them."""
        rows = np.flatnonzero(self.facets.mask("source", source_id, date.min))
        found = [self.passages[n] for n in rows if self.passages[n].id != but]
        return tuple(found[:limit] if limit else found)

    def near(self, passage: Passage, n: int = 6) -> tuple[Passage, ...]:
        """The passages nearest in meaning, nearest first, those of the same page left out."""
        if not self._vectors:
            return ()
        cosines = self._vectors["passages"] @ self._vectors["passages"][self._row[passage.id]]
        found = [self.passages[i] for i in np.argsort(-cosines, kind="stable")[: n + 12]]
        return tuple(p for p in found if p.page_id != passage.page_id)[:n]


def _other_words(text: str, names: Iterable[str]) -> bool:
    """Whether a query says more than the names it holds."""
    named = {t for name in names for t in tokens(name)}
    return any(not (w in named or w in _LAW or w.isdigit() or len(w) == 1) for w in tokens(text))


def _names(passages: Sequence[Passage], glossary: Mapping[str, tuple[str, Term]]) -> dict[str, Rows]:
    """Rows of the passages that hold each section, bill and acronym, or the words that an acronym stands for."""
    found: dict[str, set[int]] = defaultdict(set)
    of_source: dict[tuple[str, str], frozenset[str]] = {}
    texts = [f"{p.page_title}\n{p.heading}\n{p.text}" for p in passages]
    for row, (p, text) in enumerate(zip(passages, texts, strict=True)):
        for key in section_keys(text):
            found[key].add(row)
        for word in set(_capitals(text)):
            found[word].add(row)
        for s in p.statements:
            for r in s.references:
                at = (r.source.title, r.locator)
                if at not in of_source:
                    of_source[at] = section_keys(f"{r.source.title} ; {r.locator}")
                for key in of_source[at]:
                    found[key].add(row)
    by_topic: dict[str, list[int]] = defaultdict(list)
    for row, p in enumerate(passages):
        by_topic[p.topic].append(row)
    _spelt(texts, by_topic, glossary, found)
    return {key: np.array(sorted(rows), dtype=np.int64) for key, rows in found.items() if rows}


def _capitals(text: str) -> Iterable[str]:
    for raw in text.replace("/", " ").replace("-", " ").split():
        word = "".join(c for c in raw if c.isalnum())
        word = word[:-1] if len(word) > 2 and word[-1] == "s" and word[:-1].isupper() else word
        if 2 <= len(word) <= 7 and word.isupper() and word[0].isalpha():
            yield word


def _spelt(
    texts: Sequence[str], by_topic: Mapping[str, Sequence[int]], glossary: Mapping[str, tuple[str, Term]],
    found: dict[str, set[int]],
) -> None:  # fmt: skip
    """Add the passages that spell an acronym out: one pass of the C search through all texts for each.

    An acronym that no passage writes (HHI) is held by the passages of its topics.
    """
    whole = "\n\n".join(texts).lower()
    ends = np.cumsum([len(t) + 2 for t in texts])
    look_in: Callable[[str, int], int] = whole.find
    for acronym, (words, term) in glossary.items():
        if acronym not in found:
            found[acronym] = {row for topic in term.topics for row in by_topic.get(topic, ())}
        phrase = words.lower()
        at = look_in(phrase, 0)
        while at >= 0:
            found[acronym].add(int(np.searchsorted(ends, at, side="right")))
            at = look_in(phrase, at + len(phrase))
