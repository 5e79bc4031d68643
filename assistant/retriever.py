"""The LangChain door: the same search as a `BaseRetriever`, for other people's chains and agents.

Doorstep itself does not use it. Others do, for example beside their own chat model:

    from assistant.retriever import PassageRetriever
    from assistant.search import Search

    retriever = PassageRetriever(search=Search(knowledge, index, encoder), k=5, jurisdiction="California")
    documents = retriever.invoke("a truancy letter came")
    documents[0].page_content, documents[0].metadata["passage_id"]

`Search` alone knows no gate: a document is near the question, which does not make it an answer.
"""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from assistant.search import Hit, Query, Search
from assistant.text import normalise

__all__ = ["PassageRetriever"]


class PassageRetriever(BaseRetriever):
    """Ranked passages as Documents, best first; `k` and the facets are those of `Query`.

    Safe for `batch`, which runs `invoke` in several threads: a search changes nothing.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    search: Search
    k: int = 10
    topic: str | None = None
    speaker: str | None = None
    jurisdiction: str | None = None
    kind: str | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        """What `invoke` and `batch` call.

        Raises:
            InputError: an unknown topic, or k outside 1 to 50.
            IndexProblem: the store failed.
        """
        wanted = Query(normalise(query), self.k, self.topic, self.jurisdiction, self.speaker, self.kind)
        return [_document(hit) for hit in self.search.find(wanted).hits]


def _document(hit: Hit) -> Document:
    p = hit.passage
    return Document(
        id=p.id,
        page_content=p.text,
        metadata={
            "passage_id": p.id,
            "page_title": p.page_title,
            "heading": p.heading,
            "topic": p.topic,
            "jurisdiction": p.jurisdiction,
            "score": hit.score,
            "sources": [s.id for s in p.sources],
            "reviewed": p.reviewed,
        },
    )
