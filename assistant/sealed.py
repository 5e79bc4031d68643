"""An index that was built is never written again: digests of its files, and a working copy that Chroma may write to.

Chroma writes to a database that it merely opens, serves damaged files without a word, and is not safe for two
processes on one folder. So the built folder is checked file by file and each process opens a copy of its own: a
read-only folder can be served, and what is on disk can be compared with what was built.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

from assistant.errors import IndexProblem

__all__ = ["WorkingCopy", "check_seal", "seal"]

_SEAL = "files.json"  # written last: a folder without it was not finished
_PREFIX = "doorstep-index-"


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if not f.is_dir() and f.name != _SEAL)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seal(folder: Path) -> None:
    """Bring every file to the disk and write down its SHA-256; nothing in the folder may change afterwards.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    files = _files(folder)
    for file in files:
        _sync(file)
    digests = {str(f.relative_to(folder)): _digest(f) for f in files}
    text = json.dumps(digests, indent=0)
    own = hashlib.sha256(text.encode()).hexdigest()
    (folder / _SEAL).write_text(json.dumps({"sha256": own, "files": digests}, indent=0), encoding="utf-8")
    for place in (folder / _SEAL, *(f for f in folder.rglob("*") if f.is_dir()), folder, folder.parent):
        _sync(place)


def check_seal(folder: Path) -> None:
    """Compare a folder with its seal, byte for byte.

    Raises:
        IndexProblem: unfinished, or a file is missing, added or changed; the first one is named.
    """
    try:
        data = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        want: dict[str, str] = data["files"]
        own = hashlib.sha256(json.dumps(want, indent=0).encode()).hexdigest()
    except FileNotFoundError:
        raise IndexProblem("the index is missing or was not finished", folder) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexProblem(f"the list of the index's files cannot be read: {type(error).__name__}", folder) from error
    if own != data["sha256"]:
        raise IndexProblem("the list of the index's files has changed since it was built", folder)
    found = {str(f.relative_to(folder)): f for f in _files(folder)}
    for name in sorted(want.keys() | found.keys()):
        if name not in found:
            raise IndexProblem(f"{name} is missing", folder)
        if name not in want:
            raise IndexProblem(f"{name} was not there when the index was built", folder)
        try:
            same = found[name].is_file() and not found[name].is_symlink() and _digest(found[name]) == want[name]
        except OSError as error:
            raise IndexProblem(f"{name} cannot be read: {error.strerror}", folder) from error
        if not same:
            raise IndexProblem(f"{name} has changed since the index was built", folder)


class WorkingCopy:
    """A copy of a folder in the temporary folder, this process's own.

    It is removed with `close`, or by the next process that makes one: the lock of a process that was killed is free.
    """

    def __init__(self, source: Path) -> None:
        """Copy `source`.

        Raises:
            IndexProblem: there is no room or no right to write; `rebuild` is False, since a new index would not help.
        """
        _sweep()
        try:
            self._holder = Path(tempfile.mkdtemp(prefix="doorstep-new-"))
            self._lock: IO[str] = (self._holder / ".lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Named only now that it is locked, so that nobody takes it for one that was left behind.
            self._holder = self._holder.rename(self._holder.with_name(self._holder.name.replace("new", "index", 1)))
            self.path = self._holder / source.name
            shutil.copytree(source, self.path, copy_function=shutil.copyfile)
            self.path.chmod(0o700)
        except OSError as error:
            if hasattr(self, "_holder"):
                shutil.rmtree(self._holder, ignore_errors=True)
            where = tempfile.gettempdir()
            raise IndexProblem(
                f"no working copy of the index can be made in {where} ({_why(error)}): make room or set TMPDIR",
                rebuild=False,
            ) from error

    def close(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self._holder, ignore_errors=True)
        self._lock.close()


def _why(error: OSError) -> str:
    """What the system said; a copied folder gives its errors as a list, whose first says why."""
    if isinstance(error, shutil.Error) and error.args and error.args[0]:
        return str(error.args[0][0][2]).partition("] ")[2].partition(":")[0] or "copying failed"
    return error.strerror or type(error).__name__


def _sweep() -> None:
    """Remove copies that killed processes left behind; those of living ones are locked."""
    for holder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if holder.stat().st_uid == os.getuid() and not holder.is_symlink():
                with (holder / ".lock").open("w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(holder, ignore_errors=True)
