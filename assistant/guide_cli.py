"""doorstep guide list | run | check | draw. Exit codes are those of `cli`.

Mounted by `cli` with one line; `python -m assistant.guide_cli` runs it alone.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import ContentError, DoorstepError, InputError, Problem
from assistant.settings import Settings, quiet_environment
from assistant.terminal import FOUND_PROBLEMS, OK, one_line_errors

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.guide_reading import Guides
    from assistant.guided import Guided
    from assistant.records import Answer, Turn
    from assistant.session import Session
    from assistant.showing import Shown

__all__ = ["app"]

app = typer.Typer(
    name="guide", help="Guided conversations: questions one at a time, then a plan, letters and dates.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip

Slug = Annotated[str, typer.Argument(help="The guide, as `list` names it.")]


def _guides(only: str = "") -> Guides:
    from assistant.guide_reading import load_guides  # noqa: PLC0415
    from assistant.knowledge import load  # noqa: PLC0415

    settings = Settings.read()
    return load_guides(settings.root, load(settings.root), only)


def _known(guides: Guides, slug: str) -> None:
    if slug not in guides.by_slug:
        raise InputError(f"there is no guide {slug[:40]!r}; there are {', '.join(guides.by_slug)}")


@app.command("list")
def list_() -> None:
    """Name every guide and say whom it is for."""
    with one_line_errors():
        for guide in _guides().by_slug.values():
            typer.echo(f"{guide.slug:24} {guide.title}. {guide.for_whom}")


@app.command()
def check(slug: Annotated[str, typer.Argument(help="One guide; everything without it.")] = "") -> None:
    """Hold guides and letters to their contract; names file, line, step and option."""
    from assistant.guide_check import check_guides, count  # noqa: PLC0415

    with one_line_errors():
        folder = Settings.read().root / "knowledge" / "guides" / slug
        if slug and not folder.is_dir():
            raise InputError(f"there is no folder knowledge/guides/{slug[:40]}")
        try:
            guides = _guides(slug)
            problems = check_guides(guides, date.today(), slug)
            row = "{:24}{:>7}{:>8}{:>8}{:>9}{:>9}{:>9}{:>12}"
            typer.echo(row.format("guide", "steps", "paths", "walks", "longest", "endings", "letters", "plan lines"))
            counted = count(guides)
            for c in counted:
                cells = (c.steps, c.paths, c.walks, c.longest, c.endings, c.letters, c.plan_lines)
                typer.echo(row.format(c.slug, *cells))
            typer.echo(
                f"{len(counted)} guides, {sum(c.steps for c in counted)} steps, {len(guides.letters)} letters, "
                f"{len(guides.deadlines.by_id)} dates"
            )
        except ContentError as error:
            problems = error.problems
        if slug:
            problems = _of_one(problems, slug, (folder / "guide.yaml").read_text(encoding="utf-8"))
        for problem in problems:
            typer.echo(str(problem))
        faults = f"{len(problems)} fault{'s' if len(problems) > 1 else ''}"
        typer.echo(faults if problems else "0 faults: all guides and letters hold")
        raise typer.Exit(FOUND_PROBLEMS if problems else OK)


def _of_one(problems: Sequence[Problem], slug: str, words: str) -> list[Problem]:
    """What concerns the writer of one guide: its folder, the letters it names, and the shared files."""

    def concerns(file: str) -> bool:
        parts = Path(file).parts
        if "letters" in parts:
            return Path(file).stem in words
        return slug in parts or "guides" not in parts or parts[-1] == "facts.yaml"

    return [p for p in problems if concerns(p.file)]


@app.command()
def draw(slug: Annotated[str, typer.Argument(help="One guide; without it, all as one Markdown page.")] = "") -> None:
    """Print the map of a guide as a Mermaid flowchart."""
    from assistant.guide import draw as mermaid  # noqa: PLC0415

    with one_line_errors():
        guides = _guides()
        if slug:
            _known(guides, slug)
            typer.echo(mermaid(guides[slug]), nl=False)
            return
        rows = ["# Guides", "", "One map a guide, made by `doorstep guide draw > docs/guides.md`."]
        for guide in guides.by_slug.values():
            rows += ["", f"## {guide.title}", "", guide.for_whom, "", "```mermaid", mermaid(guide).rstrip(), "```"]
        typer.echo("\n".join(rows))


@app.command()
def run(
    slug: Slug,
    answers: Annotated[
        str | None, typer.Option(help='JSON file of {"step": answer}, or a saved guide; - for stdin. Asks nothing.')
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print plan and letters as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for plan, letters (.docx .pdf .md .txt) and dates.")] = None,
    saved: Annotated[Path | None, typer.Option("--save", help="File to keep the answers in, for another day.")] = None,
    opened: Annotated[Path | None, typer.Option("--open", help="A file that --save wrote, to go on with.")] = None,
) -> None:
    """Go through a guide here, or with the answers of a file, and get the plan and the letters."""
    with one_line_errors():
        guides = _guides()
        _known(guides, slug)
        if answers is not None:
            session = _from_answers(guides, slug, answers)
        else:
            if json_ and not sys.stdin.isatty():
                raise InputError("--json goes with --answers: a conversation prints questions")
            finished = _converse(guides, slug, opened, saved)
            if finished is None:
                raise typer.Exit(OK)
            session = finished
        if saved is not None:
            from assistant.session import save  # noqa: PLC0415

            saved.write_bytes(save(session))
        if out is not None:
            _write(guides, session, out)
        if json_:
            sys.stdout.buffer.write(json.dumps(_json(guides, session), ensure_ascii=False, indent=2).encode() + b"\n")
        elif answers is not None:
            _print_result(guides, session)


def _from_answers(guides: Guides, slug: str, file: str) -> Session:
    """A confirmed session from {"step": answer}; what is asked and not in the file is skipped."""
    from assistant.session import MAX_BYTES, answer, confirm, load, replay, start  # noqa: PLC0415

    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        data = json.loads(raw.decode("utf-8")) if len(raw) <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not JSON ({str(error)[:80]})") from None
    if not isinstance(data, dict):
        raise InputError(f'{file}: expected an object {{"step": answer}} of at most {MAX_BYTES:,} bytes')
    guide = guides[slug]
    if "doorstep" in data:
        session = load(raw, guides.by_slug).session
        if session.guide != slug:
            raise InputError(f"{file} is of the guide {session.guide!r}, not {slug!r}")
    else:
        for name in data:
            if name not in guide.step_by_id:
                raise InputError(f"{file}: {name[:40]!r} is no step of {slug}; steps are {', '.join(guide.step_by_id)}")
        session = start(guide)
    while (step := replay(guide, session).step) is not None:
        session = answer(guide, session, {step.id: data.get(step.id)})
    return confirm(session)


def _json(guides: Guides, session: Session) -> dict[str, object]:
    from dataclasses import asdict  # noqa: PLC0415

    from assistant.plan import letters_of, plan_of  # noqa: PLC0415
    from assistant.session import replay, save  # noqa: PLC0415

    guide, today = guides[session.guide], date.today()
    place = replay(guide, session)
    plan = plan_of(guides, guide, session, today)
    dates = [
        {"title": d.title, "day": d.day.isoformat(), "rule": d.due.rule.rule if d.due else None,
         "law": d.due.rule.law.id if d.due else None,
         "assumed": d.assumed, "statements": list(d.due.rule.statements) if d.due else [],
         "notes": list(d.due.notes) if d.due else []}
        for d in plan.dates
    ]  # fmt: skip
    sections = {
        s.name: [
            {"text": i.line.text, "statements": i.line.statements, "why": i.why.text if i.why else None,
             "why_statements": i.why.statements if i.why else ()}
            for i in s.items
        ]
        for s in plan.sections
    }  # fmt: skip
    letters = [
        {"letter": d.letter, "title": d.title, "send_to": d.send_to, "text": d.text,
         "paragraphs": [asdict(p) for p in d.paragraphs], "blanks": [f.label for f in d.blanks],
         "checks": [asdict(c) for c in d.checks], "tone": [list(t) for t in d.tone]}
        for d in letters_of(guides, guide, session, today)
    ]  # fmt: skip
    return {
        "guide": guide.slug, "version": guide.version, "answers": dict(place.answers), "path": list(place.path),
        "ending": place.ending.id if place.ending else None,
        "plan": {"title": plan.title, "say": [asdict(line) for line in plan.say], "sections": sections, "dates": dates,
                 "then": list(plan.then), "reviewed": plan.reviewed, "made": plan.made},
        "letters": letters, "session": json.loads(save(session)),
    }  # fmt: skip


def _documents(guides: Guides, session: Session) -> dict[str, object]:
    from assistant.document import letter_document, plan_document  # noqa: PLC0415
    from assistant.phrases import Phrases  # noqa: PLC0415
    from assistant.plan import letters_of, plan_of  # noqa: PLC0415

    phrases = Phrases(Settings.read().prompts)
    guide, today = guides[session.guide], date.today()
    found: dict[str, object] = {"plan": plan_document(plan_of(guides, guide, session, today), guides.said, phrases)}
    for draft in letters_of(guides, guide, session, today):
        found[draft.letter] = letter_document(draft, guides.said, phrases)
    return found


def _write(guides: Guides, session: Session, folder: Path) -> None:
    from assistant.deadlines import calendar_file  # noqa: PLC0415
    from assistant.document import Document  # noqa: PLC0415
    from assistant.export import FORMATS, export  # noqa: PLC0415
    from assistant.phrases import Phrases  # noqa: PLC0415
    from assistant.plan import calendar_of, plan_of  # noqa: PLC0415

    phrases = Phrases(Settings.read().prompts)
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in _documents(guides, session).items():
        assert isinstance(document, Document)
        for kind in FORMATS:
            (folder / f"{name}.{kind}").write_bytes(export(document, kind, phrases))
    plan = plan_of(guides, guides[session.guide], session, date.today())
    if plan.dates:
        (folder / "dates.ics").write_bytes(calendar_file(calendar_of(plan)))
    typer.echo(f"written to {folder}", err=True)


def _print_result(guides: Guides, session: Session) -> None:
    from assistant.document import Document, to_text  # noqa: PLC0415

    for document in _documents(guides, session).values():
        assert isinstance(document, Document)
        typer.echo(to_text(document))
        typer.echo()


# A conversation in the terminal


def _guided(guides: Guides) -> Guided:
    """Guided over the real assistant; the encoder loads beside the first questions."""
    from assistant.embedding import load_encoder  # noqa: PLC0415
    from assistant.guided import Guided  # noqa: PLC0415
    from assistant.hearing import Ears  # noqa: PLC0415
    from assistant.phrases import Phrases  # noqa: PLC0415
    from assistant.service import build  # noqa: PLC0415

    settings = Settings.read()
    assistant = build(settings, warm=False)
    ears = Ears()

    def load() -> None:
        encoder = None
        with contextlib.suppress(DoorstepError):  # `warm` then searches by words, and says so where it matters
            encoder = load_encoder(settings)
        if encoder is not None:
            ears.use(encoder)
        assistant.warm(lambda _: None, encoder)

    threading.Thread(target=load, daemon=True).start()

    def ask(text: str, turns: Sequence[Turn]) -> Answer:
        if not assistant.dangerous(text):
            assistant.usable.wait(60)
        return assistant.answer(text, turns)

    return Guided(guides, Phrases(settings.prompts), ears, ask, assistant.dangerous)


def _converse(guides: Guides, slug: str, opened: Path | None, saved: Path | None) -> Session | None:
    """Ask until the plan is there; None where the parent stopped. Answers are kept in `saved` after every turn."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False, width=min(100, Console().width))
    guided = _guided(guides)
    shown = guided.opened(opened.read_bytes()) if opened else guided.open(slug)
    while True:
        _show(console, shown)
        if saved is not None:
            saved.write_bytes(guided.saved(shown.state))
        if shown.outcome is not None:
            _print_result(guides, shown.state.session)
            return shown.state.session
        if shown.state.stopped:
            return None
        try:
            text = console.input("[bold]> [/bold]")
        except (EOFError, KeyboardInterrupt):
            console.print()
            return None
        shown = guided.say(shown.state, text)


def _show(console: Console, shown: Shown) -> None:
    from rich.markup import escape  # noqa: PLC0415

    console.print()
    if shown.answer is not None:
        console.print(escape(shown.answer.text))
        for c in shown.answer.citations:
            console.print(escape(f"[{c.n}] {c.page_title} > {c.heading}. {c.source.title} ({c.as_of})."), style="dim")
        console.print()
    for message in shown.messages:
        console.print(escape(message.text))
        for credit in message.credits:
            console.print(escape(f"   {credit.page_title}: {credit.source} ({credit.as_of})"), style="dim")
    for row in shown.review:
        console.print(f"  {escape(row.short)}: [bold]{escape(row.answer)}[/bold]")
    card = shown.card
    if card is None:
        return
    console.print(f"\n[dim]{escape(card.progress)}[/dim]")
    console.print(f"[bold]{escape(card.question)}[/bold]")
    if card.hint:
        console.print(escape(card.hint))
    for n, choice in enumerate(card.choices, 1):
        mark = f" [dim]({escape(card.value)})[/dim]" if choice.chosen and n == 1 else ""
        console.print(f"  {n}. {escape(choice.label)}{mark}")


if __name__ == "__main__":
    quiet_environment()
    app()
