"""python -m evals: run, compare, report, show, list, cases, review, faults, bench. Offline, without a model.

Exit codes: 0 every gate holds; 1 a gate fails; 2 a case, a run file or an option cannot be used; 3 a scorer raised or
the index is not there.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.errors import ContentError, DoorstepError, InputError
from assistant.settings import Settings, quiet_environment

quiet_environment()

PASSED, FAILED, UNUSABLE, BROKEN = 0, 1, 2, 3

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cases_app = typer.Typer(help="The cases themselves.", no_args_is_help=True)
review_app = typer.Typer(help="A sheet on which a person marks sentences.", no_args_is_help=True)
app.add_typer(cases_app, name="cases")
app.add_typer(review_app, name="review")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@contextlib.contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except ContentError as error:
        for problem in error.problems[:20]:
            print(f"evals: {problem}", file=sys.stderr)
        raise typer.Exit(UNUSABLE) from None
    except DoorstepError as error:
        print(f"evals: {error}", file=sys.stderr)
        raise typer.Exit(UNUSABLE if isinstance(error, InputError) else BROKEN) from None


def _assistant() -> Any:
    from assistant.service import build

    assistant = build(Settings.read(), say=lambda line: print(f"evals: {line}", file=sys.stderr))
    if assistant.problem:
        print(f"evals: {assistant.problem}", file=sys.stderr)
        raise typer.Exit(BROKEN)
    return assistant


@contextlib.contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda n: progress.advance(task, n)


def _table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _wanted(names: str) -> list[Any]:
    from evals.suites import SUITES

    chosen = [n.strip() for n in names.split(",") if n.strip()] or list(SUITES)
    for name in chosen:
        if name not in SUITES:
            raise InputError(f"unknown suite {name!r}: one of {', '.join(SUITES)}")
    return [SUITES[n] for n in chosen]


@app.command()
def run(
    suite: Annotated[str, typer.Option(help="Suites, with commas between; all without it.")] = "",
    split: Annotated[str, typer.Option(help="tune, locked or all.")] = "all",
    baseline: Annotated[Path | None, typer.Option(help="An earlier run to compare with.")] = None,
    save: Annotated[Path | None, typer.Option(help="Where to save the run.")] = None,
    resume: Annotated[Path | None, typer.Option(help="A run that was cut off; what it holds is kept.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=16)] = 1,
    fast: Annotated[bool, typer.Option("--fast", help="A fixed selection, under a minute.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="The plain baselines beside it.")] = False,
    json_: Json = False,
) -> None:
    """Run suites over the cases and hold them against the gates."""
    with _one_line_errors():
        from evals.cases import load_cases
        from evals.runs import gates, judge, perform, read_run, write_run

        if split not in {"tune", "locked", "all"}:
            raise InputError(f"unknown split {split!r}: tune, locked or all")
        suites, earlier = _wanted(suite), read_run(baseline) if baseline else None
        done = read_run(resume) if resume else None
        wanted = gates()
        assistant = _assistant()
        cases = load_cases(assistant.knowledge)
        if split != "tune":
            print("evals: locked cases were opened; do not tune on what they show", file=sys.stderr)
        with _bar("cases", sum(map(len, cases.values()))) as tick:
            found = perform(assistant, cases, suites, split, workers, fast, done, tick)
        if target := save or (resume if not found["complete"] else None):
            write_run(found, target)
        verdicts = judge(found, wanted, earlier)
        _print_run(found, verdicts, json_)
        if plain and not json_:
            _print_plain(assistant, cases, split)
        failed = [v for v in verdicts if not v.passed]
        if found["errors"] or not found["complete"]:
            for error in found["errors"]:
                print(f"evals: unscored: {error}", file=sys.stderr)
            if not found["complete"]:
                print(f"evals: stopped; go on with --resume {target or 'FILE (save with --save)'}", file=sys.stderr)
            raise typer.Exit(BROKEN)
        raise typer.Exit(FAILED if failed else PASSED)


def _print_run(found: dict[str, Any], verdicts: list[Any], as_json: bool) -> None:
    from dataclasses import asdict

    from evals.runs import figures_of

    figures = figures_of(found)
    if as_json:
        found_rows = [{"suite": s, "score": n, **asdict(f)} for (s, n), f in figures.items()]
        held = [{"gate": f"{v.gate.suite}.{v.gate.name}", "passed": v.passed, "reason": v.reason} for v in verdicts]
        print(json.dumps({"figures": found_rows, "gates": held, "errors": found["errors"]}, ensure_ascii=False))
        return
    rows = [[s, n, f"{f.value:.3f}", f"{f.low:.3f} to {f.high:.3f}", str(f.n)] for (s, n), f in sorted(figures.items())]
    _table(f"Split {found['split']}", ["suite", "score", "value", "95 % interval", "cases"], rows)
    for v in verdicts:
        if not v.passed:
            print(f"gate fails: {v.gate.suite}.{v.gate.name}: {v.reason} ({v.gate.why})")


def _print_plain(assistant: Any, cases: dict[str, Any], split: str) -> None:
    from assistant.search import Search
    from evals.baselines import answering, retrieving

    questions = [c for c in cases["questions"] if split in {"all", c.split}]
    outside = [c for c in cases["outside"] if split in {"all", c.split}]
    search: Search = assistant.search
    with _bar("baselines", 5) as tick:
        found = [*retrieving(assistant.knowledge, search, questions, tick), *answering(questions, outside)]
    rows = [[b.name, m, str(f)] for b in found for m, f in b.figures.items()]
    _table("Plain parts on the same cases", ["way", "measure", "value"], rows)


@app.command()
def compare(before: Path, after: Path, json_: Json = False) -> None:
    """What changed between two runs, case by case."""
    with _one_line_errors():
        from dataclasses import asdict

        from evals.runs import compare as compared
        from evals.runs import read_run

        changes, notes = compared(read_run(before), read_run(after))
        if json_:
            print(json.dumps({"notes": notes, "changes": [asdict(c) for c in changes]}, ensure_ascii=False))
            return
        for note in notes:
            print(f"note: {note}")
        rows = [
            [c.suite, c.name, f"{c.before:.3f}", f"{c.after:.3f}", f"{c.difference.value:+.3f} [{c.difference.low:+.3f}, {c.difference.high:+.3f}]",
             "" if c.p is None else f"{c.p:.3f}", " ".join(c.lost[:6]), " ".join(c.won[:6])]
            for c in changes if c.lost or c.won
        ]  # fmt: skip
        _table("Changes", ["suite", "score", "before", "after", "difference", "p", "lost", "won"], rows)


@app.command()
def report(
    run_file: Annotated[Path, typer.Argument(metavar="RUN")],
    output: Annotated[Path, typer.Option("-o", "--output")] = Path("report.html"),
    baseline: Annotated[Path | None, typer.Option(help="Differences to this run.")] = None,
) -> None:
    """One HTML file that opens from disk."""
    with _one_line_errors():
        from assistant.knowledge import load
        from evals.report import write_report
        from evals.runs import read_run

        found = read_run(run_file)
        write_report(found, output, load(Settings.read().root), read_run(baseline) if baseline else None)
        print(f"{output} written")


@app.command()
def show(case: Annotated[str, typer.Argument(metavar="CASE")], json_: Json = False) -> None:
    """Ask one case now, and print what every suite makes of it."""
    with _one_line_errors():
        from dataclasses import asdict

        from evals.cases import load_cases
        from evals.suites import SUITES, run_case

        assistant = _assistant()
        cases = load_cases(assistant.knowledge)
        found = next(((kind, c) for kind, rows in cases.items() for c in rows if c.id == case.upper()), None)
        if found is None:
            raise InputError(f"no case {case!r}: `python -m evals list` names them")
        outcomes = run_case(found[1], [s for s in SUITES.values() if found[0] in s.kinds], assistant)
        if json_:
            suites = [{"suite": o.suite, "scores": [asdict(s) for s in o.scores]} for o in outcomes]
            print(json.dumps({"case": found[1].model_dump(), "answer": outcomes[0].answer.to_json(), "suites": suites}))
            return
        print("\n\n".join(found[1].turns), f"\n[{outcomes[0].answer.status.value}]\n{outcomes[0].answer.text}\n")
        rows = [
            [o.suite, s.name, "-" if s.value is None else f"{s.value:.3f}", s.explanation]
            for o in outcomes
            for s in o.scores
        ]
        _table(found[1].why, ["suite", "score", "value", "why"], rows)


@app.command(name="list")
def list_() -> None:
    """Suites with what they catch, and how many cases of each kind there are."""
    with _one_line_errors():
        from assistant.knowledge import load
        from evals.cases import load_cases
        from evals.suites import SUITES

        cases = load_cases(load(Settings.read().root))
        _table(
            "Suites",
            ["suite", "cases of", "catches"],
            [[s.name, ", ".join(s.kinds), s.catches] for s in SUITES.values()],
        )
        rows = [[k, str(len(v)), str(sum(c.split == "locked" for c in v))] for k, v in cases.items()]
        _table("Cases", ["kind", "cases", "locked"], rows)


@cases_app.command()
def check() -> None:
    """Hold every case to its contract."""
    with _one_line_errors():
        from assistant.knowledge import load
        from evals.cases import load_cases

        print(f"{sum(map(len, load_cases(load(Settings.read().root)).values()))} cases, no problems")


@review_app.command()
def export(
    run_file: Annotated[Path, typer.Argument(metavar="RUN")],
    output: Annotated[Path, typer.Option("-o")] = Path("review.csv"),
) -> None:
    """Write the sheet of a run's answers."""
    with _one_line_errors():
        from evals.review import export_sheet
        from evals.runs import read_run

        print(f"{export_sheet(read_run(run_file), output)} sentences in {output}")


