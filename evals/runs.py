"""A run: cases through suites, saved as one JSON file that can be resumed, compared and gated."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from assistant.service import Assistant
from evals.cases import Case
from evals.figures import Figure, difference, mcnemar, mean, share
from evals.suites import SUITES, Outcome, Suite, run_case

__all__ = ["Change", "Gate", "Verdict", "compare", "figures_of", "gates", "judge", "perform", "read_run", "write_run"]

FORMAT = 1
_HERE = Path(__file__).parent
_KEYS = {"format", "knowledge", "model", "cases", "versions", "split", "suites", "results", "errors", "complete"}
Run = dict[str, Any]


def _digest(cases: Iterable[Case]) -> str:
    rows = sorted(c.model_dump_json() for c in cases)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _row(outcome: Outcome) -> dict[str, Any]:
    answer = outcome.answer
    return {
        "id": outcome.case.id, "suite": outcome.suite, "kind": type(outcome.case).__name__.lower(),
        "split": outcome.case.split, "turns": outcome.case.turns, "status": answer.status.value, "text": answer.text,
        "topics": list(answer.topics), "statements": [c.statement_id for c in answer.citations],
        "expected_topics": list(getattr(outcome.case, "topics", ())),
        "scores": [asdict(s) for s in outcome.scores], **outcome.more,
    }  # fmt: skip


def perform(
    assistant: Assistant,
    cases: dict[str, list[Case]],
    suites: Sequence[Suite],
    split: str = "all",
    workers: int = 1,
    fast: bool = False,
    done: Run | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> Run:
    """Run every case through the suites that take its kind.

    Args:
        assistant: the real one.
        cases: by kind.
        suites: which to run.
        split: tune, locked or all.
        workers: threads; the encoder is shared.
        fast: a fixed selection, the first cases of each kind.
        done: an earlier run of the same cases that was cut off; what it holds is not run again.
        tick: told how many more cases are done.

    Returns:
        The run as saved; `complete` is false when it was stopped with Ctrl-C.
    """
    chosen = _chosen(cases, suites, split, fast)
    run: Run = {
        "format": FORMAT, "knowledge": assistant.knowledge.digest, "model": assistant.settings.model,
        "cases": _digest(c for c, _ in chosen), "split": split, "suites": [s.name for s in suites],
        "versions": {"doorstep": version("doorstep"), "python": platform.python_version()},
        "results": [], "errors": [], "complete": False,
    }  # fmt: skip
    had = _had(run, done)
    run["results"] += [row for row in (done or {}).get("results", []) if row["id"] in had]
    left = [(c, s) for c, s in chosen if c.id not in had]
    tick(len(chosen) - len(left))
    pool = ThreadPoolExecutor(max(1, workers))
    jobs = [pool.submit(run_case, case, taking, assistant) for case, taking in left]
    try:
        for job in jobs:
            for outcome in job.result():
                run["results"].append(_row(outcome))
                run["errors"] += outcome.errors
            tick(1)
        run["complete"] = True
    except KeyboardInterrupt:
        for job in jobs:
            job.cancel()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    run["results"].sort(key=lambda r: (r["id"], r["suite"]))
    return run


def _chosen(
    cases: dict[str, list[Case]], suites: Sequence[Suite], split: str, fast: bool
) -> list[tuple[Case, list[Suite]]]:
    out = []
    for kind, found in cases.items():
        wanted = [c for c in found if split in {"all", c.split}]
        for n, case in enumerate(wanted):
            taking = [s for s in suites if kind in s.kinds and (not fast or n < s.fast)]
            if taking:
                out.append((case, taking))
    return out


def _had(run: Run, done: Run | None) -> set[str]:
    """Ids that an earlier run of the same cases and knowledge has finished."""
    if done is None:
        return set()
    for key in ("suites", "split", "knowledge", "cases"):
        if done[key] != run[key]:
            raise InputError(f"the run to resume differs in {key}: start a new run, or give the same options")
    return {row["id"] for row in done["results"]}


def write_run(run: Run, file: Path) -> None:
    """Write beside, then replace: a run that was there is whole until the new one is.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8", suffix=".part") as new:
            json.dump(run, new, ensure_ascii=False, indent=1)
        os.replace(new.name, file)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}") from error


def read_run(file: Path) -> Run:
    """What `write_run` wrote.

    Raises:
        InputError: missing, cut off, or not a run of this format.
    """
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file} is cut off or no JSON ({error}): run the evals again") from error
    if not isinstance(run, dict) or set(run) != _KEYS or run["format"] != FORMAT:
        raise InputError(f"{file} is not a run of format {FORMAT}: save one with `python -m evals run --save FILE`")
    return run


