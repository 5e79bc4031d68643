"""Numbers and days as people type them: "about twelve", "Nov 3", "last Tuesday", "two weeks ago".

Nothing is guessed: a text with two numbers gives two, a day that does not exist is said to be none. Dates are read as
in the United States, month first; 13/11 can only be the 13th of November.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.deadlines import later

__all__ = ["Found", "days", "numbers"]

_ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split(),
        range(20), strict=True,
    )
)  # fmt: skip
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_SOME = {"a couple": 2, "a dozen": 12, "two dozen": 24}
_WORD = "|".join([*_ONES, *_TENS])
_NUMBER = re.compile(
    rf"(?<![\w.,/:])(?<!(?<!\d)-)(?:(?P<digits>\d{{1,6}})(?P<part>[.,]\d+)?(?![\w/:])|(?P<some>{'|'.join(_SOME)})\b"
    rf"|(?P<words>(?:{_WORD})(?:[ -](?:{'|'.join(list(_ONES)[1:10])}))?)\b)"
)
_OTHER = re.compile(
    r"\s*(?:%|percent\b|per cent\b|years? old\b|y/?o\b|am\b|pm\b|o'?clock\b|th\b|minutes?\b)"
)  # not a count of days or times
_MONTHS = {
    m: n
    for n, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1)
    for m in names.split()
}  # fmt: skip
_DAYS = {d: n for n, d in enumerate("monday tuesday wednesday thursday friday saturday sunday".split(), 1)}
_MONTH = "|".join(_MONTHS)
_NAMED = re.compile(
    rf"\b(?:(?P<m1>{_MONTH})\.? (?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH}))\b\.?(?:,? (?P<y>\d{{4}})\b)?"
)
_ISO = re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b")
_SLASHED = re.compile(r"(?<![\d/])(?P<a>\d{1,2})[/.-](?P<b>\d{1,2})(?:[/.-](?P<y>\d{2}|\d{4}))?(?![\d/])")
_AGO = re.compile(rf"\b(?P<n>\d{{1,3}}|an?|{_WORD}) (?P<unit>day|week|month)s? ago\b")
_AHEAD = re.compile(rf"\bin (?P<n>\d{{1,3}}|an?|{_WORD}) (?P<unit>day|week|month)s?\b")
_WEEKDAY = re.compile(rf"\b(?:(?P<which>last|this|next|on|this past|this coming) )?(?P<day>{'|'.join(_DAYS)})\b")
_NEAR = {"today": 0, "this morning": 0, "yesterday": -1, "the day before yesterday": -2, "tomorrow": 1}


@dataclass(frozen=True, slots=True)
class Found:
    """A day that was named and where; `day` is None where there is no such day, and `said` are its words."""

    day: date | None
    said: str
    start: int


def numbers(text: str) -> list[tuple[int, int]]:
    """Whole numbers in a lower-case text with the places where they start, in order; -1 stands for one with a fraction.

    Ages, hours, minutes and percentages are not counted.
    """
    found = []
    for match in _NUMBER.finditer(text):
        if _OTHER.match(text[match.end() :]):
            continue
        if match["digits"]:
            thousands = match["part"] and match["part"][0] == "," and len(match["part"]) == 4
            value = int(match["digits"] + (match["part"][1:] if thousands else ""))
            found.append((-1 if match["part"] and not thousands else value, match.start()))
        elif match["some"]:
            found.append((_SOME[match["some"]], match.start()))
        else:
            parts = re.split("[ -]", match["words"])
            found.append((sum(_ONES.get(p, _TENS.get(p, 0)) for p in parts), match.start()))
    return found


def _amount(word: str) -> int:
    return int(word) if word.isdecimal() else 1 if word in {"a", "an"} else _ONES.get(word, _TENS.get(word, 0))


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_year(month: int, day: int, today: date, side: str) -> date | None:
    """The one of three years that the side asks for, else the nearest to today."""
    near = [d for y in (today.year - 1, today.year, today.year + 1) if (d := _safe(y, month, day))]
    if side == "past":
        near = [d for d in near if d <= today][-1:]
    elif side == "future":
        near = [d for d in near if d >= today][:1]
    return min(near, key=lambda d: abs((d - today).days)) if near else None


def _dated(match: re.Match[str], month: int, day: int, today: date, side: str) -> Found:
    year = match["y"]
    if not year:
        return Found(_without_year(month, day, today, side), match[0], match.start())
    return Found(_safe(int(year) + (2000 if len(year) == 2 else 0), month, day), match[0], match.start())


def _moved(match: re.Match[str], today: date, sign: int) -> Found:
    n = _amount(match["n"]) * sign
    day = later(today, n) if match["unit"] == "month" else today + timedelta(n * (7 if match["unit"] == "week" else 1))
    return Found(day, match[0], match.start())


def _weekday(match: re.Match[str], today: date, side: str) -> Found:
    ahead = (_DAYS[match["day"]] - today.isoweekday()) % 7
    which = match["which"] or ""
    back = which in {"last", "this past"} or (which not in {"next", "this coming"} and side == "past")
    if back:
        return Found(today - timedelta((7 - ahead) % 7 or 7), match[0], match.start())
    return Found(today + timedelta(ahead or 7), match[0], match.start())


def days(text: str, today: date, side: str = "") -> list[Found]:
    """Days named in a lower-case text, in order.

    Args:
        text: what was typed.
        today: the day it was typed.
        side: "past" or "future" where only such a day makes sense: it decides the year, and which Tuesday.
    """
    found: list[Found] = []
    rest = text

    def take(pattern: re.Pattern[str], read: object) -> None:
        nonlocal rest
        for match in pattern.finditer(rest):
            found.append(read(match))  # type: ignore[operator]
        rest = pattern.sub(lambda m: " " * len(m[0]), rest)

    def named(match: re.Match[str]) -> Found:
        return _dated(match, _MONTHS[match["m1"] or match["m2"]], int(match["d1"] or match["d2"]), today, side)

    def slashed(match: re.Match[str]) -> Found:
        a, b = int(match["a"]), int(match["b"])
        month, day = (b, a) if a > 12 >= b else (a, b)
        return _dated(match, month, day, today, side)

    take(_ISO, lambda m: Found(_safe(int(m["y"]), int(m["m"]), int(m["d"])), m[0], m.start()))
    take(_NAMED, named)
    take(_SLASHED, slashed)
    take(_AGO, lambda m: _moved(m, today, -1))
    take(_AHEAD, lambda m: _moved(m, today, 1))
    for words, shift in sorted(_NEAR.items(), key=lambda pair: -len(pair[0])):
        take(re.compile(rf"\b{words}\b"), lambda m, shift=shift: Found(today + timedelta(shift), m[0], m.start()))
    take(_WEEKDAY, lambda m: _weekday(m, today, side))
    return sorted(found, key=lambda f: f.start)
