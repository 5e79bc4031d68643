"""Where a guide points to: routes, conditions, facts, letters and dates, each looked up and each slip named."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping

from pydantic import Field

from assistant.deadlines import Deadlines
from assistant.guide import NONE, Guide, Kind, Step
from assistant.guide_files import GuideFiles, near
from assistant.letters import Letter
from assistant.reading import Strict

__all__ = ["FactRow", "Links"]

_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_PLACE = re.compile(r"\{([^{}]*)\}")
_YES_NO = {"yes", "no", "not-sure"}


class FactRow(Strict):
    """One row of facts.yaml."""

    id: str = Field(pattern=_SLUG)
    kind: Kind
    options: list[str] = []


class Links:
    """What only the whole guide can tell: where things point to."""

    def __init__(self, files: GuideFiles, guide: Guide) -> None:
        self.files, self.guide = files, guide

    def condition(
        self, when: tuple[str, ...], file: str, line: int, before: Iterable[str], ending: bool = False
    ) -> None:
        """Every name of a condition is an option of a step asked before, a rule, or (`ending`) an ending."""
        allowed = set(before)
        for name in when:
            if "." not in name:
                self.rule(name, bool, file, line)
                continue
            head, option = name.split(".", 1)
            if head == "ending":
                if not ending or option not in self.guide.ending_by_id:
                    self.say(file, line, f"{name!r} is no ending" + near(option, self.guide.ending_by_id))
            elif head not in allowed:
                self.say(file, line, f"{name!r}: {head!r} is no step asked before" + near(head, allowed))
            else:
                step = self.guide.step_by_id[head]
                known = {o.id for o in step.options} | {"known"} | ({NONE} if step.kind == "several" else set())
                if option not in known:
                    self.say(file, line, f"step {head!r} has no option {option!r}" + near(option, known))

    def rule(self, name: str, kind: type, file: str, line: int) -> None:
        """A rule of that name exists and gives what is needed here."""
        rule = self.guide.rules.get(name)
        if rule is None:
            self.say(file, line, f"{name!r} is no function of rules.py" + near(name, self.guide.rules))
        elif inspect.get_annotations(rule).get("return") not in {kind, kind.__name__}:
            self.say(file, line, f"rule {name!r} must return {kind.__name__} here")

    def say(self, file: str, line: int, message: str) -> None:
        """Note a condition that cannot be read."""
        self.files.say(file, line, "if" if file != "guide.yaml" else "when", message)

    def places(self, text: str, file: str, line: int) -> None:
        """Every {name} is a step or a rule that gives text."""
        for name in _PLACE.findall(text):
            if name in self.guide.step_by_id:
                continue
            if "_" in name or name in self.guide.rules:
                self.rule(name, str, file, line)
            else:
                self.say(file, line, f"{{{name}}} is no step and no rule" + near(name, self.guide.step_by_id))

    def routes(self) -> None:
        """Every next is a later step or an ending; every step and ending can be reached."""
        ids = [s.id for s in self.guide.steps]
        for twice in sorted(
            {i for i in ids if ids.count(i) > 1 or i in self.guide.ending_by_id or i in {"ending", "confirm", "today"}}
        ):
            self.files.wrong(
                twice, "id", f"step {twice!r}: stands twice, is also an ending, or is a word that Doorstep keeps"
            )
        reached = {ids[0]}
        lost = False
        for n, step in enumerate(self.guide.steps):
            later = {*ids[n + 1 :], *self.guide.ending_by_id}
            if step.otherwise and not step.when:
                self.files.wrong(step.id, "otherwise", f"step {step.id!r}: `otherwise` goes with `when`")
            for which, target in _ways_on(step):
                if target not in later:
                    lost = True
                    what = "is not later than it" if target in ids else "is no later step or ending"
                    self.files.wrong(
                        step.id, "next", f"step {step.id!r}{which}: {target!r} {what}{near(target, later)}"
                    )
                elif step.id in reached:
                    reached.add(target)
        self._endings(reached)
        for id_ in (*ids, *self.guide.ending_by_id):
            if id_ not in reached and not lost:  # one misspelt next cuts off all that comes after it
                self.files.wrong(id_, "next", f"{id_!r} cannot be reached: nothing leads to it")

    def _endings(self, reached: set[str]) -> None:
        """An ending with a condition may give way to the one after it."""
        for ending, other in zip(self.guide.endings, self.guide.endings[1:], strict=False):
            if ending.id in reached and ending.when:
                reached.add(other.id)
        last = self.guide.endings[-1]
        if last.when:
            self.files.wrong(last.id, "when", "the last ending has no condition: something has to come out")

    def steps(self, facts: Mapping[str, FactRow]) -> None:
        """Conditions of steps, and facts shared with other guides."""
        for n, step in enumerate(self.guide.steps):
            before = [s.id for s in self.guide.steps[:n]]
            self.condition(step.when, "guide.yaml", self.files.at(step.id), before)
            if not step.fact:
                continue
            fact = facts.get(step.fact)
            if fact is None:
                self.files.wrong(
                    step.id, "fact", f"step {step.id!r}: {step.fact!r} is not in facts.yaml{near(step.fact, facts)}"
                )
            elif step.kind != fact.kind:
                self.files.wrong(
                    step.id, "fact", f"step {step.id!r}: fact {fact.id!r} is of kind {fact.kind}, not {step.kind}"
                )
            elif unknown := sorted({o.id for o in step.options} - {*fact.options, *_YES_NO}):
                self.files.wrong(
                    step.id, "fact", f"step {step.id!r}: fact {fact.id!r} has no option {', '.join(unknown)}"
                )
        for e in self.guide.endings:
            self.condition(e.when, "guide.yaml", self.files.at(e.id), [s.id for s in self.guide.steps])
        named = [s.fact for s in self.guide.steps if s.fact]
        for twice in sorted({f for f in named if named.count(f) > 1}):
            self.files.wrong(self.guide.steps[0].id, "fact", f"fact {twice!r} is asked by two steps of this guide")

    def letters(self, letters: Mapping[str, Letter]) -> None:
        """Letters exist, and every field is filled from a step of the right kind."""
        ids = [s.id for s in self.guide.steps]
        for use in self.guide.letters:
            at = self.files.at(use.letter)
            self.condition(use.when, "guide.yaml", at, ids, ending=True)
            letter = letters.get(use.letter)
            if letter is None:
                self.files.say(
                    "guide.yaml", at, "letter", f"no file knowledge/letters/{use.letter}.md{near(use.letter, letters)}"
                )
                continue
            for name, step_id in use.fill:
                wrong = _misfit(letter, name, self.guide.step_by_id.get(step_id), step_id)
                if wrong:
                    self.files.say("guide.yaml", at, "fill", f"letter {use.letter!r}: {wrong}")

    def dates(self, deadlines: Deadlines) -> None:
        """Dates name a rule or a date step."""
        ids = [s.id for s in self.guide.steps]
        for use in self.guide.dates:
            at = self.files.at(use.rule or use.event)
            self.condition(use.when, "guide.yaml", at, ids, ending=True)
            if bool(use.rule) == bool(use.event) or bool(use.rule) != bool(use.start):
                self.files.say("guide.yaml", at, "dates", "expected {rule: id, from: step or today} or {event: step}")
                continue
            if use.rule and use.rule not in deadlines.by_id:
                self.files.say(
                    "guide.yaml", at, "rule", f"{use.rule!r} is not in deadlines.yaml{near(use.rule, deadlines.by_id)}"
                )
            step_id = use.event or use.start
            step = self.guide.step_by_id.get(step_id)
            if step_id != "today" and (step is None or step.kind != "date"):
                self.files.say("guide.yaml", at, "from", f"{step_id!r} is no step of kind date{near(step_id, ids)}")


def _ways_on(step: Step) -> list[tuple[str, str]]:
    """Every way on from a step, with what to call it in a message."""
    found = [(f", option {o.id!r}", o.next) for o in step.options if o.next] + [("", step.next)]
    return found + ([(" (otherwise)", step.otherwise)] if step.otherwise else [])


def _misfit(letter: Letter, name: str, step: Step | None, step_id: str) -> str:
    """Why a step cannot fill a field, "" where it can."""
    field = letter.field_by_id.get(name)
    if field is None:
        return f"it has no field {name!r}" + near(name, letter.field_by_id)
    if step is None:
        return f"field {name!r}: {step_id!r} is no step of this guide"
    kinds = {"choice": {"one", "several", "yes_no"}, "text": {"text"}, "number": {"number"}, "date": {"date"}}
    if step.kind not in kinds[field.kind]:
        return f"field {name!r} is a {field.kind}, step {step_id!r} a {step.kind}"
    ids = {o.id for o in step.options}
    if field.kind == "choice" and not ids & set(field.words or {}):
        return f"field {name!r} has words for none of the options of step {step_id!r}"
    return ""
