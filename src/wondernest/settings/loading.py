"""Reads the settings tree from the environment, also from variable names of the two earlier backends, and validates it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from wondernest.settings.kinds import MAX_PORT, Csv, Secret
from wondernest.settings.safety import unsafe
from wondernest.settings.tree import DEVELOPMENT, Database, Settings

ENVIRONMENT_NAMES = ("APP_ENV", "RUST_ENV", "KTOR_ENV")
"""Ours, and those of the earlier backends; the first that is set counts."""
_HOST_NAME = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_CACHE_SCHEMES = ("redis", "rediss", "unix")
_CACHE_ADDRESS = "an address redis://, rediss:// or unix://"
_DATABASE_SCHEMES = ("postgresql", "postgres")
_DATABASE_ADDRESS = "an address postgresql://user:password@host:port/name"
_ENCODING = "a character / ? # @ : in a name or password is written %2F %3F %23 %40 %3A"
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]@:/]*)(?::(?P<port>[0-9]{1,5}))?")
_REGION_ALIASES = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""Names of an earlier backend and of AWS's own tools. Keys in their variables are read by the client itself, with their session."""
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_ENDPOINT = re.compile(r"https?://(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?/?")


class SettingsError(Exception):
    """A variable has an invalid value; the message names the variable, in one line for each."""


def load_settings(
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = None,
    defaults: Mapping[str, str] | None = None,
    *,
    serving: bool = False,
) -> Settings:
    """Read the tree from the environment (and, outside production, a `.env` file); raises SettingsError.

    `defaults`: values of variables that are set in neither. `serving`: for a process that serves people; outside development it
    refuses unsafe values, all of them at once.
    """
    values = {
        name: value.strip() for name, value in (os.environ if environ is None else environ).items() if value.strip()
    }
    environment = next((values[name] for name in ENVIRONMENT_NAMES if name in values), "")
    if dotenv is not None and environment.lower() in {"", *DEVELOPMENT}:
        values = {**_read_dotenv(dotenv), **values}
    values = {**(defaults or {}), **values}
    values = _with_aliases(values)
    groups: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        groups[field.name] = _convert(values, field.type)
    settings = Settings(**groups)
    _check(settings, serving=serving)
    return settings


def _read_dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", line)
        if match and match[2]:
            found[match[1]] = match[2][1:-1] if match[2][0] in "\"'" and match[2][-1] == match[2][0] else match[2]
    return {name: value for name, value in found.items() if value}


def _with_aliases(values: dict[str, str]) -> dict[str, str]:
    """Add our names for the variables of the two earlier backends, where ours are not set (server contract §5.11)."""

    def fallback(name: str, value: str | None) -> None:
        if value and name not in values:
            values[name] = value

    fallback("APP_ENV", next((values[name] for name in ENVIRONMENT_NAMES if name in values), None))
    if "DB_HOST" in values or "DB_NAME" in values:
        user, password = values.get("DB_USERNAME", "wondernest_app"), values.get("DB_PASSWORD", "")
        login = quote(user, safe="") + (":" + quote(password, safe="") if password else "")
        where = f"{values.get('DB_HOST', 'localhost')}:{values.get('DB_PORT', '5433')}"
        fallback("DATABASE_URL", f"postgresql://{login}@{where}/{values.get('DB_NAME', 'wondernest_prod')}")
    if "REDIS_HOST" in values:
        password = values.get("REDIS_PASSWORD", "")
        login = f":{quote(password, safe='')}@" if password else ""
        where = f"{values['REDIS_HOST']}:{values.get('REDIS_PORT', '6379')}"
        fallback("REDIS_URL", f"redis://{login}{where}/{values.get('REDIS_DATABASE', '0')}")
    fallback("DATABASE_MAX_CONNECTIONS", values.get("DB_MAX_POOL_SIZE"))
    fallback("S3_REGION", next((values[alias] for alias in _REGION_ALIASES if alias in values), None))
    fallback("LOG_LEVEL", _first_level(values.get("RUST_LOG", "")))
    if "LOG_LEVEL" in values:
        values["LOG_LEVEL"] = {"WARN": "WARNING", "TRACE": "DEBUG"}.get(level := values["LOG_LEVEL"].upper(), level)
    for name in ("APP_ENV", "LOG_FORMAT", "SMTP_TLS", "STORAGE_PROVIDER"):
        if name in values:
            values[name] = values[name].lower()
    for name, value in values.items():
        if value.lower() in {"yes", "on", "no", "off"} and name in _booleans():
            values[name] = "true" if value.lower() in {"yes", "on"} else "false"
    return values


def _first_level(text: str) -> str | None:
    match = re.search(r"(?i)\b(trace|debug|info|warn|error)\b", text)
    return match[1] if match else None


def _booleans() -> frozenset[str]:
    groups = (group.type for group in msgspec.structs.fields(Settings))
    return frozenset(f.encode_name for g in groups for f in msgspec.structs.fields(g) if f.type in {bool, bool | None})


