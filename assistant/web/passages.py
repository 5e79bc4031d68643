"""/passages/{id}: the stable address of a passage, as a page that works without scripts, and as JSON."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.document import Document
from assistant.knowledge import Knowledge
from assistant.lookup import copy_text, result_json
from assistant.records import Passage
from assistant.web.render import document_html

__all__ = ["passage_json", "passage_page", "print_page"]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)


def _neighbours(knowledge: Knowledge, passage: Passage) -> list[Passage]:
    return [p for p in knowledge.passages if p.page_id == passage.page_id]


def passage_page(knowledge: Knowledge, passage_id: str, today: date) -> str | None:
    """The page of a passage as HTML, None for an unknown id."""
    passage = knowledge.passage_by_id.get(passage_id)
    if passage is None:
        return None
    topic = knowledge.topics.get(passage.topic)
    related = [knowledge.page_by_id[i] for i in passage.related if i in knowledge.page_by_id]
    return (
        _templates()
        .get_template("passage.html")
        .render(
            p=passage,
            topic=topic.title if topic else "Library",
            siblings=_neighbours(knowledge, passage),
            related=related,
            stale=bool(passage.review_due) and passage.review_due < today.isoformat(),
        )
    )


def passage_json(knowledge: Knowledge, passage_id: str) -> dict[str, object] | None:
    """The passage as the lookup gives it, with the text that "copy with citation" copies; None for an unknown id."""
    passage = knowledge.passage_by_id.get(passage_id)
    return None if passage is None else {**result_json(passage), "copy": copy_text(passage)}


def print_page(document: Document) -> str:
    """A plan, a letter or a log as a page of its own, to print; the body comes escaped from `document_html`."""
    return _templates().get_template("print.html").render(title=document.title, body=document_html(document))
