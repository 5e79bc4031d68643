"""Near-copies among an organisation's passages: the first one is cited, the others are named beside it.

Two passages are near-copies when they share nearly all runs of three words and have the same numbers and the same
"not": a handout in which "10 days" became "15 days" is another handout, however alike the rest is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.records import Passage
from assistant.text import tokens

__all__ = ["Copy", "without_near_copies"]

ALIKE = 0.8  # Jaccard similarity of their runs of three words, from which two passages are near-copies
_HASHES = 64  # of a sketch; its estimate is only used to find candidates, which are then compared exactly
_LOOSE = 0.6  # estimate from which a passage is a candidate
_DECIDES = frozenset(
    "no not never nor without cannot don't doesn't isn't aren't won't can't mustn't unless except".split()
)

Copy = tuple[Passage, Passage]


def _runs(text: str) -> set[str]:
    words = tokens(text)
    return {" ".join(words[n : n + 3]) for n in range(max(1, len(words) - 2))}


def _decides(text: str) -> tuple[str, ...]:
    """What must be the same in a copy: its numbers and its words that deny."""
    flat = text.lower().replace("\u2019", "'")
    words = re.findall(r"\d+", flat) + [w for w in re.findall(r"[a-z']+", flat) if w in _DECIDES]
    return tuple(sorted(words))


def _alike(a: str, b: str) -> bool:
    one, other = _runs(a), _runs(b)
    return len(one & other) >= ALIKE * len(one | other)


def without_near_copies(passages: Sequence[Passage]) -> tuple[list[Passage], list[Copy]]:
    """Passages in order without near-copies of earlier ones, and each copy with the passage that is kept.

    A kept passage names in `also_in` the other files that hold a copy, in order.
    """
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - only where there is a library

    near = MinHashLSH(threshold=_LOOSE, num_perm=_HASHES)
    same: dict[str, str] = {}
    decides: dict[str, tuple[str, ...]] = {}
    kept: dict[str, Passage] = {}
    copies: list[tuple[Passage, str]] = []
    for passage in passages:
        plain = " ".join(passage.text.split())
        found = same.get(plain)
        if found is None:
            sketch = MinHash(num_perm=_HASHES, seed=1)
            sketch.update_batch([run.encode("utf-8", "replace") for run in sorted(_runs(passage.text))])
            own = _decides(passage.text)
            candidates = sorted(i for i in near.query(sketch) if decides[i] == own)
            found = next((i for i in candidates if _alike(kept[i].text, passage.text)), None)
        if found is not None:
            copies.append((passage, found))
            continue
        same[plain] = passage.id
        decides[passage.id] = own
        kept[passage.id] = passage
        near.insert(passage.id, sketch)
    others: dict[str, list[str]] = {}
    for copy, original in copies:
        if copy.library != kept[original].library:
            others.setdefault(original, []).append(copy.library)
    for original, files in others.items():
        kept[original] = replace(kept[original], also_in=tuple(dict.fromkeys(files)))
    return list(kept.values()), [(copy, kept[original]) for copy, original in copies]
