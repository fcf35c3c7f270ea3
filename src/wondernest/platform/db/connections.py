"""How connections to PostgreSQL are made: parameters, prepared statements and codecs, also through a pooler."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from wondernest.platform.db.drivers import connect
from wondernest.settings import Pooler

if TYPE_CHECKING:
    import asyncpg

    from wondernest.settings import Database as DatabaseSettings

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
STATEMENT_CACHE_SIZE = 256
ANY_LENGTH = 0
"""asyncpg's word for it. By default it keeps no statement of more than 15 KiB: those would be planned again for each request."""
PLANS = "force_generic_plan"
"""Plan each statement once per connection. By default PostgreSQL plans a statement over short arrays again each time, because
it estimates an array of unknown length as ten rows; planning takes longer than running. So no statement may need its values
for a good plan: an optional filter must not be the one that makes it fast."""
COMPRESS = """
    select set_config(name, 'lz4', false) from pg_settings
     where name = 'default_toast_compression' and 'lz4' = any (enumvals)"""
"""Compress stored documents with lz4, if the server was built with it: it takes a tenth of the time of pglz, and the result is only
slightly larger. Each value stores its own compression method, so every backend can read it."""
_TIME_ZONE = {"timezone": "UTC"}
"""The one parameter that every pooler passes on, beside the name of the application."""


async def open_connection(settings: DatabaseSettings, role: str, *, directly: bool = False) -> Connection:
    """A connection as the pool makes them; `directly`: one that keeps its session. Raises the driver's errors."""
    to_itself = directly and bool(settings.direct_url)
    pooler = Pooler.NONE if to_itself else settings.pooler
    parameters = session_parameters(settings)
    connection = await connect(
        settings.direct if directly else settings.url,
        settings.connect_timeout_s,
        {
            "application_name": f"wondernest-{role}",
            **_TIME_ZONE,
            **(parameters if pooler is Pooler.NONE else {}),
        },
        command_timeout=settings.statement_timeout_s,
        statement_cache_size=0 if pooler is Pooler.TRANSACTION else STATEMENT_CACHE_SIZE,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=ANY_LENGTH,
    )
    try:
        if pooler is Pooler.SESSION:
            await connection.execute("; ".join(f"set {name} = '{value}'" for name, value in parameters.items()))
        if pooler.keeps_sessions:
            await connection.execute(COMPRESS)
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=_encode_jsonb, decoder=_decode_jsonb, format="binary"
        )
    except BaseException:  # the caller does not have it yet, so it cannot close it
        connection.terminate()
        raise
    return connection


def session_parameters(settings: DatabaseSettings) -> dict[str, str]:
    """What every session of ours sets, or a pooler in transaction mode should (`connect_query` of PgBouncer)."""
    return {
        "jit": "off",
        "plan_cache_mode": PLANS,
        "statement_timeout": str(int(settings.statement_timeout_s * 1000)),
    }


JSONB_VERSION = b"\x01"


def _encode_jsonb(document: bytes) -> bytes:
    return JSONB_VERSION + document


def _decode_jsonb(document: bytes) -> bytes:
    return bytes(document[1:])
