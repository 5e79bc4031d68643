"""/lookup: the navigator's desk as pages that work without scripts. Routes only; what they show is in desk_view."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from assistant.desk import Desk, Look
from assistant.errors import IndexProblem, InputError
from assistant.facets import FACETS
from assistant.knowledge import Knowledge
from assistant.lookup import copy_text, wanted
from assistant.records import Passage
from assistant.service import Assistant
from assistant.text import MAX_CHARS
from assistant.web.desk_view import changes, compared, nothing_found, pages_of, passage_values, result_values
from assistant.web.drawing import draw, topic_title
from assistant.web.topic_map import topic_map

__all__ = ["PAGE", "desk_or_none", "desk_router", "passage_page"]

PAGE = 20  # results on one page
_WAIT = 40.0  # seconds that a page waits for the encoder of a server that was just started
_SINCE = 90  # days that "changes" looks back


def desk_router(assistant: Assistant) -> APIRouter:
    """Every page of the desk but the brief."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    _search_routes(router, assistant)
    _browse_routes(router, assistant)
    _passage_routes(router, assistant)
    return router


def desk_or_none(assistant: Assistant) -> Desk | None:
    """The desk, None while nothing can be searched."""
    try:
        return assistant.desk()
    except IndexProblem:
        return None


def _whole(text: str | None) -> int:
    """A number of an address; anything else is 0."""
    return min(int(text), 1_000_000) if text and text.isdecimal() and len(text) < 9 else 0


def _looked(assistant: Assistant, request: Request) -> tuple[dict[str, object], int]:
    """What to show for the address of a look, and the status."""
    assistant.usable.wait(_WAIT)
    given = request.query_params
    try:
        desk = assistant.desk()
        chosen = {name: given.get(name) for name in FACETS}
        look = wanted(desk.facets, given.get("q", "")[: MAX_CHARS * 4], PAGE, _whole(given.get("skip")), chosen=chosen)
        return result_values(desk, look, desk.find(look, date.today())), 200
    except InputError as error:
        return nothing_found(str(error)), 400
    except IndexProblem as error:
        return nothing_found(str(error)), 503


def _search_routes(router: APIRouter, assistant: Assistant) -> None:
    @router.get("/lookup")
    def page(request: Request) -> Response:
        values, status = _looked(assistant, request)
        look = values["look"]
        title = f"{look.text[:60]} - Look up" if isinstance(look, Look) and look.text else "Look up"
        return HTMLResponse(draw("desk.html", assistant.knowledge, title, "Look up", date.today(), **values), status)

    @router.get("/lookup/results")
    def results(request: Request) -> Response:
        """The part of the page that changes while a person types."""
        values, status = _looked(assistant, request)
        return HTMLResponse(draw("desk_results.html", assistant.knowledge, "", "", date.today(), **values), status)


def _browse_routes(router: APIRouter, assistant: Assistant) -> None:
    @router.get("/lookup/topics")
    def topics() -> Response:
        knowledge = assistant.knowledge
        counts: dict[str, int] = {}
        for p in knowledge.passages:
            counts[p.topic] = counts.get(p.topic, 0) + 1
        return HTMLResponse(
            draw(
                "desk_topics.html", knowledge, "Topics", "Topics", date.today(),
                pictures=topic_map(tuple(knowledge.topics.values()), counts), counts=counts,
                topics=tuple(knowledge.topics.values()), library=counts.get("library", 0),
            )
        )  # fmt: skip

    @router.get("/lookup/topics/{slug}")
    def topic(slug: str) -> Response:
        knowledge = assistant.knowledge
        passages = [p for p in knowledge.passages if p.topic == slug]
        if not passages:
            return _missing(assistant, "There is no such topic.")
        sources = {s.id: s for p in passages for s in p.sources}
        known = knowledge.topics.get(slug)
        return HTMLResponse(
            draw(
                "desk_topic.html", knowledge, topic_title(knowledge, slug), "Topics", date.today(),
                slug=slug, name=topic_title(knowledge, slug), about=known.description if known else "",
                pages=pages_of(passages), count=len(passages), sources=list(sources.values()),
                numbers={i: n for n, i in enumerate(sources, 1)},
            )
        )  # fmt: skip

    @router.get("/lookup/glossary")
    def glossary() -> Response:
        rows = sorted((a, words, t) for t in assistant.knowledge.vocabulary for a, words in t.acronyms)
        return HTMLResponse(
            draw("desk_glossary.html", assistant.knowledge, "Glossary", "Glossary", date.today(), rows=rows)
        )

    @router.get("/lookup/changes")
    def changed(since: str = "") -> Response:
        today = date.today()
        message, day = "", today - timedelta(days=_SINCE)
        if since:
            try:
                day = date.fromisoformat(since[:10])
            except ValueError:
                message = f"{since[:20]!r} is not a day: write it as {today.isoformat()}"
        found = changes(assistant.knowledge.passages, day, today)
        return HTMLResponse(
            draw(
                "desk_changes.html", assistant.knowledge, "Changes", "Changes", today, since=day.isoformat(),
                message=message, fresh=pages_of(found["fresh"]), due=pages_of(found["due"]),
                out=pages_of(found["out"]),
            ),
            400 if message else 200,
        )  # fmt: skip


