"""A real server process and a real browser, shared by the tests of the page and of the desk."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip


def get_json(address):
    request = urllib.request.Request(address, headers={"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as got:
        return json.load(got)


@contextmanager
def served(root, settings, folder, **env):
    """`doorstep serve` on a free port, once its search is ready; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "log.txt"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOORSTEP_")}
    with log.open("w") as stream:
        server = subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)],
            cwd=root, env={**environment, "DOORSTEP_DATA": str(settings.data), **env}, stdout=stream, stderr=stream,
        )  # fmt: skip
        try:
            for _ in range(1200):
                assert server.poll() is None, log.read_text()
                try:
                    if get_json(f"http://127.0.0.1:{port}/health")["ready"]:
                        break
                except OSError:
                    pass
                time.sleep(0.25)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def address(root, settings, tmp_path_factory):
    """A page that takes as many questions as the tests below ask."""
    with served(root, settings, tmp_path_factory.mktemp("serve"), DOORSTEP_ASKS_A_MINUTE="1000") as found:
        yield found


@pytest.fixture(scope="session")
def browser():
    """Chromium; every test that asks for it is skipped without."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with api.sync_playwright() as p:
        launched = p.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, address):
    """Open the page in a fresh profile; no test may send a request elsewhere or cause an error in the page."""
    contexts, foreign, errors = [], [], []
    own = (f"{address}/", "data:", "blob:", "about:")

    def opened(width=1200, height=900, scheme="light", path="/"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: foreign.append(r.url) if not r.url.startswith(own) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.goto(address + path)
        if path == "/":
            page.wait_for_selector("#next button >> visible=true")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not foreign + errors
