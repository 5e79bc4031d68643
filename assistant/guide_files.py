"""The files of one guide as they are written: blocks of words.md, items of plan.md, functions of rules.py.

Every problem is told to the reader with file and line; what points where is looked at in `guide_links`.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from assistant.cited import Line, Said, fault, tagged
from assistant.guide import SECTIONS, Item, Rule
from assistant.reading import Reader

__all__ = ["Block", "GuideFiles", "Word", "near", "read_items", "read_rules", "read_words"]

# What a rule may import: rules compute, they reach nothing.
_IMPORTS = {"__future__", "collections.abc", "datetime", "math", "assistant.guide"}
_CALLS = {"eval", "exec", "open", "compile", "__import__", "getattr", "setattr", "globals", "input"}


@dataclass(frozen=True)
class Word:
    """One `key argument: text` of words.md."""

    key: str
    of: str
    text: str
    line: int


_KEYS = ("short", "question", "hint", "why", "option", "also", "note", "say back", "help", "title", "say")
_ROW = re.compile(rf"^(?P<key>{'|'.join(_KEYS)})(?: (?P<of>[a-z0-9-]+))?: (?P<text>\S.*)$")


def near(name: str, known: Iterable[str]) -> str:
    """A hint for a slip of the pen, "" where nothing is near."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


class GuideFiles:
    """One guide being read: its folder, its texts, and where to tell of problems."""

    def __init__(self, reader: Reader, folder: Path) -> None:
        self.reader = reader
        self.folder = folder
        self.slug = folder.name
        self.yaml_text = self._text("guide.yaml")

    def _text(self, name: str) -> str:
        file = self.folder / name
        if not file.is_file():
            self.reader.say(file, 0, "file", "missing")
            return ""
        return self.reader.text(file)

    def text(self, name: str) -> str:
        """A file of the folder; a missing one is a problem."""
        return self._text(name)

    def say(self, name: str, line: int, field: str, message: str) -> None:
        """Note a problem of one file of the folder."""
        self.reader.say(self.folder / name, line, field, message)

    def at(self, id_: str) -> int:
        """The line of guide.yaml on which a step, ending or letter of that id stands."""
        pattern = re.compile(rf"^\s*-\s*(?:\{{\s*)?(?:id|letter|rule|event):\s*{re.escape(id_)}\b")
        rows = self.yaml_text.splitlines()
        return next((n for n, row in enumerate(rows, 1) if pattern.match(row)), 1)

    def wrong(self, id_: str, field: str, message: str) -> None:
        """Note a problem of guide.yaml at the row of `id_`."""
        self.say("guide.yaml", self.at(id_), field, message)


def read_words(files: GuideFiles) -> dict[str, list[Word]]:
    """words.md as blocks by name; `ending x` names the block of an ending."""
    blocks: dict[str, list[Word]] = {}
    block: list[Word] | None = None
    for n, raw in enumerate(files.text("words.md").splitlines(), 1):
        row = raw.rstrip()
        if not row or row.startswith("# "):
            continue
        if row.startswith("## "):
            name = row[3:].strip()
            if name in blocks:
                files.say("words.md", n, "heading", f"{name!r} stands twice")
            block = blocks.setdefault(name, [])
        elif block is None:
            files.say("words.md", n, "heading", "words before the first ## heading")
        elif row.startswith("  ") and block:
            last = block[-1]
            block[-1] = Word(last.key, last.of, f"{last.text} {row.strip()}", last.line)
        elif match := _ROW.match(row):
            block.append(Word(match["key"], match["of"] or "", match["text"].strip(), n))
        else:
            files.say("words.md", n, "line", f"expected `key: text` with one of {', '.join(_KEYS)}; found {row[:40]!r}")
    return blocks


class Block:
    """The words of one step or ending; every word asked for is ticked off, what is left over is a problem."""

    def __init__(self, files: GuideFiles, name: str, words: list[Word], said: Said) -> None:
        self.files, self.name, self.words, self.said = files, name, words, said
        self.used: set[Word] = set()

    def text(self, key: str, of: str = "", needed: bool = False) -> str:
        """One text, "" where it is missing; with `needed` that is a problem."""
        found = [w for w in self.words if w.key == key and w.of == of]
        self.used |= set(found)
        if len(found) > 1:
            self.files.say("words.md", found[1].line, key, f"{self.name!r} has it twice")
        if not found and needed:
            what = f"option {of!r} has no words" if of else f"no `{key}:` line"
            self.files.say("words.md", self.line, key, f"step {self.name!r}: {what}")
        return found[0].text if found else ""

    def lines(self, key: str, of: str = "") -> tuple[Line, ...]:
        """Cited lines in order; each must be carried by what it cites."""
        found = []
        for word in (w for w in self.words if w.key == key and w.of == of):
            self.used.add(word)
            text, tag = tagged(word.text)
            line = Line(text, tag.statements)
            wrong = tag.fault or ("a condition has no place here" if tag.when else "") or fault(line, self.said)
            if wrong:
                self.files.say("words.md", word.line, key, f"step {self.name!r}: {wrong}")
            found.append(line)
        return tuple(found)

    def phrases(self, of: str = "") -> tuple[str, ...]:
        """Ways to say it, parted by semicolons."""
        return tuple(p.strip() for p in self.text("also", of).split(";") if p.strip())

    @property
    def line(self) -> int:
        """The first line of the block."""
        return self.words[0].line - 1 if self.words else 1

    def finish(self) -> None:
        """Whatever was not asked for is a slip."""
        for word in self.words:
            if word not in self.used:
                name = f"{word.key} {word.of}".strip()
                self.files.say("words.md", word.line, word.key, f"{self.name!r} has no place for `{name}:`")


