"""An index whose files changed on disk is found out when it is opened, however small the change."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time

import pytest

from assistant.errors import IndexProblem
from assistant.index import Index, current_folder


def flip(file, chance):
    raw = bytearray(file.read_bytes())
    at = chance.randrange(len(raw))
    raw[at] ^= 1 << chance.randrange(8)
    file.write_bytes(raw)


def noise(file, chance):
    raw = bytearray(file.read_bytes())
    at = chance.randrange(len(raw))
    raw[at : at + 64] = chance.randbytes(len(raw[at : at + 64]))
    file.write_bytes(raw)


def cut(file, chance):
    file.write_bytes(file.read_bytes()[: chance.randrange(file.stat().st_size)])


def grow(file, chance):
    with file.open("ab") as stream:
        stream.write(chance.randbytes(chance.randrange(1, 100)))


def empty(file, _):
    file.write_bytes(b"")


def lose(file, _):
    file.unlink()


def link(file, _):
    moved = file.with_name(file.name + ".moved")
    file.rename(moved)
    file.symlink_to(moved)


DAMAGE = (flip, noise, cut, grow, empty, lose, link)


def damaged(data, number):
    """One mutation of one file of the index in use, settled by its number; its name."""
    chance = random.Random(number)
    folder = current_folder(data)
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.stat().st_size > 0)
    file, damage = files[number % len(files)], DAMAGE[number % len(DAMAGE)]
    damage(file, chance)
    return f"{damage.__name__} {file.relative_to(folder)}"


def found_out(data):
    with pytest.raises(IndexProblem) as problem:
        Index(current_folder(data))
    assert "\n" not in str(problem.value) and len(str(problem.value)) < 400


@pytest.mark.parametrize("number", range(12))
def test_a_changed_file_is_found_out(place, number):
    what = damaged(place.data, number)
    print(what)
    found_out(place.data)


@pytest.mark.long
def test_50_mutations_are_found_at_start_and_mended(place, child, tmp_path):
    longest = 0.0
    for number in range(50):
        data = tmp_path / "copy"
        shutil.copytree(place.data, data)
        damaged(data, number)
        began = time.monotonic()
        found_out(data)
        longest = max(longest, time.monotonic() - began)
        if number % 10 == 0:
            place.data = data
            started = child("start", place)
            assert len(started.said) == 1 and started.said[0].endswith("building the index again")
            assert started.serves and started.vectors and started.problem == ""
        place.data = place.root / "data"
        shutil.rmtree(data)
    print(f"50 mutations, 50 found, the slowest in {longest:.2f} s")


@pytest.mark.parametrize("name", ["extra.txt", "chroma/chroma.sqlite3-journal", "chroma/evil.pickle"])
def test_a_file_that_was_added_is_found_out(place, name):
    (current_folder(place.data) / name).write_text("x", encoding="utf-8")
    found_out(place.data)


def test_a_whole_folder_that_was_lost_is_found_out(place):
    chroma = current_folder(place.data) / "chroma"
    shutil.rmtree(next((f for f in chroma.iterdir() if f.is_dir()), chroma))
    found_out(place.data)


def test_a_seal_that_was_made_to_fit_is_found_out(place):
    """Somebody changes a file and its line in the list, but not the list's own digest."""
    folder = current_folder(place.data)
    data = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    data["files"]["library.json"] = "0" * 64
    (folder / "files.json").write_text(json.dumps(data), encoding="utf-8")
    found_out(place.data)


@pytest.mark.parametrize("pointer", ["", "\n", "nowhere-9", "../../etc", "a\nb", "\x00", "x" * 5000])
def test_a_damaged_pointer_leads_to_a_rebuild(place, child, pointer):
    (place.data / "index/CURRENT").write_text(pointer, encoding="utf-8")
    started = child("start", place)
    assert len(started.said) == 1 and started.serves and started.vectors


def test_a_pointer_that_is_no_text_leads_to_a_rebuild(place, child):
    (place.data / "index/CURRENT").write_bytes(b"\xff\xfe\x00")
    started = child("start", place)
    assert len(started.said) == 1 and started.serves and started.vectors


def test_a_stored_embedding_function_is_refused_even_under_a_fitting_seal(place):
    """The collection asks for a model with code of its own: opening it must neither load nor run anything."""
    from assistant.sealed import seal

    folder = current_folder(place.data)
    with sqlite3.connect(folder / "chroma/chroma.sqlite3") as base:
        (schema,) = base.execute("select schema_str from collections where name = 'passages'").fetchone()
        config = {"model_name": "evil/evil", "device": "cpu", "normalize_embeddings": False}
        evil = {
            "type": "known",
            "name": "sentence_transformer",
            "config": {**config, "kwargs": {"trust_remote_code": True}},
        }
        poisoned = schema.replace('{"type":"legacy"}', json.dumps(evil))
        assert poisoned != schema
        base.execute("update collections set schema_str = ? where name = 'passages'", (poisoned,))
    base.close()
    (folder / "files.json").unlink()
    seal(folder)
    with pytest.raises(IndexProblem, match="embedding"):
        Index(folder)
