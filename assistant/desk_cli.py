"""doorstep lookup | topics | show: the desk in a terminal. Exit codes are those of `terminal`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import IndexProblem, InputError
from assistant.settings import Settings
from assistant.terminal import dump, one_line_errors, say

if TYPE_CHECKING:
    from assistant.desk import Looked
    from assistant.records import Passage
    from assistant.service import Assistant

__all__ = ["register"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Copy = Annotated[str, typer.Option("--copy", help="Print with the citation, to copy: plain, markdown or apa.")]


def register(app: typer.Typer) -> None:
    """Add the desk's commands to the command line."""
    for command in (lookup, topics, show):
        app.command()(command)


def _assistant() -> Assistant:
    from assistant.service import build  # noqa: PLC0415 - heavy imports stay inside commands

    return build(Settings.read(), say=say)


def _checked_early(text: str, k: int, chosen: dict[str, str | None]) -> None:
    """Nobody should wait for the encoder to hear of a slip; a library is not loaded yet, so it is left to later."""
    from assistant.facets import Facets  # noqa: PLC0415
    from assistant.index import current_folder, read_manifest  # noqa: PLC0415
    from assistant.knowledge import load  # noqa: PLC0415
    from assistant.lookup import wanted  # noqa: PLC0415

    settings = Settings.read()
    facets = Facets(load(settings.root).passages)
    try:
        wanted(facets, text, k, any_words=False, chosen=chosen)
    except InputError:
        wanted(facets, text or "x", k)
        try:
            folder = current_folder(settings.data)
            has_library = bool(settings.library or (folder and read_manifest(folder).library_folder))
        except IndexProblem:
            has_library = False
        if not has_library or not text and not any(chosen.values()):
            raise


def lookup(
    query: Annotated[str, typer.Argument(help="Words to look for; may be left out where a facet is given.")] = "",
    json_: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown instead of text.")] = False,
    copy: Copy = "",
    k: Annotated[int, typer.Option("-k", help="How many results, 1 to 50.")] = 10,
    topic: Annotated[str | None, typer.Option(help="A topic slug, for example truancy-sarb.")] = None,
    speaker: Annotated[str | None, typer.Option(help="stutman, marsh or shove.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="California, Federal or General.")] = None,
    kind: Annotated[str | None, typer.Option(help="expert, article, law, research, help or library.")] = None,
    source: Annotated[str | None, typer.Option(help="The id of a source, for example LAW-TRU-02.")] = None,
    reviewed: Annotated[
        str | None, typer.Option(help="Reviewed within 30, 90, 180 or 365 days; due for out of review.")
    ] = None,
) -> None:
    """Look up passages of the guidance, the law and the library."""
    with one_line_errors():
        from assistant.lookup import COPIES, result_json, wanted  # noqa: PLC0415

        chosen = {
            "topic": topic, "speaker": speaker, "jurisdiction": jurisdiction, "kind": kind, "source": source,
            "reviewed": reviewed,
        }  # fmt: skip
        format_ = "markdown" if markdown else copy
        if format_ and format_ not in COPIES:
            raise InputError(f"unknown format {format_!r}: one of {', '.join(COPIES)}")
        if bool(json_) + bool(markdown) + bool(copy) > 1:
            raise InputError("--json, --markdown and --copy exclude each other")
        _checked_early(query, k, chosen)
        desk = _assistant().desk()
        found = desk.find(wanted(desk.facets, query, k, any_words=False, chosen=chosen), date.today())
        if json_:
            results = [result_json(h.passage, h.score) for h in found.hits]
            dump({"query": query, "total": found.total, "facets": found.facets, "results": results})
        elif format_:
            _print_copies([h.passage for h in found.hits], format_)
        else:
            _show_lookup(found)


def _print_copies(passages: list[Passage], format_: str) -> None:
    from assistant.lookup import copy_text  # noqa: PLC0415

    gap = "\n\n---\n\n" if format_ == "markdown" else "\n\n"
    typer.echo(gap.join(copy_text(p, format_) for p in passages) or "Nothing found.")


def _show_lookup(found: Looked) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    console = Console(highlight=False)
    if found.unknown:
        console.print(f"No passage names {escape(', '.join(found.unknown))}.")
    if not found.hits:
        console.print("Nothing found. Try fewer or other words, or leave a facet out.")
        return
    console.print(f"[dim]{len(found.hits)} of {found.total} passages[/dim]\n")
    for hit in found.hits:
        _print_passage(hit.passage)


def _print_passage(p: Passage) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    from assistant.lookup import stale  # noqa: PLC0415

    console = Console(highlight=False)
    console.print(f"[bold]{escape(p.page_title)} > {escape(p.heading)}[/bold]  [dim]{p.topic}, {p.jurisdiction}[/dim]")
    if stale(p, date.today()):
        console.print(f"Out of review since {p.review_due}: check the sources before you rely on it.")
    console.print(escape(p.text))
    reviewed = f" Reviewed {p.reviewed}." if p.reviewed else ""
    sources = "; ".join(f"{s.title} ({s.as_of})" for s in p.sources) + "." + reviewed
    console.print(f"[dim]{escape(sources)}  /passages/{p.id}[/dim]\n")


def topics(json_: Json = False) -> None:
    """Name every topic with the number of its passages."""
    with one_line_errors():
        from collections import Counter  # noqa: PLC0415

        from assistant.knowledge import load  # noqa: PLC0415

        knowledge = load(Settings.read().root)
        counts = Counter(p.topic for p in knowledge.passages)
        rows = [
            {"topic": t.slug, "title": t.title, "group": t.group, "passages": counts[t.slug]}
            for t in knowledge.topics.values()
        ]
        if json_:
            dump(rows)
            return
        for t in knowledge.topics.values():
            typer.echo(f"{t.slug:22}{counts[t.slug]:>4}  {t.title}")


def show(
    passage_id: Annotated[str, typer.Argument(help="The id of a passage, as the lookup gives it.")],
    json_: Json = False,
    copy: Copy = "",
) -> None:
    """Show one passage in full, with its sources and where to check them."""
    with one_line_errors():
        from assistant.index import Index, current_folder  # noqa: PLC0415
        from assistant.knowledge import load  # noqa: PLC0415
        from assistant.lookup import copy_text, result_json  # noqa: PLC0415

        settings = Settings.read()
        wanted_id = passage_id.removeprefix("/passages/").split("#")[0]
        passage = load(settings.root).passage_by_id.get(wanted_id)
        if passage is None and wanted_id.startswith("lib-") and (folder := current_folder(settings.data)):
            passage = next((p for p in Index(folder).library() if p.id == wanted_id), None)
        if passage is None:
            raise InputError(f"there is no passage {passage_id[:80]!r}: `doorstep lookup WORDS` names them")
        if json_:
            dump({**result_json(passage), "copy": copy_text(passage)})
        elif copy:
            typer.echo(copy_text(passage, copy))
        else:
            _print_passage(passage)
            for s in passage.sources:
                caveat = f" Note: {s.caveat}" if s.caveat else ""
                typer.echo(f"- {s.title}, {s.publisher} ({s.as_of}). Check at: {s.check_at}.{caveat}")
