"""What a document says of itself: front matter or a file beside it, else what its text lets one propose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import yaml

from assistant.blocks import Block, clean
from assistant.errors import InputError

__all__ = ["FIELDS", "Facts", "declared", "facts_of", "front_matter"]

FIELDS = ("title", "author", "date", "jurisdiction", "licence", "topics")
JURISDICTIONS = ("California", "Federal", "General")
_LONGEST = 8_000  # characters of front matter; a page of it is already unusual
_OLDEST = 1900
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATED = re.compile(
    rf"(?P<what>published|posted|updated|revised|reviewed|effective|date)\s*(?:on)?\s*:?\s*"
    rf"(?P<when>{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}|{_MONTH}\s+\d{{4}}|\d{{4}}-\d{{2}}(?:-\d{{2}})?|\d{{1,2}}/\d{{1,2}}/\d{{4}}|\d{{4}})",
    re.I,
)
_BY = re.compile(r"^(?:written )?by:? (?P<name>[A-Z][\w'\u2019.-]+(?: [A-Z][\w'\u2019.-]+){1,3})(?:,.{0,80})?$", re.I)
_BIO = re.compile(r"^(?P<name>[A-Z][\w'\u2019-]+(?: [A-Z]\.)? [A-Z][\w'\u2019-]+) is (?:an?|the|our) ")
_CALIFORNIA = re.compile(r"\bCalifornia\b|\bEd(?:ucation)?\.? Code\b|\bLAUSD\b|\bSARB\b")


@dataclass(frozen=True, slots=True)
class Facts:
    """Title, author and the rest; `proposed` names the fields that the text was read for and nobody declared."""

    title: str
    author: str = ""
    date: str = ""  # ISO day, month or year
    jurisdiction: str = ""
    licence: str = ""
    topics: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


def front_matter(text: str) -> tuple[Mapping[str, object], str]:
    """The mapping between two lines of `---` at the start of a text, and the text without it.

    Raises:
        InputError: it is not closed, not a mapping, or is YAML that only a program would write.
    """
    if not re.match(r"---[ \t]*\n", text):
        return {}, text
    end = re.search(r"^(?:---|\.\.\.)[ \t]*$", text[4:], re.M)
    if end is None:
        raise InputError("its front matter is not closed: end it with a line of ---")
    return declared(text[4 : 4 + end.start()], "front matter"), text[4 + end.end() :]


def declared(text: str, where: str) -> Mapping[str, object]:
    """A YAML mapping of plain values.

    Raises:
        InputError: too long, not readable, not a mapping, or with aliases or Python objects.
    """
    if len(text) > _LONGEST:
        raise InputError(f"its {where} is {len(text):,} characters; at most {_LONGEST:,} are read")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise InputError(f"its {where} repeats itself with YAML aliases: write the values out")
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a day such as 2026-13-01
        what = getattr(error, "problem", None) or str(error).split("\n")[0] or type(error).__name__
        raise InputError(f"its {where} is not readable YAML: {what[:100]}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InputError(f"its {where} is {type(data).__name__}, expected keys such as title and date")
    return {str(k).lower(): v for k, v in data.items()}


def facts_of(
    given: Mapping[str, object], found: Mapping[str, str], blocks: Sequence[Block], name: str, today: date
) -> tuple[Facts, list[str]]:
    """What was declared, completed by what the file and its text let one propose; remarks on what cannot be used.

    Args:
        given: front matter and the file beside it.
        found: what the format holds (title, author and date of a PDF, Word or HTML file).
        blocks: the whole document, nothing left out.
        name: of the file, the last resort for a title.
        today: no document is dated later.
    """
    remarks: list[str] = []
    values: dict[str, str] = {}
    for key in ("title", "author", "licence"):
        value = given.get(key, given.get("license") if key == "licence" else None)
        if isinstance(value, str | int | float) and str(value).strip():
            values[key] = clean(str(value))[:200]
        elif value is not None:
            remarks.append(f"{key} is {type(value).__name__}, expected words: not used")
    if given.get("date") is not None:
        values["date"] = _day(given["date"], today)
        if not values["date"]:
            remarks.append(f"date is {str(given['date'])[:40]!r}, expected a day, month or year up to today: not used")
    if given.get("jurisdiction") is not None:
        place = str(given["jurisdiction"]).strip().lower()
        values["jurisdiction"] = next((j for j in JURISDICTIONS if j.lower() == place), "")
        if not values["jurisdiction"]:
            remarks.append(f"jurisdiction is {place[:40]!r}, expected one of {', '.join(JURISDICTIONS)}: not used")
    unknown = sorted(set(given) - {*FIELDS, "license"})
    if unknown:
        remarks.append(f"not used: {', '.join(unknown)[:120]}; known are {', '.join(FIELDS)}")
    proposals = {
        "title": _title(found, blocks, name), "author": _author(found, blocks),
        "date": _day(found.get("date", ""), today) or _dated(blocks, today), "jurisdiction": _place(blocks),
    }  # fmt: skip
    proposed = tuple(k for k, v in proposals.items() if v and not values.get(k))
    whole = {k: values.get(k) or proposals[k] for k in proposals}
    return Facts(**whole, licence=values.get("licence", ""), topics=_topics(given, remarks), proposed=proposed), remarks


def _topics(given: Mapping[str, object], remarks: list[str]) -> tuple[str, ...]:
    raw = given.get("topics")
    if raw is None:
        return ()
    rows = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(rows, list) or not all(isinstance(x, str) for x in rows):
        remarks.append(f"topics is {type(raw).__name__}, expected a list of topics: not used")
        return ()
    return tuple(dict.fromkeys(x.strip().lower() for x in rows if x.strip()))


def _day(value: object, today: date) -> str:
    """An ISO day, month or year that is not later than today, "" for anything else."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat() if value.year >= _OLDEST and value <= today else ""
    text = str(value).strip()
    iso = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?$", text)
    words = re.match(rf"({_MONTH})\s+(?:(\d{{1,2}}),?\s+)?(\d{{4}})$", text, re.I)
    slashed = re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})$", text)
    if iso:
        parts = [int(x) for x in iso.groups() if x]
    elif words:
        parts = [int(words[3]), _MONTHS.index(words[1][:3].lower()) + 1, *([int(words[2])] if words[2] else [])]
    elif slashed:
        parts = [int(slashed[3]), int(slashed[1]), int(slashed[2])]
    else:
        return ""
    try:
        day = date(*(parts + [1, 1])[:3])
    except ValueError:
        return ""
    return "-".join(f"{x:02}" for x in parts) if day.year >= _OLDEST and day <= today else ""


