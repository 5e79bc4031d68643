"""build(settings) -> Assistant: the only place that wires parts together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from assistant.desk import Desk
from assistant.embedding import Embedder, load_encoder
from assistant.errors import DoorstepError, EmbeddingError, IndexProblem
from assistant.index import Index, current_folder
from assistant.index import build as build_index
from assistant.knowledge import Knowledge, load
from assistant.library import LibraryReport, passages_from_json, read_library
from assistant.library_report import whole_report
from assistant.pipeline import Parts, answer_question
from assistant.records import Answer, Turn
from assistant.replies import Replies
from assistant.safety import Watch
from assistant.search import Found, Query, Search
from assistant.settings import Settings
from assistant.text import normalise

__all__ = ["Assistant", "Built", "build", "reindex"]

Say = Callable[[str], None]


class Assistant:
    """Answers and looks up. Safe for several threads. Usable at once: until `warm` is done only danger is answered."""

    def __init__(self, settings: Settings, knowledge: Knowledge, replies: Replies, watch: Watch) -> None:
        """Hold the content; `build` calls `warm`."""
        self.settings = settings
        self.replies = replies
        self.problem = ""  # why the search is down or reduced, one line; "" when all is well
        self.usable = threading.Event()  # something can be searched, if only by words
        self.ready = threading.Event()  # as good as it gets: encoder and index, or what is done without
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._refused: Path | None = None  # a newer index that could not be used
        self._desk: Desk | None = None  # of the search in use; made when it is first asked for
        self._desk_lock = threading.Lock()
        self._parts = Parts(knowledge, replies, watch, None)

    @property
    def knowledge(self) -> Knowledge:
        """The content in use, library included."""
        return self._parts.knowledge

    @property
    def index_folder(self) -> Path | None:
        """The index in use, None when there is none."""
        return self._parts.search.index.folder if self._parts.search and self._parts.search.index else None

    @property
    def search(self) -> Search | None:
        """The search in use, None before `warm` is done."""
        return self._parts.search

    @property
    def embedder(self) -> Embedder | None:
        """The encoder in use, None when only words are searched."""
        return self._embedder

    def warm(self, say: Say, embedder: Embedder | None = None) -> None:
        """Load the encoder, open the index or rebuild it, and switch the search on."""
        try:
            self._embedder = embedder or load_encoder(self.settings, say=say)
        except EmbeddingError as error:
            self.problem = str(error)
            say(f"searching by words only: {error}")
            self._use(Search(self.knowledge))
        else:
            self._open_or_rebuild(say)
        self.ready.set()

    def _open_or_rebuild(self, say: Say) -> None:
        assert self._embedder is not None
        try:
            folder = current_folder(self.settings.data)
            if folder is None:
                raise IndexProblem("there is no index yet")
            self._adopt(Index(folder))
        except IndexProblem as error:
            if not error.rebuild:
                self._words_only(error, say)
                return
            say(f"{error}: building the index again")
            self._use(Search(self.knowledge))  # minutes may pass: until then words answer, and say so
            try:
                built = reindex(self.settings, self._embedder, say=say)
                self._parts = replace(self._parts, knowledge=built.knowledge)
                self._adopt(Index(built.folder))
            except IndexProblem as again:
                self._words_only(again, say)

    def _words_only(self, error: IndexProblem, say: Say) -> None:
        self.problem = str(error)
        say(f"searching by words only: {error}")
        self._use(Search(self.knowledge))

    def _adopt(self, index: Index) -> None:
        """Use an index if it was built from the content and the encoder that are loaded."""
        assert self._embedder is not None
        knowledge = self.knowledge.with_library(index.library())
        if index.manifest.knowledge != knowledge.digest:
            raise IndexProblem("the pages have changed since the index was built", index.folder)
        if index.manifest.model_sha256 != self._embedder.sha256:
            raise IndexProblem(
                f"the index was built with {index.manifest.model}, not {self._embedder.name}", index.folder
            )
        watch = self._parts.watch.with_learned(self._embedder, index.danger)
        self._parts = replace(self._parts, knowledge=knowledge, watch=watch)
        self._use(Search(knowledge, index, self._embedder))

    def _use(self, search: Search) -> None:
        self._parts = replace(self._parts, search=search)
        self.usable.set()

    def _follow_pointer(self) -> None:
        """Another process built a newer index: load its pages and switch, keeping the old one if that fails."""
        if self.index_folder is None or self._embedder is None:
            return
        try:
            folder = current_folder(self.settings.data)
        except IndexProblem:
            return
        if folder is None or folder in {self.index_folder, self._refused}:
            return
        with self._lock:
            if folder in {self.index_folder, self._refused}:
                return
            kept = self._parts
            try:
                self._parts = replace(kept, knowledge=load(self.settings.root))
                self._adopt(Index(folder))
            except DoorstepError:  # damaged, or the pages were changed or broken since: tried once
                self._parts = kept
                self._refused = folder

    def dangerous(self, message: str) -> bool:
        """Whether a message shows danger: such a message is answered before anything is loaded."""
        return self._parts.watch.look(normalise(message)) is not None

    def ask(self, question: str, turns: Sequence[Turn] = ()) -> Turn:
        """One turn of a conversation; `turns` are the ones before, oldest first."""
        self._follow_pointer()
        answer, meant = answer_question(question, turns, self._parts, self.settings.library_for_parents)
        return Turn(question, meant, answer)

    def answer(self, question: str, turns: Sequence[Turn] = ()) -> Answer:
        """The answer alone."""
        turn = self.ask(question, turns)
        assert turn.answer is not None
        return turn.answer

    def lookup(self, query: Query) -> Found:
        """Ranked passages for navigators.

        Raises:
            InputError: unknown topic, or k out of range.
            IndexProblem: nothing can be searched.
        """
        self._follow_pointer()
        if self._parts.search is None:
            raise IndexProblem("the search is not ready yet: try again in a few seconds")
        return self._parts.search.find(query)

    def desk(self) -> Desk:
        """The navigator's search over what is loaded now; the first call reads the index into memory.

        Raises:
            IndexProblem: nothing can be searched yet, or the store failed.
        """
        self._follow_pointer()
        search = self._parts.search
        if search is None:
            raise IndexProblem("the search is not ready yet: try again in a few seconds")
        with self._desk_lock:
            if self._desk is None or self._desk.search is not search:
                self._desk = Desk(search)
            return self._desk


@dataclass(frozen=True)
class Built:
    """A new index, and exactly the content that it was built from."""

    folder: Path
    knowledge: Knowledge
    report: LibraryReport | None


def reindex(
    settings: Settings,
    embedder: Embedder,
    library: Path | None = None,
    say: Say = lambda _: None,
    tick: Callable[[int], None] | None = None,
    total: Callable[[int], None] | None = None,
    keep_library: bool = True,
    read: Callable[[int, int], None] = lambda done, of: None,
) -> Built:
    """Read the content and the library, and build a new index.

    What was read of the library is kept in `<data>/library/`, with the report on it in report.txt; `read` is told how
    many of its files are done, and of how many. The library folder is `library`, else the one of the settings, else
    (`keep_library`) the one of the last build.

    Raises:
        ContentError, InputError, IndexProblem: as the parts raise them.
    """
    from assistant.index import read_manifest, rows_of  # noqa: PLC0415 - used here only

    folder = library or settings.library
    if folder is None and keep_library:
        try:
            last = current_folder(settings.data)
            name = read_manifest(last).library_folder if last else ""
            folder = Path(name) if name and Path(name).is_dir() else None
        except IndexProblem:
            folder = None
    knowledge = load(settings.root)
    shelf = settings.data / "library"
    report = read_library(folder, shelf, tick=read, topics=knowledge.topics) if folder else None
    if report:
        knowledge = knowledge.with_library(report.passages)
        for name, reason in report.skipped:
            say(f"left out {name}: {reason}")
    if total:
        total(sum(len(rows) for rows in rows_of(knowledge).values()))
    built = build_index(knowledge, embedder, settings.data, str(folder.resolve()) if folder else "", tick)
    if report:
        placed = passages_from_json((built / "library.json").read_text(encoding="utf-8"))
        knowledge = knowledge.with_library(placed)
        titles = {slug: topic.title for slug, topic in knowledge.topics.items()}
        (shelf / "report.txt").write_text(
            whole_report(report, placed, titles, date.today()), encoding="utf-8", errors="replace"
        )
    return Built(built, knowledge, report)


def build(
    settings: Settings, say: Say = lambda _: None, embedder: Embedder | None = None, warm: bool = True
) -> Assistant:
    """An Assistant over the content that the settings name.

    Args:
        settings: where things are.
        say: told in one line what is rebuilt or reduced.
        embedder: used instead of loading one.
        warm: False leaves `Assistant.warm` to the caller, who has a page to show first.

    Raises:
        ContentError: the content breaks its contract.
    """
    assistant = Assistant(
        settings, load(settings.root), Replies(settings.prompts), Watch(settings.knowledge / "danger.yaml")
    )
    if warm:
        assistant.warm(say, embedder)
    return assistant
