"""A build that is killed, meets a failing or full disk or another builder: no partial index, always a usable start."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.embedding import HashEmbedder
from assistant.errors import IndexProblem
from assistant.index import Index, current_folder, rows_of
from assistant.knowledge import load
from assistant.settings import Settings
from faults.child import build_once, start_once

LONGEST = 2.0  # seconds in which a small build is over


def silent_build(root, data):
    """A builder to be killed; its words go nowhere."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    build_once(root, data)


@pytest.fixture(scope="module")
def builders():
    """Processes in which everything is imported already, so that a kill falls into the build and not into imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["faults.child", "chromadb", "sklearn.linear_model"])
    return context


def kill_during_build(builders, place, after):
    """Start a build and kill it; whether it was still running."""
    process = builders.Process(target=silent_build, args=(str(place.root), str(place.data)))
    process.start()
    process.join(after)
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive


def whole(place):
    """Every row of the index in use is there and is found by its own vector."""
    index = Index(current_folder(place.data))
    knowledge = load(place.root)
    assert index.manifest.knowledge == knowledge.digest
    embedder = HashEmbedder()
    for kind, rows in rows_of(knowledge).items():
        assert index.manifest.counts[kind] == len(rows)
        vectors = embedder.encode([r.text for r in rows]) if rows else []
        for row, vector in zip(rows, vectors, strict=True):
            assert any(n.cosine > 0.999 for n in index.nearest(kind, vector, 3)), (kind, row.id)


def kills(builders, place, points, seed):
    """Kill builds at random moments; after each the index in use is whole."""
    chance = random.Random(seed)
    cut = 0
    for _ in range(points):
        cut += kill_during_build(builders, place, chance.uniform(0.02, LONGEST))
        Index(current_folder(place.data))
    whole(place)
    return cut


def test_a_killed_build_leaves_the_old_index_in_use(builders, place, child):
    assert kills(builders, place, 4, 7) >= 2, "the kills came too late to tell anything"
    started = child("start", place)
    assert started.said == [] and started.serves == started.current and started.vectors


@pytest.mark.long
def test_200_kills_leave_200_usable_starts(builders, place, child):
    chance = random.Random(11)
    cut = 0
    for n in range(200):
        if n % 4 == 3:  # a first build, with nothing to fall back to
            shutil.rmtree(place.data)
        cut += kill_during_build(builders, place, chance.uniform(0.02, LONGEST))
        folder = current_folder(place.data)
        if folder is not None:
            Index(folder)
        else:
            started = start_once(place.root, place.data)
            assert started["serves"] and started["vectors"] and started["problem"] == "" and started["helped"]
        whole(place)
    print(f"killed while building: {cut} of 200; usable starts: 200; partial indexes: 0")
    assert cut >= 100
    assert len([f for f in (place.data / "index").iterdir() if f.is_dir()]) <= 3, "what is cut off is cleared away"


def counted(child, place, shim, tmp_path):
    count = tmp_path / "count"
    child("build", place, **shim, FAULT_DIR=str(place.data), FAULT_COUNT=str(count))
    return int(count.read_text())


def one_failed_write(child, place, shim, at, stays):
    """The old index serves, or a new and whole one; the rest is one line."""
    before = current_folder(place.data).name
    more = {"FAULT_STAYS": "1"} if stays else {}
    built = child("build", place, **shim, FAULT_DIR=str(place.data), FAULT_AT=str(at), **more)
    if built.code:
        assert current_folder(place.data).name == before, built.line
        assert "\n" not in built.line and len(built.line) < 400
    else:
        assert current_folder(place.data).name == built.folder
    whole(place)
    return built.code


def test_a_write_that_fails_never_leaves_a_partial_index(child, place, shim):
    assert one_failed_write(child, place, shim, 40, stays=False) == 3
    assert one_failed_write(child, place, shim, 60, stays=True) == 3


@pytest.mark.long
def test_every_nth_write_fails(child, place, shim, tmp_path):
    total = counted(child, place, shim, tmp_path)
    points = [*range(1, total + 1, 9), *range(total - 15, total + 1)]
    codes = [one_failed_write(child, place, shim, at, stays=n % 2 == 1) for n, at in enumerate(points)]
    said, fine = codes.count(3), codes.count(0)
    print(f"{len(points)} of {total} writes failed: {said} builds said so, {fine} were whole all the same")


def test_a_second_builder_is_told_at_once(child, place):
    with (place.data / "index/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = child("build", place)
        assert refused.code == 3 and "another process is building" in refused.line
        assert child("start", place).vectors, "the index in use is not held up by a build"


def test_two_builders_at_the_same_moment(root, environment, place):
    command = [sys.executable, str(Path(__file__).parent / "child.py"), "build", str(place.root), str(place.data)]
    both = [
        subprocess.Popen(
            command, cwd=root, env={**environment, "PYTHONPATH": str(root)}, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [p.communicate(timeout=120)[1] for p in both]
    assert sorted(p.returncode for p in both) in ([0, 0], [0, 3]), said
    assert "Traceback" not in "".join(said)
    whole(place)


def test_a_full_disk_stops_a_build_and_nothing_else(child, place, small_disk):
    disk = small_disk(9)
    shutil.copytree(place.data, disk / "data")
    place.data = disk / "data"
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream, pytest.raises(OSError):
        while stream.write(b"x" * 65536):
            pass
    built = child("build", place)
    assert built.code == 3 and ("full" in built.line or "No space" in built.line)
    started = child("start", place)
    assert started.said == [] and started.vectors and started.helped
    assert len([f for f in (disk / "data/index").iterdir() if f.is_dir()]) == 1, "nothing half-built is left"
    filler.unlink()
    assert child("build", place).code == 0
    whole(place)


def test_a_read_only_folder_is_served_and_not_built_in(child, place, small_disk):
    disk = small_disk(30)
    shutil.copytree(place.data, disk / "data")
    place.data = disk / "data"
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    started = child("start", place)
    assert started.said == [] and started.vectors and started.problem == ""
    built = child("build", place)
    assert built.code == 3 and "Read-only" in built.line and "DOORSTEP_DATA" in built.line


def test_a_damaged_index_on_a_read_only_disk_is_said_and_words_still_serve(child, place, small_disk):
    disk = small_disk(30)
    shutil.copytree(place.data, disk / "data")
    place.data = disk / "data"
    os.truncate(current_folder(place.data) / "pages.npz", 10)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    started = child("start", place)
    assert "pages.npz has changed" in started.said[0] and "Read-only" in started.problem
    assert started.hits and not started.vectors and started.helped


def test_no_temporary_folder_at_all_is_made_up_for(child, place):
    assert child("start", place, TMPDIR="/nonexistent").vectors


def test_no_room_for_a_working_copy_is_said_and_nothing_is_built_for_it(child, place, small_disk):
    before = current_folder(place.data).name
    disk = small_disk(1)
    (disk / "filler").write_bytes(b"x" * 900_000)
    started = child("start", place, TMPDIR=str(disk))
    assert "working copy" in started.problem and "TMPDIR" in started.problem
    assert started.hits and not started.vectors and started.helped and started.current == before


def test_a_working_copy_of_a_killed_process_is_cleared_away(child, place, tmp_path):
    code = "import sys, os, signal; from pathlib import Path; from assistant.sealed import WorkingCopy\n"
    code += "c = WorkingCopy(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    (tmp_path / "tmp").mkdir()
    env = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    subprocess.run([sys.executable, "-c", code, str(current_folder(place.data))], env=env, check=False)
    assert len(list((tmp_path / "tmp").glob("doorstep-index-*"))) == 1
    child("start", place)
    assert list((tmp_path / "tmp").glob("doorstep-*")) == []


@pytest.mark.parametrize("by", [-86_400, 10 * 365 * 86_400], ids=["a day back", "ten years on"])
def test_a_clock_that_jumps_changes_no_answer(child, place, shim, by):
    plain, moved = child("start", place), child("start", place, **shim, FAULT_CLOCK=str(by))
    assert vars(moved) == vars(plain)


def test_no_problem_names_more_than_one_line(place):
    with pytest.raises(IndexProblem) as problem:
        Index(Settings(place.root, place.data).data / "index" / "nothing")
    assert "\n" not in str(problem.value)
