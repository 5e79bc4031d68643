"""The contract of guides and letters beyond what can be loaded at all, every way through them, and their count.

A walk is a real one: answers that the session replays to an ending. Steps whose answer decides what is asked next are
walked with every option; the others with each option once, and once skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from assistant.check import grade
from assistant.cited import Said
from assistant.errors import DoorstepError, Problem
from assistant.guide import Guide, Step, Value, count_paths, holds, paths
from assistant.guide_reading import Guides
from assistant.letters import Letter
from assistant.plan import letters_of, plan_of
from assistant.session import Place, Session, answer, replay

__all__ = ["Count", "Walk", "check_guides", "count", "walks"]

MAX_QUESTIONS = 14
MAX_GRADE = 7.0  # of a guide's words and plan; a letter names laws, so it may have
MAX_LETTER_GRADE = 9.5
MAX_TODAY = 6  # lines under "today" on any walk: nobody can do more
_QUESTION_WORDS, _LABEL_WORDS = 20, 10
_NEVER = re.compile(
    r"\bwill be dismissed\b|\bignore (?:the|this|a) (?:letter|notice)\b|\bskip (?:the|a) (?:sarb|hearing|meeting)\b"
    r"|\bguarantee\w*|\bwill (?:surely|certainly|definitely)\b|\balways works\b|\byour fault\b|\bbad parent\b",
    re.IGNORECASE,
)  # fmt: skip
_PHONE = re.compile(r"(?<![\d$])(?:1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)")
# The ten of the design; a guide may name one as the next that is still being written.
_PLANNED = frozenset(
    "start-here this-morning why-refusing talking-with-my-child truancy-letter ask-the-school return-plan "
    "learning-meanwhile more-help looking-after-yourself".split()
)

Given = tuple[tuple[str, Value | None], ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """Answers to an ending, in the order in which they were asked; None is a skip."""

    answers: Given
    place: Place
    session: Session


@dataclass(frozen=True, slots=True)
class Count:
    """One line of `doorstep guide check`."""

    slug: str
    steps: int
    paths: int
    walks: int
    longest: int
    endings: int
    letters: int
    plan_lines: int


class _Reads(dict[str, Value]):
    """Answers that note which steps a rule reads."""

    def __init__(self, answers: Mapping[str, Value], seen: set[str]) -> None:
        super().__init__(answers)
        self._seen = seen

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        self._seen.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._seen.add(str(key))
        return super().__contains__(key)


def _samples(step: Step) -> list[Value | None]:
    """Every option of a choice; a few numbers; one day; one text; and a skip."""
    if step.kind in {"one", "yes_no"}:
        return [*(o.id for o in step.options), None]
    if step.kind == "several":
        return [*((o.id,) for o in step.options), tuple(o.id for o in step.options), (), None]
    if step.kind == "number":
        return [*sorted({step.low, min(step.low + 2, step.high), min(step.low + 20, step.high), step.high}), None]
    return ["2026-11-02" if step.kind == "date" else "Ana", None]


def _tree(guide: Guide, matters: set[str], reads: set[str]) -> Iterator[Given]:
    stack: list[Given] = [()]
    while stack:
        given = stack.pop()
        place = _place(guide, given)
        for step in guide.steps:
            _note_reads(guide, step.when, place.answers, reads)
        for ending in guide.endings:
            _note_reads(guide, ending.when, place.answers, reads)
        if place.step is None:
            yield given
            continue
        values = _samples(place.step) if place.step.id in matters else _samples(place.step)[:1]
        stack.extend((*given, (place.step.id, value)) for value in reversed(values))


def _note_reads(guide: Guide, when: tuple[str, ...], answers: Mapping[str, Value], reads: set[str]) -> None:
    for name in when:
        if "." in name:
            reads.add(name.split(".", 1)[0])
        else:
            holds((name,), guide, _Reads(answers, reads))


def _place(guide: Guide, given: Given) -> Place:
    return replay(guide, _session(guide, given))


def _session(guide: Guide, given: Given) -> Session:
    session = Session(guide.slug, guide.version)
    for step_id, value in given:
        session = answer(guide, session, {step_id: value})
    return session


def walks(guide: Guide, limit: int = 5000) -> list[Walk]:
    """Walks that take every turn and every option of the guide, each option also alone at each ending.

    At most `limit` take the turns; the others come beside them.
    """
    matters = {s.id for s in guide.steps if len(s.targets) > 1}
    while True:
        reads: set[str] = set()
        base = list(islice(_tree(guide, matters, reads), limit))
        new = (reads & set(guide.step_by_id)) - matters
        if not new or len(base) >= limit:
            break
        matters |= new
    bare = [tuple((k, v if k in matters else None) for k, v in given) for given in base]
    ends: dict[str, Given] = {}  # for each ending, the first way to it that answers no more than it must
    for given in bare:
        if (ending := _place(guide, given).ending) is not None:
            ends.setdefault(ending.id, given)
    alone = (one for given in ends.values() for one in _each_once(guide, [given], matters))
    found = dict.fromkeys([*base, *_each_once(guide, base, matters), *bare[:50], *alone])
    sessions = [(given, _session(guide, given)) for given in found]
    return [Walk(given, replay(guide, session), session) for given, session in sessions]


def _each_once(guide: Guide, base: Sequence[Given], matters: set[str]) -> Iterator[Given]:
    """For each option of the steps that change no route, the first walk that meets the step, with that option."""
    for step in guide.steps:
        first = next((g for g in base if any(k == step.id for k, _ in g)), None)
        if step.id in matters or first is None:
            continue
        for value in _samples(step):
            yield tuple((k, value if k == step.id else v) for k, v in first)


def _texts(guide: Guide) -> list[tuple[str, str, tuple[str, ...]]]:
    """Everything the guide says, as (file, text, statements cited)."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for step in guide.steps:
        found += [("words.md", t, ()) for t in (step.question, step.hint, step.help) if t]
        lines = [*step.why, *(o.note for o in step.options if o.note)]
        found += [("words.md", line.text, line.statements) for line in lines]
    for ending in guide.endings:
        found += [("words.md", line.text, line.statements) for line in ending.say]
    for item in guide.items:
        for line in (item.line, item.why):
            if line is not None:
                found.append(("plan.md", line.text, line.statements))
    return found


