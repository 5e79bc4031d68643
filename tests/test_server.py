"""The web app without a browser: who may ask, what is served and what goes out."""

from __future__ import annotations

import asyncio
import html
import json
import re
import threading

import pytest
from starlette.testclient import TestClient

from assistant.errors import InputError
from assistant.service import build
from assistant.web.guard import ASK, MAX_BODY, OPEN, Allowance
from assistant.web.server import Reach, create_app

# What may answer: our own six, and what Gradio's page needs. Opening another path is a decision: change it here too.
ALLOWED = {
    "/", "/about", "/health", "/leave", "/look/", "/passages/", "/take/", "/lookup", "/lookup/", "/lookup/brief/file",
    "/config", "/theme.css", "/favicon.ico",
    "/robots.txt", "/assets/", "/static/", "/svelte/", "/gradio_api/app_id", "/gradio_api/startup-events",
    "/gradio_api/heartbeat/", "/gradio_api/queue/data", "/gradio_api/queue/join",
}  # fmt: skip
NAME = "doorstep.example"


@pytest.fixture(scope="module")
def app(assistant):
    return create_app(assistant)


@pytest.fixture(scope="module")
def client(app):
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture(scope="module")
def cold(settings):
    """An assistant that has loaded its content, but neither encoder nor index."""
    return build(settings, warm=False)


