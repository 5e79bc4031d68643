"""Numbers of statutes, rules and bills in a text, written however: "48260 .5", "§48260.5", "3051. 4", "AB-461".

A number gives one key for each depth that it names, the whole section first: "48205 (a)(1)" gives "48205",
"48205(a)" and "48205(a)(1)". A range gives every section in it. Years are not sections.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

__all__ = ["asked_keys", "section_keys"]

_MAX_RANGE = 60  # sections that a range may stand for; a longer one is its two ends
_SPACED = re.compile(r"(?<![\d.])(\d{3,5})(?:\s+[.,]\s*|\s*[.,]\s+|,)(\d{1,3})(?!\d)")
_SUBS = r"((?:\s*\(\s*[A-Za-z0-9]{1,4}\s*\))*)"
_PLAIN = r"(\d{3,5}(?:\.\d{1,3})?)"
_NUMBER = re.compile(rf"(?<![\d.$#]){_PLAIN}{_SUBS}(?:\s*[-\u2013]\s*{_PLAIN})?(?![\d])")
_BILL = re.compile(r"\b(AB|SB)[\s-]*(\d{1,4})\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_GAP = re.compile(r"(?<![\d.])(\d{4,5})[ -](\d)(?![\w.]|/)")
_RUN = re.compile(r"(?<![\d.])\d{5,7}(?![\d.])")


def section_keys(text: str) -> frozenset[str]:
    """Every key that a text names, as `asked_keys` gives them."""
    return frozenset(_keys(text))


def asked_keys(text: str, known: Container[str]) -> tuple[str, ...]:
    """The keys that a search asks for, in order, each once; `known` are the keys that some text names.

    A dot that was typed as a blank, or left out, is put back where only so the section is known.
    """

    def close(match: re.Match[str]) -> str:
        whole = f"{match[1]}.{match[2]}"
        return whole if whole in known else match[0]

    text = _SPACED.sub(close, text)
    found = list(_keys(text))
    for match in _GAP.finditer(text):
        if (whole := f"{match[1]}.{match[2]}") in known:
            found = [k for k in found if k != match[1]] + [match[1], whole]
    for match in _RUN.finditer(text):
        raw = match[0]
        if raw not in known:
            dotted = [f"{raw[:n]}.{raw[n:]}" for n in range(3, len(raw)) if f"{raw[:n]}.{raw[n:]}" in known]
            found = ([k for k in found if k != raw] if dotted else found) + dotted[:1]
    return tuple(dict.fromkeys(found))


def _keys(text: str) -> Iterator[str]:
    for match in _BILL.finditer(text):
        yield f"{match[1].upper()} {int(match[2])}"
    plain = _BILL.sub(" ; ", text)
    for match in _NUMBER.finditer(plain):
        number, subs, last = match[1], match[2], match[3]
        if _YEAR.fullmatch(number) and not subs:
            continue
        yield number
        key = number
        for sub in re.findall(r"[A-Za-z0-9]+", subs):
            key += f"({sub})"
            yield key
        if last:
            yield from _range(number, last)


def _range(first: str, last: str) -> Iterator[str]:
    """Sections after the first one up to the last; "300.151-300.153" counts behind the dot."""
    head, _, tail = first.partition(".")
    other, _, end = last.partition(".")
    if head == other and tail and end:
        low, high = int(tail), int(end)
        if low < high <= low + _MAX_RANGE:
            yield from (f"{head}.{n}" for n in range(low + 1, high + 1))
    elif not tail and not end and int(head) < int(other) <= int(head) + _MAX_RANGE:
        yield from (str(n) for n in range(int(head) + 1, int(other) + 1))
    elif not _YEAR.fullmatch(last):
        yield last