def _plain(texts: Sequence[str]) -> str:
    """Sentences for the reading grade; section numbers' dots and credentials are not ends of sentences."""
    rows = (t if t.endswith((".", "?", "!")) else f"{t}." for t in texts)
    return " ".join(rows).replace("Dr. ", "Dr ").replace("Psy.D.", "PsyD").replace("[____]", "it")


def _said_wrong(name: str, texts: Sequence[tuple[str, str, tuple[str, ...]]], said: Said) -> Iterator[Problem]:
    for file, text, ids in texts:
        own = f"{name}/{file}" if file else name
        source = " ".join(said[i][1].text for i in ids if i in said)
        if (match := _NEVER.search(text)) and match[0].lower() not in source.lower():
            yield Problem(own, 0, "promise", f"{match[0]!r} in {text[:50]!r}: no promises, no blame, nothing to ignore")
        for number in _PHONE.findall(text):
            if number not in source:
                yield Problem(own, 0, "phone", f"{number} stands in no statement that {text[:40]!r} cites")


def _words(guide: Guide, name: str) -> Iterator[Problem]:
    for step in guide.steps:
        if len(step.question.split()) > _QUESTION_WORDS:
            yield Problem(f"{name}/words.md", 0, "question", f"step {step.id!r}: over {_QUESTION_WORDS} words")
        ways: dict[str, str] = {}
        for option in step.options:
            if len(option.label.split()) > _LABEL_WORDS:
                yield Problem(
                    f"{name}/words.md",
                    0,
                    "option",
                    f"step {step.id!r}, option {option.id!r}: over {_LABEL_WORDS} words",
                )
            for way in {w.lower() for w in (option.label, *option.also)}:
                if way in ways:
                    yield Problem(
                        f"{name}/words.md",
                        0,
                        "also",
                        f"step {step.id!r}: {way!r} means {ways[way]!r} and {option.id!r}",
                    )
                ways[way] = option.id


def _dated(name: str, reviewed: str, due: str, today: date) -> Iterator[Problem]:
    if due < today.isoformat():
        yield Problem(name, 1, "reviewed", f"review was due on {due}; look at it again")
    if reviewed > today.isoformat():
        yield Problem(name, 1, "reviewed", f"{reviewed} lies in the future")


def _used_rules(guide: Guide) -> set[str]:
    names = {n for s in guide.steps for n in s.when} | {n for e in guide.endings for n in e.when}
    names |= {n for u in guide.letters for n in u.when} | {n for u in guide.dates for n in u.when}
    texts = [i.line.text + (i.why.text if i.why else "") for i in guide.items]
    names |= {n for i in guide.items for n in i.line.when}
    return names | {n for t in texts for n in re.findall(r"\{([^{}]+)\}", t)}


