"""A plan, a letter or a log as a page of its own, to print."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.document import Document
from assistant.web.render import document_html

__all__ = ["print_page"]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)


def print_page(document: Document) -> str:
    """The document as a whole HTML page; the body comes escaped from `document_html`."""
    return _templates().get_template("print.html").render(title=document.title, body=document_html(document))
