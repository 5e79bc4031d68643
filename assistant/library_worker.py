"""A process of its own that reads the documents nobody has looked at: limits of time and memory, no network.

The parent hands over bytes and gets a document or a reason back. The worker opens no file and no socket, starts no
process and writes nothing; when it takes too long or needs too much it is ended, and the next file gets a new one.

Each message is a line of JSON that says how many bytes follow, then the bytes.
"""

from __future__ import annotations

import ctypes
import json
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from assistant.errors import InputError

__all__ = ["LIMITS", "Limits", "Workshop", "shut_doors"]

_AFTER = 500  # files after which a worker is replaced, so that what a library keeps does not add up
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # Linux: unshare(2)
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.remove",
              "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "shutil.", "ftplib.",
              "http.", "smtplib.", "urllib.", "webbrowser.", "ctypes.dlopen")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may use."""

    seconds: float = 30.0
    megabytes: int = 1024  # of address space


LIMITS = Limits()


class Workshop:
    """Hands files to a worker, one at a time, and replaces it when it was ended. A context manager."""

    def __init__(self, limits: Limits = LIMITS, today: date | None = None) -> None:
        """The worker is started with the first file."""
        self.ended = False  # whether the last file was refused because its worker was ended or ran out of something
        self.limits = limits
        self.today = today or date.today()
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, name: str, suffix: str, raw: bytes, sidecar: bytes | None) -> dict[str, Any]:
        """The document as `Document.to_json` gives it.

        Raises:
            InputError: why it cannot be read; `ended` tells whether another try might.
        """
        self.ended = False
        process = self._started()
        assert process.stdin and process.stdout
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self.limits.seconds, stop)
        timer.start()
        try:
            head = {"name": name, "suffix": suffix, "today": self.today.isoformat(),
                    "sidecar": -1 if sidecar is None else len(sidecar)}  # fmt: skip
            _send(process.stdin, head, raw + (sidecar or b""))
            answer = _receive(process.stdout)
        except (BrokenPipeError, ConnectionError, ValueError):
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            code = self._end()
            self.ended = True
            if late.is_set():
                raise InputError(f"took longer than {self.limits.seconds:g} seconds to read: split it or save it again")
            raise InputError(f"the reader stopped at this file (exit {code}): it is damaged, or needs more than "
                             f"{self.limits.megabytes:,} MB")  # fmt: skip
        self._read += 1
        self.ended = bool(answer[0].get("spent"))
        if self.ended or self._read >= _AFTER:
            self._end()
        if reason := answer[0].get("reason"):
            raise InputError(str(reason))
        found: dict[str, Any] = json.loads(answer[1])
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            root = Path(__file__).resolve().parents[1]
            # Nothing of our environment goes along: no keys, no settings.
            paths = ":".join([str(root), *(p for p in sys.path if p)])
            self._process = subprocess.Popen(
                [sys.executable, "-m", "assistant.library_worker", str(self.limits.megabytes)],
                cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
            self._read = 0
        return self._process

    def _end(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        # The pipe is closed first: a worker that is well ends by itself.
        for stream in (process.stdin, process.stdout):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _send(stream: IO[bytes], head: dict[str, Any], body: bytes) -> None:
    stream.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n")
    stream.write(body)
    stream.flush()


def _receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next message, None at the end of the stream or in the middle of one that was cut off."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    head: dict[str, Any] = json.loads(line)
    body = stream.read(int(head["bytes"]))
    return (head, body) if len(body) == head["bytes"] else None


def shut_doors(megabytes: int) -> None:
    """Limit this process for good: memory, no written files, no core dumps, no network, no other process."""
    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A network of its own without any device; where the system does not allow it the guard below stands alone.
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NET)

    def guard(event: str, arguments: tuple[object, ...]) -> None:
        writing = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if writing or event.startswith(_FORBIDDEN):
            raise PermissionError(f"a document may not do this: {event}")

    sys.addaudithook(guard)


def _read_one(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """A document, or the reason in words; a worker that ran out of memory says that it is spent."""
    from assistant.library_document import read_document  # noqa: PLC0415 - inside the limits

    beside = int(head["sidecar"])
    raw, sidecar = (body, None) if beside < 0 else (body[: len(body) - beside], body[len(body) - beside :])
    try:
        document = read_document(head["name"], head["suffix"], raw, sidecar, date.fromisoformat(head["today"]))
        return {}, json.dumps(document.to_json(), ensure_ascii=False).encode("utf-8", "replace")
    except InputError as error:
        return {"reason": str(error)}, b""
    except MemoryError:
        return {"reason": "needs more memory than a document may use: split it, or save it again", "spent": True}, b""
    except RecursionError:
        return {"reason": "its parts are nested too deeply to be read", "spent": True}, b""
    except Exception as error:  # noqa: BLE001 - whatever a parser raises on a broken file is a reason, not a crash
        return {"reason": f"cannot be read ({type(error).__name__}: {str(error)[:80]})", "spent": True}, b""


def main() -> None:
    """Read messages until the parent closes the pipe. What a library prints goes to stderr, not into the answers."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    shut_doors(int(sys.argv[1]))
    while message := _receive(sys.stdin.buffer):
        _send(answers, *_read_one(*message))


if __name__ == "__main__":
    main()