def _walked(guides: Guides, guide: Guide, name: str, today: date) -> Iterator[Problem]:
    """What only walking tells: too long, an ending never met, an option never met, a plan with nothing or too much."""
    endings: set[str] = set()
    options: set[tuple[str, str]] = set()
    for walk in walks(guide):
        at = " > ".join(f"{k}={v}" for k, v in walk.answers)[:300]
        assert walk.place.ending is not None
        endings.add(walk.place.ending.id)
        for step_id, value in walk.answers:
            options |= {(step_id, v) for v in (value if isinstance(value, tuple) else (str(value),))}
        try:
            plan = plan_of(guides, guide, walk.session, today)
            letters_of(guides, guide, walk.session, today)
        except (DoorstepError, KeyError, TypeError, ValueError) as error:
            yield Problem(f"{name}/plan.md", 0, "walk", f"fails with {type(error).__name__} ({error}) on {at}")
            continue
        lines = sum(len(s.items) for s in plan.sections if s.name == "today")
        if not 1 <= lines <= MAX_TODAY:
            yield Problem(f"{name}/plan.md", 0, "today", f"{lines} lines; expected 1 to {MAX_TODAY}, on {at}")
    for ending in guide.endings:
        if ending.id not in endings:
            yield Problem(f"{name}/guide.yaml", 0, "endings", f"no walk comes to {ending.id!r}")
    for step in guide.steps:
        for option in step.options:
            if (step.id, option.id) not in options:
                yield Problem(
                    f"{name}/guide.yaml", 0, "options", f"step {step.id!r}, option {option.id!r}: no walk takes it"
                )


def _guide(guides: Guides, guide: Guide, today: date) -> Iterator[Problem]:
    name = f"knowledge/guides/{guide.slug}"
    yield from _dated(f"{name}/guide.yaml", guide.reviewed, guide.review_due, today)
    for path in paths(guide):
        if len(path) - 1 > MAX_QUESTIONS:
            yield Problem(
                f"{name}/guide.yaml",
                0,
                "path",
                f"{len(path) - 1} questions; expected {MAX_QUESTIONS} or fewer: {' > '.join(path)}",
            )
            break
    texts = _texts(guide)
    if (g := grade(_plain([t for _, t, _ in texts]))) > MAX_GRADE:
        yield Problem(name, 0, "reading grade", f"{g:.1f}; expected {MAX_GRADE} or lower: shorten sentences and words")
    yield from _said_wrong(name, texts, guides.said)
    yield from _words(guide, name)
    for rule in guide.rules:
        if rule not in _used_rules(guide):
            yield Problem(f"{name}/rules.py", 0, rule, "is used nowhere")
    for ending in guide.endings:
        for slug in set(ending.then) - set(guides.by_slug) - _PLANNED:
            yield Problem(f"{name}/guide.yaml", 0, "then", f"ending {ending.id!r}: {slug!r} is no guide")
    for item in guide.items:
        if item.section == "ask" and not item.line.text.endswith("?"):
            yield Problem(f"{name}/plan.md", 0, "ask", f"{item.line.text[:40]!r} is no question; end it with ?")
    yield from _walked(guides, guide, name, today)


def _letter(letter: Letter, said: Said, today: date) -> Iterator[Problem]:
    name = f"knowledge/letters/{letter.id}.md"
    yield from _dated(name, letter.reviewed, letter.review_due, today)
    body = [t for t, tag in letter.body if not tag.form]
    if (g := grade(_plain(body))) > MAX_LETTER_GRADE:
        yield Problem(name, 0, "reading grade", f"{g:.1f}; expected {MAX_LETTER_GRADE} or lower")
    yield from _said_wrong(name, [("", t, tag.statements) for t, tag in letter.body], said)


def check_guides(guides: Guides, today: date, only: str = "") -> list[Problem]:
    """Every rule over every guide and letter, or over the guide `only`; sorted by file."""
    found: list[Problem] = []
    for guide in guides.by_slug.values():
        if not only or guide.slug == only:
            found += _guide(guides, guide, today)
    used = {u.letter for slug, g in guides.by_slug.items() if not only or slug == only for u in g.letters}
    for letter in guides.letters.values():
        if not only or letter.id in used:
            found += _letter(letter, guides.said, today)
    asked: dict[str, str] = {}
    for guide in guides.by_slug.values():
        for phrase in guide.invite:
            other = asked.setdefault(phrase.lower(), guide.slug)
            if other != guide.slug:
                found.append(
                    Problem(
                        f"knowledge/guides/{guide.slug}/guide.yaml",
                        0,
                        "invite",
                        f"{phrase[:40]!r} also invites to {other}",
                    )
                )
    return sorted(found)


def count(guides: Guides) -> list[Count]:
    """What there is, one record a guide, by slug."""
    return [
        Count(
            g.slug, len(g.steps), count_paths(g), len(walks(g)), max(len(p) - 1 for p in paths(g)), len(g.endings),
            len(g.letters), len(g.items),
        )
        for g in guides.by_slug.values()
    ]  # fmt: skip