def _rule_faults(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """What a rules.py may not do, as (line, field, message)."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Name) and (node.id in _CALLS or node.id.startswith("__")):
            yield node.lineno, "name", f"{node.id} has no place in a rule"
        for name in sorted(set(names) - _IMPORTS):
            yield node.lineno, "import", f"{name!r}: rules import datetime, math, collections.abc only"  # type: ignore[attr-defined]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield node.lineno, node.name, "no docstring: say what holds, and its source"
            if len(node.args.args) != 1 or getattr(node.returns, "id", "") not in {"bool", "str"}:
                yield node.lineno, node.name, "expected: def name(answers: Answers) -> bool (or str)"


def read_rules(files: GuideFiles) -> dict[str, Rule]:
    """The public functions of rules.py; it may import little, for rules compute and reach nothing."""
    file = files.folder / "rules.py"
    if not file.is_file():
        return {}
    try:
        tree = ast.parse(files.reader.text(file))
    except (SyntaxError, ValueError) as error:
        files.say("rules.py", getattr(error, "lineno", 1) or 1, "python", f"not readable: {error}")
        return {}
    wrong = list(_rule_faults(tree))
    for line, where, message in wrong:
        files.say("rules.py", line, where, message)
    if wrong:
        return {}
    module = ModuleType(f"rules of {files.slug}")
    try:
        # Compiled here and not imported: an import would write bytecode into the content.
        exec(compile(tree, str(file), "exec"), module.__dict__)
    except Exception as error:  # noqa: BLE001 - whatever a rules.py raises is a problem of that file
        files.say("rules.py", 1, "python", f"fails when it is loaded: {error}")
        return {}
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    return {name: getattr(module, name) for name in names}


def _plan_rows(text: str) -> list[tuple[int, str]]:
    """Lines of plan.md with their numbers; one that is indented by four goes on from the one before."""
    rows: list[tuple[int, str]] = []
    for n, raw in enumerate(text.splitlines(), 1):
        row = raw.rstrip()
        if row.startswith("    ") and rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {row.strip()}")
        elif row and not row.startswith("# "):
            rows.append((n, row))
    return rows


def read_items(files: GuideFiles, said: Said) -> list[tuple[int, Item]]:
    """plan.md as items with the lines they stand on."""
    sections = {name: key for key, name in SECTIONS.items()}
    found: list[tuple[int, Item]] = []
    section = ""
    for n, row in _plan_rows(files.text("plan.md")):
        if row.startswith("## "):
            section = sections.get(row[3:].strip().lower(), "")
            if not section:
                files.say("plan.md", n, "heading", f"{row[3:]!r} is not a section; expected {', '.join(sections)}")
        elif not section:
            files.say("plan.md", n, "section", "a line outside a section")
        elif row.startswith("- "):
            found.append((n, Item(section, _plan_line(files, n, row[2:], said))))
        elif row.startswith("  why: ") and found and found[-1][1].why is None:
            why = _plan_line(files, n, row[7:], said)
            if why.when:
                files.say("plan.md", n, "why", "has the condition of its item, not one of its own")
            found[-1] = (found[-1][0], replace(found[-1][1], why=why))
        else:
            files.say("plan.md", n, "line", "expected `- what to do [@page.s1]` or, under it, `  why: ... [@page.s2]`")
    for n, item in found:
        if item.section in {"today", "week", "month"} and item.why is None:
            files.say("plan.md", n, "why", "a step of the plan says why: add `  why: ... [@page.s2]` under it")
    return found


def _plan_line(files: GuideFiles, n: int, raw: str, said: Said) -> Line:
    text, tag = tagged(raw)
    line = Line(text, tag.statements, tag.when)
    if wrong := tag.fault or fault(line, said):
        files.say("plan.md", n, "source", wrong)
    return line
