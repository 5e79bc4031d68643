"""The FastAPI parent of the page: our own routes, Gradio's page under the guard, and how it starts and stops."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from assistant.errors import IndexProblem, InputError
from assistant.lookup import copy_text, result_json
from assistant.private import Private
from assistant.safety import help_values
from assistant.service import Assistant, build
from assistant.settings import Settings, private_files, private_temp
from assistant.text import MAX_CHARS
from assistant.web.desk import desk_or_none, desk_router, passage_page
from assistant.web.desk_brief import brief_router
from assistant.web.guard import Doorkeeper, FromProxy, Headers, Pace, Password, Refusals
from assistant.web.my_plan import PlanTab

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["Reach", "create_app", "run"]

_HERE = Path(__file__).parent
_SCRIPT = "text/javascript; charset=utf-8"
_ASSETS = {"doorstep.css": "text/css; charset=utf-8", "doorstep.js": _SCRIPT, "private.js": _SCRIPT,
           "desk.css": "text/css; charset=utf-8", "desk.js": _SCRIPT}  # fmt: skip
_STOP_SECONDS = 8  # answers under way may end; open streams are then cut, so that the whole stop stays under ten
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_SHORTEST = 12  # characters of a password


@dataclass(frozen=True, slots=True)
class Reach:
    """Who can reach the page: this machine only, or others through a proxy or with a password."""

    host: str = "127.0.0.1"
    port: int = 7860
    public_host: str | None = None
    proxy: str | None = None
    password: str | None = None

    def check(self) -> None:
        """Refuse to be open by accident.

        Raises:
            InputError: an address beyond this machine without a name, or without a proxy or a password; no usable name.
        """
        if self.public_host is not None and not _NAME.fullmatch(self.public_host):
            raise InputError(
                f"--public-host {self.public_host!r} is not a host name: give one such as help.example.org"
            )
        if self.proxy is not None and not _address(self.proxy):
            raise InputError(f"--proxy {self.proxy!r} is not an address: give the one that the proxy connects from")
        if self.password is not None and len(self.password) < _SHORTEST:
            raise InputError(f"the password has {len(self.password)} characters: give at least {_SHORTEST}")
        if _loopback(self.host):
            return
        if not self.public_host:
            raise InputError(
                f"{self.host} can be reached from other machines: name the host that people type with --public-host"
            )
        if not self.proxy and not self.password:
            raise InputError(
                f"{self.host} can be reached from other machines: put a proxy in front and give its address with --proxy, "
                "or set a password with --password-file"
            )


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "") or request.query_params.get("format") == "json"


def _take_route(app: FastAPI, plan: PlanTab) -> None:
    """Downloads: made in memory when they are asked for, named by a token that ends with the conversation."""

    @app.get("/take/{token}/{name}", include_in_schema=False)
    def take(token: str, name: str) -> Response:
        found = plan.take(token, name)
        if found is None:
            return HTMLResponse("This link has ended with its conversation. Open Doorstep and go on from there.", 404)
        data, media = found
        shown = "inline" if media.startswith("text/html") else "attachment"
        return Response(data, media_type=media, headers={"Content-Disposition": f'{shown}; filename="{name}"'})


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

    private = Private(assistant.settings.knowledge / "private.yaml").patterns
    private["say"] = assistant.replies["private"].paragraphs

    @app.get("/look/private.json", include_in_schema=False)
    def patterns() -> JSONResponse:
        return JSONResponse(private)

    @app.get("/look/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            return Response("not found", 404)
        return FileResponse(_HERE / "static" / name, media_type=_ASSETS[name])

    @app.get("/leave", include_in_schema=False)
    def leave() -> Response:
        page = (_HERE / "templates" / "leave.html").read_text(encoding="utf-8")
        return HTMLResponse(page, headers={"Clear-Site-Data": '"cache", "storage"'})


def create_app(assistant: Assistant, reach: Reach | None = None) -> FastAPI:
    """The whole web app over an Assistant, guarded; `reach` says which names it is reached by."""
    import gradio as gr  # noqa: PLC0415 - three seconds of import

    from assistant.web.app_page import build_page, parts_of  # noqa: PLC0415
    from assistant.web.look import HEAD, theme  # noqa: PLC0415

    reach = reach or Reach()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, title="Doorstep")
    parts = parts_of(assistant)
    _own_routes(app, assistant)
    app.include_router(desk_router(assistant))
    app.include_router(brief_router(assistant))
    _take_route(app, parts.plan)
    page = build_page(parts)
    page.state_session_capacity = 1000  # read when it is mounted; the oldest sessions go first
    gr.mount_gradio_app(
        app, page, path="/", show_error=False, run_history=False, max_file_size="1kb",
        allowed_paths=[], blocked_paths=[str(assistant.settings.data)], ssr_mode=False, pwa=False, mcp_server=False,
        enable_monitoring=False, footer_links=[], theme=theme(), head=HEAD,
    )  # fmt: skip
    _guard(app, assistant, page, reach)
    return app


def _guard(app: FastAPI, assistant: Assistant, page: gr.Blocks, reach: Reach) -> None:
    """The layers of guard.py, added from the inside out."""
    values = help_values(assistant.knowledge.helplines)
    often, busy = (" ".join(assistant.replies[name].fill(**values)) for name in ("too_often", "busy"))
    names = ["127.0.0.1", "localhost", "[::1]", *([reach.public_host] if reach.public_host else [])]
    app.add_middleware(Pace, a_minute=assistant.settings.asks_a_minute, words=Refusals(often, busy))
    app.add_middleware(Doorkeeper, functions={n: len(f.inputs) for n, f in page.fns.items()})
    if reach.password:
        app.add_middleware(Password, password=reach.password)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False)
    app.add_middleware(FromProxy, proxy=reach.proxy)
    app.add_middleware(Headers)


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback if _address(host) else host == "localhost"


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


def run(settings: Settings, reach: Reach, say: Callable[[str], None]) -> None:
    """Serve until stopped; the page is readable while the encoder still loads.

    Raises:
        InputError: open to other machines without a name and a proxy or password, or a port in use.
        IndexProblem: no private temporary folder can be made.
    """
    reach.check()
    listener = _listen(reach.host, reach.port)
    private_files()
    with contextlib.ExitStack() as stack:
        try:
            private_temp(stack.enter_context(tempfile.TemporaryDirectory(prefix="doorstep-")))
        except OSError as error:
            raise IndexProblem(f"no temporary folder can be made ({error.strerror})") from error
        import uvicorn  # noqa: PLC0415

        assistant = build(settings, say=say, warm=False)
        # One worker: conversations live in this process. The guard reads what a proxy says, uvicorn does not.
        config = uvicorn.Config(
            create_app(assistant, reach), server_header=False, date_header=False, log_level="warning", access_log=False,
            proxy_headers=False, timeout_graceful_shutdown=_STOP_SECONDS, timeout_keep_alive=5, ws="none",
        )  # fmt: skip
        server = uvicorn.Server(config)

        def warm_once_up() -> None:
            """The encoder takes seconds of one core: the page comes first."""
            while not server.started and not server.should_exit:
                time.sleep(0.02)
            say(f"Doorstep is at http://{reach.host}:{reach.port}  (stop with Ctrl-C)")
            assistant.warm(say)
            with contextlib.suppress(IndexProblem):  # said by the first page that needs it
                assistant.desk()

        threading.Thread(target=warm_once_up, daemon=True, name="warm").start()
        # uvicorn stops gently and then sends itself the same signal again, which would end us before the folders go.
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: None)
        server.run(sockets=[listener])
