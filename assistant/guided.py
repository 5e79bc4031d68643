"""A guide inside a conversation: state and what was typed or pressed in, what to show and the next state out.

The page and the terminal use this alike. Nothing is kept here: a State goes in and comes out, and is plain JSON.
Danger is looked for first, always; a question in the middle is answered by `ask` and changes no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from assistant.cited import Line, credits
from assistant.commands import Act
from assistant.deadlines import Break
from assistant.errors import InputError
from assistant.guide import Guide, Step, Value
from assistant.guide_reading import Guides
from assistant.hearing import Ears, Heard
from assistant.phrases import Phrases
from assistant.plan import in_words, inner, letters_of, plan_of
from assistant.records import Answer, Turn
from assistant.session import (
    Place,
    Session,
    answer,
    confirm,
    facts_of,
    load,
    replay,
    save,
    start,
    start_over,
    steps_left,
    undo,
)  # fmt: skip
from assistant.showing import Card, Choice, Message, Outcome, ReviewRow, Shown, State
from assistant.text import MAX_CHARS, normalise

__all__ = ["Guided"]

_PATIENCE = 2  # unclear replies that get help; from the next one a skip is offered


Ask = Callable[[str, Sequence[Turn]], Answer]


class Guided:
    """Runs guides. Holds only content and doors; safe for several threads."""

    def __init__(
        self, guides: Guides, phrases: Phrases, ears: Ears, ask: Ask, dangerous: Callable[[str], bool],
        today: Callable[[], date] = date.today,
    ) -> None:  # fmt: skip
        """Take what it needs.

        Args:
            guides: all guides and letters.
            phrases: prompts/guide.yaml.
            ears: reads what is typed.
            ask: answers a question, given the turns before; it also answers a danger.
            dangerous: whether a message shows danger.
            today: the parent's day.
        """
        self.guides = guides
        self.phrases = phrases
        self._ears, self._ask, self._dangerous, self._today = ears, ask, dangerous, today
        self._acts: dict[Act, Callable[[State, Guide, Heard], Shown]] = {
            Act.UNDO: self._undo, Act.CHANGE: self._change, Act.SKIP: self._skip, Act.WHY: self._why,
            Act.REPEAT: self._repeat, Act.START_OVER: self._start_over, Act.STOP: self._stop, Act.REVIEW: self._look,
            Act.HELP: self._help, Act.YES: self._yes, Act.NO: self._no, Act.OFFER: self._offer,
            Act.ANSWER: self._answered, Act.UNCLEAR: self._unclear,
        }  # fmt: skip

    # What the page calls

    def open(self, slug: str, state: State | None = None, text: str = "", turns: Sequence[Turn] = ()) -> Shown:
        """Open a guide; what other guides of the conversation know, and what `text` says outright, is not asked.

        A guide that is open already is taken up where it was.

        Raises:
            InputError: there is no such guide.
        """
        guide = self.guides.by_slug.get(slug)
        if guide is None:
            known = ", ".join(self.guides.by_slug)
            raise InputError(f"there is no guide {slug[:40]!r}; there are {known}")
        before = state or State()
        said = [Message("notice", self.phrases.say("opened", title=guide.title, for_whom=guide.for_whom))]
        rest = tuple(s for s in before.sessions if s.guide != slug)
        session = start(guide, self._facts(rest))
        if len(rest) < len(before.sessions):
            turns_before = next(s.turns for s in before.sessions if s.guide == slug)
            session = replace(session, turns=turns_before)  # what other guides know may be newer
            said = [Message("notice", self.phrases.say("resumed"))]
        elif session.known:
            told = self._told(guide, dict(session.known))
            said.append(Message("heard", self.phrases.say("from_before", answers=told)))
        after = State((*rest, session))
        if text and self._dangerous(text):
            return self._again(after, said, answer_=self._ask(text, turns))
        extra = self._ears.extras(guide, normalise(text), self._today(), frozenset(dict(session.known))) if text else {}
        if extra:
            after = replace(after, sessions=(*rest, answer(guide, session, extra)))
            said.append(Message("heard", self.phrases.say("understood", answers=self._told(guide, extra))))
        return self._again(after, said)

    def say(self, state: State, text: str, turns: Sequence[Turn] = ()) -> Shown:
        """One typed reply.

        Args:
            state: the state of the last `Shown`.
            text: what was typed, as it is.
            turns: the conversation so far, for questions in the middle.

        Raises:
            InputError: no guide is open.
        """
        guide = self.guides[state.session.guide]
        clean = normalise(text)
        if self._dangerous(text) or len(text) > MAX_CHARS:  # `ask` also looks for danger beyond what can be read here
            notice = Message("notice", self.phrases.say("after_danger"))
            return self._again(replace(state, misses=0), [notice], answer_=self._ask(text, turns))
        place = replay(guide, state.session)
        step = guide.step_by_id[state.asking] if state.asking else place.step
        if state.stopped:
            return self._again(replace(state, stopped=False), [Message("notice", self.phrases.say("resumed"))])
        if state.offers and step is not None:
            picked = self._picked(state, step, clean)
            if picked:
                return self._answered(state, guide, Heard(Act.ANSWER, {step.id: self._as_value(step, picked)}, step.id))
        heard = self._ears.hear(guide, step, clean, place.path, self._today(), place.skipped)
        if heard.act is Act.ASK:
            notice = Message("notice", self.phrases.say("back_to" if step else "plan_again"))
            if place.ending and not state.session.confirmed:
                notice = Message("notice", self.phrases.say("back_to"))
            return self._again(state, [notice], answer_=self._ask(text, turns))
        return self._acts[heard.act](state, guide, heard)

    def press(self, state: State, button: str) -> Shown:
        """One button: `option:ID`, `options:ID,ID` (or `options:` for none), `value:TEXT`, `change:STEP`, or a command.

        Commands: undo, skip, why, repeat, review, start over, stop, help, yes, no.

        Raises:
            InputError: no such button here, or a value that does not fit.
        """
        guide = self.guides[state.session.guide]
        place = replay(guide, state.session)
        step = guide.step_by_id[state.asking] if state.asking else place.step
        kind, _, rest = button.partition(":")
        if kind == "change" and rest in guide.step_by_id:
            return self._change(state, guide, Heard(Act.CHANGE, step=rest))
        if kind in {"option", "options", "value"}:
            if step is None:
                raise InputError("no question is open")
            given: object = rest
            if kind == "options" or step.kind == "several":
                given = [i for i in rest.split(",") if i]
            elif step.kind == "number":
                given = int(rest) if rest.strip().lstrip("-").isdecimal() and len(rest) < 9 else rest
            session = answer(guide, state.session, {step.id: given})
            value = session.answers[step.id]
            assert value is not None
            return self._answered(state, guide, Heard(Act.ANSWER, {step.id: value}, step.id))
        try:
            act = Act(kind)
        except ValueError:
            act = Act.ASK
        if act in {Act.ASK, Act.OFFER, Act.ANSWER, Act.UNCLEAR, Act.CHANGE}:
            raise InputError(f"{button[:40]!r} is no button of a guide")
        return self._acts[act](replace(state, stopped=False), guide, Heard(act, step=step.id if step else ""))

    def show(self, state: State) -> Shown:
        """The state as it is, for a page that was loaded again."""
        return self._again(state, [])

    def outcome(
        self,
        state: State,
        typed: Mapping[str, Mapping[str, str]] | None = None,
        breaks: Sequence[Break] | None = None,
    ) -> Outcome:
        """Plan and letters, from confirmed answers only.

        Args:
            state: of a guide that is finished and confirmed.
            typed: what the parent typed into blanks, by letter and field.
            breaks: the school's breaks, for dates; None where they are not known.

        Raises:
            InputError: not finished, not confirmed, or an unknown field.
        """
        session = state.session
        if not session.confirmed:
            raise InputError("look at the review page first: plan and letters are made from confirmed answers")
        guide, today = self.guides[session.guide], self._today()
        plan = plan_of(self.guides, guide, session, today, breaks)
        return Outcome(plan, letters_of(self.guides, guide, session, today, typed))

    def saved(self, state: State) -> bytes:
        """The open guide as a file for the parent to keep."""
        return save(state.session)

    def opened(self, raw: bytes, state: State | None = None) -> Shown:
        """A saved file, taken up where it was; an older guide's answers are kept where they fit, and it is said.

        Raises:
            InputError: it is not such a file.
        """
        found = load(raw, self.guides.by_slug)
        guide = self.guides[found.session.guide]
        said = [Message("notice", self.phrases.say("opened_file"))]
        if found.changed:
            said.append(Message("changed", self.phrases.say("opened_changed")))
        if found.dropped:
            names = [
                guide.step_by_id[i].short if i in guide.step_by_id else i.replace("-", " ") for i, _ in found.dropped
            ]
            said.append(Message("changed", self.phrases.say("opened_dropped", names=", ".join(names))))
        rest = tuple(s for s in (state.sessions if state else ()) if s.guide != guide.slug)
        return self._again(State((*rest, found.session)), said)

    # What a turn does

    def _answered(self, state: State, guide: Guide, heard: Heard) -> Shown:
        place = replay(guide, state.session)
        asked = state.asking or (place.step.id if place.step else "")
        session = answer(guide, state.session, dict(heard.values))
        changed = {k for k in heard.values if k in place.answers or k in place.skipped}
        said = []
        if changed:
            told = self._told(guide, {k: heard.values[k] for k in heard.values if k in changed})
            said.append(Message("changed", self.phrases.say("changed", answer=told)))
            said += self._difference(guide, place, replay(guide, session))
        rest = {k: v for k, v in heard.values.items() if k not in changed}
        if set(rest) - {asked}:
            said.append(Message("heard", self.phrases.say("understood", answers=self._told(guide, rest))))
        elif rest:
            said.append(Message("heard", self._back(guide.step_by_id[asked], rest[asked])))
        for step_id, value in heard.values.items():
            said += self._notes(guide.step_by_id[step_id], value)
        after = replace(self._with(state, session), asking="", misses=0, offers=(), stopped=False)
        if asked and asked not in heard.values and not state.asking:
            return self._asked_two(replace(after, offers=heard.offers), guide, said)
        return self._again(after, said)

    def _asked_two(self, state: State, guide: Guide, said: list[Message]) -> Shown:
        """After answers to other steps: the open question may still be between two options."""
        step = replay(guide, state.session).step
        if step is None or not all(step.option(o) for o in state.offers):
            return self._again(replace(state, offers=()), said)
        if state.offers:
            said.append(self._two(step, state.offers))
        return self._again(state, said)

    def _difference(self, guide: Guide, before: Place, after: Place) -> list[Message]:
        """What a change brought: questions that fell away, and that a new one opened."""
        gone = [guide.step_by_id[i].short for i in before.path if i not in after.path]
        if after.step is not None:  # not yet reached again is not the same as no longer asked
            order = [s.id for s in guide.steps]
            gone = [
                guide.step_by_id[i].short
                for i in before.path
                if i not in after.path and order.index(i) < order.index(after.step.id)
            ]
        said = [Message("changed", self.phrases.say("no_longer", names=", ".join(gone)))] if gone else []
        if after.step is not None and before.step is not after.step:
            said.append(Message("changed", self.phrases.say("asked_anew")))
        return said

    def _undo(self, state: State, guide: Guide, heard: Heard) -> Shown:
        if state.asking:
            return self._again(replace(state, asking="", misses=0, offers=()), [])
        key = "took_back" if state.session.turns else "took_back_first"
        after = replace(self._with(state, undo(state.session)), misses=0, offers=())
        return self._again(after, [Message("changed", self.phrases.say(key))])

    def _change(self, state: State, guide: Guide, heard: Heard) -> Shown:
        place = replay(guide, state.session)
        if not place.path:
            return self._again(state, [Message("help", self.phrases.say("change_nothing"))])
        if heard.step not in place.path:
            names = "; ".join(f"change {guide.step_by_id[i].short}" for i in place.path)
            return self._again(state, [Message("help", self.phrases.say("change_which", names=names))])
        step = guide.step_by_id[heard.step]
        now = self._words(step, place.answers.get(step.id), inside=True)
        after = replace(state, asking=step.id, misses=0, offers=(), stopped=False)
        return self._again(after, [Message("notice", self.phrases.say("change_this", answer=now))])

    def _skip(self, state: State, guide: Guide, heard: Heard) -> Shown:
        place = replay(guide, state.session)
        step_id = state.asking or (place.step.id if place.step else "")
        if not step_id:
            return self._unclear(state, guide, heard)
        session = answer(guide, state.session, {step_id: None})
        said = [Message("heard", self.phrases.say("skipped"))]
        if state.asking:
            said += self._difference(guide, place, replay(guide, session))
        return self._again(replace(self._with(state, session), asking="", misses=0, offers=()), said)

    def _why(self, state: State, guide: Guide, heard: Heard) -> Shown:
        step = self._open_step(state, guide)
        if step is None:
            return self._again(state, [])
        return self._again(state, [Message("help", self.phrases.say("why_lead")), *self._whys(step)])

    def _repeat(self, state: State, guide: Guide, heard: Heard) -> Shown:
        return self._again(state, [Message("notice", self.phrases.say("repeat_lead"))])

    def _start_over(self, state: State, guide: Guide, heard: Heard) -> Shown:
        after = replace(self._with(state, start_over(state.session)), asking="", misses=0, offers=(), stopped=False)
        return self._again(after, [Message("changed", self.phrases.say("started_over"))])

    def _stop(self, state: State, guide: Guide, heard: Heard) -> Shown:
        after = replace(state, asking="", misses=0, offers=(), stopped=True)
        return Shown(after, (Message("notice", self.phrases.say("stopped")),))

    def _look(self, state: State, guide: Guide, heard: Heard) -> Shown:
        shown = self._again(state, [])
        return replace(shown, review=self.review(state))

    def _help(self, state: State, guide: Guide, heard: Heard) -> Shown:
        step = self._open_step(state, guide)
        said = [Message("help", self._specific(step))] if step else []
        return self._again(state, [*said, Message("help", self.phrases.say("help_commands"))])

    def _yes(self, state: State, guide: Guide, heard: Heard) -> Shown:
        place = replay(guide, state.session)
        if place.ending is None or state.asking:
            return self._unclear(state, guide, heard)
        if state.session.confirmed:
            return self._again(state, [Message("notice", self.phrases.say("plan_again"))])
        after = replace(self._with(state, confirm(state.session)), misses=0)
        return self._again(after, [Message("notice", self.phrases.say("ready"))])

    def _no(self, state: State, guide: Guide, heard: Heard) -> Shown:
        if replay(guide, state.session).ending is None or state.asking:
            return self._unclear(state, guide, heard)
        return self._unclear(state, guide, heard)

    def _offer(self, state: State, guide: Guide, heard: Heard) -> Shown:
        step = guide.step_by_id[heard.step]
        return self._again(replace(state, offers=heard.offers), [self._two(step, heard.offers)])

    def _unclear(self, state: State, guide: Guide, heard: Heard) -> Shown:
        step = self._open_step(state, guide)
        if step is None:
            short = next((guide.step_by_id[i].short for i in replay(guide, state.session).path), "")
            key = "plan_again" if state.session.confirmed else "review_again"
            return self._again(state, [Message("help", self.phrases.say(key, short=short))])
        bounds = {"low": step.low, "high": step.high}
        lead = self.phrases.say(heard.reason, **bounds) if heard.reason else self.phrases.say("unclear")
        text = f"{lead} {self._specific(step)}"
        if state.misses >= _PATIENCE:
            text = f"{lead} {self.phrases.say('unclear_skip')}"
        return self._again(replace(state, misses=state.misses + 1, offers=()), [Message("help", text)])

    # Words

    def _specific(self, step: Step) -> str:
        """Help for one step: the writer's own, else by its kind."""
        if step.help:
            return step.help
        if step.kind in {"one", "several"}:
            return self.phrases.say("unclear_options", options="; ".join(o.label for o in step.options))
        return self.phrases.say(f"help_{step.kind}", low=step.low, high=step.high)

    def _two(self, step: Step, offers: Sequence[str]) -> Message:
        labels = [inner(o.label) for o in step.options if o.id in offers]
        return Message("help", self.phrases.say("two_near", first="; ".join(labels[:-1]), second=labels[-1]))

    def _words(self, step: Step, value: Value | None, inside: bool = False) -> str:
        return self.phrases.say("not_answered") if value is None else in_words(step, value, inside)

    def _told(self, guide: Guide, values: Mapping[str, Value | None]) -> str:
        rows = [(guide.step_by_id[k], v) for k, v in values.items()]
        return "; ".join(f"{step.short}: {self._words(step, value, inside=True)}" for step, value in rows)

    def _back(self, step: Step, value: Value) -> str:
        words = self._words(step, value, inside=True)
        if step.say_back:
            return step.say_back.replace("{answer}", words)
        return f"{step.short[:1].upper()}{step.short[1:]}: {words}."

    def _cited(self, role: str, line: Line) -> Message:
        return Message(role, line.text, credits(line.statements, self.guides.said))

    def _whys(self, step: Step) -> tuple[Message, ...]:
        return tuple(self._cited("question", line) for line in step.why)

    def _notes(self, step: Step, value: Value) -> list[Message]:
        chosen = value if isinstance(value, tuple) else (value,)
        return [self._cited("note", o.note) for o in step.options if o.note and o.id in chosen]

    def _picked(self, state: State, step: Step, text: str) -> str:
        """Which of the offered options a reply means, "" where it means none: "the first", or its own words."""
        flat = text.lower().strip(" .!?").removeprefix("the ").removesuffix(" one")
        place = {"first": 0, "1": 0, "second": 1, "2": 1, "last": len(state.offers) - 1}.get(flat)
        if place is not None and place < len(state.offers):
            return state.offers[place]
        return next((o.id for o in step.options if o.id in state.offers and text.lower() == o.label.lower()), "")

    @staticmethod
    def _as_value(step: Step, option: str) -> Value:
        return (option,) if step.kind == "several" else option

    # What is shown

    def _facts(self, sessions: Sequence[Session]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for session in sessions:
            found |= facts_of(self.guides[session.guide], session)
        return found

    @staticmethod
    def _with(state: State, session: Session) -> State:
        return replace(state, sessions=(*state.sessions[:-1], session))

    def _open_step(self, state: State, guide: Guide) -> Step | None:
        return guide.step_by_id[state.asking] if state.asking else replay(guide, state.session).step

    def review(self, state: State) -> tuple[ReviewRow, ...]:
        """Every answer on the way, in order, each with the button that changes it."""
        guide = self.guides[state.session.guide]
        place = replay(guide, state.session)
        rows = []
        for step_id in place.path:
            step = guide.step_by_id[step_id]
            value = place.answers.get(step_id)
            rows.append(ReviewRow(step_id, step.short, self._words(step, value), value is None, f"change:{step_id}"))
        return tuple(rows)

    def _card(self, state: State, guide: Guide, step: Step, place: Place) -> Card:
        left = 1 if state.asking else steps_left(guide, state.session)
        progress = self.phrases.say("progress_one") if left == 1 else self.phrases.say("progress_many", left=left)
        value = place.answers.get(step.id)
        offered = [o for o in step.options if not state.offers or o.id in state.offers]
        now = value if isinstance(value, tuple) else (value,)
        choices = tuple(Choice(f"option:{o.id}", o.label, o.id in now) for o in offered)
        if step.kind == "several" and not state.offers:
            choices += (Choice("options:", self.phrases.say("none_chosen"), value == ()),)
        return Card(
            step.id, step.kind, step.question, step.hint, self._whys(step), choices, step.optional, progress,
            len(place.path), left, "" if value is None else self._words(step, value),
        )  # fmt: skip

    def _again(self, state: State, said: Sequence[Message], answer_: Answer | None = None) -> Shown:
        """The state's own page: the open question, the review, or the plan."""
        guide = self.guides[state.session.guide]
        place = replay(guide, state.session)
        step = self._open_step(state, guide)
        if step is not None:
            return Shown(state, tuple(said), answer_, card=self._card(state, guide, step, place))
        if not state.session.confirmed:
            asked = Message("notice", self.phrases.say("review"))
            return Shown(state, (*said, asked), answer_, review=self.review(state))
        assert place.ending is not None
        ending = [self._cited("ending", line) for line in place.ending.say]
        return Shown(state, (*said, *ending), answer_, outcome=self.outcome(state))