@review_app.command(name="import")
def import_(run_file: Annotated[Path, typer.Argument(metavar="RUN")], sheet: Path) -> None:
    """Read the marks and say how far the scorers agree."""
    with _one_line_errors():
        from evals.review import import_sheet
        from evals.runs import read_run

        found = import_sheet(read_run(run_file), sheet)
        beyond = "not to be had" if found.kappa is None else f"{found.kappa:.2f}"
        print(
            f"{found.marked} sentences marked; bear on the question {found.bears:.2f}; citation right {found.right:.2f}; kappa {beyond}"
        )


@app.command()
def faults(each: Annotated[int, typer.Option(min=1, max=1000)] = 200, json_: Json = False) -> None:
    """Corrupt good answers in many ways and print which scorer catches which."""
    with _one_line_errors():
        from dataclasses import asdict

        from evals.cases import load_cases
        from evals.faults import REACH, plant

        assistant = _assistant()
        answers = [
            a
            for c in load_cases(assistant.knowledge, kinds=["questions"])["questions"]
            if (a := assistant.answer(c.turns[-1])).citations
        ]
        with _bar("sentences", 9 * each) as tick:
            rows = plant(answers, assistant.knowledge, assistant.embedder, each, tick)
        if json_:
            print(json.dumps([asdict(r) | {"share": r.figure.value, "reach": REACH[r.kind]} for r in rows]))
            return
        shown = [
            [
                r.kind, str(r.figure), f"{REACH[r.kind]:.2f}", "yes" if r.reached else "NO",
                ", ".join(f"{k} {n}" for k, n in r.by.items()),
            ]
            for r in rows
        ]  # fmt: skip
        _table("Planted faults (clean, reworded: false alarms)", ["kind", "caught", "reach", "met", "by"], shown)
        for row in rows:
            for text in row.missed if not row.reached else ():
                print(f"{row.kind}: {text}")


@app.command()
def bench(folder: Annotated[Path, typer.Argument(metavar="DIR")], json_: Json = False) -> None:
    """Measure the search, or the detector, on a public set that lies outside the project."""
    with _one_line_errors():
        from dataclasses import asdict

        from assistant.embedding import load_encoder
        from assistant.knowledge import load
        from evals.bench import claims, retrieval, without_pages

        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder")
        settings = Settings.read()
        embedder = load_encoder(settings, 2)
        if (folder / "corpus.jsonl").is_file():
            with tempfile.TemporaryDirectory() as data, _bar(folder.name, 0) as tick:
                found = [retrieval(folder, without_pages(load(settings.root)), embedder, Path(data), tick)]
        else:
            with _bar(folder.name, 0) as tick:
                found = claims(folder, embedder, tick)
        if not found:
            raise InputError(f"{folder} holds neither corpus.jsonl nor claims that are known")
        if json_:
            print(json.dumps([asdict(b) for b in found]))
            return
        _table(
            "Public sets",
            ["set", "measure", "value"],
            [[b.name, m, str(f)] for b in found for m, f in b.figures.items()],
        )


if __name__ == "__main__":
    app()
