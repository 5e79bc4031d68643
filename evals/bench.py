"""Public sets through the same code that serves parents: retrieval in BEIR form, support of claims by evidence.

The data lies outside the project and is read, never copied. Retrieval figures come from ir-measures (MacAvaney,
2022), AUROC from scikit-learn; intervals are bootstrapped over queries.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.embedding import Embedder
from assistant.errors import InputError
from assistant.index import Index
from assistant.index import build as build_index
from assistant.knowledge import Knowledge
from assistant.records import Passage, Reference, Source, Statement
from assistant.search import Query, Search
from evals.detector import support
from evals.figures import Figure, mean

__all__ = ["Bench", "claims", "retrieval"]

_SOURCE = Source("bench", "library", "A document of a public set", "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class Bench:
    """Figures of one set by measure."""

    name: str
    figures: dict[str, Figure]


def _document(row: dict[str, str]) -> Passage:
    text = row.get("text", "") or row.get("title", "") or "-"
    statement = Statement(f"{row['_id']}.s1", text, 0, len(text), "answer", (Reference(_SOURCE),))
    return Passage(
        row["_id"], row["_id"], row.get("title", ""), "", "library", "Library", text, (statement,), "", "",
        library=f"{row['_id']}.txt",
    )  # fmt: skip


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        return [json.loads(row) for row in file.read_text(encoding="utf-8").splitlines() if row]
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as JSON lines: {error}") from error


def retrieval(
    folder: Path, empty: Knowledge, embedder: Embedder, data: Path, tick: Callable[[int], None] = lambda _: None
) -> Bench:
    """nDCG@10, recall@10 and reciprocal rank of the search over a set in BEIR form (Thakur et al., 2021).

    Args:
        folder: holds corpus.jsonl, queries.jsonl and qrels.tsv.
        empty: knowledge without pages; the documents become its library.
        embedder: as for parents.
        data: where the index is built.
        tick: told how many more texts or queries are done.
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    knowledge = empty.with_library(tuple(_document(row) for row in _rows(folder / "corpus.jsonl")))
    index = Index(build_index(knowledge, embedder, data, tick=tick))
    search = Search(knowledge, index, embedder)
    with (folder / "qrels.tsv").open(encoding="utf-8") as stream:
        judged = [(r[0], r[-2], int(r[-1])) for r in csv.reader(stream, delimiter="\t") if r[-1].lstrip("-").isdigit()]
    wanted = {q for q, _, grade in judged if grade > 0}
    run = []
    for row in _rows(folder / "queries.jsonl"):
        if row["_id"] in wanted:
            hits = search.find(Query(row["text"], k=50)).hits
            run += [ir_measures.ScoredDoc(row["_id"], h.passage.id, 1000.0 - n) for n, h in enumerate(hits)]
            tick(1)
    qrels = [ir_measures.Qrel(q, d, g) for q, d, g in judged]
    figures = {}
    for measure in (nDCG @ 10, R @ 10, RR @ 10):
        values = {m.query_id: m.value for m in ir_measures.iter_calc([measure], qrels, run)}
        figures[str(measure)] = mean([values.get(q, 0.0) for q in sorted(wanted)])
    return Bench(folder.name, figures)


def _wice(file: Path) -> list[tuple[str, list[str], bool]]:
    return [(r["claim"], list(r["evidence"]), r["label"] == "supported") for r in _rows(file)]


def _begin(file: Path) -> list[tuple[str, list[str], bool]]:
    """BEGIN (Dziri et al., 2022): fully attributable responses against the rest that make a claim."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    kept = [r for r in rows if r["begin_label"] in {"Fully attributable", "Not fully attributable", "Unattributable"}]
    rows = kept or [r for r in rows if r["begin_label"].lower() != "generic"]
    return [(r["response"], [r["knowledge"]], r["begin_label"].lower().startswith(("fully", "entail"))) for r in rows]


def claims(folder: Path, embedder: Embedder, tick: Callable[[int], None] = lambda _: None) -> list[Bench]:
    """AUROC of the detector's score against people's labels, for every set of the folder that is known."""
    from sklearn.metrics import roc_auc_score

    out = []
    for file in sorted((*folder.glob("*claim*.jsonl"), *folder.glob("begin*.tsv"))):
        rows = _begin(file) if file.suffix == ".tsv" else _wice(file)
        scores, labels = [], []
        for claim, evidence, supported in rows:
            scores.append(support(claim, evidence, embedder).score)
            labels.append(supported)
            tick(1)
        value = float(roc_auc_score(labels, scores))
        out.append(Bench(file.stem, {"AUROC": _auc_interval(scores, labels, value)}))
    return out


def _auc_interval(scores: list[float], labels: list[bool], value: float, draws: int = 300) -> Figure:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    s, y = np.asarray(scores), np.asarray(labels)
    found = []
    for _ in range(draws):
        pick = rng.integers(0, len(s), len(s))
        if 0 < y[pick].sum() < len(pick):
            found.append(roc_auc_score(y[pick], s[pick]))
    low, high = np.quantile(found, [0.025, 0.975])
    return Figure(value, float(low), float(high), len(s))


def without_pages(knowledge: Knowledge) -> Knowledge:
    """The same settings with nothing in them: what a public set is searched with."""
    return replace(knowledge, pages=(), messages=(), situations=(), danger=(), boundaries=(), vocabulary=(), library=())
