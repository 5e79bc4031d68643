"""The list of steps a question goes through. Each improves the run or ends it with a status and a fixed reply.

clean -> danger -> meaning -> search -> gate -> answer -> ground -> suggest
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from assistant.answer import NOTHING, Composed, best_pages, compose
from assistant.conversation import Meaning, Move, interpret, unsteered
from assistant.errors import IndexProblem
from assistant.gate import GATE, Gate, Verdict, named_outside, place_named
from assistant.grounding import faults
from assistant.knowledge import Knowledge
from assistant.records import Answer, Citation, Detail, Role, Sentence, Status, Turn
from assistant.replies import Replies
from assistant.safety import Watch, crisis_paragraphs, help_values
from assistant.search import Found, Query, Search
from assistant.situations import NOT_SO, details_told
from assistant.text import MAX_CHARS, normalise, sentences, spanish

__all__ = ["Parts", "STEPS", "answer_question"]

_FEW = 4  # words up to which a message may be too short to tell what is meant
_LIKELY = 0.2  # probability from which a topic or a situation is one of the readings
_STORY = 12  # words from which a first message gets an opening line
_EACH = {2: 5, 3: 3}  # sentences for each of so many questions
_CLEAR, _INSIDE = 0.35, 0.85  # probability and share of neighbours with which a turn speaks for itself
_OWN_TOPIC = 0.7  # probability of its topic from which a turn names its own subject
_NEAR = 0.1  # from which another situation is offered by name
_PLAIN = 0.6  # passage cosine from which a bare word is a question of its own ("sarb")
_HELD, _HELD_NEAR = 0.5, 0.35  # coverage and passage cosine from which a bare word names a subject
_DEPTH = 36
_REST = 8  # words beside the danger from which a message asks something else too
_MEDICAL = re.compile(
    r"\b(?:diagnos\w+|dose|dosage|\d+ ?mg|milligrams?|taper|wean|off (?:his|her|the) meds|zoloft|prozac|lexapro|"
    r"sertraline|fluoxetine|adderall|ritalin|"
    r"concerta|abilify|risperidone|guanfacine|clonidine|hydroxyzine|xanax|side effects?)\b"
)


@dataclass(frozen=True)
class Parts:
    """What the steps work with; wired once by `service.build`."""

    knowledge: Knowledge
    replies: Replies
    watch: Watch
    search: Search | None  # None: the search could not be built
    gate: Gate = GATE


@dataclass
class Run:
    """One question on its way. A step fills a field or sets `done`."""

    raw: str
    turns: Sequence[Turn]
    parts: Parts
    library: bool = True
    text: str = ""
    meaning: Meaning = field(default_factory=lambda: Meaning(Move.ASK, ""))
    told: tuple[Detail, ...] = ()
    found: Found | None = None
    notices: list[Sentence] = field(default_factory=list)
    closing: list[Sentence] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    status: Status = Status.ANSWERED
    composed: Composed | None = None
    done: Answer | None = None

    def reply(self, status: Status, name: str, suggestions: tuple[str, ...] = (), **values: str) -> None:
        """End the run with a fixed reply and no citations."""
        lines = self.parts.replies[name].fill(**help_values(self.parts.knowledge.helplines), **values)
        self.done = Answer(
            self.raw, status, (*self.notices, *_fixed(lines)), suggestions=suggestions, topics=self.topics()
        )

    def topics(self) -> tuple[str, ...]:
        """The two nearest topics, once something was searched."""
        return tuple(t for t, _ in self.found.topics[:2]) if self.found else ()

    def titles(self) -> set[str]:
        """Titles of all pages and situations: a suggestion that was clicked is never unclear."""
        known = self.parts.knowledge
        return {p.title for p in known.pages} | {s.title for s in known.situations}

    def nearest_pages(self, n: int = 3) -> tuple[str, ...]:
        """Titles of the nearest pages: what a non-answer offers."""
        titles = {p.id: p.title for p in self.parts.knowledge.pages}
        return best_pages(self.found.hits, titles, set(), n) if self.found else ()


def _fixed(lines: Sequence[str], role: Role = "fixed") -> tuple[Sentence, ...]:
    return tuple(Sentence(line, (), role) for line in lines)


def clean(run: Run) -> None:
    """Make the message readable; nothing or too much ends the run."""
    run.text = normalise(run.raw)
    if not any(c.isalnum() for c in run.text):
        run.reply(Status.CLARIFY, "empty", _starts(run))
    elif len(run.raw) > MAX_CHARS and len(run.raw.strip()) > MAX_CHARS:
        # Danger is looked for even here, a stretch at a time; a long message is no reason to miss it.
        for start in range(0, min(len(run.raw), MAX_CHARS * 10), MAX_CHARS - 200):
            run.text = normalise(run.raw[start : start + MAX_CHARS])
            danger(run)
            if run.done:
                return
        run.reply(Status.CLARIFY, "too_long")


def danger(run: Run) -> None:
    """Fixed help before anything is searched; the patterns work with the index and the encoder gone."""
    found = run.parts.watch.look(run.text) or run.parts.watch.hear(run.text)
    if found is None:
        return
    again = any(t.answer and t.answer.status is Status.CRISIS for t in run.turns)
    # A reply that names a line not meant for a crisis fails to fill, here and in the content tests.
    values = help_values(tuple(line for line in run.parts.knowledge.helplines if line.in_crisis))
    run.done = Answer(
        run.raw, Status.CRISIS, _fixed(crisis_paragraphs(found, again, run.parts.replies, values)),
        suggestions=_rest(run),
    )  # fmt: skip


def _rest(run: Run) -> tuple[str, ...]:
    """What else a message of danger asks, as titles to open when everyone is safe; nothing if it cannot be searched."""
    kept = [s for s in sentences(run.text) if not (run.parts.watch.look(s) or run.parts.watch.hear(s))]
    if run.parts.search is None or len(" ".join(kept).split()) < _REST:
        return ()
    try:
        run.found = run.parts.search.find(Query(" ".join(kept), k=_DEPTH, library=run.library))
    except IndexProblem:
        return ()
    if run.parts.gate.decide(run.found.evidence, run.parts.knowledge.boundaries).status is not Status.ANSWERED:
        return ()
    return tuple(s.title for s, chance in run.found.situations[:2] if chance >= _LIKELY)


def meaning(run: Run) -> None:
    """What the turn means after the ones before it, and the details told so far."""
    run.meaning = interpret(run.text, run.turns)
    said = [*(normalise(t.said) for t in run.turns), run.text]
    taken_back = {s.removeprefix(NOT_SO) for s in said if s.startswith(NOT_SO)}
    told = details_told("\n".join(s for s in said if not s.startswith(NOT_SO)), run.parts.knowledge.details)
    run.told = tuple(d for d in told if d.label not in taken_back)
    move = run.meaning.move
    if move is Move.CHAT:
        run.reply(Status.OUT_OF_SCOPE, "chat", _starts(run))
    elif move is Move.EXTRACT:
        run.reply(Status.OUT_OF_SCOPE, "no_bulk", _starts(run))
    elif move in {Move.DANGLING, Move.CLARIFY}:
        run.reply(Status.CLARIFY, "nothing_before", _starts(run))
    elif move is Move.SOURCES:
        _sources(run)


def search(run: Run) -> None:
    """Rank passages; a failed store ends the run as unavailable."""
    if run.parts.search is None:
        run.reply(Status.UNAVAILABLE, "unavailable")
        return
    try:
        if run.meaning.alone:
            run.found = run.parts.search.find(Query(unsteered(run.meaning.alone), k=_DEPTH, library=run.library))
            if _has_a_subject(run.found) or _has_a_topic(run.found):
                run.meaning = Meaning(Move.ASK, run.meaning.alone)
        if run.found is None or run.meaning.context:
            run.found = run.parts.search.find(Query(_searched(run.meaning.text, run), k=_DEPTH, library=run.library))
    except IndexProblem:
        run.reply(Status.UNAVAILABLE, "unavailable")
        return
    if run.parts.search.embedder is None:
        run.notices += _fixed(run.parts.replies["words_only"].fill(), "notice")
    if spanish(run.text):
        run.notices += _fixed(run.parts.replies["spanish"].fill(), "notice")


def _questions_apart(run: Run) -> list[tuple[str, Found]]:
    """The questions of a message that ask about different situations, each with its own search; else none."""
    assert run.parts.search is not None
    if run.meaning.context or run.parts.search.embedder is None or run.status is not Status.ANSWERED:
        return []
    apart: dict[str, tuple[str, Found]] = {}
    for question in _asked(run.meaning.text)[:4]:
        found = run.parts.search.find(Query(question, k=_DEPTH, library=run.library))
        if _has_a_subject(found):
            apart.setdefault(found.situations[0][0].id, (question, found))
    return list(apart.values())[: max(_EACH)] if len(apart) > 1 else []


def _asked(text: str) -> list[str]:
    """The sentences of a message that ask something by themselves."""
    return [s for s in sentences(text) if s.endswith("?") and len(s.split()) >= 5]


def _searched(text: str, run: Run) -> str:
    """A title is searched as it stands, anything else without what tries to steer."""
    return text if text in run.titles() else unsteered(text)


def _has_a_subject(found: Found) -> bool:
    """Whether a turn is clear enough by itself: one situation stands out, and the message lies inside."""
    return bool(found.situations) and found.situations[0][1] >= _CLEAR and found.evidence.inside >= _INSIDE


def _has_a_topic(found: Found) -> bool:
    """Whether a turn names what it is about by itself: "he" and "she" are the child, not the subject of before."""
    return bool(found.topics) and found.topics[0][1] >= _OWN_TOPIC and found.evidence.inside >= _INSIDE


def gate(run: Run) -> None:
    """Answer only where the evidence is enough; say what it is otherwise."""
    assert run.found is not None and run.parts.search is not None
    words_only = run.parts.search.embedder is None
    boundaries = run.parts.knowledge.boundaries
    verdict = named_outside(run.text, boundaries) or run.parts.gate.decide(run.found.evidence, boundaries, words_only)
    if run.meaning.text in run.titles():  # word for word what a page is about: nothing to estimate
        verdict = Verdict(Status.ANSWERED)
    place = place_named(run.meaning.text, run.parts.knowledge.places)
    if place and verdict.status is not Status.OUT_OF_SCOPE:
        verdict = Verdict(Status.OTHER_PLACE, "other_place")
    options = _readings(run) if verdict.status is Status.ANSWERED else ()
    if not options and _names_a_subject(run):
        options = run.nearest_pages()
    if options:
        run.reply(Status.CLARIFY, "clarify", options)
    elif verdict.status is Status.ANSWERED:
        _parts_without_evidence(run)
    elif verdict.status is Status.OTHER_PLACE:
        _elsewhere(run, place or "that place")
    elif verdict.status is Status.NEEDS_PROFESSIONAL:
        _professional(run, verdict)
    else:
        run.reply(
            verdict.status,
            verdict.reply,
            _starts(run) if verdict.status is Status.OUT_OF_SCOPE else run.nearest_pages(),
        )


def answer(run: Run) -> None:
    """Choose, order and number the statements."""
    assert run.found is not None and run.parts.search is not None
    told = frozenset(d.id for d in run.told)
    index, knowledge = run.parts.search.index, run.parts.knowledge
    questions = _questions_apart(run)
    if questions:
        run.composed = NOTHING
        for question, found in questions:
            heading = _fixed(run.parts.replies["asked"].fill(question=question), "notice")
            said = Composed((*run.composed.sentences, *heading), run.composed.citations)
            run.composed = compose(found, index, knowledge, told, _EACH[len(questions)], said)
    else:
        run.composed = compose(run.found, index, knowledge, told)
    if not run.turns and len(run.text.split()) >= _STORY:
        run.notices += [Sentence(d.label, (), "fixed") for d in details_told(run.text, knowledge.openings)[:1]]
    if not run.composed.citations:
        run.reply(Status.NO_MATCH, "no_match", run.nearest_pages())


def ground(run: Run) -> None:
    """An answer with a single fault is withdrawn, never shown."""
    assert run.composed is not None
    shown = (*run.notices, *run.composed.sentences, *run.closing)
    wrong = faults(run.status, shown, run.composed.citations, run.parts.knowledge.passage_by_id)
    if wrong:
        run.composed = None
        run.reply(Status.UNAVAILABLE, "unavailable")


def suggest(run: Run) -> None:
    """Finish: what to ask next comes from related pages, so that each of it has an answer."""
    assert run.composed is not None
    c = run.composed
    run.done = Answer(
        run.raw, run.status, (*run.notices, *c.sentences, *run.closing), c.citations, c.topics,
        _related(run, c.citations), run.missing, _understood(run), _guides(run),
    )  # fmt: skip


STEPS: tuple[Callable[[Run], None], ...] = (clean, danger, meaning, search, gate, answer, ground, suggest)


def answer_question(raw: str, turns: Sequence[Turn], parts: Parts, library: bool = True) -> tuple[Answer, str]:
    """Run the steps until one ends the run.

    Args:
        raw: what was typed, any text.
        turns: the conversation before it, oldest first.
        parts: knowledge, replies and search.
        library: whether an organisation's own documents may be quoted.

    Returns:
        The answer with milliseconds per step, and the question it was taken to mean.
    """
    run = Run(raw[: MAX_CHARS * 300], turns, parts, library)
    timings: dict[str, float] = {}
    for step in STEPS:
        start = time.perf_counter()
        step(run)
        timings[step.__name__] = round((time.perf_counter() - start) * 1000, 2)
        if run.done is not None:
            break
    assert run.done is not None
    question = normalise(raw)
    return replace(run.done, question=question, timings_ms=timings), run.meaning.text or run.text


def _starts(run: Run) -> tuple[str, ...]:
    """Titles to start from: the first page of four topics that families meet first."""
    wanted = ("this-morning-right-now", "truancy-letter-arrived", "what-school-refusal-is", "not-a-bad-parent")
    pages = run.parts.knowledge.page_by_id
    return tuple(pages[i].title for i in wanted if i in pages)


def _names_a_subject(run: Run) -> bool:
    """A word or two that the pages use, such as "evaluation": too little to answer, but no small talk."""
    assert run.found is not None
    e = run.found.evidence
    bare = len(run.text.split()) <= 2 and run.text not in run.titles() and not run.meaning.context
    return bare and e.coverage >= _HELD and _HELD_NEAR <= e.passage < _PLAIN


def _readings(run: Run) -> tuple[str, ...]:
    """Titles to choose from, when a message of few words may mean several topics about as well; else nothing."""
    assert run.found is not None
    if run.meaning.context or len(run.text.split()) > _FEW or run.text in run.titles():
        return ()
    likely = [topic for topic, chance in run.found.topics if chance >= _LIKELY]
    if len(likely) < 2 or run.found.topics[0][1] > 1 - 2 * _LIKELY:
        return ()
    best = {t: next((h.passage.page_title for h in run.found.hits if h.passage.topic == t), "") for t in likely[:3]}
    return tuple(title for title in best.values() if title)


def _parts_without_evidence(run: Run) -> None:
    """A message with several questions: the ones that lie outside are named as missing."""
    assert run.parts.search is not None
    if run.meaning.context or run.parts.search.embedder is None:
        return
    asked = _asked(run.meaning.text)
    if len(asked) < 2:
        return
    outside = []
    for question in asked[:4]:
        evidence = run.parts.search.find(Query(question, k=3, library=run.library)).evidence
        far = evidence.inside < 0.15 and evidence.boundary_cosine > evidence.question
        if far and run.parts.gate.decide(evidence, run.parts.knowledge.boundaries).status is not Status.ANSWERED:
            outside.append(question)
    if outside and len(outside) < len(asked):
        run.status = Status.PARTIAL
        run.missing = tuple(outside)
        for question in outside:
            run.closing += _fixed(run.parts.replies["partial"].fill(missing=question), "notice")


def _elsewhere(run: Run, place: str) -> None:
    """Another place's rules: say so, and quote only what is not law."""
    run.status = Status.OTHER_PLACE
    run.notices += _fixed(run.parts.replies["other_place"].fill(place=place), "notice")
    _keep_general(run)
    if run.found and run.found.hits and run.found.evidence.question >= run.parts.gate.near:
        run.notices += _fixed(run.parts.replies["other_place_guidance"].fill(), "notice")
        return
    lines = run.parts.replies["other_place_nothing"].fill()
    run.done = Answer(
        run.raw,
        Status.OTHER_PLACE,
        (*run.notices, *_fixed(lines)),
        suggestions=run.nearest_pages(),
        topics=run.topics(),
    )


