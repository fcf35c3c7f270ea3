"""What each driver gets of an address of PostgreSQL, so that it means the same to both.

psycopg, for commands, takes the address as it is. asyncpg, for everything else, passes parameters that it does not know to the server,
which refuses them; so they are translated here.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg

from wondernest.settings.addresses import parameters, with_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

COMMAND_CONNECT_TIMEOUT_S: Final = 10
"""How long a command waits for a connection, unless the address says it."""
SHORTEST_TIMEOUT_S: Final = 2
"""libpq waits for 2 s at least."""
ENCODING: Final = "UTF8"
"""The one encoding, of databases and of sessions: another one refuses texts that people write, or does not know what they are."""
NO_HOME: Final = "/nonexistent"
_SOCKET_OPTIONS: Final = {
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}
"""Parameters that are options of the socket, where the system has them. The last one is in milliseconds."""


class Translated(NamedTuple):
    """An address as asyncpg takes it."""

    address: str
    server_settings: dict[str, str]
    timeout_s: float | None
    """None: the address does not say it."""
    socket_options: dict[str, int]
    keeps_alive: bool | None
    """None: the address says nothing of the kind, and the driver's default counts."""


def translated(address: str) -> Translated:
    """The parts of an address that the settings have accepted."""
    given = dict(parameters(address))
    options = {name: int(text) for name in _SOCKET_OPTIONS if (text := given.pop(name, None)) is not None}
    alive = given.pop("keepalives", None)
    wait_s = int(given.pop("connect_timeout", "0"))
    server = {"options": text} if (text := given.pop("options", None)) else {}
    return Translated(
        with_parameters(address, [(name, value) for name, value in given.items() if value]),
        server,
        float(max(wait_s, SHORTEST_TIMEOUT_S)) if wait_s else None,
        options,
        alive != "0" if alive or options else None,
    )


async def connect(
    address: str, timeout_s: float, server_settings: Mapping[str, str], **options: Any
) -> asyncpg.Connection[asyncpg.Record]:
    """A connection of asyncpg; raises its errors. `timeout_s` counts unless the address says it; `options` are asyncpg's own."""
    leave_unreadable_home()
    known = translated(address)
    connection = await asyncpg.connect(
        known.address,
        timeout=timeout_s if known.timeout_s is None else known.timeout_s,
        server_settings={**known.server_settings, **server_settings},
        **options,
    )
    if known.keeps_alive is not None:
        _set_options(connection, known)
    return connection


def open_for_command(address: str, name: str, **options: Any) -> psycopg.Connection:
    """A connection of psycopg outside a transaction, for the command of this name. Raises psycopg.Error."""
    import psycopg

    leave_unreadable_home()
    if not any(parameter == "connect_timeout" for parameter, _ in parameters(address)):
        options["connect_timeout"] = COMMAND_CONNECT_TIMEOUT_S
    return psycopg.connect(
        address, autocommit=True, application_name=f"wondernest {name}", client_encoding=ENCODING, **options
    )


def refused_encoding(encoding: str | None) -> str | None:
    """What to do about a database of this encoding, in one line; None if it is ours."""
    if encoding == ENCODING:
        return None
    return (
        f"the encoding of the database is {encoding}, and it has to be {ENCODING}:"
        f" copy it into one made with `create database … encoding '{ENCODING}' template template0`"
    )


@cache
def leave_unreadable_home() -> None:
    """Both drivers look for files in HOME. In a home that this process must not enter, asyncpg fails; so it gets none."""
    try:
        home = Path.home()
    except (RuntimeError, KeyError):
        return
    if not os.access(home, os.X_OK):
        os.environ["HOME"] = NO_HOME


def _set_options(connection: asyncpg.Connection[asyncpg.Record], known: Translated) -> None:
    """Set the options of a TCP socket that the system knows, as libpq does; 0 leaves the system's value.

    asyncpg has no public way to its socket.
    """
    link: socket.socket | None = connection._transport.get_extra_info("socket")  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    if link is None or link.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(known.keeps_alive is True))
    for name, value in known.socket_options.items():
        option: int | None = getattr(socket, _SOCKET_OPTIONS[name], None)
        if option is not None and value:
            link.setsockopt(socket.IPPROTO_TCP, option, value)
