"""Starting and stopping the server: what is under way is finished, nothing stays, and it takes under ten seconds."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

ASK = "/gradio_api/queue/join"


@pytest.fixture
def server(root, settings, environment, tmp_path):
    """`doorstep serve` over words only, which is ready in a second; its address, process and temporary folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "tmp").mkdir()
    env = {
        **environment, "DOORSTEP_DATA": str(settings.data), "DOORSTEP_MODEL": "/nonexistent",
        "DOORSTEP_ASKS_A_MINUTE": "1000", "TMPDIR": str(tmp_path / "tmp"),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)],
        cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            assert process.poll() is None, process.stdout.read()
            try:
                if httpx.get(f"{address}/health").json()["ready"]:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, process, tmp_path / "tmp"
    finally:
        process.kill()
        process.wait()


def converse(address, number, asked, finished):
    """One open page: a heartbeat, a question, and its stream read to the end."""
    session = f"s{number}"
    beating = f"/gradio_api/heartbeat/{session}"
    with httpx.Client(base_url=address, timeout=30) as client, client.stream("GET", beating) as beat:
        next(beat.iter_bytes())
        body = {"data": ["a truancy letter came", None], "fn_index": 0, "session_hash": session}
        assert client.post(ASK, json=body).status_code == 200
        with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            asked.release()
            for row in stream.iter_lines():
                if row.startswith("data:") and json.loads(row[5:])["msg"] == "process_completed":
                    finished.append(number)
                    break


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_with_20_open_conversations(server, how):
    address, process, temp = server
    asked, finished = threading.Semaphore(0), []
    families = [threading.Thread(target=converse, args=(address, n, asked, finished), daemon=True) for n in range(20)]
    for family in families:
        family.start()
    for _ in families:
        assert asked.acquire(timeout=30)
    began = time.monotonic()
    process.send_signal(how)
    output, _ = process.communicate(timeout=30)
    took = time.monotonic() - began
    for family in families:
        family.join(10)
    print(f"stopped in {took:.1f} s; answers under way that were finished: {len(finished)} of 20")
    assert process.returncode == 0 and took < 10
    assert sorted(finished) == list(range(20))
    assert "Traceback" not in output and "truancy" not in output
    assert [f.name for f in temp.iterdir() if f.name.startswith("doorstep")] == []


def test_a_stop_while_the_encoder_still_loads(root, settings, environment, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)],
        cwd=root, env={**environment, "DOORSTEP_DATA": str(settings.data), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    while "Doorstep is at" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and "Traceback" not in output


def test_what_the_server_writes_is_its_own_only(server):
    _, _, temp = server
    for folder, _, files in os.walk(temp):
        if "doorstep" in folder:
            assert os.stat(folder).st_mode & 0o077 == 0, folder
            assert [f for f in files if os.stat(os.path.join(folder, f)).st_mode & 0o077] == []
