"""What a worker does about clients that do not get a request's head across."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from uvicorn import Config

from wondernest.platform.http.application import Application
from wondernest.supervisor.protocol import HEAD_LIMIT_BYTES, Protocol
from wondernest.supervisor.worker import HEAD_TIMEOUT_S, TICK_S, WorkerServer

SWEEP = round(HEAD_TIMEOUT_S / TICK_S)
"""The tick at which slow heads are looked for."""


@dataclass
class RunningWorker:
    server: WorkerServer
    port: int

    async def connect(self, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose first bytes the worker has taken in."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        while not any(connection._head_bytes == len(sent) for connection in self.server._connections()):
            await asyncio.sleep(0)
        return reader, writer


@pytest.fixture
async def worker(application: Application) -> AsyncIterator[RunningWorker]:
    listener = socket.create_server(("127.0.0.1", 0))
    ours, theirs = socket.socketpair()
    config = Config(application, http=Protocol, ws="none", lifespan="on", log_config=None, timeout_graceful_shutdown=1)
    config.load()
    server = WorkerServer(config, theirs)
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    yield RunningWorker(server, listener.getsockname()[1])
    await server.shutdown([listener])
    ours.close()
    theirs.close()


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_head_that_does_not_come_is_given_up(worker: RunningWorker, sent: bytes) -> None:
    reader, writer = await worker.connect(sent)
    await worker.server.on_tick(SWEEP)
    assert worker.server._connections(), "the first look only notes it"
    await worker.server.on_tick(2 * SWEEP)
    assert await reader.read() == b""
    writer.close()


async def test_a_connection_between_requests_is_left_alone(worker: RunningWorker) -> None:
    reader, writer = await worker.connect(b"")
    for _ in range(2):
        writer.write(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        await worker.server.on_tick(SWEEP)
        await worker.server.on_tick(2 * SWEEP)
        assert worker.server._connections()
    writer.close()


async def test_a_head_without_end_is_refused(worker: RunningWorker) -> None:
    reader, writer = await worker.connect(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ")
    writer.write(b"a" * HEAD_LIMIT_BYTES)
    assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_a_draining_worker_asks_its_clients_to_connect_anew(worker: RunningWorker) -> None:
    reader, writer = await worker.connect(b"GET /health HTTP/1.1\r\n")
    ending = asyncio.create_task(worker.server.shutdown())
    while not worker.server.server_state.draining:
        await asyncio.sleep(0)
    writer.write(b"Host: x\r\n\r\n")
    reply = await reader.read()
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in reply.lower()
    await ending
    writer.close()
