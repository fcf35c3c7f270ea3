"""An address means the same to the driver of the commands and to that of the service; both start in a foreign home."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.db import drivers
from wondernest.platform.db.drivers import connect, open_for_command, translated
from wondernest.settings import load_settings
from wondernest.settings.addresses import TAKEN, WITHOUT_EFFECT

PARAMETERS = {
    "options": "-c%20statement_timeout%3D4321",
    "passfile": "/nonexistent/passfile",
    "krbsrvname": "postgres",
    "gsslib": "gssapi",
    "sslmode": "prefer",
    "sslnegotiation": "postgres",
    "ssl_min_protocol_version": "TLSv1.2",
    "ssl_max_protocol_version": "TLSv1.3",
    "target_session_attrs": "read-write",
    "connect_timeout": "7",
    "keepalives": "1",
    "keepalives_idle": "31",
    "keepalives_interval": "7",
    "keepalives_count": "4",
    "tcp_user_timeout": "9000",
    "application_name": "mine",
    "fallback_application_name": "mine",
    "timezone": "Pacific/Auckland",
    "client_encoding": "utf8",
    "channel_binding": "prefer",
    "gssencmode": "disable",
    "load_balance_hosts": "disable",
    "sslcompression": "0",
    "requiressl": "0",
    "sslsni": "1",
    "sslcertmode": "allow",
}
PARTS_OF_EVERY_ADDRESS = {"host", "port", "user", "password", "dbname"}
CERTIFICATES = {"sslcert", "sslkey", "sslcrl", "sslpassword", "sslrootcert"}
"""They name files, and both drivers take them as they are."""


def test_every_supported_parameter_is_tried() -> None:
    assert {*TAKEN, *WITHOUT_EFFECT} == {*PARAMETERS, *PARTS_OF_EVERY_ADDRESS, *CERTIFICATES}


async def sessions(address: str) -> list[tuple[str, ...]]:
    """What the session of each driver says of itself."""
    settings = load_settings({"DATABASE_URL": address}).database
    asked = "select current_setting('statement_timeout'), current_user::text, current_database()::text"
    with open_for_command(settings.url, "test") as command:
        [first] = command.execute(asked).fetchall()
    connection = await connect(settings.url, settings.connect_timeout_s, {})
    try:
        second = await connection.fetchrow(asked)
    finally:
        await connection.close()
    assert second is not None
    return [tuple(first), tuple(second)]


@pytest.mark.parametrize("name", sorted(PARAMETERS))
async def test_both_drivers_connect_with_the_parameter(pg_server: EmbeddedPostgres, name: str) -> None:
    command, service = await sessions(f"{pg_server.tcp_url()}?{name}={PARAMETERS[name]}")
    assert command == service
    assert command[0] == ("4321ms" if name == "options" else "0")


async def test_both_drivers_take_all_of_it_from_the_parameters(pg_server: EmbeddedPostgres) -> None:
    login, _, where = pg_server.tcp_url().removeprefix("postgresql://").partition("@")
    user, _, password = login.partition(":")
    host, _, port = where.partition("/")[0].partition(":")
    all_given = f"host={host}&port={port}&user={user}&password={password}&dbname=postgres"
    command, service = await sessions(f"jdbc:postgresql:///?{all_given}")
    assert command == service


async def test_both_drivers_pass_a_host_that_is_down_or_a_standby(pg_server: EmbeddedPostgres) -> None:
    login, _, where = pg_server.tcp_url().rpartition("@")
    command, service = await sessions(f"{login}@127.0.0.1:1,{where}?target_session_attrs=primary&connect_timeout=5")
    assert command == service


async def test_keepalives_reach_the_socket_of_the_service(pg_server: EmbeddedPostgres) -> None:
    given = "keepalives_idle=31&keepalives_interval=7&keepalives_count=4&tcp_user_timeout=9000"
    for query, alive in (("", 0), ("?keepalives=0", 0), ("?keepalives=1", 1), (f"?{given}", 1)):
        settings = load_settings({"DATABASE_URL": pg_server.tcp_url() + query}).database
        connection: Any = await connect(settings.url, settings.connect_timeout_s, {})
        try:
            link = connection._transport.get_extra_info("socket")
            assert bool(link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) == bool(alive)
            if "idle" in query:
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 31
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 7
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 4
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 9000
        finally:
            await connection.close()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("", None), ("?connect_timeout=0", None), ("?connect_timeout=1", 2.0), ("?connect_timeout=9", 9.0)],
)
def test_the_timeout_of_the_address_wins(given: str, seconds: float | None) -> None:
    assert translated(f"postgresql://u@h/d{given}").timeout_s == seconds


def test_a_password_with_a_plus_is_the_same_to_both() -> None:
    assert translated("postgresql://h/d?password=a+b&keepalives=1").address == "postgresql://h/d?password=a%2Bb"


PROGRAM = """
import asyncio, os, sys
import asyncpg, encodings.idna, psycopg
from wondernest.platform.db.drivers import connect, open_for_command
from wondernest.settings import load_settings

if os.geteuid() == 0:  # may enter every home, and so may what is imported already
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
settings = load_settings({"DATABASE_URL": sys.argv[1]}).database

async def main():
    connection = await connect(settings.url, settings.connect_timeout_s, {})
    print(await connection.fetchval("select 1"), os.environ["HOME"])
    await connection.close()

with open_for_command(settings.url, "test") as command:
    print(*command.execute("select 2").fetchone())
asyncio.run(main())
"""


@pytest.mark.parametrize("sslmode", ["prefer", "disable"])
def test_both_drivers_connect_in_a_home_of_another_user(
    pg_server: EmbeddedPostgres, server_folder: Path, sslmode: str
) -> None:
    home = server_folder / f"foreign-{sslmode}"
    (home / ".postgresql").mkdir(parents=True)
    home.chmod(0)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", PROGRAM, f"{pg_server.tcp_url()}?sslmode={sslmode}"],
            env={"HOME": str(home), "PATH": os.defpath},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        home.chmod(0o700)
    assert (done.returncode, done.stdout.split()) == (0, ["2", "1", drivers.NO_HOME]), done.stderr
