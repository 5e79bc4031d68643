"""/lookup/brief: the passages of the address in order, with a note each, as a page and as a file to take away."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from assistant.brief import MAX_PASSAGES, Item, brief_document
from assistant.export import FORMATS, Format, export
from assistant.letters import plain
from assistant.phrases import Phrases
from assistant.records import Passage
from assistant.service import Assistant
from assistant.web.drawing import draw

__all__ = ["brief_router"]

_OFFERED: tuple[tuple[Format, str], ...] = (("docx", "Word"), ("pdf", "PDF"), ("md", "Markdown"))


def brief_router(assistant: Assistant) -> APIRouter:
    """The page of the brief and its files; what it holds is in the address or the form, nothing is kept here."""
    router = APIRouter(include_in_schema=False)

    @router.get("/lookup/brief")
    def page(request: Request) -> Response:
        found, gone = _passages(assistant, request.query_params.getlist("p"))
        rows = [
            {
                "p": p, "up": _address(_moved(found, n, -1)) if n else "",
                "down": _address(_moved(found, n, 1)) if n + 1 < len(found) else "",
                "without": _address([o for o in found if o is not p]),
            }
            for n, p in enumerate(found)
        ]  # fmt: skip
        return HTMLResponse(
            draw(
                "desk_brief.html", assistant.knowledge, "Brief", "Brief", date.today(), rows=rows, gone=gone,
                offered=_OFFERED, most=MAX_PASSAGES,
            )
        )  # fmt: skip

    @router.post("/lookup/brief/file")
    async def file(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=2 * MAX_PASSAGES + 10) as form:
            given = [(k, v) for k, v in form.multi_items() if isinstance(v, str)]
        ids = [v for k, v in given if k == "p"]
        notes = [v for k, v in given if k == "note"]
        said = dict(zip(ids, notes, strict=False))
        title = next((v for k, v in given if k == "title"), "")
        format_ = next((f for f, _ in _OFFERED if ("format", f) in given), None)
        found, _ = _passages(assistant, ids)
        if format_ is None or not found:
            return Response("Choose a format, and at least one passage.", 400, media_type="text/plain; charset=utf-8")
        phrases = Phrases(assistant.settings.prompts)
        items = [Item(p, said.get(p.id, "")) for p in found]
        data = export(brief_document(title, items, phrases, date.today()), format_, phrases)
        return Response(
            data,
            media_type=FORMATS[format_],
            headers={"content-disposition": f'attachment; filename="{_file_name(title)}.{format_}"'},
        )

    return router


def _passages(assistant: Assistant, ids: list[str]) -> tuple[list[Passage], int]:
    """Passages by id, each once, and how many ids name none."""
    known = assistant.knowledge.passage_by_id
    wanted = list(dict.fromkeys(ids))[:MAX_PASSAGES]
    found = [known[i] for i in wanted if i in known]
    return found, len(wanted) - len(found)


def _moved(passages: list[Passage], n: int, step: int) -> list[Passage]:
    out = list(passages)
    out[n], out[n + step] = out[n + step], out[n]
    return out


def _address(passages: list[Passage]) -> str:
    asked = "&".join(f"p={quote(p.id)}" for p in passages)
    return f"/lookup/brief?{asked}" if asked else "/lookup/brief"


def _file_name(title: str) -> str:
    """The title with plain letters only, so that no header and no file system stumbles."""
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in plain(title, 60))
    return "-".join(part for part in safe.split("-") if part).lower() or "brief"