def _keep_general(run: Run) -> None:
    assert run.found is not None
    kept = []
    for hit in run.found.hits:
        statements = tuple(s for s in hit.passage.statements if s.kind in {"expert", "article", "research"})
        if statements and hit.passage.jurisdiction == "General":
            kept.append(replace(hit, passage=replace(hit.passage, statements=statements)))
    run.found = replace(run.found, hits=tuple(kept), situations=())  # a situation may quote California's law


def _professional(run: Run, verdict: Verdict) -> None:
    """Say what the sources do say, if they are near, then who to ask."""
    run.status = Status.NEEDS_PROFESSIONAL
    name = verdict.reply if verdict.reply in {"who_medical", "who_legal"} else "who_legal"
    if _MEDICAL.search(run.text.lower()):
        name = "who_medical"
    run.notices += _fixed(run.parts.replies["needs_professional"].fill(), "notice")
    values = help_values(run.parts.knowledge.helplines)
    who = _fixed(run.parts.replies[name].fill(**values), "notice")
    if run.found and run.found.evidence.question >= run.parts.gate.near + 0.1:
        run.closing += who
        return
    run.done = Answer(
        run.raw, Status.NEEDS_PROFESSIONAL, (*run.notices, *who), suggestions=run.nearest_pages(), topics=run.topics()
    )


