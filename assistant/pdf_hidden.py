"""Text that a PDF draws so that nobody sees it: white on white, invisible, or under two points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from assistant.blocks import clean

__all__ = ["hide"]

_TINY = 2.0  # points
_SHOWS = {b"Tj", b"TJ", b"'", b'"'}
_FILLS = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"}
_ENDS = {b"n", b"S", b"s"} | _FILLS


@dataclass(frozen=True, slots=True)
class _State:
    """What the drawing operators have set: fill colour, render mode, type size and both matrices."""

    white: bool = False
    mode: int = 0
    size: float = 12.0
    matrix: tuple[float, float, float, float, float, float] = (1, 0, 0, 1, 0, 0)
    text: tuple[float, float, float, float, float, float] = (1, 0, 0, 1, 0, 0)


Matrix = tuple[float, float, float, float, float, float]


def _times(a: Matrix, b: Matrix) -> Matrix:
    return (
        a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5],
    )  # fmt: skip


class _Eye:
    """Follows the operators of one page and tells which text is not seen."""

    def __init__(self) -> None:
        self.state = _State()
        self.kept: list[_State] = []
        self.pending: list[tuple[float, float, float, float]] = []
        self.dark: list[tuple[float, float, float, float]] = []  # filled with a colour that shows white text

    def follow(self, name: bytes, values: list[Any]) -> None:
        """Take one operator that draws no text."""
        if name == b"q":
            self.kept.append(self.state)
        elif name == b"Q" and self.kept:
            self.state = self.kept.pop()
        elif name == b"re":
            self.pending.append(self._box(values))
        elif name in _ENDS:
            self._drawn(name)
        else:
            self.state = _set(self.state, name, values)

    def _drawn(self, name: bytes) -> None:
        """The boxes asked for are drawn; a white box over a dark one hides it again."""
        if name in _FILLS and not self.state.white:
            self.dark += self.pending
        elif name in _FILLS and self._covers():
            self.dark = []
        self.pending = []

    def _box(self, values: list[Any]) -> tuple[float, float, float, float]:
        x, y, w, h = (float(v) for v in values[:4])
        a = _times((1, 0, 0, 1, x, y), self.state.matrix)
        b = _times((1, 0, 0, 1, x + w, y + h), self.state.matrix)
        return min(a[4], b[4]), min(a[5], b[5]), max(a[4], b[4]), max(a[5], b[5])

    def _covers(self) -> bool:
        return any(
            all(p[0] <= d[0] and p[1] <= d[1] and p[2] >= d[2] and p[3] >= d[3] for d in self.dark)
            for p in self.pending
        )

    def unseen(self) -> bool:
        """Whether text drawn now would not be seen."""
        s = self.state
        if s.mode in {3, 7}:
            return True
        whole = _times(s.text, s.matrix)
        if s.size * max(abs(whole[3]), abs(whole[1])) < _TINY:
            return True
        x, y = whole[4], whole[5]
        return s.white and not any(d[0] - 1 <= x <= d[2] + 1 and d[1] - 1 <= y <= d[3] + 1 for d in self.dark)


def _set(s: _State, name: bytes, values: list[Any]) -> _State:
    """The state after an operator that sets a colour, a matrix or the type; any other leaves it."""
    if name in {b"g", b"rg", b"k", b"sc", b"scn"}:
        return replace(s, white=_white(name, values))
    if name in {b"Td", b"TD"}:
        return replace(s, text=_times((1, 0, 0, 1, float(values[0]), float(values[1])), s.text))
    setters: dict[bytes, Callable[[], _State]] = {
        b"cs": lambda: replace(s, white=False),
        b"Tr": lambda: replace(s, mode=int(values[0])),
        b"Tf": lambda: replace(s, size=float(values[1])),
        b"cm": lambda: replace(s, matrix=_times(_six(values), s.matrix)),
        b"BT": lambda: replace(s, text=(1, 0, 0, 1, 0, 0)),
        b"Tm": lambda: replace(s, text=_six(values)),
    }
    return setters[name]() if name in setters else s


def _six(values: list[Any]) -> Matrix:
    a, b, c, d, e, f = (float(v) for v in values[:6])
    return a, b, c, d, e, f


def _white(name: bytes, values: list[Any]) -> bool:
    try:
        numbers = [float(v) for v in values]
    except (TypeError, ValueError):  # a pattern
        return False
    if name == b"k" or len(numbers) == 4:
        return max(numbers, default=1.0) <= 0.03
    return bool(numbers) and min(numbers) >= 0.97


def hide(page: Any, reader: Any) -> str:  # noqa: ANN401 - pypdf's own types
    """Take unseen text out of a page, in place, and return it.

    Where nearly all of a page is unseen it is the text layer that a scanner laid under the picture: it stays.
    """
    from pypdf.generic import ContentStream, NameObject  # noqa: PLC0415 - read by the worker only

    contents = page.get("/Contents")
    if contents is None:
        return ""
    whole = ContentStream(contents.get_object(), reader)
    eye = _Eye()
    seen: list[Any] = []
    unseen: list[Any] = []
    shown = hidden = invisible = 0
    for operands, name in whole.operations:
        if name in _SHOWS:
            if eye.unseen():
                hidden += 1
                invisible += eye.state.mode == 3
                unseen.append((operands, name))
                continue
            shown += 1
            seen.append((operands, name))
            continue
        eye.follow(name, operands if isinstance(operands, list) else [])
        seen.append((operands, name))
        unseen.append((operands, name))
    if not hidden or invisible == hidden and hidden > 9 * shown:
        return ""
    whole.operations = unseen
    page[NameObject("/Contents")] = whole
    words = clean(page.extract_text())
    rest = ContentStream(None, reader)
    rest.operations = seen
    page[NameObject("/Contents")] = rest
    return words
