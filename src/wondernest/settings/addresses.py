"""Addresses of PostgreSQL and of the cache: one reading for every process, whichever driver it uses.

A database address may have the parameters of libpq (PostgreSQL documentation, "Parameter Key Words"). Here each is taken, has no
effect, or is refused by name, so that `migrate`, `doctor`, `serve` and `work` agree. How the drivers get them is in
`platform/db/drivers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from wondernest.settings.kinds import MAX_PORT

DATABASE_SCHEMES: Final = ("postgresql", "postgres")
CACHE_SCHEMES: Final = ("redis", "rediss", "unix")
ENCODING: Final = "a character / ? # @ : in a name or password is written %2F %3F %23 %40 %3A"
DATABASE_FORM: Final = f"not an address postgresql://user:password@host:port/name; {ENCODING}"
CACHE_FORM: Final = f"not an address redis://, rediss:// or unix://; {ENCODING}"
_DIALECT: Final = re.compile(r"(?:jdbc:)?(postgresql|postgres)(?:\+[a-z0-9_]+)?://")
"""Prefixes of the Kotlin backend and of SQLAlchemy."""
_HOST_AND_PORT: Final = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]@:/]*)(?::(?P<port>[0-9]{1,5}))?")
_SERVICE_ADDRESS: Final = re.compile(r"tcp://(?P<host>\[[0-9A-Fa-f:]+\]|[^\[\]@:/]+):(?P<port>[0-9]{1,5})")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


class BadAddress(ValueError):
    """An address or a parameter that is not supported. The message says what is wrong, without a piece of a password."""


def _any(_value: str) -> bool:
    return True


def _number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _ports(value: str) -> bool:
    return all(_is_port(port) for port in value.split(","))


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda value: value in values


TAKEN: Final[Mapping[str, Callable[[str], bool]]] = {
    **dict.fromkeys(("host", "user", "password", "dbname", "passfile", "options", "krbsrvname", "gsslib"), _any),
    **dict.fromkeys(("sslcert", "sslkey", "sslcrl", "sslpassword"), _any),
    "port": _ports,
    "sslrootcert": lambda value: value != "system",
    "sslmode": _one_of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": _one_of("postgres", "direct"),
    **dict.fromkeys(
        ("ssl_min_protocol_version", "ssl_max_protocol_version"), _one_of("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    ),
    "target_session_attrs": _one_of("any", "primary", "standby", "prefer-standby", "read-write", "read-only"),
    **dict.fromkeys(("connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count"), _number),
    "tcp_user_timeout": _number,
    "keepalives": _one_of("0", "1"),
}
"""Parameters that have their meaning in every process, each with its valid values."""
WITHOUT_EFFECT: Final[Mapping[str, Callable[[str], bool]]] = {
    **dict.fromkeys(("application_name", "fallback_application_name", "timezone"), _any),
    "client_encoding": lambda value: value.lower().replace("-", "") in {"utf8", "auto"},
    **dict.fromkeys(("channel_binding", "gssencmode"), _one_of("disable", "prefer")),
    "load_balance_hosts": _one_of("disable"),
    **dict.fromkeys(("sslcompression", "requiressl"), _one_of("0")),
    "sslsni": _one_of("1"),
    "sslcertmode": _one_of("allow"),
}
"""Parameters that may be there and change nothing, with the values for which this is so. Sessions are named by the service and in UTC."""

LIBPQ: Final = frozenset(
    {
        *TAKEN,
        *WITHOUT_EFFECT,
        *(
            "hostaddr",
            "require_auth",
            "replication",
            "sslcrldir",
            "requirepeer",
            "gssdelegation",
            "service",
            "servicefile",
        ),
        *("scram_client_key", "scram_server_key", "sslkeylogfile", "min_protocol_version", "max_protocol_version"),
        *("oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope"),
    }
)
"""All parameters of libpq 18, and `timezone`, which asyncpg takes."""


def database_address(text: str) -> str:
    """The address that all processes use, with the parameters in TAKEN alone; raises BadAddress."""
    if (found := _DIALECT.match(text)) is not None:
        text = f"{found[1]}://{text[found.end() :]}"
    parts = _split(text, DATABASE_SCHEMES, DATABASE_FORM)
    given = parameters(text)
    kept: list[tuple[str, str]] = []
    for name, value in given:
        valid = TAKEN.get(name) or WITHOUT_EFFECT.get(name)
        if valid is None:
            raise BadAddress(f"the parameter {_shown(name, parts)} is not supported")
        if not valid(value):
            raise BadAddress(f"the value of the parameter {name} is not supported")
        if name in TAKEN:
            kept.append((name, value))
    if len(kept) == len(given):
        return text
    return with_parameters(text, kept)


def cache_address(text: str) -> str:
    """The address; raises BadAddress."""
    parts = _split(text, CACHE_SCHEMES, CACHE_FORM)
    if parts.scheme == "unix":
        if not parts.path.startswith("/"):
            raise BadAddress(CACHE_FORM)
    elif parts.path not in {"", "/"} and not _NUMBER.fullmatch(parts.path[1:]):
        raise BadAddress("what follows the host is not the number of a database")
    for name, value in parameters(text):
        if name not in {"db", "username", "password"} or (name == "db" and not _number(value)):
            raise BadAddress(f"the parameter {_shown(name, parts)}, or its value, is not supported")
    return text


def parameters(address: str) -> list[tuple[str, str]]:
    """The parameters of an address, decoded as libpq does: `+` is no space."""
    pairs = [pair.partition("=") for pair in address.partition("?")[2].split("&") if pair]
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def with_parameters(address: str, kept: Sequence[tuple[str, str]]) -> str:
    """The address with these parameters instead of its own."""
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in kept)
    return address.partition("?")[0] + (f"?{query}" if query else "")


def service_address(text: str) -> tuple[str, str] | None:
    """Host and port of `tcp://host:port`, which Kubernetes puts into `NAME_PORT` for a service of that name; None for other texts."""
    found = _SERVICE_ADDRESS.fullmatch(text)
    return None if found is None else (found["host"], found["port"])


def _is_port(text: str) -> bool:
    return _number(text) and 0 < int(text) <= MAX_PORT


def _split(text: str, schemes: Sequence[str], form: str) -> SplitResult:
    """The parts of an address that has only one reading: drivers take a piece of an unquoted password for a host and quote it in errors."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise BadAddress(form) from None
    login, _, hosts = parts.netloc.rpartition("@")
    found = [_HOST_AND_PORT.fullmatch(host) for host in hosts.split(",")]
    if (
        parts.scheme not in schemes
        or not text.startswith(f"{parts.scheme}://")
        or parts.fragment
        or "@" in login + parts.path + parts.query
        or login.count(":") > 1
        or not all(match is not None and (match["port"] is None or _is_port(match["port"])) for match in found)
    ):
        raise BadAddress(form)
    return parts


def _shown(name: str, parts: SplitResult) -> str:
    """A parameter's name for a message. Without a login before it, it may be the end of a password with an unquoted `?`."""
    return name if "@" in parts.netloc or name in LIBPQ else "that it has"
