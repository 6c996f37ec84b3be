"""The page over HTTP, as a browser or a hostile neighbour would ask."""

from __future__ import annotations

import logging
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import requests
from test_session import pixels, png

import tinycnn as tc
from tinycnn.explore import Choice, Session
from tinycnn.image import default

APP = "the page needs the extra: pip install 'tinycnn[app]'"
pytest.importorskip("starlette", reason=APP)
uvicorn = pytest.importorskip("uvicorn", reason=APP)

from tinycnn.explore import connection, server  # noqa: E402


class Client:
    """Asks a server, each time on a connection of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.get = partial(self._ask, "GET", address)
        self.post = partial(self._ask, "POST", address)

    @staticmethod
    def _ask(method: str, address: str, path: str, **options: object) -> requests.Response:
        return requests.request(method, address + path, timeout=120, **options)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(server.configured(server.application(Session(), Choice(filters=4))))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    yield Client(f"http://127.0.0.1:{listener.getsockname()[1]}")
    running.should_exit = True
    thread.join(30)
    listener.close()


def test_the_page_brings_all_it_needs(client: Client) -> None:
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http" not in answer.text.replace("http-equiv", "")


@pytest.mark.parametrize("path", ["/session.py", "/..%2fsession.py", "/page/page.js", "/%2e%2e%2fkept.py"])
def test_nothing_else_is_served(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text


def test_choices_and_the_first_view(client: Client) -> None:
    offered = client.get("/choices").json()
    assert offered["first"]["filters"] == 4
    answer = client.get("/view", params=offered["first"]).json()
    assert pixels(answer["maps"][0]).any()


def test_an_upload_can_be_chosen(client: Client) -> None:
    key = client.post("/images?name=cat.png", data=png(default())).json()["image"]
    answers = [client.get("/view", params={"image": name, "filters": 4}) for name in (key, "chelsea")]
    assert answers[0].json()["input"] == answers[1].json()["input"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"filters": "many"}, "filters must be a whole number"),
        ({"seed": "-1"}, "seed must be a whole number"),
        ({"seed": "9" * 5000}, "seed must be a whole number"),
        ({"layer": "9" * 19}, "layer must be a whole number"),
        ({"target": "9" * 5000}, "unknown target"),
        ({"target": "-" + "9" * 30}, "unknown target"),
        ({"rule": "x" * 5000}, "unknown rule"),
        ({"image": "7" * 5000}, "unknown sample image"),
        ({"paint": "red"}, "unknown choice 'paint'"),
        ({"rule": "none"}, "unknown rule"),
        ({"image": "nobody"}, "unknown sample image"),
    ],
)
def test_questions_that_make_no_sense_get_one_line(client: Client, query: dict, words: str) -> None:
    answer = client.get("/view", params=query)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert len(answer.json()["error"]) < 400


def test_uploads_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LARGEST", 1 << 20)
    answer = client.post("/images", data=bytes((1 << 20) + 1))
    assert answer.status_code == 400
    assert answer.json()["error"] == "the image is larger than 1 MB; make it smaller first"
    assert "not an image" in client.post("/images", data=bytes(1 << 20)).json()["error"]


def test_other_sites_cannot_reach_it_through_a_browser(client: Client) -> None:
    assert client.get("/choices", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/choices", headers={"Host": "127.0.0.1:8765"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
    ids=str,
)
def test_what_another_site_makes_a_browser_send_is_refused(client: Client, headers: dict) -> None:
    for answer in (
        client.post("/images", data=png(default()), headers=headers),
        client.get("/view", headers=headers),
        client.get("/", headers=headers),
    ):
        assert answer.status_code == 403
        assert "answers only itself" in answer.json()["error"]


def test_the_page_itself_is_answered(client: Client) -> None:
    own = client.address
    for headers in ({"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}):
        assert client.post("/images", data=png(default()), headers=headers).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /choi", b"POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n\x89PNG"],
    ids=["nothing", "half of the headers", "half of the body"],
)
def test_a_request_that_is_sent_by_half_ends(
    client: Client, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (server, connection):
        monkeypatch.setattr(module, "PATIENCE", 0.5)
    host, port = client.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as half:
        half.sendall(sent)
        answer = b"".join(iter(lambda: half.recv(1 << 16), b""))  # until the server ends the connection
    assert (b"only 4 bytes of the image arrived" in answer) == (b"PNG" in sent)


NO_REQUESTS = {
    "a handshake of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "a broken chunk": b"POST /images HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("sent", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_answered_and_leaves_the_terminal_quiet(client: Client, sent: bytes) -> None:
    with told() as records:
        assert b" 400 Bad Request" in _answer(client, sent)
    assert not records


def test_who_asks_for_a_web_socket_gets_the_page_and_the_terminal_stays_quiet(
    client: Client,
) -> None:
    sent = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    with told() as records:
        assert b" 200 OK" in _answer(client, sent)
    assert not records


def test_an_error_of_our_own_is_shown(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "view", lambda session, choice: [][0])
    with told() as records:
        assert client.get("/view").status_code == 500
    (record,) = records
    assert "IndexError" in str(record.exc_info)


@contextmanager
def told() -> Iterator[list[logging.LogRecord]]:
    """What the server writes to the terminal."""
    handler, logger = logging.Handler(), logging.getLogger("uvicorn.error")
    records: list[logging.LogRecord] = []
    handler.emit = records.append  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        yield records
    finally:
        logger.removeHandler(handler)


def _answer(client: Client, sent: bytes) -> bytes:
    """The first bytes of what a server says to these."""
    host, port = client.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connected:
        connected.sendall(sent)
        return connected.recv(1 << 10)


@pytest.mark.parametrize(
    ("host", "port"),
    [("127.0.0.1", 65_536), ("127.0.0.1", 10**17), ("a" * 70, 0), ("a..b", 0), ("x.invalid", 0), ("::x", 0)],
)
def test_where_nothing_can_be_served_one_line_says_why(host: str, port: int) -> None:
    with pytest.raises(tc.OutputError, match=r"^cannot serve on .*; choose another --port$"):
        server._listen(host, port)


SERVE = """
import sys, uvicorn
from tinycnn.explore import Choice, Session, server
server.serve(Session(), Choice(filters=4), sys.argv[1], 0, browser=False)
"""


@contextmanager
def served(host: str = "127.0.0.1") -> Iterator[tuple[Client, subprocess.Popen[str]]]:
    """A server in a process of its own."""
    command = [sys.executable, "-c", SERVE, host]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Client(process.stdout.readline().split()[0].rstrip("/")), process
        finally:
            process.kill()


def test_the_address_that_is_printed_leads_to_the_page_also_of_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with served("::1") as (client, _):
        assert client.address.startswith("http://[::1]:")
        assert client.get("/choices").status_code == 200
        assert client.get("/choices", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.slow
def test_eight_large_uploads_at_once_stay_below_a_gigabyte() -> None:
    """Of 49 megapixels each, in two megabytes of noise and blanks; and one of 169 in 21 KB."""
    picture = np.zeros((7000, 7000, 3), np.uint8)
    picture[:900, :900] = np.random.default_rng(0).integers(0, 256, (900, 900, 3))
    data, bomb = png(picture), png(np.zeros((13_000, 13_000), bool))
    del picture
    with served() as (client, process):
        assert client.get("/view", params={"filters": 4}).status_code == 200
        with ThreadPoolExecutor(9) as pool:
            sent = [pool.submit(client.post, "/images", data=each) for each in (*[data] * 8, bomb)]
            found = [each.result() for each in sent]
        assert [answer.status_code for answer in found] == [200] * 8 + [400]
        assert "too large to decode" in found[-1].json()["error"]
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    assert int(re.search(r"VmHWM:\s*(\d+)", status)[1]) * 1024 < 1 << 30


def test_a_request_that_is_sent_by_half_does_not_keep_the_server_from_ending() -> None:
    with served() as (client, process):
        host, port = client.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as half:
            half.sendall(b"POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n\x89PNG")
            assert client.get("/choices").status_code == 200
            process.send_signal(signal.SIGINT)
            process.wait(20)


def test_answers_from_several_threads_are_those_of_one(client: Client) -> None:
    def ask(seed: int) -> list[np.ndarray]:
        return [
            pixels(map) for map in client.get("/view", params={"filters": 4, "seed": seed}).json()["maps"]
        ]

    alone = [ask(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(ask, range(6)))
    np.testing.assert_array_equal(together, alone)