T = TypeVar("T")


def _convert(values: Mapping[str, str], group: type[T]) -> T:
    names = {field.encode_name for field in msgspec.structs.fields(group)}  # pyright: ignore[reportArgumentType]
    chosen = {name: values[name] for name in names if name in values}
    try:
        return msgspec.convert(chosen, group, strict=False, dec_hook=_decode_own)
    except msgspec.ValidationError as error:
        name = re.search(r"`\$\.([A-Z0-9_]+)", str(error))
        raise SettingsError(f"{name[1] if name else group.__name__}: {str(error).split(' - at ')[0]}") from None


def _decode_own(kind: type, value: object) -> object:
    if kind is Csv:
        return Csv(part for part in (text.strip() for text in str(value).split(",")) if part)
    if kind is Secret:
        return Secret(value)
    raise NotImplementedError(kind)


def _check(settings: Settings, *, serving: bool) -> None:
    _must_hold("TRUSTED_PROXIES", "not a list of IP addresses or networks", lambda: settings.server.proxy_networks)
    _must_hold("METRICS_NETWORKS", "not a list of IP addresses or networks", lambda: settings.server.operator_networks)
    _must_hold(
        "SERVER_EXTRA_PORTS", "not a list of port numbers", lambda: [int(p) for p in settings.server.extra_ports]
    )
    _must_hold(
        "SERVER_ALLOWED_HOSTS", "not a list of host names", lambda: _require_names(settings.server.allowed_hosts)
    )
    _check_database(settings.database)
    if settings.cache.enabled and settings.cache.url:
        _must_hold(
            "REDIS_URL",
            f"not {_CACHE_ADDRESS}; {_ENCODING}",
            lambda: _require_address(settings.cache.url, _CACHE_SCHEMES),
        )
    _must_hold("SITE_CHILD_IDS", "not a list of UUIDs", lambda: settings.games.site_children)
    _check_storage(settings)
    scan = settings.scan
    _must_hold("CLAMD_ADDRESS", "not `host:port` or the absolute path of a socket", lambda: scan.endpoint)
    if scan.required and not scan.address:
        raise SettingsError("SCAN_REQUIRED: needs CLAMD_ADDRESS, the address of the scanner")
    if serving and (found := list(unsafe(settings))):
        raise SettingsError("\n".join(found))


def _check_database(database: Database) -> None:
    for name, url in (("DATABASE_URL", database.url), ("DATABASE_DIRECT_URL", database.direct_url)):
        if url:
            _must_hold(name, f"not {_DATABASE_ADDRESS}; {_ENCODING}", partial(_require_address, url, _DATABASE_SCHEMES))
    if not database.pooler.keeps_sessions and not database.direct_url:
        raise SettingsError(
            f"DATABASE_DIRECT_URL: DATABASE_POOLER={database.pooler.value} needs the address of PostgreSQL itself,"
            " for listeners and migrations"
        )


def _check_storage(settings: Settings) -> None:
    bucket, prefix = settings.bucket, "MINIO" if settings.storage.provider == "minio" else "S3"
    if bucket is None:
        return
    if not bucket.name:
        raise SettingsError("S3_BUCKET: STORAGE_PROVIDER=s3 needs the name of a bucket")
    if not _BUCKET_NAME.fullmatch(bucket.name):
        raise SettingsError(f"{prefix}_BUCKET: not the name of a bucket")
    if bucket.endpoint or prefix == "MINIO":
        found = _ENDPOINT.fullmatch(bucket.endpoint)
        if found is None or (found["port"] is not None and not 0 < int(found["port"]) <= MAX_PORT):
            raise SettingsError(f"{prefix}_ENDPOINT: not an address https://host:port or http://host:port")
    if bool(bucket.access_key) != bool(bucket.secret_key):
        raise SettingsError(f"{prefix}_ACCESS_KEY: {prefix}_ACCESS_KEY and {prefix}_SECRET_KEY go together")


def _require_address(url: str, schemes: Sequence[str]) -> None:
    """Only addresses with one reading: drivers take a piece of an unquoted password for a host and quote it in their errors."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    ports = [match["port"] if (match := _HOST_AND_PORT.fullmatch(host)) else "0" for host in hosts.split(",")]
    if (
        parts.scheme not in schemes
        or parts.fragment
        or "@" in login + parts.path + parts.query
        or login.count(":") > 1
        or any(port is not None and not 0 < int(port) <= MAX_PORT for port in ports)
    ):
        raise ValueError


def is_host_name(text: str) -> bool:
    """Whether a text is a valid entry of SERVER_ALLOWED_HOSTS."""
    return _HOST_NAME.fullmatch(text) is not None


def _require_names(names: Csv) -> None:
    if not all(is_host_name(name) for name in names):
        raise ValueError


def _must_hold(name: str, problem: str, check: Callable[[], object]) -> None:
    try:
        check()
    except ValueError:
        raise SettingsError(f"{name}: {problem}") from None
