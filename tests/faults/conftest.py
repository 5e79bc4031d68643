"""Faults are done to real processes over a small root; what must hold afterwards is checked in another process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def place(home, tmp_path):
    """A root and its data folder with a finished index, to be broken."""
    shutil.copytree(home, tmp_path / "home")
    return SimpleNamespace(root=tmp_path / "home", data=tmp_path / "home" / "data")


@pytest.fixture
def child(root, environment, tmp_path):
    """Run child.py to its end; what it printed, and its one line if it could not."""

    def run(command, where, **env):
        (tmp_path / "tmp").mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, str(HERE / "child.py"), command, str(where.root), str(where.data)],
            env={"TMPDIR": str(tmp_path / "tmp"), **environment, "PYTHONPATH": str(root), **env},
            cwd=root, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        lines = [row for row in done.stderr.splitlines() if row.startswith("doorstep: ")]
        assert done.returncode in {0, 3} and len(lines) == (done.returncode == 3), done.stderr
        return SimpleNamespace(
            code=done.returncode, line=lines[0] if lines else "", **(json.loads(done.stdout) if done.stdout else {})
        )

    return run


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """The library that makes writes fail and moves the clock (shim.c)."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    flags = ["-O2", "-shared", "-fPIC", "-D_LARGEFILE64_SOURCE", "-o", str(library), str(HERE / "shim.c"), "-ldl"]
    subprocess.run([compiler, *flags], check=True)
    return {"LD_PRELOAD": str(library)}


@pytest.fixture
def small_disk(tmp_path):
    """Mount memory of a given size as a disk, or skip where that is not allowed."""
    mounted = []

    def mount(megabytes, name="disk"):
        folder = tmp_path / name
        folder.mkdir()
        if os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("only root may mount a small disk")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=False)
        if done.returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
