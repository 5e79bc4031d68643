"""What a typed reply means to a guide: a command, an answer, two near answers, several answers, a question, or none.

Words first, then vectors with an absolute floor; where two options are as near, both are offered by name. A model never
decides here, and nothing is changed: `hear` only says what it heard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from assistant.commands import ASKING, CHANGE, COMMANDS, MEANT, NOTHING, PICK, UNSURE, WHOLE, Act, said_beside
from assistant.embedding import Embedder, Vectors
from assistant.errors import InputError
from assistant.guide import NONE, Guide, Step, Value
from assistant.session import check_value
from assistant.spoken import days, numbers
from assistant.text import sentences, stems, tokens

__all__ = ["Ears", "Heard"]

# From tests/data/guide_replies.jsonl with all-MiniLM-L6-v2. At 0.45, of 100 replies 83 are heard right, 10 offered as
# one of two, 7 asked again, none heard wrong; from 0.35 to 0.60 what is heard right falls from 84 to 77. The writer of
# the replies also wrote the ways to say an option, so strangers will be heard less well.
FLOOR = 0.45  # cosine of a reply with the nearest way to say an option
MARGIN = 0.06  # a second option nearer than this is offered beside the first
WORDS_FLOOR = 0.5  # share of an option's words, where there is no encoder
_LONG = 5  # words from which a reply may answer more than was asked
_NAME = 6  # words of a name: more is a sentence, and asked about again


@dataclass(frozen=True, slots=True)
class Heard:
    """The meaning of a reply; `extra` are answers to steps that were not asked yet."""

    act: Act
    values: Mapping[str, Value] = field(default_factory=dict)
    step: str = ""
    offers: tuple[str, ...] = ()
    reason: str = ""

    @property
    def extra(self) -> tuple[str, ...]:
        """Ids of answered steps beside the one that was asked."""
        return tuple(s for s in self.values if s != self.step)


_ORDER = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "last": -1}
_NO = (
    r"not|no|never|nobody|without|hardly|cannot"
    r"|(?:ca|wo|do|does|did|has|have|had|is|are|was|were|would|could|should)nt"
)
_NOT = re.compile(rf"\b(?:{_NO})\b")
# A "no" just before words takes them back: "she does not have an IEP".
_NEGATED = re.compile(
    rf"\b(?:{_NO})(?: (?:have|has|had|got|get|getting|really|been|being|ever|about|for|from|because|of))*"
    r"(?: (?:an?|any|the|it|his|her))?\s*$"
)
# Ways that say too little to answer a question that was not asked: "most days" may be about anything.
_PLAIN = frozenset(
    "a lot,all the time,at school,each time,every day,every morning,first time,for weeks,i think so,just one,most days,"
    "no one,not always,not yet,now and then,once a week,some days".split(",")
)
_TOO_SHORT = frozenset("yes no one two five four many calm both ok done half 1 2 3".split())
_ACRONYM = 4  # a single word that counts there is short: IEP, 504, SARB; "court" may stand in any story


_NAMING = re.compile(
    r"^(?:(?:my|his|her|their|the) name is|(?:it|he|she|they)(?:'s| is)|i am|i'm|call (?:him|her|me))\s+", re.IGNORECASE
)


def _flat(text: str) -> str:
    """Lower-case words without accents or apostrophes, single spaces."""
    return " ".join(w.replace("'", "") for w in tokens(text))


def _clauses(text: str) -> list[str]:
    return [
        c.strip() for c in re.split(r"[.;!?\n]+|,|\b(?:and|but|also|plus|because|so)\b", text) if len(c.split()) > 0
    ]


def _ways(option_label: str, also: Sequence[str]) -> list[str]:
    """Ways to say an option: its label, its label's parts, and the writer's own."""
    parts = [p for p in re.split(r"[:,(]", option_label) if len(p.split()) > 1]
    return list(dict.fromkeys(w for w in map(_flat, [option_label, *parts, *also]) if w))


def _chosen(step: Step, ids: Sequence[str]) -> Heard:
    """One option is an answer, two or more are offered, none is unclear."""
    if len(ids) == 1:
        return Heard(Act.ANSWER, {step.id: ids[0]}, step.id)
    return Heard(Act.OFFER, step=step.id, offers=tuple(ids[:3])) if ids else Heard(Act.UNCLEAR, step=step.id)


class Ears:
    """Hears replies for any guide. Vectors of options are made once; safe for several threads."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """Without an encoder only words are compared."""
        self._embedder = embedder
        self._vectors: dict[tuple[str, str, str], tuple[list[str], list[str], Vectors]] = {}

    def use(self, embedder: Embedder) -> None:
        """Compare by vectors from now on: the encoder loads while the first questions are answered."""
        self._embedder = embedder

    # Options by words

    def _hits(self, step: Step, flat: str) -> dict[str, tuple[int, int]]:
        """Options whose words stand in a reply, with where; a longer way to say one hides what lies in it."""
        spans: list[tuple[int, int, str]] = []
        for option in step.options:
            for way in _ways(option.label, option.also):
                for match in re.finditer(rf"(?<!\w){re.escape(way)}(?!\w)", flat):
                    if not _NEGATED.search(flat[: match.start()]):
                        spans.append((match.start(), match.end(), option.id))
        found: dict[str, tuple[int, int]] = {}
        taken: list[tuple[int, int]] = []
        for start, end, id_ in sorted(spans, key=lambda s: (-(s[1] - s[0]), s[0])):
            if any(start < b and a < end and (a, b) != (start, end) for a, b in taken):
                continue
            taken.append((start, end))
            found.setdefault(id_, (start, end))
        return found

    def _nearness(self, guide: Guide, step: Step, pieces: Sequence[str]) -> dict[str, float]:
        """How near the nearest piece of a reply is to each option, 0 to 1."""
        if self._embedder is None:
            found = {}
            for option in step.options:
                named = [set(stems(w)) for w in _ways(option.label, option.also)]
                heard = set(stems(" ".join(pieces)))
                found[option.id] = max((len(heard & w) / len(w) for w in named if w), default=0.0)
            return found
        key = (guide.slug, guide.version, step.id)
        if key not in self._vectors:
            ids, texts = [], []
            for option in step.options:
                for way in [option.label, *option.also]:
                    ids.append(option.id)
                    texts.append(way)
            self._vectors[key] = (ids, texts, self._embedder.encode(texts))
        ids, ways, vectors = self._vectors[key]
        # Vectors hardly hear a "not": "not always" would be the nearest way to say "always".
        if not any(_NOT.search(_flat(p)) for p in pieces):
            keep = [n for n, way in enumerate(ways) if not _NOT.search(_flat(way))]
            ids, vectors = ([ids[n] for n in keep], vectors[keep]) if keep else (ids, vectors)
        said = np.concatenate([self._embedder.encode([p]) for p in pieces])
        near = (vectors @ said.T).max(axis=1)
        best: dict[str, float] = {}
        for id_, value in zip(ids, near, strict=True):
            best[id_] = max(best.get(id_, -1.0), float(value))
        return best

    def _exact(self, step: Step, flat: str) -> str:
        """The option that a reply names whole, by its words or by its place in the list; "" for none."""
        for option in step.options:
            if flat in _ways(option.label, option.also) or flat == _flat(option.id):
                return option.id
        pick = PICK.match(flat)
        if pick:
            n = (
                int(pick["n"]) - 1
                if pick["n"]
                else ord(pick["letter"]) - 97
                if pick["letter"]
                else _ORDER[pick["word"]]
            )
            if -1 <= n < len(step.options):
                return step.options[n].id
        return ""

    def _one(self, guide: Guide, step: Step, text: str, flat: str) -> Heard:
        said = next((a for a, pattern in WHOLE if a in {Act.YES, Act.NO} and pattern.match(flat)), None)
        if said:
            return _chosen(step, [o.id for o in step.options if _flat(o.label).split()[0] == said.value])
        hits = self._hits(step, flat)
        if hits or step.kind == "yes_no":
            return _chosen(step, [o.id for o in step.options if o.id in hits])
        near = self._nearness(guide, step, [text, *_clauses(text)] if len(flat.split()) > _LONG else [text])
        floor = FLOOR if self._embedder else WORDS_FLOOR
        ranked = sorted(near.items(), key=lambda pair: -pair[1])
        if not ranked or ranked[0][1] < floor:
            return Heard(Act.UNCLEAR, step=step.id)
        # Vectors hardly hear a "not": then the two nearest are offered, never one taken.
        if len(ranked) > 1 and (ranked[0][1] - ranked[1][1] < MARGIN or _NOT.search(flat)):
            first_two = {ranked[0][0], ranked[1][0]}
            return Heard(Act.OFFER, step=step.id, offers=tuple(o.id for o in step.options if o.id in first_two))
        return Heard(Act.ANSWER, {step.id: ranked[0][0]}, step.id)

    def _several(self, guide: Guide, step: Step, text: str, flat: str) -> Heard:
        found = set(self._hits(step, flat))
        if re.fullmatch(r"(?:\d{1,2}|[a-h])(?:(?: and| or)? (?:\d{1,2}|[a-h]))+", flat):
            found |= {i for piece in re.split(r" (?:and |or )?", flat) if (i := self._exact(step, piece))}
        elif re.fullmatch(r"(?:all|all of (?:them|these|the above|those)|everything|yes to all)", flat):
            found = {o.id for o in step.options if o.id != "other"}
        else:
            floor = FLOOR if self._embedder else WORDS_FLOOR
            for clause in _clauses(text):
                if _NOT.search(_flat(clause)) or self._hits(step, _flat(clause)):
                    continue
                ranked = sorted(self._nearness(guide, step, [clause]).items(), key=lambda pair: -pair[1])
                if ranked[0][1] >= floor:
                    found.add(ranked[0][0])
        if not found:
            return Heard(Act.UNCLEAR, step=step.id)
        return Heard(Act.ANSWER, {step.id: tuple(o.id for o in step.options if o.id in found)}, step.id)

    # Numbers, days, texts

    def _number(self, step: Step, flat: str, text: str) -> Heard:
        found = [n for n, _ in numbers(text.lower())]
        if not found and re.fullmatch(r"(?:none|zero|no days?|not (?:any|one)|never|nothing|no)", flat):
            found = [0]
        return self._fits(step, found, "number")

    def _day(self, step: Step, text: str, today: date) -> Heard:
        found = days(text.lower(), today, step.side)
        if any(f.day is None for f in found):
            return Heard(Act.UNCLEAR, step=step.id, reason="no_such_day")
        if step.side == "past" and any(f.day and f.day > today for f in found):
            return Heard(Act.UNCLEAR, step=step.id, reason="day_ahead")
        return self._fits(step, [f.day.isoformat() for f in found if f.day], "date")

    def _fits(self, step: Step, found: Sequence[object], kind: str) -> Heard:
        if len(set(found)) != 1:
            return Heard(Act.UNCLEAR, step=step.id, reason=f"{kind}_two" if found else "")
        try:
            return Heard(Act.ANSWER, {step.id: check_value(step, found[0])}, step.id)
        except InputError:
            return Heard(Act.UNCLEAR, step=step.id, reason=f"{kind}_range")

    # A whole reply

    def _answer(self, guide: Guide, step: Step, text: str, flat: str, today: date) -> Heard:
        """The reply as an answer to one step, or UNCLEAR, or an OFFER of two options."""
        if step.kind == "number":
            return self._number(step, flat, text)
        if step.kind == "date":
            return self._day(step, text, today)
        if step.kind == "text":
            name = _NAMING.sub("", text).rstrip(" .!")
            if not any(c.isalpha() for c in name):
                return Heard(Act.UNCLEAR, step=step.id)
            return Heard(Act.ANSWER, {step.id: check_value(step, name)}, step.id)
        return self._choice(guide, step, text, flat)

    def _choice(self, guide: Guide, step: Step, text: str, flat: str) -> Heard:
        if step.kind == "several" and NOTHING.match(flat) and not any(o.id == NONE for o in step.options):
            exact = self._exact(step, flat)
            return Heard(Act.ANSWER, {step.id: (exact,) if exact else ()}, step.id)
        exact = self._exact(step, flat)
        if exact:
            return Heard(Act.ANSWER, {step.id: (exact,) if step.kind == "several" else exact}, step.id)
        if step.kind == "yes_no":
            for act, value in ((Act.YES, "yes"), (Act.NO, "no")):
                if re.match(rf"^(?:{dict(COMMANDS)[act]})\b", flat) and step.option(value):
                    return Heard(Act.ANSWER, {step.id: value}, step.id)
        if UNSURE.match(flat) and step.option("not-sure"):
            return Heard(Act.ANSWER, {step.id: ("not-sure",) if step.kind == "several" else "not-sure"}, step.id)
        return self._several(guide, step, text, flat) if step.kind == "several" else self._one(guide, step, text, flat)

    def extras(self, guide: Guide, text: str, today: date, but: frozenset[str]) -> dict[str, Value]:
        """Answers that a longer message gives to steps outside `but`; only what is said outright counts.

        Sentences that ask are left out. Options by the writer's own ways to say them; a number or a day only beside
        words that the step names, and for one step only.
        """
        told = [s for s in sentences(text) if not s.rstrip().endswith("?") and not ASKING.match(_flat(s))]
        flat = _flat(" . ".join(told))
        if len(_flat(text).split()) < _LONG:
            return {}
        owners: dict[str, set[str]] = {}
        for step in guide.steps:
            for option in step.options:
                for way in _ways(option.label, option.also):
                    owners.setdefault(way, set()).add(step.id)
        open_ = [s for s in guide.steps if s.id not in but and s.kind != "text"]
        found: dict[str, Value] = {}
        for step in (s for s in open_ if s.options):
            heard = self._outright(step, flat, owners)
            if heard is not None:
                found[step.id] = heard
        found |= self._beside([s for s in guide.steps if s.kind in {"number", "date"}], told, today)
        return {s.id: found[s.id] for s in open_ if s.id in found}

    def _outright(self, step: Step, flat: str, owners: Mapping[str, set[str]]) -> Value | None:
        """Options that a message names in words which belong to this step alone."""
        hits = []
        for id_, (a, b) in self._hits(step, flat).items():
            way = flat[a:b]
            single = " " not in way
            if len(owners[way]) > 1 or way in _PLAIN or (single and step.kind != "several" and len(way) > _ACRONYM):
                continue
            if not single or way not in _TOO_SHORT:
                hits.append(id_)
        if step.kind == "several":
            return tuple(o.id for o in step.options if o.id in hits) or None
        return hits[0] if len(hits) == 1 else None

    def _beside(self, steps: Sequence[Step], told: Sequence[str], today: date) -> dict[str, Value]:
        """Numbers and days in the same clause as words that a step names; the step with the longest words has them."""
        found: dict[str, Value] = {}
        for clause in (c.lower() for s in told for c in re.split(r"[.;!\n]+|,|\b(?:and|but)\b", s)):
            flat = _flat(clause)
            for kind in ("number", "date"):
                cues = [
                    (len(_flat(cue)), step)
                    for step in steps
                    if step.kind == kind
                    for cue in step.also
                    if re.search(rf"(?<!\w){re.escape(_flat(cue))}(?!\w)", flat)
                ]
                if not cues:
                    continue
                step = max(cues, key=lambda pair: pair[0])[1]
                heard = self._number(step, flat, clause) if kind == "number" else self._day(step, clause, today)
                if heard.act is Act.ANSWER and step.id not in found:
                    found[step.id] = heard.values[step.id]
        return found

    def which(self, guide: Guide, words: str, among: Sequence[Step]) -> str:
        """The step that "change ..." names, by its short name, id or question; "" where none or two are near."""
        said = set(stems(words))
        scored = []
        for step in among:
            names = [set(stems(step.short)), set(stems(step.id.replace("-", " "))), *[set(stems(a)) for a in step.also]]
            best = max((len(said & n) / len(said | n) for n in names if n and said), default=0.0)
            best = max(best, 0.8 * len(said & set(stems(step.question))) / len(said)) if said else 0.0
            scored.append((best, step.id))
        scored.sort(reverse=True)
        if not scored or scored[0][0] < 0.34 or (len(scored) > 1 and scored[0][0] == scored[1][0]):
            return ""
        return scored[0][1]

    def _change(self, guide: Guide, flat: str, path: Sequence[Step], today: date) -> Heard | None:
        match = CHANGE.match(flat)
        if match is None:
            return None
        step_id = self.which(guide, match["what"] or "", path)
        if not step_id:
            return Heard(Act.CHANGE)
        if match["value"]:
            step = guide.step_by_id[step_id]
            heard = self._answer(guide, step, match["value"], match["value"], today)
            if heard.act is Act.ANSWER:
                return heard
        return Heard(Act.CHANGE, step=step_id)

    def hear(
        self, guide: Guide, step: Step | None, text: str, path: Sequence[str], today: date, skipped: Sequence[str] = ()
    ) -> Heard:
        """What a reply means.

        Args:
            guide: the guide.
            step: the step that was asked; None on the review page and after the ending.
            text: what was typed, normalised.
            path: ids of the steps that are answered or skipped on the way, oldest first.
            today: the day it was typed.
            skipped: those of them that were skipped, which a longer message may still answer.
        """
        flat = _flat(text)
        if not flat and not (step and step.kind == "text"):
            return Heard(Act.UNCLEAR, step=step.id if step else "")
        if step is not None and step.kind in {"one", "several", "yes_no"} and (exact := self._exact(step, flat)):
            return Heard(Act.ANSWER, {step.id: (exact,) if step.kind == "several" else exact}, step.id)
        behind = [guide.step_by_id[i] for i in path if i in guide.step_by_id]
        command = self._command(guide, step, flat, text, behind, today)
        if command is not None:
            return command
        if step is None:
            return Heard(Act.ASK) if len(flat.split()) > 2 or "?" in text else Heard(Act.UNCLEAR)
        return self._reply(guide, step, text, flat, frozenset(path) - frozenset(skipped), today)

    def _command(
        self, guide: Guide, step: Step | None, flat: str, text: str, behind: Sequence[Step], today: date
    ) -> Heard | None:
        for act, pattern in WHOLE:
            if not pattern.match(flat):
                continue
            if act in {Act.YES, Act.NO} and step is not None:
                break  # an answer, if the step has such a one
            return Heard(act, step=step.id if step else "")
        beside = said_beside([_flat(c) for c in re.split(r"[.,;!?\n]+", text) if c.strip()])
        if beside is not None and not (step and step.kind == "text"):
            return Heard(beside, step=step.id if step else "")
        changed = self._change(guide, flat, [*behind, *([step] if step else [])], today)
        if changed is not None and not (step and step.kind == "text" and not changed.step):
            return changed
        meant = MEANT.match(flat)
        if meant and behind and (step is None or step.kind != "text"):
            return self._meant(guide, step, meant["value"], behind, today)
        return None

    def _meant(self, guide: Guide, step: Step | None, said: str, behind: Sequence[Step], today: date) -> Heard | None:
        """A correction that names no question ("no, I meant the SARB one"): the newest step that it fits."""
        if step and (self._hits(step, said) or self._exact(step, said)):
            return None  # an answer to what was just asked
        for earlier in reversed(behind):
            hits = self._hits(earlier, said)
            if len(hits) == 1 and earlier.kind != "several":
                return Heard(Act.ANSWER, {earlier.id: next(iter(hits))}, earlier.id)
            if earlier.kind == "date" and days(said, today, earlier.side):
                return self._day(earlier, said, today)
        last = behind[-1]
        return self._number(last, said, said) if last.kind == "number" and numbers(said) else None

    def _reply(self, guide: Guide, step: Step, text: str, flat: str, done: frozenset[str], today: date) -> Heard:
        asking = text.rstrip().endswith("?") or (bool(ASKING.match(flat)) and len(flat.split()) > 3)
        if asking:
            return Heard(Act.ASK)
        if step.kind == "text" and len(flat.split()) > _NAME:
            return Heard(Act.UNCLEAR, step=step.id, reason="text_long")
        if step.kind in {"number", "date", "text"} and UNSURE.match(flat):
            return Heard(Act.SKIP, step=step.id)
        heard = self._answer(guide, step, text, flat, today)
        if step.kind == "text":
            return heard
        extra = self.extras(guide, text, today, done | {step.id})
        if heard.act is Act.ANSWER:
            return Heard(Act.ANSWER, {**heard.values, **extra}, step.id)
        if extra:
            return Heard(Act.ANSWER, extra, step.id, heard.offers)
        if heard.act is Act.UNCLEAR and "?" in text:
            return Heard(Act.ASK)
        return heard
