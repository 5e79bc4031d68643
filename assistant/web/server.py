"""The FastAPI parent of the page: who may ask, how much, which routes exist, and what headers go out."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from assistant.errors import IndexProblem, InputError
from assistant.lookup import copy_text, result_json
from assistant.service import Assistant, build
from assistant.settings import Settings, private_temp
from assistant.text import MAX_CHARS
from assistant.web.desk import desk_or_none, desk_router, passage_page
from assistant.web.desk_brief import brief_router

__all__ = ["ROUTES_CLOSED", "create_app", "run"]

MAX_BODY = 256_000  # bytes; the longest message is 4,000 characters
_HERE = Path(__file__).parent
_ASSETS = {
    "doorstep.css": "text/css; charset=utf-8", "doorstep.js": "text/javascript; charset=utf-8",
    "desk.css": "text/css; charset=utf-8", "desk.js": "text/javascript; charset=utf-8",
}  # fmt: skip

# Gradio serves more than this page needs; what could take a file, fetch an address or show state is closed.
ROUTES_CLOSED = (
    "/gradio_api/upload", "/gradio_api/proxy", "/gradio_api/file", "/gradio_api/deep_link", "/gradio_api/info",
    "/gradio_api/openapi.json", "/gradio_api/call", "/gradio_api/api", "/gradio_api/process_recording",
    "/gradio_api/run-history", "/gradio_api/runs", "/gradio_api/run", "/gradio_api/stream", "/gradio_api/dev",
    "/gradio_api/vibe-edit", "/gradio_api/undo-vibe-edit", "/gradio_api/vibe-code", "/gradio_api/vibe-starter-queries",
    "/gradio_api/component_server", "/gradio_api/custom_component", "/gradio_api/upload_progress", "/gradio_api/token",
    "/monitoring", "/openapi.json", "/docs", "/redoc", "/login", "/logout",
)  # fmt: skip

# Gradio's page configures itself in an inline script, hence 'unsafe-inline'; nothing may be fetched from elsewhere.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'self'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# Our own pages need no inline script, and send their forms to this server; a form needs a referrer to name its origin.
_DESK_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
}
_DESK_PATHS = ("/lookup", "/passages/")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Doorkeeper:
    """ASGI layer: closed routes, cross-site posts, body limit by bytes received, security headers."""

    def __init__(self, app: App) -> None:
        """Wrap an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what must not pass; add headers to what does."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send, scope))
            return
        if scope["method"] in {"POST", "PUT", "PATCH"}:
            body = await _body(receive)
            if body is None:
                await Response("too large", 413)(scope, receive, _with_headers(send, scope))
                return
            receive = _replay(body, receive)
        await self.app(scope, receive, _with_headers(send, scope))

    @staticmethod
    def _refusal(scope: Scope) -> Response | None:
        path: str = scope["path"]
        if any(path == c or path.startswith((c + "/", c + "=")) for c in ROUTES_CLOSED) or ".." in path:
            return Response("not found", 404)
        if scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
            headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
            origin = headers.get("origin", "")
            own = origin.split("://", 1)[-1] == headers.get("host", "")
            if headers.get("sec-fetch-site") == "cross-site" or (origin and not own):
                return Response("cross-site requests are refused", 403)
        return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is too long; a declared length is not trusted."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MAX_BODY:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> MutableMapping[str, Any]:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again


def _with_headers(send: Send, scope: Scope) -> Send:
    headers = _DESK_HEADERS if scope["path"].startswith(_DESK_PATHS) else _HEADERS
    fixed = [(k.lower().encode(), v.encode()) for k, v in headers.items()]
    # Assets carry a hash in their name and may be kept; everything a person reads or types may not.
    if not scope["path"].startswith(("/assets/", "/look/", "/static/", "/gradio_api/static")):
        fixed.append((b"cache-control", b"no-store"))

    async def out(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            names = {k for k, _ in fixed}
            message["headers"] = [(k, v) for k, v in message["headers"] if k.lower() not in names] + fixed
        await send(message)

    return out


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "") or request.query_params.get("format") == "json"


