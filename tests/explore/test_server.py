"""The page over HTTP, as a browser or a hostile neighbour would ask."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import requests
from test_session import pixels, png

from tinycnn.explore import Choice, Session
from tinycnn.image import default

APP = "the page needs the extra: pip install 'tinycnn[app]'"
pytest.importorskip("starlette", reason=APP)
uvicorn = pytest.importorskip("uvicorn", reason=APP)

from tinycnn.explore import server  # noqa: E402


class Client:
    """Asks a server, each time on a connection of its own."""

    def __init__(self, address: str) -> None:
        self.get = partial(self._ask, "GET", address)
        self.post = partial(self._ask, "POST", address)

    @staticmethod
    def _ask(method: str, address: str, path: str, **options: object) -> requests.Response:
        return requests.request(method, address + path, timeout=120, **options)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(server.application(Session(), Choice(filters=4)), log_level="warning")
    running = uvicorn.Server(config)
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


def test_uploads_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LARGEST", 1 << 20)
    answer = client.post("/images", data=bytes((1 << 20) + 1))
    assert answer.status_code == 400
    assert answer.json()["error"] == "the image is larger than 1 MB; make it smaller first"
    assert "not an image" in client.post("/images", data=bytes(1 << 20)).json()["error"]


def test_other_sites_cannot_reach_it_through_a_browser(client: Client) -> None:
    assert client.get("/choices", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/choices", headers={"Host": "127.0.0.1:8765"}).status_code == 200


def test_answers_from_several_threads_are_those_of_one(client: Client) -> None:
    def ask(seed: int) -> list[np.ndarray]:
        return [
            pixels(map) for map in client.get("/view", params={"filters": 4, "seed": seed}).json()["maps"]
        ]

    alone = [ask(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(ask, range(6)))
    np.testing.assert_array_equal(together, alone)
