"""make bench: speed and memory of answering, as ratios to one encoding plus one vector query in the same run.

`python tests/bench.py library [DOCUMENTS]` measures a generated library instead: read, indexed with the real encoder,
changed, partly deleted, with the counts checked; and a PDF of 300 pages.
"""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from documents import change_library, generate_library, handbook

from assistant.settings import Settings, quiet_environment

quiet_environment()
ROUNDS = 3


def spread(work: Callable[[str], object], texts: list[str]) -> tuple[float, float]:
    """p50 and p95 in milliseconds over the texts, the fastest of three rounds each."""
    times = []
    for text in texts:
        rounds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            work(text)
            rounds.append((time.perf_counter() - start) * 1000)
        times.append(min(rounds))
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


def main() -> None:
    """Print one table."""
    begin = time.perf_counter()
    from assistant.search import Query
    from assistant.service import build

    assistant = build(Settings.read(), say=lambda line: print(line, file=sys.stderr))
    ready = time.perf_counter() - begin
    cases = Path(__file__).parents[1] / "evals" / "cases" / "questions_first.jsonl"
    texts = [json.loads(line)["text"] for line in cases.read_text(encoding="utf-8").splitlines()][:60]
    search = assistant.search
    assert search is not None and search.index is not None and search.embedder is not None
    index, embedder = search.index, search.embedder

    def unit(text: str) -> None:
        # A list of one is cached; a second text keeps the encoder honest.
        vector = embedder.encode([text, "."])[0]
        index.nearest("passages", vector, 10)

    def ask(text: str) -> object:
        return assistant.answer(text + " ")

    def fresh(text: str) -> object:
        embedder._one.cache_clear()
        return assistant.answer(text)

    rows = {"encode + one vector query": spread(unit, texts), "answer, new question": spread(fresh, texts)}
    rows["answer, asked before"] = spread(ask, texts)
    rows["lookup"] = spread(lambda t: assistant.lookup(Query(t, k=12)), texts)
    base = rows["encode + one vector query"][0]
    print(f"{len(texts)} questions, fastest of {ROUNDS}\n{'':28}{'p50 ms':>9}{'p95 ms':>9}{'ratio':>8}")
    for name, (p50, p95) in rows.items():
        print(f"{name:28}{p50:9.1f}{p95:9.1f}{p50 / base:8.2f}")
    print(f"ready after {ready:.1f} s; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def library(documents: int) -> None:
    """Print one line for each step."""
    from dataclasses import replace

    from assistant.embedding import load_encoder
    from assistant.library import read_library
    from assistant.service import reindex

    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "library"
        book = Path(home) / "book"
        book.mkdir()
        (book / "handbook.pdf").write_bytes(handbook(300))
        begin = time.perf_counter()
        report = read_library(book)
        took = time.perf_counter() - begin
        print(f"300-page PDF read: {took:.1f} s, {len(report.passages)} passages, {300 / took:.0f} pages/s")
        generate_library(folder, documents)
        settings = replace(Settings.read(), data=Path(home) / "data")
        if Settings.read().data.is_dir():  # the pages are embedded already
            shutil.copytree(Settings.read().data, settings.data)
        encoder = load_encoder(settings, 2)
        for step in ("new", "unchanged", "changed and partly deleted"):
            if step.startswith("changed"):
                change_library(folder, documents)
            begin = time.perf_counter()
            report = read_library(folder, settings.data / "library")
            took = time.perf_counter() - begin
            c = report.changes
            print(
                f"{documents} documents, {step}: read in {took:.1f} s ({len(report.passages) / took:.0f} passages/s), "
                f"{len(report.passages)} passages; {len(c.new)} new, {len(c.changed)} changed, "
                f"{len(c.unchanged)} unchanged, {len(c.removed)} removed, {len(report.skipped)} left out",
                flush=True,
            )
            begin = time.perf_counter()
            built = reindex(settings, encoder, folder)
            took = time.perf_counter() - begin
            assert len(built.knowledge.library) == len(report.passages)
            size = (built.folder / "library.json").stat().st_size / 1e6
            print(f"  indexed in {took:.1f} s; library.json {size:.1f} MB", flush=True)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["library"]:
        library(int(sys.argv[2]) if len(sys.argv) > 2 else 2000)
    else:
        main()
