import io
import json
import random

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.documents import LARGE_BYTES, MEDIUM_BYTES, SMALL_BYTES, drawn_size, project
from bench.files import BOUNDARY, LARGE, SMALL, photo, upload_requests
from bench.scenarios import STEADY, Scenario, event_body, save_body
from bench.work import CHILD, Actor, Work, request

ACTORS = [Actor("token-one", "0" * 36), Actor("token-two", "1" * 36), Actor("token-three", "2" * 36)]


class Parsed:
    """A request as parsed by a server."""

    def __init__(self, raw: bytes) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.url = self.body = b""
        self.complete = False
        httptools.HttpRequestParser(self).feed_data(raw)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name] = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


@pytest.mark.parametrize("scenario", STEADY, ids=lambda scenario: scenario.name)
def test_every_request_is_complete_and_filled(scenario: Scenario) -> None:
    bodies = scenario.bodies() if scenario.bodies else [None]
    variants = [request(scenario.method, scenario.path, "127.0.0.1", body, bearer=True, gzip=True) for body in bodies]
    requests = Work(tuple(variants), ACTORS).requests()
    for _ in range(len(variants) * 2):
        raw = next(requests)
        parsed = Parsed(raw)
        assert parsed.complete
        assert not {1, 2, 3} & set(raw)
        if parsed.body:
            json.loads(parsed.body)


def test_actors_and_variants_rotate_and_no_request_repeats() -> None:
    requests = Work((request("POST", b"/" + CHILD, "h", event_body(), bearer=True, gzip=False),), ACTORS).requests()
    sent = [next(requests) for _ in range(30)]
    assert len(set(sent)) == len(sent)
    tokens = [Parsed(raw).headers[b"Authorization"] for raw in sent]
    assert {tokens.count(b"Bearer " + actor.token.encode()) for actor in ACTORS} == {10}


def test_an_actor_asks_for_its_own_child() -> None:
    requests = Work((request("GET", b"/" + CHILD, "h", bearer=True, gzip=False),), ACTORS).requests()
    for _ in ACTORS:
        parsed = Parsed(next(requests))
        assert (
            Actor(parsed.headers[b"Authorization"].decode().removeprefix("Bearer "), parsed.url.decode()[1:]) in ACTORS
        )


@pytest.mark.parametrize("size", [SMALL_BYTES, MEDIUM_BYTES, LARGE_BYTES])
def test_a_document_has_exactly_its_size(size: int) -> None:
    document = project(size, random.Random(1))
    assert len(document) == size
    json.loads(document)


@given(seed=st.integers(0, 10_000))
def test_random_documents_are_json_of_their_size(seed: int) -> None:
    rng = random.Random(seed)
    size = min(drawn_size(rng), 40_000)
    document = project(size, rng)
    assert len(document) == size
    assert json.loads(document)["name"] == "Masterpiece"


def test_a_save_differs_from_the_one_before_by_its_revision() -> None:
    body = save_body(SMALL_BYTES, "key", 1)
    assert body.count(b"\x03") == 1
    assert json.loads(body.replace(b"\x03", b"9" * 16))["dataValue"]["id"] == "9" * 16


def test_an_upload_is_a_whole_form_with_the_file_as_it_is_by_one_actor_after_another() -> None:
    content = bytes(range(256)) * 4
    for raw, actor in zip(upload_requests(content, ACTORS), [*ACTORS, *ACTORS], strict=False):
        parsed = Parsed(raw)
        assert parsed.complete
        assert parsed.headers[b"Authorization"] == b"Bearer " + actor.token.encode()
        before, _, after = parsed.body.partition(content)
        assert before.startswith(b"--" + BOUNDARY + b"\r\n")
        assert before.endswith(b"Content-Type: image/jpeg\r\n\r\n")
        assert after == b"\r\n--" + BOUNDARY + b"--\r\n"


@pytest.mark.parametrize(("terms", "size"), [(LARGE, 2_000_000), (SMALL, 200_000)])
def test_a_photo_has_about_its_size_and_is_the_same_in_each_run(terms: tuple[int, int, int], size: int) -> None:
    content = photo(*terms)
    assert len(content) == pytest.approx(size, rel=0.1)
    assert content == photo(*terms)
    assert Image.open(io.BytesIO(content)).size == terms[:2]


def test_a_request_may_have_more_headers() -> None:
    parsed = Parsed(request("GET", b"/", "h", bearer=False, gzip=False, more=[b"Range: bytes=0-9"]))
    assert (parsed.complete, parsed.headers[b"Range"]) == (True, b"bytes=0-9")