def _own_routes(app: FastAPI, assistant: Assistant) -> None:
    @app.get("/health", include_in_schema=False)
    def health() -> JSONResponse:
        return JSONResponse({"ready": assistant.ready.is_set(), "problem": assistant.problem})

    @app.get("/passages/{passage_id}", include_in_schema=False)
    def passage(passage_id: str, request: Request) -> Response:
        if _wants_json(request):
            found = assistant.knowledge.passage_by_id.get(passage_id)
            if found is None:
                return JSONResponse({"error": "no such passage"}, 404)
            return JSONResponse({**result_json(found), "copy": copy_text(found)})
        words = request.query_params.get("q", "")[:MAX_CHARS]
        page = passage_page(assistant.knowledge, desk_or_none(assistant), passage_id, words, date.today())
        return HTMLResponse(page) if page else HTMLResponse("There is no such passage.", 404)

    @app.get("/look/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            return Response("not found", 404)
        return FileResponse(_HERE / "static" / name, media_type=_ASSETS[name])

    @app.get("/leave", include_in_schema=False)
    def leave() -> Response:
        page = (_HERE / "templates" / "leave.html").read_text(encoding="utf-8")
        return HTMLResponse(page, headers={"Clear-Site-Data": '"cache", "storage"'})


def create_app(assistant: Assistant, hosts: tuple[str, ...] = ()) -> FastAPI:
    """The whole web app over an Assistant; `hosts` are names it may be reached by beside the loopback ones."""
    import gradio as gr  # noqa: PLC0415 - three seconds of import

    from assistant.web.app_page import build_page  # noqa: PLC0415
    from assistant.web.look import HEAD, theme  # noqa: PLC0415

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, title="Doorstep")
    _own_routes(app, assistant)
    app.include_router(desk_router(assistant))
    app.include_router(brief_router(assistant))
    gr.mount_gradio_app(
        app, build_page(assistant), path="/", show_error=False, run_history=False, max_file_size="1kb",
        allowed_paths=[], blocked_paths=[str(assistant.settings.data)], ssr_mode=False, pwa=False, mcp_server=False,
        enable_monitoring=False, footer_links=[], theme=theme(), head=HEAD,
    )  # fmt: skip
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]", *hosts])
    app.add_middleware(Doorkeeper)
    return app


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InputError(
            f"port {port} on {host} cannot be used ({error.strerror}): give another one with --port"
        ) from error
    return listener


def run(settings: Settings, host: str, port: int, public_host: str | None, say: Callable[[str], None]) -> None:
    """Serve until stopped; the page is readable while the encoder still loads.

    Raises:
        InputError: a host beyond this machine without --public-host, or a port in use.
        IndexProblem: no private temporary folder can be made.
    """
    if not _loopback(host) and not public_host:
        raise InputError(
            f"{host} can be reached from other machines: put a proxy with a password in front and name its host with --public-host"
        )
    listener = _listen(host, port)
    os.umask(0o077)
    with contextlib.ExitStack() as stack:
        try:
            private_temp(stack.enter_context(tempfile.TemporaryDirectory(prefix="doorstep-")))
        except OSError as error:
            raise IndexProblem(f"no temporary folder can be made ({error.strerror})") from error
        import uvicorn  # noqa: PLC0415

        assistant = build(settings, say=say, warm=False)
        app = create_app(assistant, (public_host,) if public_host else ())
        config = uvicorn.Config(
            app, server_header=False, log_level="warning", access_log=False, timeout_graceful_shutdown=10
        )
        server = uvicorn.Server(config)

        def warm_once_up() -> None:
            """The encoder takes seconds of one core: the page comes first."""
            while not server.started and not server.should_exit:
                time.sleep(0.02)
            say(f"Doorstep is at http://{host}:{port}  (stop with Ctrl-C)")
            assistant.warm(say)
            with contextlib.suppress(IndexProblem):  # said by the first page that needs it
                assistant.desk()

        threading.Thread(target=warm_once_up, daemon=True, name="warm").start()
        server.run(sockets=[listener])
