"""One self-contained HTML file of a run: headline, plots, the worst answers, every case. Nothing is fetched."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.knowledge import Knowledge
from evals.runs import Run, compare, figures_of, gates, judge

__all__ = ["write_report"]

_HERE = Path(__file__).parent
_WORST = 20


def _svg(draw: Callable[[Any], None], width: float = 7.0, height: float = 3.6) -> str:
    """A plot as inline SVG, without the XML head and without fonts of its own."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    with plt.rc_context(
        {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10, "svg.hashsalt": "doorstep"}
    ):
        figure, axes = plt.subplots(figsize=(width, height))
        draw(axes)
        figure.tight_layout()
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
        plt.close(figure)
    return out.getvalue()[out.getvalue().index("<svg") :]


def _rows(run: Run, suite: str) -> list[dict[str, Any]]:
    return [r for r in run["results"] if r["suite"] == suite]


def _score(row: dict[str, Any], name: str) -> float | None:
    return next((s["value"] for s in row["scores"] if s["name"] == name), None)


def _by_topic(run: Run) -> str:
    values: dict[str, list[float]] = defaultdict(list)
    for row in _rows(run, "answers"):
        vital = _score(row, "vital_recall")
        if vital is not None and row["expected_topics"]:
            values[row["expected_topics"][0]].append(vital)
    if not values:
        return ""
    names = sorted(values, key=lambda t: sum(values[t]) / len(values[t]))

    def draw(axes: Any) -> None:
        axes.barh(names, [sum(values[t]) / len(values[t]) for t in names], color="#2f6f6b")
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of vital facts said")

    return _svg(draw, height=1 + 0.24 * len(names))


def _matrix(run: Run) -> str:
    pairs: Counter[tuple[str, str]] = Counter()
    for row in _rows(run, "status"):
        explanation = next((s["explanation"] for s in row["scores"] if s["name"] == "status"), "")
        pairs[explanation.removeprefix("expected "), row["status"]] += 1
    if not pairs:
        return ""
    wanted = sorted({a for a, _ in pairs})
    got = sorted({b for _, b in pairs})

    def draw(axes: Any) -> None:
        axes.imshow([[pairs[a, b] for b in got] for a in wanted], cmap="Greens")
        axes.set_xticks(range(len(got)), got, rotation=30, ha="right")
        axes.set_yticks(range(len(wanted)), wanted)
        axes.set_xlabel("status given")
        axes.set_ylabel("status expected")
        for y, a in enumerate(wanted):
            for x, b in enumerate(got):
                axes.text(x, y, pairs[a, b] or "", ha="center", va="center")

    return _svg(draw, height=1.8 + 0.4 * len(wanted))


def _latency(run: Run) -> str:
    steps: dict[str, list[float]] = defaultdict(list)
    for row in _rows(run, "speed"):
        for s in row["scores"]:
            if s["value"] is not None:
                steps[s["name"].removeprefix("ms_")].append(s["value"])
    if not steps:
        return ""

    def draw(axes: Any) -> None:
        axes.boxplot(list(steps.values()), orientation="horizontal", tick_labels=list(steps), showfliers=False)
        axes.set_xlabel("milliseconds")

    return _svg(draw, height=1 + 0.32 * len(steps))


def _risk(run: Run) -> str:
    """Coverage and risk: from the surest answer down, how many were right (Geifman and El-Yaniv, 2017)."""
    rows = sorted(_rows(run, "status"), key=lambda r: -float(r.get("confidence", 0.0)))
    answered = [r for r in rows if "confidence" in r]
    if len(answered) < 10:
        return ""
    right = [_score(r, "status") or 0.0 for r in answered]
    risks = [1 - sum(right[:n]) / n for n in range(1, len(right) + 1)]

    def draw(axes: Any) -> None:
        axes.plot([n / len(right) for n in range(1, len(right) + 1)], risks, color="#2f6f6b")
        axes.set_xlabel("coverage, surest first")
        axes.set_ylabel("share with a wrong status")
        axes.set_ylim(0, max(0.05, *risks))

    return _svg(draw)


def write_report(run: Run, file: Path, knowledge: Knowledge, baseline: Run | None = None) -> None:
    """Write the page; every passage quoted in the worst answers stands beside them.

    Args:
        run: what `perform` gave.
        file: where to write.
        knowledge: for the passages of the worst answers.
        baseline: an earlier run to show differences to.
    """
    changes = {(c.suite, c.name): c for c in compare(baseline, run)[0]} if baseline else {}
    headline = [
        {"suite": s, "name": n, "figure": f, "change": changes.get((s, n))}
        for (s, n), f in figures_of(run).items() if s != "speed"
    ]  # fmt: skip
    answers = _rows(run, "answers")
    worst = sorted(
        (r for r in answers if _score(r, "vital_recall") is not None),
        key=lambda r: (_score(r, "vital_recall"), r["id"]),
    )
    text_of = {s.id: s.text for p in knowledge.passages for s in p.statements}
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("report.html.j2").render(
        run=run, headline=headline, verdicts=judge(run, gates(), baseline), worst=worst[:_WORST], text_of=text_of,
        plots=[
            (title, svg)
            for title, svg in (
                ("Vital facts said, by topic", _by_topic(run)), ("Statuses", _matrix(run)),
                ("Risk against coverage", _risk(run)), ("Milliseconds by step", _latency(run)),
            ) if svg
        ],
    )  # fmt: skip
    file.write_text(page, encoding="utf-8")
