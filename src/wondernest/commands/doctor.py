"""`wondernest doctor`: the effective settings, the state of every dependency, and what to do about problems."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import asyncpg
import msgspec
import psycopg

from wondernest.platform.cache.counters import Refused
from wondernest.platform.cache.server import CacheServer
from wondernest.platform.db.connections import open_connection, session_parameters
from wondernest.platform.db.drivers import refused_encoding
from wondernest.platform.db.migrations.state import schema_state
from wondernest.platform.db.schema_check import unused_indexes
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.jobs.state import queue_state
from wondernest.settings import PLACEHOLDER_SECRETS, Pooler, Secret, Settings, unsafe

if TYPE_CHECKING:
    from wondernest.platform.db.connections import Connection
    from wondernest.platform.rooms import Room, Rooms
    from wondernest.settings import Database

CACHE_TIMEOUT_S = 3.0
CANNOT_CONNECT = (
    OSError,
    TimeoutError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # among them: no server has what target_session_attrs asks for
)
MASK = "***"
REFUSED_PARAMETER = "unsupported startup parameter"
UNDECLARED = "A pooler such as PgBouncer is at DATABASE_URL: set DATABASE_POOLER to how it pools (docs/database.md)."
READ_ONLY = (
    "takes no writes: it is a standby, or default_transaction_read_only is set. Set DATABASE_URL to the primary, or to all"
    " servers with target_session_attrs=read-write."
)
SILENT = {
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""Settings of PostgreSQL with which its log holds statements without their values."""
PrintLine = Callable[[str], None]


def doctor(settings: Settings, rooms: Rooms, print_line: PrintLine) -> bool:
    """Print the effective settings and the state of every dependency; True when requests can be served."""
    for line in effective(settings):
        print_line(line)
    print_line("")
    return asyncio.run(_examine(settings, rooms, print_line))


def effective(settings: Settings) -> Iterator[str]:
    """`NAME=value` for every setting, by group, secrets masked."""
    for group in msgspec.structs.fields(Settings):
        yield f"[{group.name}]"
        values = getattr(settings, group.name)
        for field in msgspec.structs.fields(values):
            yield f"{field.encode_name}={masked(field.encode_name, getattr(values, field.name))}"


def masked(name: str, value: object) -> str:
    """A setting's value for printing: a URL without its password, any other secret fully masked."""
    if isinstance(value, Secret):
        if not value or not name.endswith("_URL"):
            return MASK if value else ""
        hidden = re.sub(r"(?<=://)([^:@/]*):.*(?=@)", rf"\1:{MASK}", value)
        return re.sub(r"(?i)(?<=password=)[^&]*", MASK, hidden)
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


async def _examine(settings: Settings, rooms: Rooms, print_line: PrintLine) -> bool:
    safe = _settings(settings, print_line)
    usable = await _database(settings, rooms, print_line)
    await _cache(settings, print_line)
    for check in rooms.checks:
        health = await check.ask()
        print_line(f"{check.name:<9} {'good' if health.up else health.message}")
    for room in rooms.all:
        print_line(f"room      {room.name}: {_listed(room)}")
    return usable and safe


def _listed(room: Room) -> str:
    counts = {
        "routes": room.endpoints,
        "tables": room.tables,
        "jobs": room.jobs,
        "schedules": room.schedules,
        "metrics": room.metrics,
        "checks": room.checks,
        "kinds of personal data": room.personal_data,
    }
    return ", ".join(f"{len(parts)} {what}" for what, parts in counts.items() if parts) or "nothing"


def _settings(settings: Settings, print_line: PrintLine) -> bool:
    """Whether `serve` accepts these settings."""
    refusals = list(unsafe(settings))
    if not refusals:
        print_line(f"settings  good (APP_ENV={settings.app.environment})")
    for refusal in refusals:
        print_line(f"settings  {refusal}")
    if settings.app.development and settings.jwt.secret in PLACEHOLDER_SECRETS:
        print_line(
            "          JWT_SECRET is a published placeholder: anyone can sign in as anyone. Set your own before others can connect."
        )
    if settings.app.outbox_allowed and not settings.mail.smtp_host:
        print_line(
            f"mail      SMTP_HOST is not set: mail, with its one-time links, only goes to {settings.app.outbox_path}."
        )
    if settings.storage.http_allowed and settings.bucket and settings.bucket.endpoint.startswith("http://"):
        print_line("storage   STORAGE_HTTP_ALLOWED is set: files and the keys to them cross the network unencrypted.")
    return not refusals


