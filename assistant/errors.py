"""Every error Doorstep raises on purpose.

The library raises; only the command line and the page turn an error into one line for a person.

    DoorstepError
      ContentError        a content file breaks its contract (file, line and field are named)
      SettingsError       a setting or an environment variable has no usable value
      InputError          what a person or a batch file handed in cannot be used
      EmbeddingError      the sentence encoder cannot be loaded, or its weights differ
      IndexProblem        the index is missing, damaged, stale or cannot be written
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "ContentError",
    "DoorstepError",
    "EmbeddingError",
    "IndexProblem",
    "InputError",
    "Problem",
    "SettingsError",
]


class DoorstepError(Exception):
    """Base of the tree; its text is one line that a person can act on."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One broken rule in one content file; `line` counts from 1, 0 means the whole file."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        """`file:line: field: what was found, what was expected`."""
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class ContentError(DoorstepError):
    """Raised when content is loaded and at least one file breaks its contract."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep every problem; the text shows the first and how many more there are."""
        self.problems = sorted(problems)
        more = f" (and {len(problems) - 1} more; run `doorstep check`)" if len(problems) > 1 else ""
        super().__init__(f"{self.problems[0]}{more}")


class SettingsError(DoorstepError):
    """Raised when a setting is read and its value cannot be used."""


class InputError(DoorstepError):
    """Raised when a question, an option or a batch line cannot be used as it stands."""


class EmbeddingError(DoorstepError):
    """Raised when the encoder's weights are missing, differ from their checksum or fail to load."""


class IndexProblem(DoorstepError):
    """Raised when the index cannot be opened, verified or written."""

    def __init__(self, message: str, path: Path | None = None, rebuild: bool = True) -> None:
        """Name the folder that was looked at, when there is one; `rebuild`: whether a new index would mend it."""
        self.path = path
        self.rebuild = rebuild
        super().__init__(f"{message} ({path})" if path else message)
