"""Reading content files strictly: every broken rule becomes a Problem, so that one run names them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import Problem

__all__ = ["Reader", "Strict", "line_of"]


class Strict(BaseModel):
    """A row whose keys are all known; nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=False)


_Row = TypeVar("_Row", bound=BaseModel)


class Reader:
    """Collects problems over many files, so that one run names them all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []

    def say(self, file: Path, line: int, where: str, message: str) -> None:
        """Note a problem; a file inside the root is named relative to it."""
        shown = file.relative_to(self.root) if file.is_relative_to(self.root) else file
        self.problems.append(Problem(str(shown), line, where, message))

    def text(self, file: Path) -> str:
        """The file's text, "" after noting that it is not UTF-8."""
        raw = file.read_bytes()
        try:
            return raw.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            self.say(file, raw.count(b"\n", 0, error.start) + 1, "file", "not UTF-8 text: save it as UTF-8")
            return ""

    def yaml(self, file: Path, text: str, shift: int = 0) -> Any:  # noqa: ANN401 - YAML is untyped until validated
        """The data of a YAML text, None after noting why it cannot be read; `shift` lines stand before it."""
        try:
            return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (yaml.YAMLError, ValueError) as error:  # ValueError: a day such as 2026-13-01
            mark = getattr(error, "problem_mark", None)
            line = (mark.line if mark else 0) + 1 + shift
            self.say(file, line, "yaml", f"not readable: {getattr(error, 'problem', error)}")
            return None

    def validate(self, model: type[_Row], data: object, file: Path, text: str, line: int = 0) -> _Row | None:
        """The row, or None after noting every key that is unknown, missing or of another kind."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for e in error.errors(include_url=False):
                where = ".".join(str(x) for x in e["loc"]) or "file"
                at = line or line_of(text, str(e["loc"][0] if e["loc"] else ""))
                known = ", ".join(model.model_fields)
                what = f"unknown key; known keys are {known}" if e["type"] == "extra_forbidden" else e["msg"]
                found = "" if e["type"] in {"missing", "extra_forbidden"} else f" (found {str(e['input'])[:60]!r})"
                self.say(file, at, where, what + found)
            return None

    def rows(self, name: str, model: type[_Row]) -> list[_Row]:
        """A YAML file that is a list of rows of one kind; a missing file is a problem."""
        file = self.root / "knowledge" / name
        if not file.is_file():
            self.say(file, 0, "file", "missing; expected a list of entries")
            return []
        text = file.read_text(encoding="utf-8")
        data = self.yaml(file, text)
        if not isinstance(data, list):
            self.say(file, 1, "file", f"expected a list of entries, found {type(data).__name__}")
            return []
        starts = [n for n, row in enumerate(text.splitlines(), 1) if row.startswith("- ")]
        found = []
        for n, row in enumerate(data):
            item = self.validate(model, row, file, text, starts[n] if n < len(starts) else 1)
            if item is not None:
                found.append(item)
        return found


def line_of(text: str, key: str) -> int:
    """The line, from 1, on which a top-level key stands; 1 where it does not."""
    for n, row in enumerate(text.splitlines(), 1):
        if key and row.startswith(f"{key}:"):
            return n
    return 1
