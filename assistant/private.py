"""Private details in a message, noticed before it is sent: names, addresses, numbers, dates of birth.

Patterns and a list of first names in knowledge/private.yaml; no model. The page runs the same patterns in the browser
(`patterns`), so that noticing sends nothing. It is best effort: what no pattern names stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import ContentError, Problem

__all__ = ["Private", "Span", "masked"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One detail: text[start:end], its kind, and the placeholder that may stand in its place."""

    start: int
    end: int
    kind: str
    mask: str


class Private:
    """The patterns of private.yaml, compiled once."""

    def __init__(self, file: Path) -> None:
        """Read and compile.

        Raises:
            ContentError: the file is missing, or a pattern cannot be compiled.
        """
        try:
            data = yaml.safe_load(file.read_text(encoding="utf-8"))
            self.patterns = _filled(data)
            self._kinds = [
                (k["id"], k["mask"], [re.compile(p, re.IGNORECASE if any_case else 0) for p, any_case in k["patterns"]])
                for k in self.patterns["kinds"]
            ]
            self._public = [re.compile(p, re.IGNORECASE) for p in self.patterns["public"]]
        except FileNotFoundError:
            raise ContentError([Problem(f"knowledge/{file.name}", 0, "file", "missing")]) from None
        except (KeyError, TypeError, AttributeError, re.error, yaml.YAMLError) as error:
            raise ContentError([Problem(f"knowledge/{file.name}", 0, "patterns", f"not usable: {error}")]) from error
        self.labels: dict[str, str] = {k["id"]: k["label"] for k in self.patterns["kinds"]}

    def find(self, text: str) -> tuple[Span, ...]:
        """Every detail from left to right; none overlaps another, and the kind that is listed first wins."""
        public = [(m.start(), m.end()) for p in self._public for m in p.finditer(text)]
        found: list[Span] = []
        for kind, mask, patterns in self._kinds:
            for pattern in patterns:
                for m in pattern.finditer(text):
                    start, end = m.span(1) if pattern.groups else m.span()
                    if any(a <= start and end <= b for a, b in public):
                        continue
                    if not _meets(start, end, ((s.start, s.end) for s in found)):
                        found.append(Span(start, end, kind, mask))
        return tuple(sorted(found))


def masked(text: str, spans: Sequence[Span]) -> str:
    """The text with each span replaced by its placeholder; `spans` do not overlap."""
    out, at = [], 0
    for span in sorted(spans):
        out += [text[at : span.start], span.mask]
        at = span.end
    return "".join([*out, text[at:]])


def _meets(start: int, end: int, others: Iterable[tuple[int, int]]) -> bool:
    return any(start < b and a < end for a, b in others)


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    """The file as both languages read it: kinds with [pattern, whether case is ignored], the names filled in."""
    words = {**data["words"], "names": _names(data["names"].split(), data["capital_names"].split())}

    def fill(pattern: str) -> str:
        for _ in range(2):  # a word may name another
            for name, value in words.items():
                pattern = pattern.replace("{" + name + "}", value)
        return pattern

    kinds = [
        {
            "id": k["id"],
            "label": k["label"],
            "mask": k["mask"],
            "patterns": [[fill(p), False] for p in k.get("cased", ())]
            + [[fill(p), True] for p in k.get("patterns", ())],
        }
        for k in data["kinds"]
    ]
    return {"kinds": kinds, "public": list(data["public"])}


_ACCENTS = str.maketrans({"a": "[aá]", "e": "[eé]", "i": "[ií]", "o": "[oó]", "u": "[uúü]", "n": "[nñ]"})


def _names(either: Sequence[str], capital: Sequence[str]) -> str:
    """One alternation, longest first: "emily", "Emily", "EMILY" of the first list; "Rosa", "ROSA" of the second."""
    forms = {f"[{n[0].upper()}{n[0]}]{n[1:].translate(_ACCENTS)}": len(n) for n in either}
    forms |= {n[0] + n[1:].translate(_ACCENTS): len(n) for n in capital}
    forms |= {n.upper(): len(n) for n in (*either, *capital) if len(n) > 3}
    return "|".join(sorted(forms, key=lambda f: (-forms[f], f)))
