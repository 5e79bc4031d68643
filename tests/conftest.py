"""Shared fixtures: the real content, a small index without weights, and the real assistant over its own index."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import Settings, quiet_environment

quiet_environment()

from assistant.embedding import HashEmbedder
from assistant.index import Index, build
from assistant.knowledge import Knowledge, load
from assistant.service import Assistant, reindex
from assistant.service import build as build_assistant

pytest_plugins = ["browsing"]  # fixtures address, browser and visit

ROOT = Path(__file__).resolve().parents[1]
HOME_PAGES = ("four-functions", "how-it-shows", "refusal-or-truancy", "what-school-refusal-is")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path | None:
    """The folder of study material beside the project, where it is there."""
    folder = ROOT.parent / "shared"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The real content."""
    return load(ROOT)


@pytest.fixture(scope="session")
def small(knowledge: Knowledge) -> Knowledge:
    """Six pages of the real content: enough for an index that is built in a second."""
    from dataclasses import replace

    return replace(
        knowledge, pages=knowledge.pages[:6], messages=(), situations=(), danger=(), boundaries=knowledge.boundaries[:3]
    )


@pytest.fixture(scope="session")
def embedder() -> HashEmbedder:
    """An encoder without weights."""
    return HashEmbedder()


@pytest.fixture(scope="session")
def index(small: Knowledge, embedder: HashEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A small built index."""
    return Index(build(small, embedder, tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def home(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root of four pages that are related to each other, with an index beside it, built without weights; to copy."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(root / "prompts", home / "prompts")
    folder = home / "knowledge" / "pages" / "understanding"
    folder.mkdir(parents=True)
    for file in (root / "knowledge").glob("*.yaml"):
        shutil.copy(file, home / "knowledge")
    boundaries = (root / "knowledge/boundaries.yaml").read_text(encoding="utf-8").split("\n- id: ")
    (home / "knowledge/boundaries.yaml").write_text("\n- id: ".join(boundaries[:2]), encoding="utf-8")
    for n, name in enumerate(HOME_PAGES):
        text = (root / "knowledge/pages/understanding" / f"{name}.md").read_text(encoding="utf-8")
        text, changed = re.subn(r"(?m)^related: .*$", f"related: [{HOME_PAGES[n - 1]}]", text)
        assert changed == 1
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    reindex(Settings(home, home / "data"), HashEmbedder())
    return home


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The project's own settings; DOORSTEP_DATA may point elsewhere."""
    return Settings.read()


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Iterator[Assistant]:
    """The real assistant: packaged weights, real index (built when it is missing)."""
    yield build_assistant(settings)


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment for a child process, without DOORSTEP_ variables."""
    return {k: v for k, v in os.environ.items() if not k.startswith("DOORSTEP_")}