def _values(run: Run) -> dict[tuple[str, str], dict[str, float]]:
    """Value by case id, for each suite and score; unscored is left out."""
    out: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in run["results"]:
        for s in row["scores"]:
            if s["value"] is not None:
                out[row["suite"], s["name"]][row["id"]] = s["value"]
    return out


def figures_of(run: Run) -> dict[tuple[str, str], Figure]:
    """The headline: each score of each suite; shares with Wilson's interval, means with the bootstrap's."""
    out = {}
    for key, values in _values(run).items():
        numbers = list(values.values())
        out[key] = share(numbers) if set(numbers) <= {0.0, 1.0} else mean(numbers)
    return out


@dataclass(frozen=True, slots=True)
class Change:
    """One score in two runs over the cases that both have."""

    suite: str
    name: str
    before: float
    after: float
    difference: Figure
    p: float | None  # exact McNemar for yes and no
    lost: tuple[str, ...]
    won: tuple[str, ...]


def compare(before: Run, after: Run) -> tuple[list[Change], list[str]]:
    """What changed case by case, and what makes the two runs hard to compare, in words."""
    notes = [
        f"the runs differ in {key}: {str(before[key])[:16]} and {str(after[key])[:16]}"
        for key in ("knowledge", "model", "cases", "split")
        if before[key] != after[key]
    ]
    old, new = _values(before), _values(after)
    changes = []
    for key in sorted(old.keys() & new.keys()):
        both = sorted(old[key].keys() & new[key].keys())
        if not both or key[0] == "speed":
            continue
        a, b = [old[key][i] for i in both], [new[key][i] for i in both]
        binary = set(a) | set(b) <= {0.0, 1.0}
        changes.append(
            Change(
                *key, sum(a) / len(a), sum(b) / len(b), difference(a, b),
                mcnemar([x == 1 for x in a], [x == 1 for x in b]) if binary else None,
                tuple(i for i, x, y in zip(both, a, b, strict=True) if y < x),
                tuple(i for i, x, y in zip(both, a, b, strict=True) if y > x),
            )
        )  # fmt: skip
    return changes, notes


@dataclass(frozen=True, slots=True)
class Gate:
    """A threshold of gates.toml: `least` or `most`; `hard` ones hold for the value, others for the interval's end."""

    suite: str
    name: str
    least: float | None
    most: float | None
    hard: bool
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a gate holds, and in words why not."""

    gate: Gate
    passed: bool
    reason: str


def gates(file: Path = _HERE / "gates.toml") -> list[Gate]:
    """Every gate, in order.

    Raises:
        InputError: not TOML, or a gate of an unknown suite or without a reason.
    """
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8"))["gate"]
        found = [
            Gate(r["suite"], r["score"], r.get("least"), r.get("most"), r.get("hard", False), r["why"]) for r in rows
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise InputError(
            f"{file.name} cannot be used: {error!r}; each gate has suite, score, least or most, why"
        ) from error
    for gate in found:
        if gate.suite not in SUITES or (gate.least is None) == (gate.most is None) or not gate.why:
            raise InputError(
                f"{file.name}: {gate.suite}.{gate.name} needs a known suite, one of least and most, and a why"
            )
    return found


def judge(run: Run, wanted: Sequence[Gate], baseline: Run | None = None) -> list[Verdict]:
    """Hold a run against the gates; with a baseline, a drop fails only when its whole interval lies below zero."""
    figures = figures_of(run)
    changes = {(c.suite, c.name): c for c in compare(baseline, run)[0]} if baseline else {}
    out = []
    for gate in wanted:
        figure = figures.get((gate.suite, gate.name))
        if figure is None or figure.value is None:
            continue
        low, high = (figure.value, figure.value) if gate.hard else (figure.high, figure.low)
        assert low is not None and high is not None
        passed = (gate.least is None or low >= gate.least) and (gate.most is None or high <= gate.most)
        reason = (
            ""
            if passed
            else f"{figure}; expected {'at least' if gate.most is None else 'at most'} {gate.least if gate.most is None else gate.most}"
        )
        change = changes.get((gate.suite, gate.name))
        if passed and change and gate.least is not None and (change.difference.high or 0.0) < 0:
            passed, reason = False, f"{change.before:.3f} before, lost: {', '.join(change.lost[:8])}"
        out.append(Verdict(gate, passed, reason))
    return out