def _passage_routes(router: APIRouter, assistant: Assistant) -> None:
    @router.get("/passages/{passage_id}/copy")
    def copied(passage_id: str, request: Request) -> Response:
        passage = assistant.knowledge.passage_by_id.get(passage_id)
        if passage is None:
            return PlainTextResponse("There is no such passage.", 404)
        try:
            return PlainTextResponse(copy_text(passage, request.query_params.get("format", "plain")))
        except InputError as error:
            return PlainTextResponse(str(error), 400)

    @router.get("/lookup/compare")
    def compare(a: str = "", b: str = "", q: Annotated[str, Query(max_length=MAX_CHARS)] = "") -> Response:
        knowledge, today = assistant.knowledge, date.today()
        first, second = (knowledge.passage_by_id.get(i) for i in (a, b))
        if (a and first is None) or (b and second is None):
            return _missing(assistant, "There is no such passage.")
        if first is None:
            return RedirectResponse("/lookup", 303)
        if second is not None and second is not first:
            return HTMLResponse(
                draw("desk_compare.html", knowledge, "Compare", "Look up", today, a=first, **compared(first, second))
            )
        return HTMLResponse(
            draw(
                "desk_compare.html", knowledge, "Compare", "Look up", today, a=first, pair=(), q=q,
                offers=_offers(assistant, first, q),
            )
        )  # fmt: skip


def _offers(assistant: Assistant, passage: Passage, query: str) -> list[tuple[str, list[Passage]]]:
    """Passages to compare with: what was looked for, what is near, and what stands on the same page."""
    desk = desk_or_none(assistant)
    found: list[tuple[str, list[Passage]]] = []
    if desk is not None:
        if query.strip():
            hits = desk.find(wanted(desk.facets, query, PAGE), date.today()).hits
            found.append(("Found", [h.passage for h in hits if h.passage is not passage]))
        found.append(("Near in meaning", list(desk.near(passage))))
    same = [p for p in assistant.knowledge.passages if p.page_id == passage.page_id and p is not passage]
    found.append(("On the same page", same))
    return [(name, some) for name, some in found if some]


def _missing(assistant: Assistant, message: str) -> Response:
    page = draw("desk_missing.html", assistant.knowledge, "Not found", "", date.today(), message=message)
    return HTMLResponse(page, 404)


def passage_page(
    knowledge: Knowledge, desk: Desk | None, passage_id: str, query: str, today: date
) -> str | None:  # fmt: skip
    """The page of a passage as HTML, None for an unknown id; without a desk, what else cites a source is left out."""
    passage = knowledge.passage_by_id.get(passage_id)
    if passage is None:
        return None
    siblings = [p for p in knowledge.passages if p.page_id == passage.page_id]
    related = [knowledge.page_by_id[i] for i in passage.related if i in knowledge.page_by_id]
    values = passage_values(desk, siblings, passage, query)
    return draw("passage.html", knowledge, passage.heading, "", today, related=related, **values)
