"""Search: what is refused, what the facets let through, words alone, ties, the vocabulary and Spanish."""

from dataclasses import replace

import pytest

from assistant.errors import InputError
from assistant.knowledge import Term
from assistant.search import MAX_K, Query, Search


@pytest.fixture(scope="module")
def words(knowledge):
    """Words only, over the whole content."""
    return Search(knowledge)


@pytest.fixture(scope="module")
def hashed(small, index, embedder):
    return Search(small, index, embedder)


def with_terms(small, *terms):
    return Search(replace(small, vocabulary=terms))


@pytest.mark.parametrize("k", [0, -1, MAX_K + 1, 10**9, True, False, "5", 5.0, None])
def test_unusable_k(words, k):
    with pytest.raises(InputError, match="from 1 to 50"):
        words.find(Query("truancy letter", k=k))


@pytest.mark.parametrize("k", [1, 7, MAX_K])
def test_k_cuts_the_list_and_nothing_else(words, k):
    found = words.find(Query("school", k=k))
    assert len(found.hits) == k
    assert len(found.matched) > MAX_K
    assert [h.passage for h in found.hits] == list(found.matched[:k])


def test_unknown_topic_names_the_known_ones(words):
    with pytest.raises(InputError, match="unknown topic 'cooking'.*truancy-sarb"):
        words.find(Query("letter", topic="cooking"))


FACETS = {
    "topic": ("truancy-sarb", lambda p: p.topic == "truancy-sarb"),
    "jurisdiction": ("Federal", lambda p: p.jurisdiction == "Federal"),
    "speaker": ("shove", lambda p: any(s.speaker and s.speaker.id == "shove" for s in p.statements)),
    "kind": ("law", lambda p: any(s.kind == "law" for s in p.statements)),
}


@pytest.mark.parametrize("field", FACETS)
def test_a_facet_lets_through_exactly_what_matches(words, field):
    value, allowed = FACETS[field]
    everything = words.find(Query("school letter meeting", k=MAX_K)).matched
    some = words.find(Query("school letter meeting", k=MAX_K, **{field: value})).matched
    assert some
    assert [p.id for p in some] == [p.id for p in everything if allowed(p)]
    assert len(some) < len(everything)


def test_facets_together_and_jurisdiction_in_any_case(words):
    query = Query("meeting", k=MAX_K, topic="truancy-sarb", jurisdiction="california", kind="law")
    found = words.find(query)
    assert found.hits
    assert {(h.passage.topic, h.passage.jurisdiction) for h in found.hits} == {("truancy-sarb", "California")}


def test_library_passages_can_be_left_out(small):
    own = tuple(replace(p, id=f"lib.{n}", library="own.txt", topic="library") for n, p in enumerate(small.passages[:2]))
    search = Search(small.with_library(own))
    text = small.passages[0].text
    assert any(p.library for p in search.find(Query(text)).matched)
    assert not any(p.library for p in search.find(Query(text, library=False)).matched)
    assert {p.topic for p in search.find(Query(text, topic="library")).matched} == {"library"}


def test_words_alone_find_and_measure_coverage_only(words):
    found = words.find(Query("SARB hearing"))
    assert found.hits[0].passage.topic == "truancy-sarb"
    assert found.vector is None
    evidence = found.evidence
    assert (evidence.question, evidence.passage, evidence.inside, evidence.boundary_cosine) == (0, 0, 0, 0)
    assert evidence.coverage > 0.9


@pytest.mark.parametrize("text", ["zzyzx qwrtp", "", "!!!"])
def test_words_that_stand_nowhere_find_nothing(words, text):
    found = words.find(Query(text))
    assert (found.hits, found.matched, found.evidence.coverage) == ((), (), 0)


def test_an_empty_knowledge_finds_nothing(small):
    assert Search(replace(small, pages=())).find(Query("school")).hits == ()


