"""Nothing leaves this machine: a process that refuses and records every way out builds the app and answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

CHILD = """
import ipaddress, json, socket, sys

refused = []

def here(host):
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        _, address = arguments
        if isinstance(address, tuple) and not here(address[0]):
            refused.append([event, str(address)])
            raise OSError("this test lets nothing out")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not here(arguments[0]):
        refused.append([event, str(arguments[0])])
        raise OSError("this test lets nothing out")

sys.addaudithook(watch)

def try_out():
    for attempt in (
        lambda: socket.socket().connect(("192.0.2.1", 80)),
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    ):
        try:
            attempt()
        except OSError:
            pass
    seen = [event for event, _ in refused]
    refused.clear()
    return seen

control = try_out()

from assistant.settings import Settings, quiet_environment
quiet_environment()
from datetime import date
from assistant.lookup import wanted
from assistant.service import build
from assistant.web.server import create_app
from starlette.testclient import TestClient

assistant = build(Settings.read())
with TestClient(create_app(assistant), base_url="http://127.0.0.1") as client:
    pages = [client.get(path).status_code for path in ("/", "/config", "/health", "/theme.css", "/leave")]
asked = (
    "My child has anxiety and the school sent us a truancy letter. What should I do?",
    "She cannot get out of bed this morning and cries",
    "my son says he wants to kill himself",
)
answers = [assistant.answer(text) for text in asked]
desk = assistant.desk()
found = desk.find(wanted(desk.facets, "SARB hearing", 5), date.today())
print(json.dumps({
    "control": control, "refused": refused, "pages": pages, "problem": assistant.problem, "hits": len(found.hits),
    "statuses": [a.status.value for a in answers], "cited": [len(a.citations) for a in answers],
}))
"""


@pytest.fixture(scope="module")
def told(root, settings):
    """What the child process reports."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DOORSTEP_", "HF_", "GRADIO_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=root, env={**environment, "DOORSTEP_DATA": str(settings.data)},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_watch_sees_a_connection_a_name_and_a_datagram(told):
    assert told["control"] == ["socket.connect", "socket.getaddrinfo", "socket.sendto"]


def test_nothing_tries_to_leave_the_machine(told):
    assert told["refused"] == []


def test_and_everything_works(told):
    assert told["pages"] == [200] * 5 and told["problem"] == ""
    assert told["statuses"] == ["answered", "answered", "crisis"] and told["hits"] == 5
    assert told["cited"][0] > 0 and told["cited"][1] > 0 and told["cited"][2] == 0
