"""What plain parts reach on the same cases in the same run: words, vectors, chunks through LangChain, and two extremes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embedding import Embedder
from assistant.knowledge import Knowledge
from assistant.search import Query, Search
from evals.cases import Outside, Question
from evals.figures import Figure, mean, share

__all__ = ["Baseline", "answering", "retrieving"]

_CHUNK, _OVERLAP, _TOP = 1000, 200, 5


@dataclass(frozen=True, slots=True)
class Baseline:
    """One way of doing it plainly, with its figures by measure."""

    name: str
    figures: dict[str, Figure]


def _held(ranked: Sequence[set[str]], case: Question, k: int) -> float:
    """Share of vital facts that stand in the first k places; a place is a set of statement ids."""
    facts = [set(n.statements) for n in case.nuggets if n.importance == "vital"]
    seen: set[str] = set().union(*ranked[:k]) if ranked else set()
    return sum(bool(f & seen) for f in facts) / len(facts)


def _words(knowledge: Knowledge) -> Callable[[str], list[set[str]]]:
    search = Search(knowledge)
    return lambda text: [{s.id for s in h.passage.statements} for h in search.find(Query(text, k=10)).hits]


def _vectors(knowledge: Knowledge, embedder: Embedder) -> Callable[[str], list[set[str]]]:
    passages = list(knowledge.passages)
    matrix = embedder.encode([p.text for p in passages], lambda _: None)

    def ranked(text: str) -> list[set[str]]:
        order = np.argsort(-(matrix @ embedder.encode([text])[0]))[:10]
        return [{s.id for s in passages[i].statements} for i in order]

    return ranked


def _statements(knowledge: Knowledge, embedder: Embedder) -> Callable[[str], list[set[str]]]:
    found = [s for p in knowledge.passages for s in p.statements]
    matrix = embedder.encode([s.text for s in found], lambda _: None)
    return lambda text: [{found[i].id} for i in np.argsort(-(matrix @ embedder.encode([text])[0]))[:10]]


def _langchain(knowledge: Knowledge, embedder: Embedder) -> Callable[[str], list[set[str]]]:
    """RecursiveCharacterTextSplitter 1000/200, MiniLM, Chroma, top 5, over the pages' own text."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    class Door(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[float(x) for x in row] for row in embedder.encode(texts, lambda _: None)]

        def embed_query(self, text: str) -> list[float]:
            return [float(x) for x in embedder.encode([text])[0]]

    splitter = RecursiveCharacterTextSplitter(chunk_size=_CHUNK, chunk_overlap=_OVERLAP)
    chunks = splitter.split_documents(
        [Document("\n\n".join(p.text for p in page.passages)) for page in knowledge.pages]
    )
    store = Chroma.from_documents(chunks, Door(), collection_name="plain")
    by_text = [(s.text, s.id) for p in knowledge.passages for s in p.statements]
    return lambda text: [{i for t, i in by_text if t in d.page_content} for d in store.similarity_search(text, k=_TOP)]


def retrieving(
    knowledge: Knowledge, search: Search, cases: Sequence[Question], tick: Callable[[int], None] = lambda _: None
) -> list[Baseline]:
    """Vital facts in the first 3, 5 and 10 places, for each plain way and for the search that serves parents."""
    assert search.embedder is not None
    wanted = [c for c in cases if any(n.importance == "vital" for n in c.nuggets)]
    own: Callable[[str], list[set[str]]] = lambda text: [  # noqa: E731 - one of a table of ways
        {s.id for s in h.passage.statements} for h in search.find(Query(text, k=10)).hits
    ]
    ways = {
        "words only, passages": _words(knowledge), "vectors only, passages": _vectors(knowledge, search.embedder),
        "vectors only, single sentences": _statements(knowledge, search.embedder),
        "LangChain, chunks of 1,000, top 5": _langchain(knowledge, search.embedder), "Doorstep's search, passages": own,
    }  # fmt: skip
    out = []
    for name, way in ways.items():
        ranked = [way(c.text) for c in wanted]
        out.append(
            Baseline(
                name,
                {f"facts@{k}": mean([_held(r, c, k) for r, c in zip(ranked, wanted, strict=True)]) for k in (3, 5, 10)},
            )
        )
        tick(1)
    return out


def answering(questions: Sequence[Question], outside: Sequence[Outside]) -> list[Baseline]:
    """Status right if everything were answered, and if nothing were."""
    n, m = len(questions), len(outside)
    return [
        Baseline("always answer", {"status right": share([1.0] * n + [0.0] * m)}),
        Baseline("always abstain", {"status right": share([0.0] * n + [1.0] * m)}),
    ]
