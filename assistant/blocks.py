"""What a document is made of before it is cut into passages: blocks in reading order, and its sentences.

Knows nothing of files: a reader of one format gives blocks, everything after works on blocks alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Block", "LeftOut", "Parsed", "clean", "page_at", "spans"]

Shape = Literal["heading", "text", "item", "row"]

_BOUNDARY = re.compile(r"[.?!\u2026][\"'\u201d\u2019)\]]*(\s+)(?=[\"'\u201c\u2018(\[]?[A-Z0-9])")
# A full stop after one of these, or after a single capital, does not end a sentence.
_SHORT = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|Rev|Jr|Sr|St|vs|etc|No|Nos|Sec|Ed|Cal|Inc|Fig|al|approx|pp?|Oct|Sept|Nov|Dec|Jan|Feb"
    r"|Aug|e\.g|i\.e|Ph\.D|Psy\.D|[A-Z])|\u00a7)\.$"
)
_REFERENCE_MARK = re.compile(r"\s?\[\d{1,3}\]")  # it would pose as a citation of the answer that quotes it
_LONGEST = 120  # words of one sentence; a longer run has no full stops and is cut


@dataclass(slots=True)
class Block:
    """One heading, paragraph, list item or table row; `level` counts from 1 for a heading, 0 otherwise."""

    shape: Shape
    text: str
    level: int = 0
    page: int = 0  # from 1; 0 where the format has no pages
    turns: list[tuple[int, int]] = field(default_factory=list)  # offset at which the text goes on, on which page


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Words of a document that are not quoted, and why; a person can check them in the report."""

    reason: str
    text: str


@dataclass(slots=True)
class Parsed:
    """What a reader of one format found; `facts` holds what the file says of itself (title, author, date)."""

    blocks: list[Block]
    facts: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    pages: int = 0


def clean(text: str) -> str:
    """One line, single spaces, without marks such as [3] that would pose as a citation of ours."""
    return _REFERENCE_MARK.sub("", " ".join(text.split())).strip()


def page_at(block: Block, offset: int) -> int:
    """The page on which a character of a block stands."""
    page = block.page
    for at, number in block.turns:
        if offset >= at:
            page = number
    return page


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of a paragraph, in order; closing quotation marks belong to their sentence.

    Fragments of one word are joined to the sentence before; runs of more than 120 words are cut between words.
    """
    cuts = [0]
    for match in _BOUNDARY.finditer(text):
        before = text[cuts[-1] : match.start(1)].rstrip("\"'\u201d\u2019)]")
        if not _SHORT.search(before):
            cuts.append(match.end())
    found: list[tuple[int, int]] = []
    for start, stop in zip(cuts, [*cuts[1:], len(text)], strict=True):
        end = start + len(text[start:stop].rstrip())
        if end <= start:
            continue
        if found and len(text[start:end].split()) < 2:
            found[-1] = (found[-1][0], end)
        else:
            found += _cut(text, start, end)
    return found


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    words = list(re.finditer(r"\S+", text[start:end]))
    if len(words) <= _LONGEST:
        return [(start, end)]
    found = []
    first = 0
    while first < len(words):
        last = min(first + _LONGEST, len(words)) - 1
        ends = [n for n in range(first + _LONGEST // 2, last + 1) if words[n].group()[-1] in ";:"]
        last = ends[-1] if ends and last < len(words) - 1 else last
        found.append((start + words[first].start(), start + words[last].end()))
        first = last + 1
    return found
