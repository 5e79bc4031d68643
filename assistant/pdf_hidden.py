"""Text that a PDF draws so that nobody sees it: white on white, invisible, or under two points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from assistant.blocks import clean

__all__ = ["hide"]

_TINY = 2.0  # points
_DEEPEST = 5  # drawings inside drawings
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
        self.shown = self.hidden = self.invisible = 0  # pieces of text; `invisible`: no ink, among the hidden
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


def hide(page: Any, reader: Any) -> list[str]:  # noqa: ANN401 - pypdf's own types
    """Take unseen text out of a page, in place, and return it in words.

    Where nearly all of a page is unseen it is the text layer that a scanner laid under the picture: it stays.
    """
    from pypdf.generic import ContentStream, NameObject  # noqa: PLC0415 - read by the worker only

    contents = page.get("/Contents")
    if contents is None:
        return []
    inside = _clear_forms(page.get("/Resources"), reader, 0)
    told = [f"{inside} pieces of text inside a drawing"] if inside else []
    whole = ContentStream(contents.get_object(), reader)
    seen, unseen, eye = _parted(whole.operations)
    if not eye.hidden or (eye.invisible == eye.hidden and eye.hidden > 9 * eye.shown):
        return told
    whole.operations = unseen
    page[NameObject("/Contents")] = whole
    words = clean(page.extract_text())
    rest = ContentStream(None, reader)
    rest.operations = seen
    page[NameObject("/Contents")] = rest
    return [words, *told] if words else told


def _parted(operations: list[Any]) -> tuple[list[Any], list[Any], _Eye]:
    """Operators without the unseen text, operators without the seen text, and how much there was of each."""
    eye = _Eye()
    seen: list[Any] = []
    unseen: list[Any] = []
    for operands, name in operations:
        if name not in _SHOWS:
            eye.follow(name, operands if isinstance(operands, list) else [])
            seen.append((operands, name))
            unseen.append((operands, name))
        elif eye.unseen():
            eye.hidden += 1
            eye.invisible += eye.state.mode == 3
            unseen.append((operands, name))
        else:
            eye.shown += 1
            seen.append((operands, name))
    return seen, unseen, eye


def _clear_forms(resources: Any, reader: Any, depth: int) -> int:  # noqa: ANN401
    """Take unseen text out of the drawings that a page puts in place as one, and count its pieces."""
    from pypdf.generic import ContentStream, DecodedStreamObject, NameObject  # noqa: PLC0415

    objects = resources.get_object().get("/XObject") if resources is not None else None
    if objects is None or depth > _DEEPEST:
        return 0
    taken = 0
    table = objects.get_object()
    for name in list(table):
        form = table[name].get_object()
        if form.get("/Subtype") != "/Form":
            continue
        taken += _clear_forms(form.get("/Resources"), reader, depth + 1)
        whole = ContentStream(form, reader)
        seen, _, eye = _parted(whole.operations)
        if eye.hidden and eye.shown * 9 >= eye.invisible:
            taken += eye.hidden
            whole.operations = seen
            clear = DecodedStreamObject()
            clear.update({k: v for k, v in form.items() if k not in {"/Filter", "/DecodeParms", "/Length"}})
            clear.set_data(whole.get_data())
            table[NameObject(name)] = clear
    return taken
