"""Fixed replies of prompts/replies/, one Markdown file each, strictly loaded. Words live there, not in code.

---
read_by: who uses the file
when: when it is said
---
One paragraph a line. $name is filled in; a name nobody fills is an error that lists all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml

from assistant.errors import ContentError, Problem

__all__ = ["Replies", "Reply"]

_KEYS = {"read_by", "when"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One fixed reply; paragraphs in order."""

    name: str
    when: str
    paragraphs: tuple[str, ...]

    def fill(self, **values: str) -> tuple[str, ...]:
        """The paragraphs with every $name filled in.

        Raises:
            ContentError: a name has no value; all such names are listed.
        """
        names = {n for p in self.paragraphs for n in Template(p).get_identifiers()}
        if missing := sorted(names - values.keys()):
            problem = Problem(f"prompts/replies/{self.name}.md", 0, "variables", f"no value for {', '.join(missing)}")
            raise ContentError([problem])
        return tuple(Template(p).substitute(values) for p in self.paragraphs)


class Replies:
    """All replies by name."""

    def __init__(self, folder: Path) -> None:
        """Read every file of `folder`/replies.

        Raises:
            ContentError: a file without header, with an unknown key or without text.
        """
        self._by_name: dict[str, Reply] = {}
        problems: list[Problem] = []
        for file in sorted((folder / "replies").glob("*.md")):
            name = f"prompts/replies/{file.name}"
            parts = file.read_text(encoding="utf-8").split("---\n", 2)
            try:
                head = yaml.safe_load(parts[1]) if len(parts) == 3 else None
            except yaml.YAMLError:
                head = None
            if not isinstance(head, dict) or set(head) != _KEYS:
                found = ", ".join(map(str, head)) if isinstance(head, dict) else "none"
                problems.append(Problem(name, 1, "header", f"expected the keys read_by and when, found {found}"))
                continue
            rows = tuple(row.strip() for row in parts[2].splitlines() if row.strip())
            if not rows:
                problems.append(Problem(name, 1, "text", "a reply without words"))
            self._by_name[file.stem] = Reply(file.stem, str(head["when"]), rows)
        if problems:
            raise ContentError(problems)

    def __getitem__(self, name: str) -> Reply:
        """The reply of that name.

        Raises:
            ContentError: there is no such file.
        """
        if name not in self._by_name:
            raise ContentError([Problem(f"prompts/replies/{name}.md", 0, "file", "missing")])
        return self._by_name[name]

    def names(self) -> list[str]:
        """Names in alphabetical order."""
        return sorted(self._by_name)
