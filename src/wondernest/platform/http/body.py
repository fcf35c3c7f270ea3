"""Reads a request body from ASGI's messages: bounded in size and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from wondernest.platform.http.errors import BodyTimeout, PayloadTooLarge
from wondernest.platform.http.exchange import ClientDisconnected

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


async def read_body(receive: Receive, declared: bytes | None, limit: int, timeout_s: float) -> bytes:
    """The whole body. Raises PayloadTooLarge, BodyTimeout or ClientDisconnected; never holds more than `limit` bytes."""
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise PayloadTooLarge
    message = await _first(receive, declared, timeout_s)
    if message["type"] == "http.disconnect":
        raise ClientDisconnected
    chunk: bytes = message.get("body", b"")
    if len(chunk) > limit:
        raise PayloadTooLarge
    if not message.get("more_body", False):
        return chunk
    try:
        async with asyncio.timeout(timeout_s):
            return await _rest(receive, chunk, limit)
    except TimeoutError:
        raise BodyTimeout from None


async def _first(receive: Receive, declared: bytes | None, timeout_s: float) -> MutableMapping[str, Any]:
    if declared == b"0":
        return await receive()
    try:
        async with asyncio.timeout(timeout_s):
            return await receive()
    except TimeoutError:
        raise BodyTimeout from None


async def _rest(receive: Receive, first: bytes, limit: int) -> bytes:
    chunks = [first]
    size = len(first)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise PayloadTooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
