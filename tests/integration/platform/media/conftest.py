"""One inspector for all tests of a module: its process starts once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.fixtures.media import Bench, bench


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def media() -> AsyncIterator[Bench]:
    """An inspector with the default settings."""
    async with bench() as made:
        yield made
