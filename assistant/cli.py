"""doorstep ask | index | check | doctor | serve; words in, words or JSON out; no logic of its own.

Exit codes are those of `terminal`.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from assistant.desk_cli import register
from assistant.errors import InputError
from assistant.guide_cli import app as guide_app
from assistant.settings import Settings, private_files, quiet_environment
from assistant.terminal import FOUND_PROBLEMS, OK, UNAVAILABLE
from assistant.terminal import dump as _dump
from assistant.terminal import one_line_errors as _one_line_errors
from assistant.terminal import say as _say

if TYPE_CHECKING:
    from assistant.records import Answer, Turn
    from assistant.service import Assistant

__all__ = ["app", "main"]

app = typer.Typer(
    name="doorstep",
    help="Cited answers for families whose child cannot get to school. Runs offline, without a language model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(guide_app, name="guide")
register(app)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def _assistant() -> Assistant:
    from assistant.service import build  # noqa: PLC0415 - heavy imports stay inside commands

    return build(Settings.read(), say=_say)


def _read_text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text: save it as UTF-8") from error


def turns_from(history: object, where: str) -> list[Turn]:
    """Turns from a list of {"role": "user"|"assistant", "content": str}, oldest first.

    Raises:
        InputError: another shape; `where` says which file or line.
    """
    from assistant.records import Turn  # noqa: PLC0415

    if not isinstance(history, list):
        raise InputError(f"{where}: history is {type(history).__name__}, expected a list of role and content")
    turns: list[Turn] = []
    for n, item in enumerate(history, 1):
        role = item.get("role") if isinstance(item, dict) else None
        content = item.get("content") if isinstance(item, dict) else None
        if role not in {"user", "assistant"} or not isinstance(content, str):
            raise InputError(f'{where}: history item {n} needs "role" user or assistant and "content" text')
        if role == "user":
            turns.append(Turn(content, content))
        elif turns:
            turns[-1] = Turn(turns[-1].said, turns[-1].meant, None, content)
    return turns


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question; - or nothing reads it from stdin.")] = None,
    json_: Json = False,
    history: Annotated[
        str | None, typer.Option(help="JSON file with the turns before: a list of role and content.")
    ] = None,
    batch: Annotated[str | None, typer.Option(help='JSONL file of {"id", "text", "history"}, - for stdin.')] = None,
    out: Annotated[str | None, typer.Option(help="Where the answers of a batch go; stdout without it.")] = None,
) -> None:
    """Answer one question, or a batch of them, with quoted and cited sentences."""
    with _one_line_errors():
        if batch is not None:
            if question is not None or history is not None:
                raise InputError("--batch reads its questions and histories from the file: leave the others out")
            raise typer.Exit(_ask_batch(batch, out))
        if out is not None:
            raise InputError("--out goes with --batch; without it the answer is printed")
        turns = turns_from(_history(history), history) if history else []
        text = _read_text("-") if question in {None, "-"} else question
        answer = _assistant().answer(text or "", turns)
        _dump(answer.to_json()) if json_ else _show_answer(answer)


def _history(file: str) -> object:
    try:
        return json.loads(_read_text(file))
    except ValueError as error:
        raise InputError(f"{file}: not JSON ({error})") from error


def _batch_line(raw: str, where: str) -> tuple[object, str, list[Turn]]:
    try:
        row = json.loads(raw)
    except ValueError as error:
        raise InputError(f"{where}: not JSON ({error})") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'{where}: expected an object with "text", a string')
    return row.get("id"), row["text"], turns_from(row.get("history", []), where)


def _ask_batch(file: str, out: str | None) -> int:
    lines = [(n, row) for n, row in enumerate(_read_text(file).splitlines(), 1) if row.strip()]
    assistant = _assistant()
    bad = 0
    with contextlib.ExitStack() as stack:
        stream: TextIO = sys.stdout
        if out:
            stream = stack.enter_context(Path(out).open("w", encoding="utf-8", errors="replace"))
        for n, raw in lines:
            where = f"{file}:{n}"
            try:
                id_, text, turns = _batch_line(raw, where)
            except InputError as error:
                bad += 1
                _say(f"doorstep: {error}")
                continue
            row = {"id": id_, **assistant.answer(text, turns).to_json()}
            stream.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    _say(f"{len(lines) - bad} answered, {bad} lines could not be used")
    return FOUND_PROBLEMS if bad else OK


def _show_answer(answer: Answer) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=False)
    console.print(f"[dim]{answer.status.value}[/dim]")
    console.print(escape(answer.text))
    if answer.citations:
        console.print()
    for c in answer.citations:
        who = f"{c.speaker}, {c.credential}. " if c.speaker else ""
        where = f'"{c.source.locator}", ' if c.source.locator else ""
        console.print(
            escape(
                f"[{c.n}] {c.page_title} > {c.heading}. {who}{where}{c.source.title} ({c.as_of}). "
                f"/passages/{c.passage_id}"
            ),
            style="dim",
        )
    if answer.suggestions:
        console.print("\n[bold]You could ask next[/bold]")
        for title in answer.suggestions:
            console.print(f"- {escape(title)}")


@app.command()
def index(
    library: Annotated[Path | None, typer.Option(help="Folder of your own .pdf, .docx, .txt, .md and .html.")] = None,
    no_library: Annotated[bool, typer.Option("--no-library", help="Leave out the library of the last build.")] = False,
) -> None:
    """Build the index beside the old one, verify it, and switch to it."""
    with _one_line_errors():
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        from assistant.embedding import load_encoder  # noqa: PLC0415
        from assistant.index import check_writable  # noqa: PLC0415
        from assistant.library_report import summary  # noqa: PLC0415
        from assistant.service import reindex  # noqa: PLC0415

        if library and no_library:
            raise InputError("--library and --no-library exclude each other")
        settings = Settings.read()
        check_writable(settings.data)
        _say("loading the encoder ...")
        encoder = load_encoder(settings, _build_threads(), _say)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            reading = bar.add_task("reading", total=None, visible=False)
            task = bar.add_task("embedding", total=None)
            built = reindex(
                settings, encoder, library, _say,
                tick=lambda n: bar.advance(task, n), total=lambda n: bar.update(task, total=n),
                keep_library=not no_library,
                read=lambda done, of: bar.update(reading, completed=done, total=of, visible=True),
            )  # fmt: skip
        if built.report:
            for line in summary(built.report):
                typer.echo(line)
            typer.echo(f"  what was proposed and what is not quoted: {settings.data / 'library' / 'report.txt'}")
        typer.echo(f"index ready: {built.folder}")


def _build_threads() -> int:
    """Building may use every core; serving must not."""
    import os  # noqa: PLC0415

    return len(os.sched_getaffinity(0))


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Pages or folders to report on; everything without it.")
    ] = None,
    json_: Json = False,
) -> None:
    """Hold every content file to its contract; names file, line and field."""
    from datetime import date  # noqa: PLC0415

    from assistant.check import check_knowledge, overdue_helplines  # noqa: PLC0415
    from assistant.errors import ContentError  # noqa: PLC0415
    from assistant.guide_check import check_guides  # noqa: PLC0415
    from assistant.guide_reading import load_guides  # noqa: PLC0415
    from assistant.knowledge import load  # noqa: PLC0415
    from assistant.private import Private  # noqa: PLC0415
    from assistant.replies import Replies  # noqa: PLC0415
    from assistant.safety import Watch  # noqa: PLC0415

    with _one_line_errors():
        settings = Settings.read()
        try:
            knowledge = load(settings.root)
            Replies(settings.prompts)
            Watch(settings.knowledge / "danger.yaml")
            Private(settings.knowledge / "private.yaml")
            today = date.today()
            problems = check_knowledge(knowledge, settings.root, today)
            problems += check_guides(load_guides(settings.root, knowledge), today)
        except ContentError as error:
            problems = error.problems
            knowledge = None
        if paths:
            wanted = [str(p.resolve().relative_to(settings.root.resolve())) for p in paths]
            problems = [p for p in problems if any(p.file.startswith(w) for w in wanted)]
        if json_:
            _dump([{"file": p.file, "line": p.line, "field": p.field, "message": p.message} for p in problems])
        else:
            for problem in problems:
                typer.echo(str(problem))
            if knowledge:
                for line in overdue_helplines(knowledge.helplines, date.today()):
                    _say(f"not looked at for 180 days: {line.name} ({line.how}; as of {line.as_of})")
            typer.echo(f"{len(problems)} problems" if problems else "all content holds")
        raise typer.Exit(FOUND_PROBLEMS if problems else OK)


@app.command()
def doctor(json_: Json = False) -> None:
    """Say what is installed, which index and model are used, what is missing and how to mend it."""
    with _one_line_errors():
        from assistant.doctor import examine  # noqa: PLC0415

        findings = examine(Settings.read())
        if json_:
            _dump([{"name": f.name, "ok": f.ok, "found": f.found, "mend": f.mend} for f in findings])
        else:
            for f in findings:
                typer.echo(
                    f"{'ok ' if f.ok else 'NO '} {f.name}: {f.found}" + (f"\n    mend: {f.mend}" if f.mend else "")
                )
        raise typer.Exit(OK if all(f.ok for f in findings) else UNAVAILABLE)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    public_host: Annotated[str | None, typer.Option(help="Host name that people type, beyond this machine.")] = None,
    proxy: Annotated[str | None, typer.Option(help="Address of the proxy in front; nobody else may connect.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File whose first line is the page's password.")] = None,
) -> None:
    """Serve the page on this machine; beyond it only with a name, and a proxy or a password."""
    with _one_line_errors():
        from assistant.web.server import Reach, run  # noqa: PLC0415

        password = next(iter(_read_text(str(password_file)).splitlines()), "").strip() if password_file else None
        run(Settings.read(), Reach(host, port, public_host, proxy, password), _say)


def main(argv: Sequence[str] | None = None) -> Any:  # noqa: ANN401 - typer's own
    """Entry point: quiet environment first, then the command."""
    quiet_environment()
    private_files()
    command: Callable[..., Any] = app
    return command(list(argv)) if argv is not None else command()


if __name__ == "__main__":
    main()