def test_ties_go_by_passage_id(small):
    """Two pages with the same words and one id each: the order is that of the ids, whatever the order of pages."""
    page = small.pages[0]

    def copy(name):
        passages = tuple(replace(p, id=p.id.replace(page.id, name), page_id=name) for p in page.passages)
        return replace(page, id=name, passages=passages)

    pages = (copy("bbb"), copy("aaa"))
    for order in (pages, pages[::-1]):
        found = Search(replace(small, pages=order)).find(Query(page.title, k=MAX_K))
        ids = [h.passage.id for h in found.hits]
        assert len({h.score for h in found.hits}) <= len(ids) // 2
        assert ids == [h.passage.id for h in sorted(found.hits, key=lambda h: (-h.score, h.passage.id))]
        assert ids[0].startswith("aaa.")


@pytest.mark.parametrize("which", ["words", "hashed"])
def test_same_query_same_result(request, which):
    search = request.getfixturevalue(which)
    first, second = (search.find(Query("he cries before school every morning", k=MAX_K)) for _ in range(2))
    assert [(h.passage.id, h.score, h.page) for h in first.hits] == [
        (h.passage.id, h.score, h.page) for h in second.hits
    ]
    assert (first.evidence, first.topics) == (second.evidence, second.topics)


def test_with_vectors_scores_fall_and_chances_sum_to_one(hashed, small):
    found = hashed.find(Query(small.pages[2].questions[0], k=MAX_K))
    assert found.vector is not None
    assert [h.score for h in found.hits] == sorted((h.score for h in found.hits), reverse=True)
    chances = {h.passage.page_id: h.page for h in hashed.find(Query("school", k=MAX_K)).hits}
    assert sum(chances.values()) == pytest.approx(1)
    assert sum(p for _, p in found.topics) == pytest.approx(1, abs=1e-3)


def test_a_pages_own_title_and_question_find_the_page(assistant):
    pages = assistant.knowledge.pages[::6]
    missed = []
    for page in pages:
        for asked in (page.title, min(page.questions, key=len)):
            found = assistant.lookup(Query(asked, k=20))
            if page.id not in list(dict.fromkeys(h.passage.page_id for h in found.hits))[:3]:
                missed.append(asked)
    assert len(missed) <= len(pages) * 2 // 10, missed


def test_vocabulary_adds_its_terms(small):
    said = Term(("glorping",), "unexcused truancy", (), "en")
    without, added = (s.find(Query("glorping")) for s in (with_terms(small), with_terms(small, said)))
    assert (without.terms, without.hits) == ((), ())
    assert added.terms == ("unexcused truancy",)
    assert added.hits[0].passage.page_id == "refusal-or-truancy"
    assert added.evidence.coverage > 0.9


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("my kid is ditching school", True),
        ("Ditching   School!", True),
        ("ditching schools", True),
        ("ditching the school", False),
        ("ditching", False),
        ("a school ditching", False),
    ],
)
def test_a_phrase_of_the_vocabulary_matches_word_by_word(small, text, matches):
    term = Term(("ditching school",), "truancy", (), "en")
    assert with_terms(small, term).find(Query(text)).terms == (("truancy",) if matches else ())


def test_a_named_topic_lifts_its_pages(knowledge):
    term = Term(("glorping",), "school", ("section-504",), "en")
    plain, lifted = (Search(replace(knowledge, vocabulary=(replace(term, topics=t),))) for t in ((), term.topics))
    share = [dict(s.find(Query("glorping")).topics)["section-504"] for s in (plain, lifted)]
    assert share[1] > share[0] * 2


SPANISH = [
    ("mi hijo no quiere ir a la escuela y llora", "understanding"),
    ("me mandaron una carta de ausentismo porque mi hija falta mucho a la escuela", "truancy-sarb"),
]


@pytest.mark.parametrize(("text", "topic"), SPANISH)
def test_spanish_is_searched_by_what_the_vocabulary_makes_of_it(assistant, text, topic):
    found = assistant.lookup(Query(text, k=10))
    assert found.terms
    assert topic in [t for t, _ in found.topics[:3]]


def test_spanish_evidence_says_that_it_was_translated(assistant):
    assert assistant.lookup(Query("mi hijo no quiere ir a la escuela, tiene ansiedad")).evidence.translated
    assert not assistant.lookup(Query("my son does not want to go to school, he has anxiety")).evidence.translated
