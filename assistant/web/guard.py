"""What stands before the page: who may ask, which routes exist, how much, how often, and what headers go out.

Layers from the outside in; each is a small ASGI app that knows only its own rule:

    Headers      the policy on every answer, and no CORS header on any
    FromProxy    where a proxy stands in front: only it may connect, and it alone says who is behind it
    TrustedHost  names that were not given are refused (Starlette's own)
    Password     where one is set
    Doorkeeper   routes and methods that are not listed are not there; cross-site posts; body by bytes received
    Pace         so many questions a minute for each client, so many open streams
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import ipaddress
import json
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

__all__ = [
    "ASK",
    "Allowance",
    "Doorkeeper",
    "FromProxy",
    "HEADERS",
    "Headers",
    "MAX_BODY",
    "OPEN",
    "Pace",
    "Password",
    "Refusals",
    "client_of",
]

MAX_BODY = 256_000  # bytes; the longest message is 4,000 characters
_BODY_SECONDS = 20.0  # for a whole body to arrive
_CLIENTS = 10_000  # addresses remembered at once
_STREAMS = 100  # open streams of one client: a school may stand behind one address
_WRONG = 10  # wrong passwords a minute
ASK = "/gradio_api/queue/join"
BRIEF = "/lookup/brief/file"

# What exists: path to methods; a path that ends in "/" holds all below it. Gradio serves four times as many; what is
# not named here is not there, so a route that a new release brings stays closed until somebody opens it.
OPEN: Mapping[str, frozenset[str]] = {
    path: frozenset(methods.split())
    for path, methods in {
        "/": "GET HEAD",
        "/about": "GET HEAD",
        "/health": "GET HEAD",
        "/leave": "GET HEAD",
        "/look/": "GET HEAD",
        "/passages/": "GET HEAD",
        "/take/": "GET HEAD",
        "/lookup": "GET HEAD",
        "/lookup/": "GET HEAD",
        BRIEF: "POST",
        "/config": "GET HEAD",
        "/theme.css": "GET HEAD",
        "/favicon.ico": "GET HEAD",
        "/robots.txt": "GET HEAD",
        "/assets/": "GET HEAD",
        "/static/": "GET HEAD",
        "/svelte/": "GET HEAD",
        "/gradio_api/app_id": "GET",
        "/gradio_api/startup-events": "GET",
        "/gradio_api/heartbeat/": "GET",
        "/gradio_api/queue/data": "GET",
        ASK: "POST",
    }.items()
}

# Gradio's page configures itself in an inline script, hence 'unsafe-inline'; nothing may be fetched from elsewhere.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'none'; object-src 'none'; "
        "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Our own pages need no inline script, and send their forms to this server; a form needs a referrer to name its origin.
DESK_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
}
_DESK = ("/lookup", "/passages/")
_KEPT = ("/assets/", "/look/", "/static/", "/svelte/")  # named by their content, or the same for everybody
_DROPPED = (b"access-control-", b"server")  # never sent: any other site would be let in by the first
_CLAIMS = (b"forwarded", b"x-forwarded-", b"x-real-ip")  # headers by which a client claims to be somebody else
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Refusals:
    """What a person reads when a question is not taken; each names the help numbers."""

    often: str
    busy: str


class Headers:
    """The policy on every answer that goes out, refusals included."""

    def __init__(self, app: App) -> None:
        """Wrap an app."""
        self.app = app
        self._fixed, self._desk = (
            [(k.lower().encode(), v.encode()) for k, v in headers.items()] for headers in (HEADERS, DESK_HEADERS)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers; anything but HTTP is closed, since the page needs no socket."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fixed = list(self._desk if scope["path"].startswith(_DESK) else self._fixed)
        if not scope["path"].startswith(_KEPT):
            fixed.append((b"cache-control", b"no-store"))
        names = {k for k, _ in fixed}

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [h for h in message["headers"] if h[0].lower() not in names and not _is(h[0], _DROPPED)]
                message["headers"] = kept + fixed
            await send(message)

        await self.app(scope, receive, out)


def _is(name: bytes, starts: tuple[bytes, ...]) -> bool:
    return name.lower().startswith(starts)


class FromProxy:
    """Who is asking: the peer itself, or, where a proxy is named, whom the proxy says, and nobody but the proxy."""

    def __init__(self, app: App, proxy: str | None) -> None:
        """Wrap an app; `proxy` is the address that requests must come from."""
        self.app, self.proxy = app, proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Settle the client and take every other claim away."""
        if scope["type"] == "http":
            claims = {k.lower(): v.decode("latin-1") for k, v in scope["headers"] if _is(k, _CLAIMS)}
            scope["headers"] = [h for h in scope["headers"] if not _is(h[0], _CLAIMS)]
            if self.proxy is not None:
                peer = scope["client"][0] if scope.get("client") else ""
                if peer != self.proxy:
                    await Response("reached through its proxy only", 403)(scope, receive, send)
                    return
                # The last name was written by the proxy itself; the ones before it are what a client may have made up.
                behind = claims.get(b"x-forwarded-for", "").rsplit(",", 1)[-1].strip()
                scope["client"] = (behind or peer, 0)
                if claims.get(b"x-forwarded-proto", "").rsplit(",", 1)[-1].strip() == "https":
                    scope["scheme"] = "https"
        await self.app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """The address that limits count by; an IPv6 household is one /64."""
    host = str(scope["client"][0]) if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network(f"{host}/64", strict=False)) if address.version == 6 else host


