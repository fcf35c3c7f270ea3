"""The same streams over ASGI, as any of its servers would carry them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.streams import BLOB, Streams, with_endpoints
from wondernest.app import create_app
from wondernest.platform.http.application import Application
from wondernest.settings import Settings

UNDER = "/api/v1/streams"


@pytest.fixture
def streams() -> Streams:
    return Streams()


@pytest.fixture
def application(make_settings: Callable[..., Settings], streams: Streams) -> Application:
    return with_endpoints(create_app(make_settings(BODY_TIMEOUT_S="0.2")), streams.endpoints())


@pytest.fixture
async def client(application: Application) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(application) as found:
        yield found


async def test_a_stream_arrives_whole(client: httpx2.AsyncClient, streams: Streams) -> None:
    answer = await client.get(f"{UNDER}/download?count=3&size=4")
    assert answer.content == b"aaaabbbbcccc"
    assert streams.closed == ["pieces"]
    answer = await client.get(f"{UNDER}/download?kind=text/plain", headers={"Accept-Encoding": "gzip"})
    assert (answer.headers["content-encoding"], answer.content) == ("gzip", b"aaaabbbbcccc")


async def test_a_range_of_a_blob_is_cut_out(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{UNDER}/blob", headers={"Range": "bytes=-10"})
    assert (answer.status_code, answer.content) == (206, BLOB[-10:])


async def test_a_body_is_read_as_it_arrives(client: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 1000

    assert (await client.post(f"{UNDER}/upload", content=pieces())).json()["size"] == 5000
    answer = await client.post(f"{UNDER}/small", content=pieces())
    assert (answer.status_code, answer.json()["message"]) == (413, "Too large")


async def test_a_form_is_taken_apart(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{UNDER}/form", data={"title": "Zoë"}, files={"file": ("a.png", b"png", "image/png")})
    assert answer.json() == {"parts": [["title", "Zoë"], ["file", "a.png", "image/png", 3]]}


async def called(
    application: Application, target: str, incoming: asyncio.Queue[dict[str, Any]]
) -> tuple[asyncio.Task[None], list[dict[str, Any]], asyncio.Event]:
    """A request over bare messages; what was sent so far, and when it was more than a head."""
    sent: list[dict[str, Any]] = []
    begun = asyncio.Event()

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body"):
            begun.set()

    method = "POST" if target == "upload" else "GET"
    path, _, query = f"{UNDER}/{target}".partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    return asyncio.create_task(application(scope, incoming.get, send)), sent, begun


async def test_a_client_that_leaves_closes_the_stream(application: Application, streams: Streams) -> None:
    async with running(application):
        incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        incoming.put_nowait({"type": "http.request", "body": b""})
        task, sent, begun = await called(application, "events", incoming)
        await begun.wait()
        incoming.put_nowait({"type": "http.disconnect"})
        await task
    assert streams.closed == ["events"]
    assert sent[-1]["more_body"] is True


async def test_a_fault_half_way_is_the_servers_to_break_off(application: Application, streams: Streams) -> None:
    async with running(application):
        incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        incoming.put_nowait({"type": "http.request", "body": b""})
        task, sent, _ = await called(application, "download?fails=1", incoming)
        with pytest.raises(RuntimeError):
            await task
    assert streams.closed == ["pieces"]
    assert sent[-1]["more_body"] is True


@pytest.mark.parametrize("then", [None, {"type": "http.disconnect"}])
async def test_a_body_that_stops_is_given_up(application: Application, then: dict[str, Any] | None) -> None:
    async with running(application):
        incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        incoming.put_nowait({"type": "http.request", "body": b"x", "more_body": True})
        if then is not None:
            incoming.put_nowait(then)
        task, sent, _ = await called(application, "upload", incoming)
        await task
    assert [message["status"] for message in sent if "status" in message] == ([408] if then is None else [])
