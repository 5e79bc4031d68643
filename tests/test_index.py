"""The index: built beside, verified, switched to; every way a folder can be broken is one IndexProblem."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from assistant.embedding import HashEmbedder
from assistant.errors import IndexProblem
from assistant.index import KINDS, Index, build, current_folder, read_manifest, rows_of


class CountingEmbedder(HashEmbedder):
    """Remembers every text it was asked for."""

    def __init__(self):
        self.texts = []

    def encode(self, texts, tick=None):
        self.texts += texts
        return super().encode(texts, tick)


class FailingEmbedder(HashEmbedder):
    """Gives vectors half as long as it says."""

    def encode(self, texts, tick=None):
        return super().encode(texts, tick)[:, :32]


@pytest.fixture(scope="module")
def tiny(knowledge):
    """The first page of three topics."""
    first = {page.topic: page for page in reversed(knowledge.pages)}
    pages = tuple(first[topic] for topic in list(knowledge.topics)[:3])
    return replace(knowledge, pages=pages, messages=(), situations=(), danger=(), boundaries=knowledge.boundaries[:1])


@pytest.fixture(scope="module")
def built(tiny, embedder, tmp_path_factory):
    """A data folder with one finished index; copy it before breaking it."""
    data = tmp_path_factory.mktemp("built")
    build(tiny, embedder, data)
    return data


@pytest.fixture
def data(built, tmp_path):
    """A copy that a test may break."""
    shutil.copytree(built, tmp_path / "data")
    return tmp_path / "data"


def one_line(problem):
    return "\n" not in str(problem.value) and len(str(problem.value)) < 400


def test_counts_are_those_of_the_content(index, small):
    assert index.manifest.counts == {kind: len(rows) for kind, rows in rows_of(small).items()}
    assert index.manifest.counts["passages"] == len(small.passages)
    assert index.manifest.counts["questions"] == sum(1 + len(p.questions) for p in small.pages)
    assert index.manifest.counts["statements"] == sum(len(p.statements) for p in small.passages)
    assert index.manifest.counts["boundaries"] == sum(len(b.examples) for b in small.boundaries)
    assert index.manifest.knowledge == small.digest


@pytest.mark.parametrize("kind", KINDS)
def test_row_ids_are_unique(small, kind):
    ids = [row.id for row in rows_of(small)[kind]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_nearest_to_itself(index, small, embedder, kind):
    for row in rows_of(small)[kind][::5]:
        near = index.nearest(kind, embedder.encode([row.text])[0], 5)
        same = {n.id: n for n in near if n.cosine > 0.9999}
        assert row.id in same
        assert (same[row.id].owner, same[row.id].topic) == (row.owner, row.topic)
        assert near == sorted(near, key=lambda n: (-n.cosine, n.id))


def test_nearest_gives_what_comparing_with_every_row_gives(index, small, embedder):
    rows = rows_of(small)["statements"]
    query = embedder.encode(["my child cries before school in the morning"])[0]
    exact = embedder.encode([r.text for r in rows]) @ query
    best = sorted((round(float(-c), 4), r.id) for c, r in zip(exact, rows, strict=True))[:10]
    found = index.nearest("statements", query, 10)
    assert [round(-n.cosine, 3) for n in found] == pytest.approx([c for c, _ in best], abs=2e-3)


def test_topic_filter(built, tiny, embedder):
    opened = Index(current_folder(built))
    query = embedder.encode(["school"])[0]
    assert len({p.topic for p in tiny.pages}) == 3
    for page in tiny.pages:
        near = opened.nearest("passages", query, 50, page.topic)
        assert {n.owner for n in near} == {p.id for p in page.passages}
        assert {n.topic for n in near} == {page.topic}
    assert opened.nearest("passages", query, 50, "no-such-topic") == []


def test_k_is_cut_to_what_there_is(index, embedder):
    query = embedder.encode(["school"])[0]
    assert len(index.nearest("passages", query, 10**6)) == index.manifest.counts["passages"]
    assert index.nearest("passages", query, 0) == []


@pytest.mark.parametrize(
    "vector",
    [
        np.full(64, np.nan, np.float32),
        np.r_[np.inf, np.zeros(63)].astype(np.float32),
        np.zeros(63, np.float32),
        np.zeros((1, 64), np.float32),
        np.zeros(384, np.float32),
    ],
    ids=["nan", "inf", "63", "two-dimensional", "384"],
)
def test_unusable_vectors_are_refused(index, vector):
    with pytest.raises(IndexProblem, match="64 numbers"):
        index.nearest("passages", vector, 3)


def test_stored_vectors_come_back(index, small, embedder):
    statement = small.passages[0].statements[0]
    found = index.vectors("statements", [statement.id, "no-such-id"])
    assert list(found) == [statement.id]
    assert found[statement.id] == pytest.approx(embedder.encode([statement.text])[0], abs=1e-6)
    assert index.vectors("statements", []) == {}


def test_rebuild_embeds_only_what_changed(tiny, data):
    counting = CountingEmbedder()
    build(tiny, counting, data)
    assert counting.texts == []
    page = tiny.pages[0]
    changed = replace(page, questions=(*page.questions, "a question nobody asked before"))
    folder = build(replace(tiny, pages=(changed, *tiny.pages[1:])), counting, data)
    assert counting.texts == ["a question nobody asked before"]
    assert Index(folder).manifest.counts["questions"] == sum(1 + len(p.questions) for p in tiny.pages) + 1


def test_another_encoder_embeds_everything_again(tiny, data):
    counting = CountingEmbedder()
    counting.sha256 = "0" * 64
    build(tiny, counting, data)
    assert set(counting.texts) == {row.text for rows in rows_of(tiny).values() for row in rows}


def test_switching_replaces_the_pointer_and_keeps_the_folder_before(tiny, embedder, data):
    first = current_folder(data)
    pointer = data / "index" / "CURRENT"
    open_before = pointer.open(encoding="utf-8")
    inode = pointer.stat().st_ino
    opened = Index(first)
    second = build(tiny, embedder, data)
    third = build(tiny, embedder, data)
    assert len({first, second, third}) == 3
    assert current_folder(data) == third
    assert pointer.stat().st_ino != inode, "replaced by rename, not written over"
    with open_before:
        assert open_before.read().strip() == first.name, "a reader of the old pointer is not disturbed"
    assert sorted(f.name for f in (data / "index").iterdir() if f.is_dir()) == sorted([second.name, third.name])
    assert not list((data / "index").glob(".CURRENT.*"))
    assert opened.nearest("passages", embedder.encode(["school"])[0], 1)


def test_failure_while_building_leaves_the_old_index_in_use(tiny, embedder, data):
    before = current_folder(data)
    failing = FailingEmbedder()
    failing.sha256 = "1" * 64
    with pytest.raises(IndexProblem) as problem:
        build(tiny, failing, data)
    assert one_line(problem)
    assert current_folder(data) == before
    assert Index(before).manifest.counts["passages"] == len(tiny.passages)
    assert [f.name for f in (data / "index").iterdir() if f.is_dir()] == [before.name]


HOLD = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_builder_is_told_in_one_line(tiny, embedder, data):
    lock = str(data / "index" / ".lock")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, lock], stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(IndexProblem, match="another process is building") as problem:
            build(tiny, embedder, data)
        other.stdin.close()
        other.wait(timeout=20)
    assert one_line(problem)
    assert build(tiny, embedder, data) == current_folder(data), "once the other has ended it builds"


def lose(name):
    return lambda folder: (folder / name).unlink()


def truncate(name, size):
    return lambda folder: os.truncate(folder / name, size)


def manifest_with(**changes):
    def write(folder):
        raw = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        (folder / "manifest.json").write_text(json.dumps({**raw, **changes}), encoding="utf-8")

    return write


def wrong_counts(folder):
    counts = read_manifest(folder).counts
    manifest_with(counts={**counts, "statements": counts["statements"] + 1})(folder)


def other_canary(folder):
    canaries = read_manifest(folder).canaries
    canaries[0]["id"] = "a-passage-that-was-lost"
    canaries[0]["vector"] = canaries[-1]["vector"]
    manifest_with(canaries=canaries)(folder)


def flip_the_middle(name):
    def write(folder):
        raw = bytearray((folder / name).read_bytes())
        raw[len(raw) // 2] ^= 0xFF
        (folder / name).write_bytes(raw)

    return write


DAMAGE = {
    "no-manifest": lose("manifest.json"),
    "empty-manifest": truncate("manifest.json", 0),
    "half-a-manifest": truncate("manifest.json", 40),
    "list-manifest": lambda f: (f / "manifest.json").write_text("[]", encoding="utf-8"),
    "old-schema": manifest_with(schema=1),
    "unknown-key": manifest_with(colour="red"),
    "wrong-counts": wrong_counts,
    "lost-canary": other_canary,
    "no-database": lose("chroma/chroma.sqlite3"),
    "empty-database": truncate("chroma/chroma.sqlite3", 0),
    "truncated-database": truncate("chroma/chroma.sqlite3", 5000),
    "database-of-noise": lambda f: (f / "chroma/chroma.sqlite3").write_bytes(b"\x13\x37" * 4096),
    "no-classifier": lose("pages.npz"),
    "empty-classifier": truncate("pages.npz", 0),
    "truncated-classifier": truncate("pages.npz", 100),
    "changed-classifier": flip_the_middle("pages.npz"),
    "no-folder": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_an_index_problem_and_building_again_mends_it(damage, tiny, embedder, data):
    folder = current_folder(data)
    damage(folder)
    with pytest.raises(IndexProblem) as problem:
        Index(folder)
    assert one_line(problem)
    assert Index(build(tiny, embedder, data)).manifest.knowledge == tiny.digest


@pytest.mark.parametrize("name", ["", "../elsewhere", "/etc"])
def test_a_pointer_out_of_the_folder_is_no_index(data, name):
    (data / "index" / "CURRENT").write_text(name, encoding="utf-8")
    assert current_folder(data) is None


def test_no_index_yet(tmp_path):
    assert current_folder(tmp_path) is None


@pytest.mark.parametrize("place", ["/proc/doorstep", "file"])
def test_a_folder_that_cannot_be_written_is_one_line(tiny, embedder, tmp_path, place):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(IndexProblem, match="DOORSTEP_DATA") as problem:
        build(tiny, embedder, tmp_path / place)
    assert one_line(problem)
