"""Signs of danger, found by words alone before anything is searched; replies are fixed files.

The patterns work with the index, the encoder and the pages removed: they read knowledge/danger.yaml,
knowledge/helplines.yaml and prompts/replies/crisis_*.md only. They look at clauses, and a clause that only speaks
about the subject (a policy, a book, the past) is let through. Where an encoder is loaded, a linear reading learned
from knowledge/danger/ looks at each sentence after them: it hears hints that no pattern names.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import yaml

from assistant.classifier import Classifier
from assistant.embedding import Embedder, Vectors
from assistant.errors import ContentError, Problem
from assistant.records import HelpLine
from assistant.replies import Replies
from assistant.text import sentences, tokens

__all__ = ["Danger", "Watch", "help_values"]

_CLAUSE = re.compile(r"[.?!;\n]+|,\s*(?:but|and|so|then)\s|\s-\s")
_PIECE, _FEW = 3, 3  # words of a sentence that is read alone; sentences up to which the whole is read too
_CERTAIN = 0.95  # probability of danger from which help is shown; set on evals/cases/safety*.jsonl
_NUMBERS = {
    "emergency": "emergency", "lifeline": "lifeline-988", "text_line": "crisis-text-line",
    "youth_line": "ca-youth-crisis-line", "childhelp": "childhelp", "poison": "poison-help",
    "violence_line": "domestic-violence", "drc": "drc",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Danger:
    """A kind of danger, who seems to be writing, and the words that showed it (never logged)."""

    kind: str
    young: bool
    clause: str


@dataclass(frozen=True, slots=True)
class _Kind:
    id: str
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


def help_values(lines: tuple[HelpLine, ...]) -> dict[str, str]:
    """Help lines as values for $names of a reply: how to reach them, with the date of what was read."""
    by_id = {line.id: line for line in lines}
    shown = {name: by_id[i].how for name, i in _NUMBERS.items() if i in by_id}
    dated = {f"{name}_as_of": by_id[i].as_of for name, i in _NUMBERS.items() if i in by_id}
    return shown | dated


class Watch:
    """The patterns of danger.yaml, compiled once, and what was learned beside them where an encoder is loaded."""

    _learned: tuple[Embedder, Classifier] | None = None

    def __init__(self, file: Path) -> None:
        """Read and compile.

        Raises:
            ContentError: the file is missing, or a pattern cannot be compiled.
        """
        name = f"knowledge/{file.name}"
        try:
            data = yaml.safe_load(file.read_text(encoding="utf-8"))
            words: dict[str, str] = data["words"]
            self._everywhere = tuple(_compile(p, words) for p in data["everywhere"])
            self._kinds = tuple(
                _Kind(
                    row["id"],
                    tuple(_compile(p, words) for p in row["patterns"]),
                    tuple(_compile(p, words) for p in row.get("unless", ())),
                )
                for row in data["kinds"]
            )
            self._past = _compile(data["past"], words)
            self._now = _compile(data["now"], words)
            self._typos: dict[str, str] = data["typos"]
            self._young = _compile(data["young_writer"], words)
        except FileNotFoundError:
            raise ContentError([Problem(name, 0, "file", "missing")]) from None
        except (KeyError, TypeError, re.error, yaml.YAMLError) as error:
            raise ContentError([Problem(name, 0, "patterns", f"not usable: {error}")]) from error

    def look(self, text: str) -> Danger | None:
        """The most urgent danger in a message, or None. `text` is normalised."""
        clauses = [self._flat(c) for c in _CLAUSE.split(text)]
        # A thought is often cut in two by punctuation ("she hasn't eaten. since sunday"): pairs are read too.
        pairs = [f"{a} {b}" for a, b in zip(clauses, clauses[1:], strict=False) if a and b]
        for kind in self._kinds:
            # A pair is for what neither half says alone; else a past clause would borrow the next one's "today".
            alone = [c for c in clauses if any(p.search(c) for p in kind.patterns)]
            for clause in alone or pairs:
                if self._found(kind, clause):
                    return Danger(self._named(kind.id, clause), bool(self._young.search(self._flat(text))), clause)
        return None

    def with_learned(self, embedder: Embedder, classifier: Classifier) -> Watch:
        """The same patterns, with a learned reading after them."""
        watch = copy(self)
        watch._learned = (embedder, classifier) if classifier.labels else None
        return watch

    def hear(self, text: str) -> Danger | None:
        """The likeliest danger that no pattern names, sentence by sentence; None without an encoder."""
        if self._learned is None:
            return None
        embedder, classifier = self._learned
        pieces = [s for s in sentences(text) if len(s.split()) >= _PIECE] or [text]
        if 1 < len(pieces) <= _FEW:
            pieces.append(text)
        best, kind, heard = 0.0, "", ""
        for piece, vector in zip(pieces, _vectors(embedder, pieces), strict=True):
            chance = classifier.chance(piece, vector)
            danger = 1 - chance.get("safe", 1.0)
            clause = self._flat(piece)
            if danger > best and not any(p.search(clause) for p in self._everywhere):
                named = max((label for label in chance if label != "safe"), key=lambda label: chance[label])
                best, kind, heard = danger, named, clause
        if best < _CERTAIN:
            return None
        kind = "parent_suicide" if kind == "parent-danger" else kind.replace("-", "_")
        return Danger(kind, bool(self._young.search(self._flat(text))), heard)

    def _flat(self, text: str) -> str:
        """Lower-case words without accents or apostrophes, common misspellings mended, single spaces."""
        words = (w.replace("'", "") for w in tokens(text))
        return " ".join(self._typos.get(w, w) for w in words)

    def _found(self, kind: _Kind, clause: str) -> bool:
        if not any(p.search(clause) for p in kind.patterns):
            return False
        if self._past.search(clause) and not self._now.search(clause):
            return False
        return not any(p.search(clause) for p in (*kind.unless, *self._everywhere))

    def _named(self, kind: str, clause: str) -> str:
        """A wish to die in the first person, not quoted from the child, is the writer's own."""
        if kind == "suicide" and re.search(r"\b(?:i|im|me|my life|myself)\b", clause):
            said = re.search(
                r"\b(?:says?|said|saying|told|tells|texts?|texted|wrote|writes|asks?|asked|whispers?)\b", clause
            )
            other = re.search(r"\b(?:he|she|hes|shes|him|her|son|daughter|himself|herself)\b", clause)
            if not said and not other:
                return "parent_suicide"
        return kind


def _vectors(embedder: Embedder, pieces: list[str]) -> Vectors:
    """One sentence alone comes from the encoder's cache; several are one batch."""
    return embedder.encode(pieces) if len(pieces) == 1 else embedder.encode(pieces, lambda _: None)


def _compile(pattern: str, words: dict[str, str]) -> re.Pattern[str]:
    for name, alternatives in words.items():
        pattern = pattern.replace("{" + name + "}", alternatives)
    return re.compile(pattern)


def crisis_paragraphs(danger: Danger, again: bool, replies: Replies, values: dict[str, str]) -> tuple[str, ...]:
    """The fixed words for a danger; the second time in a conversation a shorter form, never the same words."""
    name = f"crisis_{danger.kind}"
    if danger.kind in {"suicide", "parent_suicide", "self_harm"} and danger.young:
        name = "crisis_young"
    if again:
        name = "crisis_again"
    return replies[name].fill(**values)