@dataclass(slots=True)
class Allowance:
    """Token buckets by client: `burst` at once, refilled over a minute; the longest unused are forgotten."""

    burst: int
    clock: Callable[[], float] = time.monotonic
    left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, client: str) -> float:
        """0.0 when there is one left, which is taken; else the seconds until there will be."""
        now = self.clock()
        had, at = self.left.pop(client, (float(self.burst), now))
        has = min(float(self.burst), had + (now - at) * self.burst / 60)
        wait = 0.0 if has >= 1 else (1 - has) * 60 / self.burst
        self.left[client] = (has if wait else has - 1, now)
        while len(self.left) > _CLIENTS:
            self.left.popitem(last=False)
        return wait


class Password:
    """HTTP Basic with one password for all; the name that is typed beside it does not matter."""

    def __init__(self, app: App, password: str) -> None:
        """Wrap an app; only a hash of the password is kept."""
        self.app = app
        self._want = hashlib.sha256(password.encode()).digest()
        self._wrong = Allowance(_WRONG)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in whoever knows the password; guessing is slowed."""
        if scope["type"] == "http" and not self._known(scope):
            given = any(k.lower() == b"authorization" for k, _ in scope["headers"])
            wait = self._wrong.take(client_of(scope)) if given else 0.0
            ask = {"WWW-Authenticate": 'Basic realm="Doorstep", charset="UTF-8"'}
            refusal = Response("too many tries", 429) if wait else Response("a password is needed", 401, ask)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _known(self, scope: Scope) -> bool:
        value = next((v for k, v in scope["headers"] if k.lower() == b"authorization"), b"").decode("latin-1")
        try:
            given = base64.b64decode(value.removeprefix("Basic "), validate=True).partition(b":")[2]
        except (ValueError, binascii.Error):
            return False
        return secrets.compare_digest(hashlib.sha256(given).digest(), self._want)


class Doorkeeper:
    """Routes that are not listed are not there; posts of other sites, long bodies and misshapen questions go back."""

    def __init__(self, app: App, functions: Mapping[int, int]) -> None:
        """Wrap an app; `functions` are the page's handlers, number to count of inputs."""
        self.app, self.functions = app, functions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what must not pass."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = _closed(scope) or _cross_site(scope)
        if refusal is None and scope["method"] == "POST":
            body = await _body(receive)
            if isinstance(body, Response):
                refusal = body
            elif scope["path"] == ASK:
                refusal = self._misshapen(body)
            if not isinstance(body, Response):
                receive = _replay(body, receive)
        await (refusal or self.app)(scope, receive, send)

    def _misshapen(self, body: bytes) -> Response | None:
        """Gradio takes any shape and fails inside; a question that the page cannot have sent is told what is wrong."""
        try:
            asked = json.loads(body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return _wrong("the body is not JSON")
        if not isinstance(asked, dict):
            return _wrong("the body is not an object")
        number, data, session = asked.get("fn_index"), asked.get("data"), asked.get("session_hash")
        if type(number) is not int or number not in self.functions:
            return JSONResponse({"detail": "there is no such function"}, 404)
        if not isinstance(data, list) or len(data) != self.functions[number]:
            return _wrong(f"data is not a list of {self.functions[number]}")
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            return _wrong("session_hash is not 1 to 64 letters and digits")
        trigger = asked.get("trigger_id")
        if not (trigger is None or type(trigger) is int and 0 <= trigger < 10**6):
            return _wrong("trigger_id is not a number of the page")
        if unknown := asked.keys() - {"fn_index", "data", "session_hash", "trigger_id", "event_data"}:
            return _wrong(f"{len(unknown)} fields too many")
        return None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _wrong(why: str) -> Response:
    return JSONResponse({"detail": why}, 422)


def _closed(scope: Scope) -> Response | None:
    path: str = scope["path"]
    found = OPEN.get(path) or next(
        (m for p, m in OPEN.items() if len(p) > 1 and p[-1] == "/" and path.startswith(p)), None
    )
    if found is None or ".." in path or "\x00" in path:
        return Response("not found", 404)
    return None if scope["method"] in found else Response("not allowed", 405, {"Allow": ", ".join(sorted(found))})


def _cross_site(scope: Scope) -> Response | None:
    if scope["method"] in {"GET", "HEAD"}:
        return None
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    origin = headers.get("origin", "")
    own = origin.split("://", 1)[-1] == headers.get("host", "")
    site = headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"} or (origin and not own):
        return Response("cross-site requests are refused", 403)
    # A brief is sent as a form, so that it works without scripts; it changes nothing here and is answered with a file.
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    if scope["path"] != BRIEF and kind != "application/json":
        return Response("JSON only", 415)  # what a form of another site can send without asking first is not JSON
    return None


async def _body(receive: Receive) -> bytes | Response:
    """The whole body, or a refusal as soon as it is too long or too slow; a declared length is not trusted."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                parts.append(bytes(message.get("body", b"")))
                size += len(parts[-1])
                if size > MAX_BODY:
                    return Response("too large", 413)
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        return Response("too slow", 408)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again


class Pace:
    """So many questions a minute and so many open streams for each client; what is refused is refused kindly."""

    def __init__(self, app: App, a_minute: int, words: Refusals) -> None:
        """Wrap an app; `a_minute` questions of one client are taken, at once or spread."""
        self.app, self.words = app, words
        self._asks = Allowance(a_minute)
        self._streams: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, and say when it may be tried again."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == ASK or path.startswith(("/gradio_api/queue/", "/gradio_api/heart"))):
            await self.app(scope, receive, send)
            return
        client = client_of(scope)
        if path == ASK:
            wait = self._asks.take(client)
            if wait:
                await _kind(self.words.often, 429, wait)(scope, receive, send)
            else:
                await self.app(scope, receive, self._full(scope, receive, send))
            return
        if self._streams.get(client, 0) >= _STREAMS:
            await _kind(self.words.busy, 429, 30)(scope, receive, send)
            return
        self._streams[client] = self._streams.get(client, 0) + 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._streams[client] -= 1
            if not self._streams[client]:
                del self._streams[client]

    def _full(self, scope: Scope, receive: Receive, send: Send) -> Send:
        """Gradio's queue answers 503 when it is full: the page then shows words of its own, so ours go out instead."""
        full = False

        async def out(message: Message) -> None:
            nonlocal full
            if message["type"] == "http.response.start" and message["status"] == 503:
                full = True
                await _kind(self.words.busy, 429, 10)(scope, receive, send)
            elif not full:
                await send(message)

        return out


def _kind(words: str, status: int, wait: float) -> Response:
    """`detail` is what Gradio's page shows to the person; the message stays in the box."""
    return JSONResponse({"detail": words}, status, {"Retry-After": str(int(wait) + 1)})
