"""Public sets through the same code that serves parents: retrieval in BEIR form, support of claims by evidence.

The data lies outside the project and is read, never copied. Retrieval figures come from ir-measures (MacAvaney,
2022), AUROC from scikit-learn; intervals are bootstrapped over queries.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.embedding import Embedder
from assistant.errors import InputError
from assistant.index import Index
from assistant.index import build as build_index
from assistant.knowledge import Knowledge
from assistant.library import read_library
from assistant.search import Query, Search
from assistant.text import normalise, sentences
from evals.detector import Evidence, judge
from evals.figures import Figure, mean

__all__ = ["Bench", "claims", "retrieval"]

_TOKENISED = re.compile(r" ([.?!]) ([a-z0-9])")


@dataclass(frozen=True, slots=True)
class Bench:
    """Figures of one set by measure."""

    name: str
    figures: dict[str, Figure]


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        return [json.loads(row) for row in file.read_text(encoding="utf-8").splitlines() if row]
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as JSON lines: {error}") from error


def _library(corpus: Path, empty: Knowledge, data: Path) -> tuple[Knowledge, dict[str, str]]:
    """Documents as an organisation's own library, and the document's id by passage id.

    Each is written as Markdown, its title as heading, and read as any library is. Text that comes tokenised and in
    lower case ("end . next") gets its full stops and capitals back, without which no reader sees sentences.
    """
    library = data / "library"
    library.mkdir(parents=True)
    names = {}
    for n, row in enumerate(_rows(corpus)):
        title, text = (" ".join(row.get(k, "").split()) for k in ("title", "text"))
        text = _TOKENISED.sub(lambda m: f"{m[1]} {m[2].upper()}", text.removeprefix(title).strip() or text)
        name = f"{n:07d}.md"
        (library / name).write_text(f"# {title}\n\n{text}\n" if title else f"{text}\n", encoding="utf-8")
        names[name] = row["_id"]
    passages = read_library(library).passages
    return empty.with_library(passages), {p.id: names[p.library] for p in passages}


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

    knowledge, document = _library(folder / "corpus.jsonl", empty, data)
    index = Index(build_index(knowledge, embedder, data / "index", tick=tick))
    search = Search(knowledge, index, embedder)
    with (folder / "qrels.tsv").open(encoding="utf-8") as stream:
        judged = [(r[0], r[-2], int(r[-1])) for r in csv.reader(stream, delimiter="\t") if r[-1].lstrip("-").isdigit()]
    wanted = {q for q, _, grade in judged if grade > 0}
    run = []
    for row in _rows(folder / "queries.jsonl"):
        if row["_id"] in wanted:
            hits = search.find(Query(normalise(row["text"]), k=50)).hits
            found = dict.fromkeys(document[h.passage.id] for h in hits)  # a document once, at its best passage
            run += [ir_measures.ScoredDoc(row["_id"], d, 1000.0 - n) for n, d in enumerate(found)]
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
    """BEGIN (Dziri et al., 2022): fully attributable replies against all others, the generic ones among them."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(r["response"], sentences(r["knowledge"]), r["begin_label"] == "Fully attributable") for r in rows]


def claims(folder: Path, embedder: Embedder, tick: Callable[[int], None] = lambda _: None) -> list[Bench]:
    """AUROC of the detector's score against people's labels, for every set of the folder that is known."""
    from sklearn.metrics import roc_auc_score

    out = []
    pooled: tuple[list[float], list[bool]] = ([], [])
    for file in sorted((*folder.glob("*claim*.jsonl"), *folder.glob("begin*.tsv"))):
        rows = _begin(file) if file.suffix == ".tsv" else _wice(file)
        scores, labels = [], []
        for claim, evidence, supported in rows:
            scores.append(judge(claim, Evidence(tuple(evidence)), embedder).score)
            labels.append(supported)
            tick(1)
        value = float(roc_auc_score(labels, scores))
        out.append(Bench(file.stem, {"AUROC": _auc_interval(scores, labels, value)}))
        pooled[0].extend(scores)
        pooled[1].extend(labels)
    if len(out) > 1:
        out.append(Bench("all of them", {"AUROC": _auc_interval(*pooled, float(roc_auc_score(pooled[1], pooled[0])))}))
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