async def _database(settings: Settings, rooms: Rooms, print_line: PrintLine) -> bool:
    if not settings.database.url:
        print_line("database  DATABASE_URL is not set: set it to postgresql://user:password@host:port/name")
        return False
    try:
        connection = await open_connection(settings.database, "doctor")
    except CANNOT_CONNECT as error:
        advice = UNDECLARED if REFUSED_PARAMETER in str(error) else "Check DATABASE_URL and that PostgreSQL runs there."
        print_line(f"database  cannot connect: {_one_line(error)}. {advice}")
        return False
    try:
        version = connection.get_server_version()
        if wrong := refused_encoding(connection.get_settings().server_encoding):
            print_line(f"database  {wrong}.")
            return False
        read_only = await connection.fetchval("select current_setting('transaction_read_only')::boolean")
        good = f"good (PostgreSQL {version.major}.{version.minor})"
        print_line(f"database  {READ_ONLY if read_only else good}")
        await _pooler(settings.database, connection, print_line)
        await _log(connection, print_line)
        state = await schema_state(connection, rooms.needed, rooms.indexes, rooms.rights)
        not_erased = (await schema_state(connection, rights=rooms.erasure_rights)).forbidden
        if state.usable:
            await _jobs(settings, connection, print_line)
    finally:
        await connection.close()
    if state.missing:
        print_line(f"schema    missing: {', '.join(state.missing)}. Run `wondernest migrate`.")
    elif state.forbidden:
        print_line(
            f"schema    our role may not: {', '.join(state.forbidden)}. The owner of these tables has to grant it."
        )
    elif not state.up_to_date:
        print_line(f"schema    usable, at {state.version} of {state.newest}. Run `wondernest migrate`.")
    else:
        print_line(f"schema    good (version {state.version})")
    if state.usable and not_erased:
        print_line(
            f"erasures  wait: our role may not: {', '.join(not_erased)}. The owner of these tables has to grant it."
        )
    for index in state.slow:
        print_line(
            f"indexes   {index} is missing or unfinished: without it a table is read whole. Run `wondernest migrate`."
        )
    await asyncio.to_thread(_indexes, settings, rooms, print_line)
    return state.usable and not read_only


async def _pooler(database: Database, connection: Connection, print_line: PrintLine) -> None:
    """What is wrong with the pooler, or with what is declared of it."""
    there = await connection.fetchval("select pg_backend_pid()") != connection.get_server_pid()
    if there and database.pooler is Pooler.NONE:
        print_line(f"pooler    {UNDECLARED}")
    elif not there and database.pooler is not Pooler.NONE:
        print_line(f"pooler    none is at DATABASE_URL, but DATABASE_POOLER={database.pooler.value}")
    wanted = session_parameters(database)
    rows = await connection.fetch("select name, setting from pg_settings where name = any ($1)", list(wanted))
    if missing := [f"set {name} = '{wanted[name]}'" for name, setting in rows if setting != wanted[name]]:
        print_line(f"pooler    its sessions are slow or unbounded: connect_query should have `{'; '.join(missing)}`")


async def _log(connection: Connection, print_line: PrintLine) -> None:
    """Which settings let PostgreSQL write people's values into its log."""
    rows = await connection.fetch("select name, setting from pg_settings where name = any ($1)", list(SILENT))
    if told := [f"{row['name']} = {SILENT[row['name']]}" for row in rows if row["setting"] != SILENT[row["name"]]]:
        print_line(
            f"logs      PostgreSQL's own log can quote rows and values. Set {', '.join(told)} (docs/operations.md)"
        )


async def _jobs(settings: Settings, connection: asyncpg.Connection[asyncpg.Record], print_line: PrintLine) -> None:
    state = await queue_state(connection)
    if state.processes:
        print_line(f"jobs      good ({state.processes} running, {state.waiting} waiting)")
    else:
        print_line(
            f"jobs      no jobs process is alive, {state.waiting} waiting: mail and periodic work wait. {_how(settings)}"
        )
    for name, count in state.dead.items():
        print_line(
            f"jobs      {count} dead of {name}. `wondernest jobs list` shows the reason; run `jobs retry` or `jobs drop`."
        )


def _how(settings: Settings) -> str:
    if settings.jobs.processes:
        return "`wondernest serve` runs one."
    return "JOBS_PROCESSES is 0: run `wondernest work`."


def _indexes(settings: Settings, rooms: Rooms, print_line: PrintLine) -> None:
    try:
        costly = unused_indexes(settings.database.direct, rooms.costly_indexes)
    except psycopg.Error:
        return  # the database went down between two checks; its state is printed already
    for index in costly:
        print_line(f"indexes   {index.cost}. `wondernest tune` drops it if it was never used.")


async def _cache(settings: Settings, print_line: PrintLine) -> None:
    if not (settings.cache.enabled and settings.cache.url):
        print_line("cache     off: each process counts its limits for itself")
        return
    try:
        server = CacheServer(settings.cache.url, CACHE_TIMEOUT_S)
        try:
            await server.probe()
        finally:
            await server.close()
    except DependencyUnavailable as fault:
        problem = "cannot count" if isinstance(fault, Refused) else "cannot connect"
        reason = _one_line(fault.__cause__ or fault)
        print_line(f"cache     {problem}: {reason}. Check REDIS_URL; until then each process counts for itself.")
        return
    print_line("cache     good")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
