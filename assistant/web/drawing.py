"""Templates to pages: one environment that escapes everything, and what every page of the desk shares."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assistant.document import Document, link_in
from assistant.knowledge import Knowledge
from assistant.lookup import stale
from assistant.records import Passage
from assistant.web.render import document_html, help_html, passage_address

__all__ = ["KINDS", "draw", "print_page", "topic_title"]

KINDS = {
    "expert": "Expert", "article": "Article", "law": "Law", "research": "Research", "help": "Help lines and agencies",
    "library": "Your library",
}  # fmt: skip


@lru_cache(maxsize=1)
def _templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    found = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    found.globals.update(address=passage_address, link_in=link_in, kinds_of=_kinds, speakers_of=_speakers)
    return found


def _kinds(passage: Passage) -> list[str]:
    return list(dict.fromkeys(KINDS.get(s.kind, s.kind) for s in passage.statements))


def _speakers(passage: Passage) -> list[str]:
    return list(dict.fromkeys(s.speaker.name for s in passage.statements if s.speaker))


def topic_title(knowledge: Knowledge, slug: str) -> str:
    """The title of a topic; the slug of one that has none, such as the library."""
    return knowledge.topics[slug].title if slug in knowledge.topics else slug.replace("-", " ").capitalize()


def draw(template: str, knowledge: Knowledge, title: str, here: str, today: date, **values: object) -> str:
    """A page of the desk; `here` is the place in the menu that is marked."""
    return _templates().get_template(template).render(
        title=title,
        here=here,
        today=today.isoformat(),
        help=Markup(help_html(knowledge.helplines)),
        late=lambda p: stale(p, today),
        topic_title=lambda slug: topic_title(knowledge, slug),
        **values,
    )  # fmt: skip


def print_page(document: Document) -> str:
    """A plan, a letter or a log as a page of its own; the body comes escaped from `document_html`."""
    return _templates().get_template("print.html").render(title=document.title, body=Markup(document_html(document)))