def _dated(blocks: Sequence[Block], today: date) -> str:
    """The latest day that the head or the foot of a document names as its own."""
    ends = [*blocks[:8], *blocks[-8:]]
    days = [_day(m["when"], today) for b in ends if len(b.text.split()) <= 20 for m in _DATED.finditer(b.text)]
    return max(days, default="")


def _title(found: Mapping[str, str], blocks: Sequence[Block], name: str) -> str:
    headings = [(n, b) for n, b in enumerate(blocks[:12]) if b.shape == "heading" and not _DATED.match(b.text)]
    dated = next((n for n, b in enumerate(blocks[:12]) if len(b.text.split()) <= 12 and _DATED.match(b.text)), None)
    above = [b for n, b in headings if dated is not None and n < dated]
    if above:
        return above[-1].text
    top = [b for _, b in headings if b.level == 1]
    if top:
        return top[0].text
    if found.get("title"):
        return found["title"]
    return headings[0][1].text if headings else re.sub(r"[-_]+", " ", name)


def _author(found: Mapping[str, str], blocks: Sequence[Block]) -> str:
    if found.get("author"):
        return found["author"]
    for b in [*blocks[:8], *blocks[-25:]]:
        match = (len(b.text.split()) <= 12 and _BY.match(b.text)) or (b in blocks[-25:] and _BIO.match(b.text))
        if match:
            return match["name"]
    return ""


def _place(blocks: Sequence[Block]) -> str:
    return "California" if sum(len(_CALIFORNIA.findall(b.text)) for b in blocks) >= 2 else ""
