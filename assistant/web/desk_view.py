"""What the desk's pages show, as plain data for the templates: no HTML here, no routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode

from assistant.desk import Desk, Look, Looked
from assistant.facets import DUE, FACETS
from assistant.lookup import marked
from assistant.records import Passage
from assistant.web.drawing import KINDS, topic_title
from assistant.web.render import passage_address

__all__ = [
    "FACET_NAMES",
    "changes",
    "compared",
    "look_address",
    "nothing_found",
    "pages_of",
    "passage_values",
    "result_values",
]

FACET_NAMES = {
    "topic": "Topic", "kind": "Kind", "speaker": "Speaker", "jurisdiction": "Where it holds", "source": "Source",
    "reviewed": "Reviewed within",
}  # fmt: skip
_FIRST = 8  # values of a facet that are shown at once
_CITING = 3  # passages named beside a source


@dataclass(frozen=True, slots=True)
class _Value:
    label: str
    count: int
    address: str
    chosen: bool


def look_address(look: Look, **changes: str | int) -> str:
    """The address of a look; a change of a facet or of the words goes back to the first results."""
    now: dict[str, object] = {"q": look.text, **look.chosen, "skip": 0, **changes}
    kept = {name: str(value) for name, value in now.items() if value}
    return "/lookup" + (f"?{urlencode(kept, quote_via=quote)}" if kept else "")


def _label(desk: Desk, facet: str, value: str) -> str:
    knowledge = desk.knowledge
    if facet == "topic":
        return topic_title(knowledge, value)
    if facet == "kind":
        return KINDS.get(value, value)
    if facet == "speaker":
        return knowledge.speakers[value].name if value in knowledge.speakers else value
    if facet == "source":
        return desk.sources[value].title if value in desk.sources else value
    if facet == "reviewed":
        return "Out of review" if value == DUE else f"{value} days"
    return value


def _facets(desk: Desk, look: Look, counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for key in FACETS:
        now = look.chosen.get(key, "")
        found = dict(counts[key])
        if now:
            found.setdefault(now, 0)
        values = [
            _Value(_label(desk, key, v), n, look_address(look, **{key: "" if v == now else v}), v == now)
            for v, n in found.items()
        ]
        if values:
            first = sorted(values, key=lambda v: not v.chosen)
            rows.append({"key": key, "name": FACET_NAMES[key], "first": first[:_FIRST], "rest": first[_FIRST:]})
    return rows


def _summary(look: Look, found: Looked) -> str:
    if not found.total:
        return "Nothing found. Try other or fewer words, or take a choice out."
    order = "best first" if look.text else "in the order of topics"
    last = look.skip + len(found.hits)
    return f"{look.skip + 1} to {last} of {found.total} passages, {order}" if found.hits else "No more passages."


def _notes(found: Looked) -> list[str]:
    if not found.unknown:
        return []
    return [f"No passage names {', '.join(found.unknown)}. What follows is near in words or meaning only."]


def result_values(desk: Desk, look: Look, found: Looked) -> dict[str, object]:
    """Everything that the list of results and the facets show."""
    results = []
    for hit in found.hits:
        p = hit.passage
        asked = f"?{urlencode({'q': look.text[:300]}, quote_via=quote)}" if look.text else ""
        results.append({
            "p": p,
            "address": passage_address(p.id) + asked,
            "title": marked(p.page_title, look.text, hit.exact),
            "heading": marked(p.heading, look.text, hit.exact),
            "rows": [marked(row, look.text, hit.exact) for row in p.text.splitlines()],
        })  # fmt: skip
    end = look.skip + look.k
    return {
        "look": look,
        "facets": _facets(desk, look, found.facets),
        "chosen": [
            {"name": FACET_NAMES[f], "label": _label(desk, f, v), "without": look_address(look, **{f: ""})}
            for f, v in look.chosen.items()
        ],
        "without_any": look_address(look, **dict.fromkeys(FACETS, "")),
        "summary": _summary(look, found),
        "notes": _notes(found),
        "results": results,
        "before": look_address(look, skip=max(0, look.skip - look.k)) if look.skip else "",
        "after": look_address(look, skip=end) if end < found.total else "",
        "reviewed": [],
    }


def nothing_found(message: str) -> dict[str, object]:
    """The same for a look that cannot be used: one line instead of results."""
    return {
        "look": Look(), "facets": [], "chosen": [], "without_any": "/lookup", "summary": message, "notes": [],
        "results": [], "before": "", "after": "", "reviewed": [],
    }  # fmt: skip


def passage_values(desk: Desk | None, siblings: list[Passage], p: Passage, query: str) -> dict[str, object]:
    """Everything that the page of one passage shows; without a desk, what else cites its sources is left out."""
    at = siblings.index(p)
    sources = []
    for s in p.sources:
        others = desk.citing(s.id, but=p.id) if desk else ()
        sources.append((s, others[:_CITING], len(others)))
    return {
        "p": p,
        "pieces": lambda text: marked(text, query),
        "sources": sources,
        "before": siblings[at - 1] if at else None,
        "after": siblings[at + 1] if at + 1 < len(siblings) else None,
        "siblings": siblings,
    }


def compared(a: Passage, b: Passage) -> dict[str, object]:
    """What two passages share and where they differ."""
    both = [s for s in a.sources if s.id in {o.id for o in b.sources}]
    apart = []
    if a.jurisdiction != b.jurisdiction:
        apart.append(f"They hold in different places: {a.jurisdiction} and {b.jurisdiction}.")
    dates = sorted({p.reviewed for p in (a, b) if p.reviewed})
    if len(dates) > 1:
        apart.append(f"They were reviewed on different days: {' and '.join(dates)}.")
    if not both:
        apart.append("They share no source.")
    return {"pair": (a, b), "both": both, "apart": apart}


def changes(passages: Iterable[Passage], since: date, today: date) -> dict[str, list[Passage]]:
    """Passages by what happened: reviewed since a day, due within 60 days, and out of review; in order of topics."""
    fresh, due, out = [], [], []
    soon = date.fromordinal(today.toordinal() + 60).isoformat()
    for p in passages:
        if p.reviewed and p.reviewed >= since.isoformat():
            fresh.append(p)
        if p.review_due and p.review_due < today.isoformat():
            out.append(p)
        elif p.review_due and p.review_due <= soon:
            due.append(p)
    return {"fresh": fresh, "due": due, "out": out}


def pages_of(passages: list[Passage]) -> list[tuple[str, list[Passage]]]:
    """Passages under the title of their page, pages in order."""
    found: dict[str, tuple[str, list[Passage]]] = {}
    for p in passages:
        found.setdefault(p.page_id, (p.page_title, []))[1].append(p)
    return list(found.values())
