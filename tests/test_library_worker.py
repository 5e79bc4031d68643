"""The process that reads documents: what it may not do, what it is ended for, and that the next file is read."""

from __future__ import annotations

import subprocess
import sys

import pytest
from documents import raw_pdf

from assistant.errors import InputError
from assistant.library_worker import Limits, Workshop

GOOD = b"Start with one small step each day."


@pytest.mark.parametrize(
    "attempt",
    ["import socket; socket.create_connection(('127.0.0.1', 9))",
     "import socket; socket.getaddrinfo('example.org', 80)",
     "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
     "import subprocess; subprocess.run(['true'])",
     "import os; os.system('true')",
     "open('/tmp/doorstep-worker-test', 'w')",
     "import os; os.remove('/tmp/doorstep-worker-test')"],
)  # fmt: skip
def test_a_document_may_not_reach_out(root, attempt):
    code = f"from assistant.library_worker import shut_doors\nshut_doors(1024)\n{attempt}"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "PermissionError: a document may not do this" in done.stderr


def test_memory_is_limited(root):
    code = "from assistant.library_worker import shut_doors\nshut_doors(300)\nx = b'0' * 400_000_000"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60)
    assert "MemoryError" in done.stderr


def test_a_file_that_takes_too_long_is_ended_and_the_next_is_read():
    with Workshop(Limits(seconds=1)) as workshop:
        with pytest.raises(InputError, match="took longer than 1 seconds"):
            workshop.read(
                "a", ".pdf", raw_pdf(b"BT /F1 12 Tf 72 700 Td " + b"(Start.) Tj " * 60_000 + b"ET", 2_900), None
            )
        assert workshop.ended
        assert workshop.read("b", ".txt", GOOD, None)["pieces"][0]["text"] == GOOD.decode()
        assert not workshop.ended


def test_one_worker_reads_many_files():
    with Workshop() as workshop:
        workshop.read("a", ".txt", GOOD, None)
        first = workshop._process
        with pytest.raises(InputError, match="empty"):
            workshop.read("b", ".txt", b"", None)
        workshop.read("c", ".txt", GOOD, b"title: C")
        assert workshop._process is first
    assert workshop._process is None and first.returncode is not None


def test_a_worker_that_dies_is_replaced():
    with Workshop() as workshop:
        workshop.read("a", ".txt", GOOD, None)
        workshop._process.kill()
        workshop._process.wait()
        with pytest.raises(InputError, match="the reader stopped at this file"):
            workshop.read("a", ".txt", GOOD, None)
        assert workshop.read("a", ".txt", GOOD, None)["pages"] == 0


def test_a_worker_that_cannot_start_is_a_reason():
    with Workshop(Limits(megabytes=1)) as workshop, pytest.raises(InputError, match="needs more than 1 MB"):
        workshop.read("a", ".txt", GOOD, None)
