"""A server without a limit of uploads, its jobs, and a family."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register
from tests.fixtures.family import add_child
from wondernest.app import Background, background, create_app


@pytest.fixture
async def client(make_settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(make_settings(RATE_LIMIT_UPLOAD="0"))) as started:
        yield started


@pytest.fixture
async def work(make_settings: Any, client: httpx2.AsyncClient) -> AsyncIterator[Background]:
    made = background(make_settings())
    yield made
    await made.rooms.stop()


@pytest.fixture
async def ann(client: httpx2.AsyncClient) -> Parent:
    return await register(client)


@pytest.fixture
async def child(client: httpx2.AsyncClient, ann: Parent) -> str:
    return (await add_child(client, ann))["id"]
