"""knowledge/guides/, letters/ and deadlines.yaml to records, strictly: a fault names file, line, step and option.

The grammar of the files is in CONTRIBUTING.md; what is softer (length, reading grade) is in `guide_check`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import Field

from assistant.cited import Said, statements_of
from assistant.deadlines import Deadlines, later, read_deadlines
from assistant.errors import ContentError
from assistant.guide import NONE, DateUse, Ending, Guide, Kind, LetterUse, Option, Step
from assistant.guide_files import Block, GuideFiles, near, read_items, read_rules, read_words
from assistant.guide_links import FactRow, Links
from assistant.knowledge import Knowledge
from assistant.letters import Letter, Tone, read_letters
from assistant.reading import Reader, Strict, line_of

__all__ = ["Guides", "load_guides"]

_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_PLACE = re.compile(r"\{([^{}]*)\}")
_YES_NO = {"yes": "Yes", "no": "No", "not-sure": "I am not sure"}
_MAX_TEXT = 80


class _OptionRow(Strict):
    id: str
    next: str = ""


class _StepRow(Strict):
    id: str = Field(pattern=_SLUG)
    kind: Kind
    next: str
    options: list[str | _OptionRow] = []
    if_yes: str = ""
    if_no: str = ""
    if_not_sure: str = ""
    not_sure: bool = False
    optional: bool = False
    when: str = ""
    otherwise: str = ""
    fact: str = ""
    min: int | None = None
    max: int | None = None
    past: bool = False
    future: bool = False


class _EndingRow(Strict):
    id: str = Field(pattern=_SLUG)
    when: str = ""
    then: list[str] = []


class _LetterRow(Strict):
    letter: str
    when: str = ""
    fill: dict[str, str] = {}


class _DateRow(Strict):
    model_config = Strict.model_config | {"populate_by_name": True}
    rule: str = ""
    start: str = Field(default="", alias="from")
    event: str = ""
    when: str = ""


class _GuideRow(Strict):
    slug: str = Field(pattern=_SLUG)
    title: str = Field(min_length=3, max_length=60)
    for_whom: str = Field(min_length=10)
    invite: list[str] = Field(min_length=5)
    reviewed: date
    review_in: str = Field(pattern=r"^\d{1,2} months$")
    steps: list[_StepRow] = Field(min_length=1)
    endings: list[_EndingRow] = Field(min_length=1)
    letters: list[_LetterRow] = []
    dates: list[_DateRow] = []


@dataclass(frozen=True)
class Guides:
    """Everything that guided conversations are made of, checked against each other."""

    by_slug: Mapping[str, Guide]
    letters: Mapping[str, Letter]
    deadlines: Deadlines
    tone: Tone
    said: Said

    def __getitem__(self, slug: str) -> Guide:
        """The guide of that slug; KeyError where there is none."""
        return self.by_slug[slug]


def _options(row: _StepRow, files: GuideFiles) -> list[_OptionRow]:
    where = f"step {row.id!r}"
    if row.kind == "yes_no":
        if row.options:
            files.wrong(row.id, "options", f"{where}: a yes_no step has none; use if_yes, if_no, not_sure")
        ids = ["yes", "no"] + (["not-sure"] if row.not_sure else [])
        nexts = {"yes": row.if_yes, "no": row.if_no, "not-sure": row.if_not_sure}
        return [_OptionRow(id=i, next=nexts[i]) for i in ids]
    if row.if_yes or row.if_no or row.if_not_sure or row.not_sure:
        files.wrong(row.id, "if_yes", f"{where}: if_yes, if_no and not_sure belong to kind yes_no, not {row.kind}")
    found = [_OptionRow(id=o) if isinstance(o, str) else o for o in row.options]
    if row.kind in {"one", "several"} and len(found) < 2:
        files.wrong(row.id, "options", f"{where}: {len(found)} options; expected 2 or more")
    if row.kind not in {"one", "several"} and found:
        files.wrong(row.id, "options", f"{where}: kind {row.kind} has no options")
    ids = [o.id for o in found]
    kept = {"known", "unknown"} | ({NONE} if row.kind == "several" else set())
    for id_ in sorted({i for i in ids if ids.count(i) > 1 or i in kept}):
        files.wrong(row.id, "options", f"{where}, option {id_!r}: stands twice, or is a word that Doorstep keeps")
    for option in found:
        if not re.match(_SLUG, option.id):
            files.wrong(
                row.id, "options", f"{where}, option {option.id!r}: lower-case letters, digits and hyphens only"
            )
        if option.next and row.kind == "several":
            files.wrong(row.id, "next", f"{where}, option {option.id!r}: several answers cannot each lead elsewhere")
    return found


def _bounds(row: _StepRow, files: GuideFiles) -> tuple[int, int]:
    if row.kind == "number":
        if row.min is None or row.max is None or row.min >= row.max:
            files.wrong(row.id, "min", f"step {row.id!r}: a number needs min and max, min below max")
        return row.min or 0, row.max or 0
    if row.min is not None or (row.max is not None and row.kind != "text"):
        files.wrong(row.id, "min", f"step {row.id!r}: min belongs to a number, max to a number or a text")
    if (row.past or row.future) and row.kind != "date":
        files.wrong(row.id, "past", f"step {row.id!r}: past and future belong to kind date")
    return 0, (row.max or _MAX_TEXT) if row.kind == "text" else 0


def _condition(raw: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in raw.split(",") if name.strip())


def _step(row: _StepRow, block: Block, files: GuideFiles) -> Step:
    low, high = _bounds(row, files)
    options = []
    for o in _options(row, files):
        label = block.text("option", o.id, needed=row.kind != "yes_no") or _YES_NO.get(o.id, o.id)
        notes = block.lines("note", o.id)
        options.append(Option(o.id, label, o.next, block.phrases(o.id), notes[0] if notes else None))
    labels = [o.label.lower() for o in options]
    for twice in sorted({x for x in labels if labels.count(x) > 1}):
        files.say("words.md", block.line, "option", f"step {row.id!r}: two options are called {twice!r}")
    why = block.lines("why")
    if not why:
        files.say("words.md", block.line, "why", f"step {row.id!r}: no `why:` line; say why you ask, with its source")
    step = Step(
        row.id, row.kind, row.next, block.text("short", needed=True), block.text("question", needed=True), why,
        tuple(options), block.text("hint"), block.text("say back"), block.text("help"), block.phrases(),
        row.optional, _condition(row.when), row.otherwise, row.fact, low, high,
        "past" if row.past else "future" if row.future else "",
    )  # fmt: skip
    for name in _PLACE.findall(step.say_back):
        if name != "answer":
            files.say(
                "words.md", block.line, "say back", f"step {row.id!r}: {{{name}}} is unknown; only {{answer}} is filled"
            )
    block.finish()
    return step


def _version(guide: Guide, rules: str) -> str:
    """12 characters over everything that decides how answers fit: steps, options, routes, rules. Not the words."""
    parts = [
        (s.id, s.kind, s.next, s.when, s.otherwise, s.fact, s.low, s.high, s.side, [(o.id, o.next) for o in s.options])
        for s in guide.steps
    ]
    whole = repr((guide.slug, parts, [(e.id, e.when) for e in guide.endings], rules))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _guide(reader: Reader, folder: Path, said: Said) -> tuple[GuideFiles, Guide] | None:
    files = GuideFiles(reader, folder)
    data = reader.yaml(folder / "guide.yaml", files.yaml_text)
    if data is None and not files.yaml_text:
        return None
    row = reader.validate(_GuideRow, data, folder / "guide.yaml", files.yaml_text)
    if row is None:
        return None
    if row.slug != folder.name:
        files.say(
            "guide.yaml", line_of(files.yaml_text, "slug"), "slug", f"{row.slug!r} differs from the folder's name"
        )
    blocks = read_words(files)
    steps = tuple(_step(s, Block(files, s.id, blocks.pop(s.id, []), said), files) for s in row.steps)
    endings = []
    for e in row.endings:
        block = Block(files, f"ending {e.id}", blocks.pop(f"ending {e.id}", []), said)
        lines = block.lines("say")
        if not lines:
            files.say("words.md", block.line, "say", f"ending {e.id!r}: no `say:` line with its source")
        endings.append(Ending(e.id, block.text("title", needed=True), lines, tuple(e.then), _condition(e.when)))
        block.finish()
    for name, words in blocks.items():
        at = words[0].line - 1 if words else 1
        known = [*(s.id for s in steps), *(f"ending {e.id}" for e in endings)]
        files.say("words.md", at, "heading", f"{name!r} is no step or ending of guide.yaml{near(name, known)}")
    items = read_items(files, said)
    rules_file = folder / "rules.py"
    guide = Guide(
        row.slug, row.title, row.for_whom, tuple(row.invite), row.reviewed.isoformat(),
        later(row.reviewed, int(row.review_in.split()[0])).isoformat(), steps, tuple(endings),
        tuple(i for _, i in items),
        tuple(LetterUse(u.letter, _condition(u.when), tuple(u.fill.items())) for u in row.letters),
        tuple(DateUse(u.rule, u.start, u.event, _condition(u.when)) for u in row.dates), read_rules(files),
    )  # fmt: skip
    cross = Links(files, guide)
    cross.routes()
    ids = [s.id for s in steps]
    for n, item in items:
        cross.condition(item.line.when, "plan.md", n, ids, ending=True)
        cross.places(item.line.text + (item.why.text if item.why else ""), "plan.md", n)
    text = rules_file.read_text(encoding="utf-8") if rules_file.is_file() else ""
    return files, replace(guide, version=_version(guide, text))


def _facts(reader: Reader) -> dict[str, FactRow]:
    found: dict[str, FactRow] = {}
    for row in reader.rows("guides/facts.yaml", FactRow):
        if row.id in found:
            reader.say(reader.root / "knowledge/guides/facts.yaml", 1, "id", f"fact {row.id!r} stands twice")
        found[row.id] = row
    return found


def load_guides(root: Path, knowledge: Knowledge, only: str = "") -> Guides:
    """Read every guide, letter and deadline under `root`/knowledge; with `only` that one guide, for its writer.

    Raises:
        ContentError: with every problem found, not the first only.
    """
    reader = Reader(root)
    said = statements_of(knowledge)
    letters, tone = read_letters(reader, said)
    deadlines = read_deadlines(reader, said, knowledge.sources)
    facts = _facts(reader)
    found: dict[str, Guide] = {}
    for folder in sorted(
        f for f in (root / "knowledge" / "guides").glob("*") if f.is_dir() and f.name != "__pycache__"
    ):
        read = _guide(reader, folder, said) if only in {"", folder.name} else None
        if read is None:
            continue
        files, guide = read
        cross = Links(files, guide)
        cross.steps(facts)
        cross.letters(letters)
        cross.dates(deadlines)
        found[guide.slug] = guide
    if reader.problems:
        raise ContentError(reader.problems)
    return Guides(found, letters, deadlines, tone, said)