def _sources(run: Run) -> None:
    """Who said each sentence of the last answer: the same quotations again, with name and date."""
    last = next((t.answer for t in reversed(run.turns) if t.answer and t.answer.citations), None)
    if last is None:
        run.meaning = Meaning(
            Move.ASK, "Who are the experts behind this, and is it actual doctors?", run.turns[-1].meant
        )
        return
    head = _fixed(run.parts.replies["not_verified_role"].fill(), "notice")
    lines = tuple(Sentence(f"[{c.n}] {_credit(c)}", (c.n,), "notice") for c in last.citations)
    quoted = tuple(s for s in last.sentences if s.role in {"guidance", "law"})
    shown = tuple(x for pair in zip(lines, quoted, strict=False) for x in pair)
    run.done = Answer(run.raw, last.status, (*head, *shown), last.citations, last.topics, last.suggestions)


def _credit(c: Citation) -> str:
    who = f"{c.speaker}, {c.credential}, in" if c.speaker else ""
    return " ".join(f"{who} {c.source.title} ({c.source.publisher}; {c.as_of}):".split())


def _understood(run: Run) -> tuple[str, ...]:
    """Labels of the details that decided what a likely situation says."""
    assert run.found is not None
    likely = [s for s, chance in run.found.situations if chance >= _LIKELY]
    decided = {d for s in likely for d in (*s.only.values(), *s.unless.values())}
    return tuple(d.label for d in run.told if d.id in decided)


def _guides(run: Run) -> tuple[str, ...]:
    """Slugs of the guides that fit the likely situations, best first."""
    assert run.found is not None
    return tuple(dict.fromkeys(s.offer for s, chance in run.found.situations[:3] if chance >= _LIKELY))


def _related(run: Run, citations: Sequence[Citation], n: int = 3) -> tuple[str, ...]:
    """Titles to ask next, each with an answer: situations near by, then pages related to the cited ones."""
    assert run.found is not None
    known = run.parts.knowledge
    passages = known.passage_by_id
    cited = list(dict.fromkeys(passages[c.passage_id].page_id for c in citations))
    pages = known.page_by_id
    links = [pages[r].title for i in cited if i in pages for r in pages[i].related if r in pages and r not in cited]
    near = [s.title for s, chance in run.found.situations[1:3] if chance >= _NEAR]
    kin = [known.situation_by_id[r].title for s, _ in run.found.situations[:1] for r in s.related]
    quoted = {pages[i].title for i in cited if i in pages} | {run.meaning.text}
    offered = dict.fromkeys((*near[:1], *kin[:1], *links[:1], *kin[1:2], *links[1:], *run.nearest_pages(8)))
    return tuple(t for t in offered if t not in quoted)[:n]
