"""The wiring: what is missing, damaged or old is built again with one line said; what cannot be is done without."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from assistant.embedding import HashEmbedder
from assistant.errors import ContentError, IndexProblem
from assistant.index import current_folder
from assistant.records import Status
from assistant.search import Query
from assistant.service import build, reindex
from assistant.settings import Settings

ANCHOR = "how-it-shows"


class Counting(HashEmbedder):
    """Counts the texts it was asked for."""

    def __init__(self):
        self.texts = []

    def encode(self, texts, tick=None):
        self.texts += texts
        return super().encode(texts, tick)


@pytest.fixture
def settings(home, tmp_path):
    """A copy that a test may change; the real settings are not used here."""
    shutil.copytree(home, tmp_path / "home")
    return Settings(tmp_path / "home", tmp_path / "home" / "data")


def start(settings, embedder=None):
    said = []
    return build(settings, say=said.append, embedder=embedder or HashEmbedder()), said


def page_file(settings):
    return settings.root / "knowledge/pages/understanding" / f"{ANCHOR}.md"


def retitle(settings, title):
    text = page_file(settings).read_text(encoding="utf-8")
    page_file(settings).write_text(re.sub(r"(?m)^title: .*$", f"title: {title}", text), encoding="utf-8")


def works(assistant):
    found = assistant.lookup(Query("how school refusal can show", k=5))
    return bool(found.hits) and found.vector is not None and assistant.ready.is_set() and assistant.problem == ""


def test_a_good_index_is_opened_and_nothing_is_said(settings):
    counting = Counting()
    assistant, said = start(settings, counting)
    assert said == []
    assert counting.texts == []
    assert assistant.index_folder == current_folder(settings.data)
    assert works(assistant)


def test_a_missing_index_is_built_with_one_line(settings):
    shutil.rmtree(settings.data)
    assistant, said = start(settings)
    assert said == ["there is no index yet: building the index again"]
    assert works(assistant)
    assert start(settings)[1] == [], "and is there the next time"


def test_while_an_index_is_built_words_answer(settings):
    shutil.rmtree(settings.data)
    seen = []

    class Watching(HashEmbedder):
        def encode(self, texts, tick=None):
            if not seen:
                now = assistant.usable.is_set(), assistant.ready.is_set()
                seen.append((*now, assistant.answer("what is school refusal")))
            return super().encode(texts, tick)

    assistant = build(settings, warm=False)
    assert not assistant.usable.is_set()
    assistant.warm(lambda _: None, Watching())
    usable, ready, answer = seen[0]
    assert usable and not ready and answer.status is not Status.UNAVAILABLE
    assert works(assistant)


DAMAGE = {
    "no-manifest": lambda f: (f / "manifest.json").unlink(),
    "no-database": lambda f: (f / "chroma/chroma.sqlite3").unlink(),
    "truncated-database": lambda f: os.truncate(f / "chroma/chroma.sqlite3", 4000),
    "no-classifier": lambda f: (f / "situations.npz").unlink(),
    "no-folder": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_built_again_with_one_line(settings, damage):
    before = current_folder(settings.data)
    damage(before)
    assistant, said = start(settings)
    assert len(said) == 1
    assert said[0].endswith(": building the index again")
    assert "\n" not in said[0]
    assert works(assistant)
    assert assistant.index_folder == current_folder(settings.data)


def test_a_stale_index_is_built_again(settings):
    retitle(settings, "Signs seen in the glorping family")
    counting = Counting()
    assistant, said = start(settings, counting)
    assert len(said) == 1
    assert said[0].startswith("the pages have changed since the index was built")
    assert counting.texts
    assert all("glorping" in text for text in counting.texts), "only what changed is embedded"
    assert assistant.lookup(Query("glorping")).hits[0].passage.page_id == ANCHOR


def test_an_index_of_another_encoder_is_built_again(settings):
    other = Counting()
    other.sha256 = "0" * 64
    other.name = "other"
    assistant, said = start(settings, other)
    assert len(said) == 1
    assert said[0].startswith("the index was built with hash-64, not other")
    assert works(assistant)


def test_missing_weights_leave_a_search_by_words(settings, tmp_path):
    (tmp_path / "empty").mkdir()
    said = []
    assistant = build(replace(settings, model=str(tmp_path / "empty")), say=said.append)
    assert len(said) == 1
    assert said[0].startswith("searching by words only: no model.safetensors")
    assert "DOORSTEP_MODEL" in assistant.problem
    answer = assistant.answer("What school refusal is")
    assert answer.status is Status.ANSWERED
    assert answer.sentences[0].text == assistant.replies["words_only"].fill()[0]
    assert answer.citations
    assert assistant.lookup(Query("truancy")).vector is None


def test_a_folder_that_cannot_be_written_leaves_a_search_by_words(settings):
    assistant, said = start(replace(settings, data=settings.root / "prompts/replies/empty.md"))
    assert [line.split(":")[0] for line in said] == ["there is no index yet", "searching by words only"]
    assert "DOORSTEP_DATA" in assistant.problem
    assert assistant.lookup(Query("truancy")).hits


BUILD = """
import sys
from pathlib import Path
from assistant.embedding import HashEmbedder
from assistant.service import reindex
from assistant.settings import Settings, quiet_environment
quiet_environment()
root = Path(sys.argv[1])
print(reindex(Settings(root, root / "data"), HashEmbedder()).folder)
"""


def test_an_index_that_another_process_built_is_picked_up(settings, root, environment):
    assistant, _ = start(settings)
    before = assistant.index_folder
    retitle(settings, "Signs seen in the glorping family")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(settings.root)], cwd=root, env=environment, capture_output=True, text=True,
        check=True, timeout=120,
    )  # fmt: skip
    found = assistant.lookup(Query("glorping"))
    assert str(assistant.index_folder) == done.stdout.strip() != str(before)
    assert found.hits[0].passage.page_title == "Signs seen in the glorping family"
    assert assistant.knowledge.page_by_id[ANCHOR].title == "Signs seen in the glorping family"


@pytest.mark.parametrize("damage", ["no-manifest", "no-database", "no-folder"])
def test_a_newer_index_that_is_broken_is_left_alone(settings, damage):
    assistant, _ = start(settings)
    before = assistant.index_folder
    new = reindex(settings, HashEmbedder()).folder
    DAMAGE[damage](new)
    assert works(assistant)
    assert assistant.index_folder == before


def test_a_pointer_that_is_gone_is_left_alone(settings):
    assistant, _ = start(settings)
    before = assistant.index_folder
    (settings.data / "index" / "CURRENT").unlink()
    assert works(assistant)
    assert assistant.index_folder == before


def test_before_it_is_warm_only_danger_is_answered(settings):
    assistant = build(settings, warm=False)
    assert not assistant.ready.is_set()
    assert assistant.answer("my daughter says she wants to kill herself").status is Status.CRISIS
    assert assistant.dangerous("my daughter says she wants to kill herself")
    assert not assistant.dangerous("my daughter says she hates math")
    assert assistant.answer("a truancy letter came").status is Status.UNAVAILABLE
    with pytest.raises(IndexProblem, match="not ready yet"):
        assistant.lookup(Query("truancy"))
    assistant.warm(lambda _: None, HashEmbedder())
    assert works(assistant)


def test_broken_content_is_an_error_that_names_the_file(settings):
    page_file(settings).write_text("no front matter", encoding="utf-8")
    with pytest.raises(ContentError, match=f"{ANCHOR}.md:1: front matter"):
        build(settings, embedder=HashEmbedder())


def test_broken_content_in_use_does_not_take_the_service_down(settings):
    assistant, _ = start(settings)
    before = assistant.index_folder
    reindex(settings, HashEmbedder())
    page_file(settings).write_text("no front matter", encoding="utf-8")
    assert works(assistant)
    assert assistant.index_folder == before


def test_a_removed_document_leaves_the_index_and_the_report_is_saved(settings, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    for name, word in (("a.md", "glorping"), ("b.md", "frimbling")):
        (folder / name).write_text(f"# Our centre\n\nThe {word} room is open on Mondays.\n", encoding="utf-8")
    seen = []
    reindex(settings, HashEmbedder(), folder, read=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]
    assistant, _ = start(settings)
    assert assistant.lookup(Query("frimbling")).hits[0].passage.library == "b.md"
    (folder / "b.md").unlink()
    report = reindex(settings, HashEmbedder()).report
    assert (report.changes.unchanged, report.changes.removed) == (("a.md",), ("b.md",))
    assert not any(p.library == "b.md" for p in assistant.lookup(Query("frimbling")).matched)
    assert "removed b.md" in (settings.data / "library" / "report.txt").read_text(encoding="utf-8")


def test_a_library_is_kept_by_the_next_build_until_it_is_left_out(settings, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "map.md").write_text("# Our centre\n\nThe glorping room is open on Mondays.\n", encoding="utf-8")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    said = []
    built = reindex(settings, HashEmbedder(), folder, said.append)
    assert (len(built.report.files), len(built.knowledge.library)) == (1, 1)
    assert [line.split(":")[0] for line in said] == ["left out photo.png"]
    assistant, _ = start(settings)
    assert assistant.lookup(Query("glorping")).hits[0].passage.library == "map.md"
    assert reindex(settings, HashEmbedder()).knowledge.library
    assert not reindex(settings, HashEmbedder(), keep_library=False).knowledge.library
    assert not any(p.library for p in assistant.lookup(Query("glorping")).matched)
    assert assistant.knowledge.library == ()
