"""Shared fixtures: the real content, a small index without weights, and the real assistant over its own index."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import Settings, quiet_environment

quiet_environment()

from assistant.embedding import HashEmbedder
from assistant.index import Index, build
from assistant.knowledge import Knowledge, load
from assistant.service import Assistant
from assistant.service import build as build_assistant

pytest_plugins = ["browsing"]  # fixtures address, browser and visit

ROOT = Path(__file__).resolve().parents[1]


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
