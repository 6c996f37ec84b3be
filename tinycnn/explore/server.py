"""The page over HTTP: one page, one stream of uploads, one question. Nothing is written to disk."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import socket
import webbrowser
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from threading import Timer
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tinycnn.errors import ImageError, OutputError, TinycnnError, UnknownNameError
from tinycnn.explore.connection import PATIENCE, Connection
from tinycnn.explore.session import Choice, Session, offers

LARGEST = 32 << 20
"""Bytes of an image file that is taken."""

AT_ONCE = 4
"""Uploads that are in memory at the same time; others wait."""

MOST_DIGITS = 18
"""Of a number, so that 64 bits hold it."""

LAST_PORT = (1 << 16) - 1

KINDS = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
LOOPBACK, EVERYWHERE = ("127.0.0.1", "localhost", "[::1]"), ("0.0.0.0", "::")


def application(session: Session, first: Choice, host: str = LOOPBACK[0]) -> Starlette:
    """The web application.

    Parameters
    ----------
    session : Session
    first : Choice
        What the page shows when it opens.
    host : str
        The address that it is served on. Requests that name another host are refused, so that no other site
        can reach it through a browser.

    Notes
    -----
    A browser says which site a request comes from, in ``Sec-Fetch-Site`` or ``Origin``; only the page's own
    are answered.
    """
    room = asyncio.Semaphore(AT_ONCE)
    decoder = ThreadPoolExecutor(1)  # each thread would keep some of the memory that it once needed

    async def file(request: Request) -> Response:
        name = request.path_params.get("name", "page.html")
        if name not in KINDS:
            return JSONResponse({"error": f"there is no {name}"}, 404)
        text = (resources.files("tinycnn.explore") / "page" / name).read_text("utf-8")
        return Response(text, media_type=KINDS[name], headers=HEADERS)

    async def choices(request: Request) -> Response:
        found = await run_in_threadpool(offers, session.file)
        return JSONResponse(found | {"first": dataclasses.asdict(first)}, headers=HEADERS)

    async def add(request: Request) -> Response:
        name = request.query_params.get("name", "the image")
        async with room:
            data = await _body(request)
            key = await asyncio.get_running_loop().run_in_executor(decoder, session.add, data, name)
        return JSONResponse({"image": key}, headers=HEADERS)

    async def view(request: Request) -> Response:
        answer = await run_in_threadpool(session.view, choice_of(request.query_params))
        return JSONResponse(answer, headers=HEADERS)

    async def refuse(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, 400, headers=HEADERS)

    routes = [
        Route("/", file),
        Route("/choices", choices),
        Route("/images", add, methods=["POST"]),
        Route("/view", view),
        Route("/{name}", file),
    ]
    allowed = list({_written(host), *LOOPBACK}) if host not in EVERYWHERE else ["*"]
    guards = [
        Middleware(TrustedHostMiddleware, allowed_hosts=allowed, www_redirect=False),
        Middleware(_OwnPagesOnly),
    ]
    return Starlette(routes=routes, middleware=guards, exception_handlers={TinycnnError: refuse})


class _OwnPagesOnly:
    """Refuses what another site makes a browser send."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_own(Request(scope)):
            error = {"error": "this page answers only itself; open its own address"}
            return await JSONResponse(error, 403, headers=HEADERS)(scope, receive, send)
        return await self.app(scope, receive, send)


def _is_own(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return site in (None, "same-origin", "none") and origin in (None, own)


async def _body(request: Request) -> bytes:
    """The bytes of an upload.

    Raises
    ------
    ImageError
        They are too many, or do not arrive.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                data += chunk
                if len(data) > LARGEST:
                    raise ImageError(f"the image is larger than {LARGEST >> 20} MB; make it smaller first")
    except (TimeoutError, ClientDisconnect):
        raise ImageError(f"only {len(data)} bytes of the image arrived; send it again") from None
    return bytes(data)


def choice_of(query: Mapping[str, str]) -> Choice:
    """The choice that a query spells; what it leaves out is as in a new `Choice`.

    Raises
    ------
    UnknownNameError
        A name is none of a choice's.
    TinycnnError
        A number is no whole number.
    """
    usual = dataclasses.asdict(Choice())
    values: dict[str, Any] = {}
    for name, text in query.items():
        if name not in usual:
            raise UnknownNameError("choice", name, usual)
        number = isinstance(usual[name], int)
        values[name] = _number(name, text) if number else text
    return Choice(**values)


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise TinycnnError(f"{name} must be a whole number of 1 to {MOST_DIGITS} digits, got {text[:40]!r}")
    return int(text)


def serve(session: Session, first: Choice, host: str, port: int, browser: bool) -> None:
    """Serve the page until interrupted.

    Raises
    ------
    OutputError
        The port is taken, or there is no such address.
    """
    listener = _listen(host, port)
    name = "localhost" if host in LOOPBACK else _written(host)
    address = f"http://{name}:{listener.getsockname()[1]}/"
    print(f"{address}  (Ctrl-C ends it)", flush=True)
    if browser:
        Timer(0.5, webbrowser.open, [address]).start()
    uvicorn.Server(configured(application(session, first, host))).run(sockets=[listener])


def configured(app: Starlette) -> uvicorn.Config:
    """How the page is served: requests that are sent by half end, and do not keep the server from ending.

    Who sends what is no request is told so; the terminal shows nothing but errors of our own.
    """
    return uvicorn.Config(app, http=Connection, ws="none", log_level="error", timeout_graceful_shutdown=2)


def _written(host: str) -> str:
    """As addresses have it: with brackets if it is of IPv6."""
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    try:
        if port > LAST_PORT:
            raise OSError(errno.EINVAL, f"a port is at most {LAST_PORT}")
        socket.getaddrinfo(host or None, port)  # what is no name is refused before there is a socket to close
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot serve on {host}:{port}: {reason}; choose another --port") from None