def served(routes):
    """Path templates of an app, those of mounted and included ones too."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None) or getattr(route, "app", None), "routes", None)
        if inner is not None:
            yield from served(inner)
        else:
            yield route.path, route.methods


# What answers


def test_the_page_comes_with_every_header(client):
    got = client.get("/")
    assert got.status_code == 200 and "Doorstep" in got.text
    policy = got.headers["content-security-policy"]
    for rule in ("default-src 'self'", "connect-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "http:" not in policy and "https:" not in policy and "'unsafe-eval'" not in policy
    wanted = {
        "x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin", "cache-control": "no-store",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }  # fmt: skip
    assert {name: got.headers[name] for name in wanted} == wanted
    assert "server" not in got.headers


@pytest.mark.parametrize("path", ["/health", "/leave", "/passages/nope", "/gradio_api/upload", "/no/such/page"])
def test_every_answer_carries_the_policy(client, path):
    assert "frame-ancestors 'none'" in client.get(path).headers["content-security-policy"]


def test_health_says_whether_the_search_is_ready(client, cold):
    assert client.get("/health").json() == {"ready": True, "problem": ""}
    assert TestClient(create_app(cold), base_url="http://localhost").get("/health").json()["ready"] is False


def test_a_passage_is_a_page_that_needs_no_script(client, knowledge):
    for passage in knowledge.passages[::60]:
        got = client.get(f"/passages/{passage.id}")
        assert got.status_code == 200 and got.headers["content-type"].startswith("text/html")
        text = html.unescape(got.text)
        assert all(s.text in text and f'id="{s.id.rsplit(".", 1)[1]}"' in got.text for s in passage.statements)
        assert all(s.title in text for s in passage.sources)
        assert passage.reviewed in text and passage.review_due in text
        scripts = re.findall(r"<script[^>]*>[^<]*</script>", got.text)
        assert scripts == ['<script defer src="/look/desk.js"></script>'], "one file of ours, nothing inline"


def test_a_passage_is_json_whose_statements_stand_at_their_places(client, knowledge):
    for passage in knowledge.passages[::60]:
        for got in (
            client.get(f"/passages/{passage.id}", headers={"Accept": "application/json"}),
            client.get(f"/passages/{passage.id}?format=json"),
        ):
            data = got.json()
            assert data["passage_id"] == passage.id and data["statements"]
            assert all(data["text"][s["start"] : s["end"]] == s["text"] for s in data["statements"])
            assert f"/passages/{passage.id}" in data["copy"] and data["copy"].startswith(passage.text)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_unknown_passage_is_not_found(client, accept):
    got = client.get("/passages/<b>nope", headers={"Accept": accept})
    assert got.status_code == 404 and "<b>" not in got.text


def test_own_files_only(client):
    files = {"doorstep.css": "text/css", "doorstep.js": "text/javascript", "private.js": "text/javascript",
             "desk.css": "text/css", "desk.js": "text/javascript"}  # fmt: skip
    for name, kind in files.items():
        got = client.get(f"/look/{name}")
        assert got.status_code == 200 and got.headers["content-type"].startswith(kind)
        assert got.headers.get("cache-control") != "no-store"
    assert client.get("/look/server.py").status_code == 404


def test_leaving_clears_what_the_browser_kept(client):
    got = client.get("/leave")
    assert got.headers["clear-site-data"] == '"cache", "storage"' and got.headers["cache-control"] == "no-store"
    assert "Doorstep" not in got.text and "<script" not in got.text.lower()


# What does not


CLOSED = (
    "/gradio_api/upload", "/gradio_api/proxy=http://x.example/", "/gradio_api/file=/etc/passwd",
    "/gradio_api/runs", "/gradio_api/deep_link", "/gradio_api/info", "/gradio_api/openapi.json",
    "/gradio_api/call/sent", "/gradio_api/api/sent", "/gradio_api/run/predict", "/gradio_api/reset",
    "/gradio_api/cancel", "/gradio_api/queue/status", "/gradio_api/user", "/gradio_api/component_server",
    "/gradio_api/vibe-code", "/gradio_api/token", "/monitoring", "/openapi.json", "/docs", "/redoc", "/login",
    "/logout", "/manifest.json", "/gradio_api/queue/join/x", "/config/", "//config", "/.env", "/gradio_api",
)  # fmt: skip


@pytest.mark.parametrize("path", CLOSED)
def test_what_is_not_listed_is_not_there(client, path):
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
        got = client.request(method, f"http://127.0.0.1{path}", json={} if method == "POST" else None)
        assert got.status_code == 404, method


def test_the_list_is_the_agreed_one():
    assert set(OPEN) == ALLOWED


def test_nothing_is_served_beside_the_list(app, client):
    found = {path.rstrip("/") or "/": methods for path, methods in served(app.routes)}
    assert {"/health", "/gradio_api/queue/join", "/gradio_api/upload"} <= set(found), "the routes were not read"
    below = tuple(p for p in OPEN if len(p) > 1 and p.endswith("/"))
    closed = {path for path in found if path not in OPEN and not path.startswith(below)}
    assert len(closed) > 30
    for path in closed:
        address = re.sub(r"{[^}]*}", "x", path)
        assert {client.request(m, address).status_code for m in ("GET", "POST")} == {404}, path


@pytest.mark.parametrize("path", ["/", "/health", "/passages/x", ASK, "/gradio_api/queue/data"])
def test_other_methods_are_not_allowed(client, path):
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} - OPEN.get(path, {"GET"}):
        assert client.request(method, path).status_code == 405, method


def test_gradio_offers_no_function_by_name_and_keeps_no_history(client):
    config = client.get("/config").json()
    assert config["dependencies"] and {d["api_visibility"] for d in config["dependencies"]} == {"private"}
    assert config["run_history"] is False and config["analytics_enabled"] is False and not config["mcp_server"]
    assert [page[0] for page in config["pages"]] == [""]
    assert config["footer_links"] == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "169.254.169.254"])
def test_another_host_name_is_refused(client, host):
    for path in ("/", "/health", "/passages/x"):
        assert client.get(path, headers={"Host": host}).status_code == 400


def test_a_public_name_must_be_given(cold):
    public = TestClient(create_app(cold, Reach(public_host=NAME)), base_url="http://doorstep.example")
    assert public.get("/health").status_code == 200
    assert public.get("/health", headers={"Host": "evil.example"}).status_code == 400


def asked(text="truancy letter", **changes):
    return {"data": [text, None], "fn_index": 0, "session_hash": "abc", **changes}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=["cross-site", "same-site", "origin", "no origin"],
)
def test_a_post_from_another_site_is_refused(client, headers):
    assert client.post(ASK, json=asked(), headers=headers).status_code == 403


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_post_that_a_form_could_send_is_refused(client, kind):
    assert client.post(ASK, content=json.dumps(asked()), headers={"Content-Type": kind}).status_code == 415


def test_a_post_from_the_page_itself_is_not(client):
    own = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    assert client.post(ASK, json={}, headers=own).status_code == 404  # through the door: there is no such function


@pytest.mark.parametrize("public", [False, True], ids=["loopback", "public name"])
@pytest.mark.parametrize("path", ["/", "/health", "/config", "/passages/x", "/gradio_api/app_id", "/gradio_api/upload"])
def test_no_other_site_may_read_an_answer(cold, client, public, path):
    if public:
        client = TestClient(create_app(cold, Reach(public_host=NAME)), base_url=f"http://{NAME}")
    for origin in ("https://evil.example", "null", "http://localhost:8000"):
        got = client.get(path, headers={"Origin": origin})
        assert not [name for name in got.headers if name.startswith("access-control-")]
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        before = client.options(path, headers=asks)
        assert before.status_code in {404, 405}
        assert not [name for name in before.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("kind", ["declared", "chunked", "declared too short"])
def test_too_large_a_body_is_refused(client, kind):
    body = b"x" * (MAX_BODY + 1)
    parts = iter([body[:100_000], body[100_000:]])
    headers = {"Content-Type": "application/json"} | ({"Content-Length": "10"} if kind == "declared too short" else {})
    content = parts if kind == "chunked" else body
    assert client.post(ASK, content=content, headers=headers).status_code == 413


def test_a_body_of_the_largest_size_is_read(client):
    body = json.dumps(asked(fn_index=-1))
    body += " " * (MAX_BODY - len(body))
    assert client.post(ASK, content=body, headers={"Content-Type": "application/json"}).status_code == 404


def test_a_body_that_does_not_come_is_not_waited_for(app, monkeypatch):
    """Half a body, then silence."""
    monkeypatch.setattr("assistant.web.guard._BODY_SECONDS", 0.05)
    sent = []

    async def receive():
        if not sent:
            sent.append("half")
            return {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": ASK, "headers": headers, "query_string": b"", "client": ("x", 1)}
    # In a thread of its own: a browser that other tests left open keeps an event loop in this one.
    thread = threading.Thread(target=lambda: asyncio.run(app(scope, receive, send)))
    thread.start()
    thread.join(60)
    assert sent[1]["status"] == 408


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *[(asked(fn_index=n), 404) for n in (-1, 9999, 10**30, True, 1.5, "0", None, [], {})],
        *[(asked(session_hash=s), 422) for s in ("", None, 1, [], "x" * 65, "\ud800", "a b", "../x", "a\n")],
        *[(asked(data=d), 422) for d in (None, "x", {}, [], [1], [1, 2, 3])],
        *[(asked(trigger_id=t), 422) for t in ("1", -1, 10**9, True, [])],
        *[(asked(**{k: 1}), 422) for k in ("event_id", "simple_format", "batched", "x")],
        *[(b, 422) for b in (None, [], 1, "x", True)],
    ],
    ids=str,
)
def test_a_question_that_the_page_cannot_have_sent_is_refused(client, body, status):
    headers = {"Content-Type": "application/json"}
    assert client.post(ASK, content=json.dumps(body), headers=headers).status_code == status


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b'{"data":[NaN,null],"fn_index":0,"session_hash":"a"}'], ids=len
)
def test_what_is_not_json_is_refused(client, body):
    assert client.post(ASK, content=body, headers={"Content-Type": "application/json"}).status_code == 422


# How often


def test_an_allowance_is_used_up_and_comes_back():
    now = [0.0]
    allowance = Allowance(3, lambda: now[0])
    assert [allowance.take("a") for _ in range(3)] == [0.0] * 3
    assert allowance.take("a") == pytest.approx(20)
    assert allowance.take("b") == 0.0, "another client is not held up"
    now[0] = 20.0
    assert allowance.take("a") == 0.0 and allowance.take("a") > 0
    now[0] = 10_000.0
    assert [allowance.take("a") > 0 for _ in range(4)] == [False] * 3 + [True], "no more than at once is saved up"


def test_one_client_is_limited_and_told_so_with_help_numbers(assistant):
    app = create_app(assistant)
    greedy = TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.1", 1))
    other = TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.2", 1))
    with greedy:
        codes = [greedy.post(ASK, json=asked()).status_code for _ in range(31)]
        assert codes == [200] * 30 + [429]
        refused = greedy.post(ASK, json=asked())
        assert "911" in refused.json()["detail"] and "988" in refused.json()["detail"]
        assert 1 <= int(refused.headers["retry-after"]) <= 3
        assert other.post(ASK, json=asked()).status_code == 200
        assert greedy.get("/passages/truancy-letter-arrived.what-it-means").status_code == 200


def test_a_client_cannot_claim_to_be_another(assistant):
    app = create_app(assistant)
    with TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.1", 1)) as greedy:
        for n in range(30):
            greedy.post(ASK, json=asked(), headers={"X-Forwarded-For": f"198.51.100.{n}"})
        again = {"X-Forwarded-For": "198.51.100.99", "X-Real-IP": "198.51.100.99", "Forwarded": "for=198.51.100.99"}
        assert greedy.post(ASK, json=asked(), headers=again).status_code == 429


def test_a_full_queue_is_said_kindly(assistant, monkeypatch):
    app = create_app(assistant)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.get("/config")
        blocks = next(r.app.get_blocks() for r in app.routes if hasattr(getattr(r, "app", None), "get_blocks"))
        monkeypatch.setattr(blocks._queue, "max_size", 0)
        refused = client.post(ASK, json=asked())
    assert refused.status_code == 429 and "988" in refused.json()["detail"] and "retry-after" in refused.headers


# Beyond this machine


def test_behind_a_proxy_only_the_proxy_may_connect_and_it_says_who_asks(assistant):
    app = create_app(assistant, Reach("0.0.0.0", 80, NAME, proxy="192.0.2.9"))
    stranger = TestClient(app, base_url=f"http://{NAME}", client=("192.0.2.1", 1))
    assert stranger.get("/health").status_code == 403
    with TestClient(app, base_url=f"http://{NAME}", client=("192.0.2.9", 1)) as proxied:
        first = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
        assert [proxied.post(ASK, json=asked(), headers=first).status_code for _ in range(31)] == [200] * 30 + [429]
        made_up = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}
        assert proxied.post(ASK, json=asked(), headers=made_up).status_code == 429
        assert proxied.post(ASK, json=asked(), headers={"X-Forwarded-For": "198.51.100.8"}).status_code == 200
        assert f"https://{NAME}" in proxied.get("/config", headers=first).text
        evil = {**first, "X-Forwarded-Host": "evil.example"}
        assert "evil.example" not in proxied.get("/config", headers=evil).text + proxied.get("/", headers=evil).text


def test_a_password_stands_before_everything(assistant):
    app = create_app(assistant, Reach("0.0.0.0", 80, NAME, password="correct horse battery"))
    client = TestClient(app, base_url=f"http://{NAME}")
    for path in ("/", "/health", "/passages/x", "/look/doorstep.js", "/leave", "/gradio_api/upload"):
        got = client.get(path)
        assert got.status_code == 401 and "basic" in got.headers["www-authenticate"].lower()
    assert client.get("/health", auth=("anyone", "correct horse battery")).status_code == 200
    for value in ("Basic !!!", "Basic eA==", "Bearer x", "Basic", ""):
        assert client.get("/health", headers={"Authorization": value}).status_code in {401, 429}
    codes = [client.get("/health", auth=("x", f"wrong {n}")).status_code for n in range(12)]
    assert codes[-1] == 429, "guessing is slowed"
    assert client.get("/health", auth=("anyone", "correct horse battery")).status_code == 200


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        (Reach("0.0.0.0"), "--public-host"),
        (Reach("192.0.2.1", public_host=NAME), "--proxy"),
        (Reach("::", public_host=NAME), "--password-file"),
        (Reach("0.0.0.0", proxy="192.0.2.9"), "--public-host"),
        (Reach("0.0.0.0", public_host="*", proxy="192.0.2.9"), "host name"),
        (Reach("0.0.0.0", public_host="a.example:80", proxy="192.0.2.9"), "host name"),
        (Reach(public_host=""), "host name"),
        (Reach("0.0.0.0", public_host=NAME, proxy="*"), "--proxy"),
        (Reach("0.0.0.0", public_host=NAME, password="short"), "12"),
    ],
    ids=str,
)
def test_the_page_is_never_open_by_accident(reach, words):
    with pytest.raises(InputError, match=re.escape(words)):
        reach.check()


@pytest.mark.parametrize(
    "reach",
    [
        Reach(), Reach("localhost"), Reach("::1"), Reach("127.0.0.2", public_host=NAME),
        Reach("0.0.0.0", public_host=NAME, proxy="192.0.2.9"), Reach("0.0.0.0", public_host=NAME, password="x" * 12),
    ],
    ids=str,
)  # fmt: skip
def test_a_stated_reach_is_accepted(reach):
    reach.check()


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "LOCALHOST"])
def test_loopback_names_are_known(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/look/%2e%2e/server.py", "/static/..%2f..%2fapp.py", "/assets/%2e%2e/%2e%2e/etc"])
def test_no_way_up_the_folders(client, path):
    assert client.get(path).status_code == 404
