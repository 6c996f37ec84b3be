"""A server on the loopback address that behaves as badly as it is told to."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DATA = bytes(range(256)) * 2000


def sha256(data: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def files(folder: Path) -> list[str]:
    """All files under a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class Server(ThreadingHTTPServer):
    """Serves `files` by path; `manner` says how."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.manner = "well"
        self.requests: list[tuple[str, str | None]] = []
        self.types: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.requests.append((self.path, asked))
        data = self.server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        manner = self.server.manner
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and manner != "no ranges" else 0
        if asked and start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Type", self.server.types.get(self.path, "application/octet-stream"))
        if manner != "endless":
            self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.send(data[start:], manner)

    def send(self, data: bytes, manner: str) -> None:
        """The body, or what there is to be of it."""
        if manner == "endless":
            while True:
                self.wfile.write(data)
        elif manner == "trickle":
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)
        elif manner == "silent":
            self.wfile.write(data[:10])
            time.sleep(5)
        elif manner == "cut off":
            self.wfile.write(data[: len(data) // 2])
        elif manner == "cut off at once":
            pass
        else:
            self.wfile.write(data)


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server that runs while the block does."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
