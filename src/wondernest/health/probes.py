"""Checks of the dependencies that every installation has: the database and the cache."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg

from wondernest.platform.checks import TIMEOUT_S, Health, milliseconds_since
from wondernest.platform.clock import monotonic
from wondernest.platform.db.migrations.state import schema_state
from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from wondernest.platform.cache import Counters
    from wondernest.platform.db.pool import Database
    from wondernest.platform.rooms import Rooms


async def probe_database(database: Database, rooms: Rooms) -> Health:
    """Open a new connection, so that a busy pool does not look like a database that is down, and check what the rooms need.

    A database that takes no writes (a standby, or one that is read-only) is down: most of what requests ask for is stored.
    """
    began = monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            connection = await database.connect()
            try:
                state = await schema_state(connection, rooms.needed, rights=rooms.rights)
            finally:
                connection.terminate()
    except (DependencyUnavailable, TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return Health(up=False, message="Connection failed", took_ms=milliseconds_since(began), complete=False)
    message = "Read-only" if state.read_only else "Connected"
    return Health(up=not state.read_only, message=message, took_ms=milliseconds_since(began), complete=state.usable)


async def probe_cache(counters: Counters) -> Health:
    """Have the cache do what limits ask of it."""
    began = monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            up = await counters.probe()
    except TimeoutError:
        up = False
    return Health(up=up, message="Connected" if up else "Connection failed", took_ms=milliseconds_since(began))
