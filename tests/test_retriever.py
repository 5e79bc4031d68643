"""The LangChain door: the same passages as the search, as Documents."""

import subprocess
import sys

import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from pydantic import ValidationError

from assistant import retriever as module
from assistant.errors import InputError
from assistant.retriever import PassageRetriever
from assistant.search import Query, Search


@pytest.fixture(scope="module")
def words(knowledge):
    return Search(knowledge)


@pytest.fixture(scope="module")
def retriever(words):
    return PassageRetriever(search=words, k=5)


def test_invoke_gives_what_the_search_gives(retriever, words):
    documents = retriever.invoke("a truancy letter came")
    hits = words.find(Query("a truancy letter came", k=5)).hits
    assert isinstance(retriever, BaseRetriever)
    assert all(type(d) is Document for d in documents)
    assert [(d.id, d.page_content) for d in documents] == [(h.passage.id, h.passage.text) for h in hits]
    assert len(documents) == 5


def test_metadata(retriever, words, knowledge):
    hits = words.find(Query("a truancy letter came", k=5)).hits
    for document, hit in zip(retriever.invoke("a truancy letter came"), hits, strict=True):
        p = knowledge.passage_by_id[document.metadata["passage_id"]]
        assert document.metadata == {
            "passage_id": p.id,
            "page_title": p.page_title,
            "heading": p.heading,
            "topic": p.topic,
            "jurisdiction": p.jurisdiction,
            "score": hit.score,
            "sources": [s.id for s in p.sources],
            "reviewed": p.reviewed,
        }
        assert document.metadata["sources"]


def test_with_vectors(small, index, embedder):
    search = Search(small, index, embedder)
    asked = small.pages[0].questions[0]
    documents = PassageRetriever(search=search, k=3).invoke(asked)
    assert [d.id for d in documents] == [h.passage.id for h in search.find(Query(asked, k=3)).hits]


def test_batch_keeps_the_order_of_the_questions(retriever):
    questions = ["truancy letter", "home hospital teaching", "bullying report", "SARB hearing"] * 3
    assert retriever.batch(questions) == [retriever.invoke(q) for q in questions]


def test_it_stands_in_a_chain(retriever):
    chain = retriever | RunnableLambda(lambda documents: [d.metadata["topic"] for d in documents])
    assert "truancy-sarb" in chain.invoke("a truancy letter came")


@pytest.mark.parametrize(
    ("facet", "holds"),
    [
        ({"topic": "section-504"}, lambda p: p.topic == "section-504"),
        ({"jurisdiction": "Federal"}, lambda p: p.jurisdiction == "Federal"),
        ({"speaker": "marsh"}, lambda p: any(s.speaker and s.speaker.id == "marsh" for s in p.statements)),
        ({"kind": "research"}, lambda p: any(s.kind == "research" for s in p.statements)),
    ],
    ids=["topic", "jurisdiction", "speaker", "kind"],
)
def test_facets_are_passed_on(words, knowledge, facet, holds):
    documents = PassageRetriever(search=words, k=50, **facet).invoke("school child plan")
    assert documents
    assert all(holds(knowledge.passage_by_id[d.id]) for d in documents)
    plain = PassageRetriever(search=words, k=50).invoke("school child plan")
    assert not all(holds(knowledge.passage_by_id[d.id]) for d in plain)


@pytest.mark.parametrize("k", [0, -1, 51])
def test_unusable_k_is_an_input_error(words, k):
    with pytest.raises(InputError, match="from 1 to 50"):
        PassageRetriever(search=words, k=k).invoke("letter")


def test_an_unknown_field_or_no_search_is_refused(words):
    with pytest.raises(ValidationError):
        PassageRetriever(search=words, speakers="marsh")
    with pytest.raises(ValidationError):
        PassageRetriever(k=3)


def test_what_is_typed_is_made_readable(retriever):
    assert retriever.invoke("tru\u200bancy\u202e letter") == retriever.invoke("truancy letter")
    assert retriever.invoke("") == []
    assert retriever.invoke("\ud800") == []


def test_its_docstring_says_how_it_is_used():
    assert "PassageRetriever(search=" in module.__doc__
    assert ".invoke(" in module.__doc__


def test_the_service_does_without_langchain(root):
    code = "import sys, assistant.service, assistant.cli; print('langchain_core' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
