"""The web app without a browser: who may ask, what is served and what goes out."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

from assistant.service import build
from assistant.web.server import MAX_BODY, ROUTES_CLOSED, create_app

# What may answer: our own, and what Gradio's page needs. A new Gradio that serves more makes the test below fail.
ALLOWED = {
    "/health", "/passages/{passage_id}", "/look/{name}", "/leave", "/lookup", "/lookup/results", "/lookup/topics",
    "/lookup/topics/{slug}", "/lookup/compare", "/lookup/glossary", "/lookup/changes", "/lookup/brief",
    "/lookup/brief/file", "/passages/{passage_id}/copy",
    "/", "/config", "/favicon.ico", "/theme.css",
    "/robots.txt", "/manifest.json", "/pwa_icon", "/pwa_icon/{size}", "/svelte/{path:path}", "/static/{path:path}",
    "/assets/{path:path}", "/gradio_api/theme.css", "/gradio_api/user", "/gradio_api/login_check",
    "/gradio_api/app_id", "/gradio_api/startup-events", "/gradio_api/heartbeat/{session_hash}",
    "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/queue/status", "/gradio_api/cancel",
    "/gradio_api/reset",
}  # fmt: skip


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
    kinds = {"css": "text/css", "js": "text/javascript"}
    for name, kind in ((f"{stem}.{end}", kinds[end]) for stem in ("doorstep", "desk") for end in kinds):
        got = client.get(f"/look/{name}")
        assert got.status_code == 200 and got.headers["content-type"].startswith(kind)
        assert got.headers.get("cache-control") != "no-store"
    assert client.get("/look/server.py").status_code == 404


def test_leaving_clears_what_the_browser_kept(client):
    got = client.get("/leave")
    assert got.headers["clear-site-data"] == '"cache", "storage"' and got.headers["cache-control"] == "no-store"
    assert "Doorstep" not in got.text and "<script" not in got.text.lower()


# What does not


@pytest.mark.parametrize("path", ROUTES_CLOSED)
def test_closed_routes_are_not_there(client, path):
    for whole in (path, f"{path}/", f"{path}/x", f"{path}=x"):
        assert client.get(whole).text == client.post(whole).text == "not found", whole
        assert client.get(whole).status_code == client.head(whole).status_code == 404


def test_nothing_is_served_beside_the_list(app, client):
    found = {path.rstrip("/") or "/": methods for path, methods in served(app.routes)}
    assert {"/health", "/gradio_api/queue/join", "/gradio_api/upload"} <= set(found), "the routes were not read"
    for path in set(found) - ALLOWED:
        address = re.sub(r"{[^}]*}", "x", path)
        assert {client.request(m, address).status_code for m in ("GET", "POST")} == {404}, path


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
    public = TestClient(create_app(cold, ("doorstep.example",)), base_url="http://doorstep.example")
    assert public.get("/health").status_code == 200
    assert public.get("/health", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
    ids=["fetch metadata", "origin", "no origin"],
)
def test_a_post_from_another_site_is_refused(client, headers):
    assert client.post("/gradio_api/queue/join", json={}, headers=headers).status_code == 403


def test_a_post_from_the_page_itself_is_not(client):
    own = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/gradio_api/queue/join", json={}, headers=own).status_code == 422


@pytest.mark.parametrize("kind", ["declared", "chunked", "declared too short"])
def test_too_large_a_body_is_refused(client, kind):
    body = b"x" * (MAX_BODY + 1)
    parts = iter([body[:100_000], body[100_000:]])
    headers = {"Content-Length": "10"} if kind == "declared too short" else {}
    content = parts if kind == "chunked" else body
    assert client.post("/gradio_api/queue/join", content=content, headers=headers).status_code == 413


def test_a_body_of_the_largest_size_is_read(client):
    assert client.post("/gradio_api/queue/join", content=b"x" * MAX_BODY).status_code == 422


@pytest.mark.parametrize("path", ["/look/%2e%2e/server.py", "/static/..%2f..%2fapp.py", "/assets/%2e%2e/%2e%2e/etc"])
def test_no_way_up_the_folders(client, path):
    assert client.get(path).status_code == 404
