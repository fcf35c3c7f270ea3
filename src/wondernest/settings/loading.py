"""Reads the settings tree from the environment, also from variable names of the two earlier backends, and validates it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from wondernest.settings.addresses import BadAddress, cache_address, database_address, service_address
from wondernest.settings.consent import VERIFIED_METHODS
from wondernest.settings.kinds import MAX_PORT, Csv, Secret
from wondernest.settings.safety import unsafe
from wondernest.settings.tree import DEVELOPMENT, Settings

ENVIRONMENT_NAMES = ("APP_ENV", "RUST_ENV", "KTOR_ENV")
"""Ours, and those of the earlier backends; the first that is set counts."""
_HOST_NAME = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_REGION_ALIASES = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""Names of an earlier backend and of AWS's own tools. Keys in their variables are read by the client itself, with their session."""
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_THIRD_PARTY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
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
    values, problems = _with_aliases(
        {name: value if name in _verbatim() else _unquoted(value) for name, value in values.items()}
    )
    problems += _read_database_addresses(values)
    groups: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        groups[field.name], wrong = _convert(values, field.type)
        problems += wrong
    settings = Settings(**groups)
    named = {problem.partition(":")[0] for problem in problems}
    problems += [problem for problem in _wrong(settings) if problem.partition(":")[0] not in named]
    if not problems and serving:
        problems += unsafe(settings)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


@cache
def _verbatim() -> frozenset[str]:
    """Variables whose quotes may belong to the value: secrets, which the earlier backends take as they are."""
    groups = (group.type for group in msgspec.structs.fields(Settings))
    secrets = {f.encode_name for g in groups for f in msgspec.structs.fields(g) if f.type in {Secret, Secret | None}}
    return frozenset({"DB_PASSWORD", "REDIS_PASSWORD", *(name for name in secrets if not name.endswith("_URL"))})


def _read_database_addresses(values: dict[str, str]) -> list[str]:
    """Replace each address by the one that all processes use; returns what is wrong with it."""
    problems: list[str] = []
    for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_REPLICA_URL"):
        if name in values:
            try:
                values[name] = database_address(values[name])
            except BadAddress as error:
                del values[name]
                problems.append(f"{name}: {error}")
    return problems


def _unquoted(value: str) -> str:
    """The value without the quotes that tools which do not read quotes leave around it."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1].strip() if quoted else value


def _read_dotenv(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8") if _is_file(path) else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", line)
        if match and match[2]:
            found[match[1]] = _unquoted(match[2])
    return {name: value for name, value in found.items() if value}


def _with_aliases(values: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Add our names for the variables of the two earlier backends, where ours are not set (server contract §5.11); and what is wrong."""
    problems: list[str] = []

    def fallback(name: str, value: str | None) -> None:
        if value and name not in values:
            values[name] = value

    def port(name: str, default: str) -> str:
        if not is_port(values.get(name, default)):
            problems.append(f"{name}: not a port number")
            return default
        return values.get(name, default)

    fallback("APP_ENV", next((values[name] for name in ENVIRONMENT_NAMES if name in values), None))
    _read_service_addresses(values)
    if ("DB_HOST" in values or "DB_NAME" in values) and "DATABASE_URL" not in values:
        user, password = values.get("DB_USERNAME", "wondernest_app"), values.get("DB_PASSWORD", "")
        login = quote(user, safe="") + (":" + quote(password, safe="") if password else "")
        where = f"{values.get('DB_HOST', 'localhost')}:{port('DB_PORT', '5433')}"
        fallback(
            "DATABASE_URL", f"postgresql://{login}@{where}/{quote(values.get('DB_NAME', 'wondernest_prod'), safe='')}"
        )
    if "REDIS_HOST" in values and "REDIS_URL" not in values:
        password, number = values.get("REDIS_PASSWORD", ""), values.get("REDIS_DATABASE", "0")
        if not (number.isascii() and number.isdigit()):
            problems.append("REDIS_DATABASE: not the number of a database")
            number = "0"
        login = f":{quote(password, safe='')}@" if password else ""
        fallback("REDIS_URL", f"redis://{login}{values['REDIS_HOST']}:{port('REDIS_PORT', '6379')}/{number}")
    fallback("DATABASE_MAX_CONNECTIONS", values.get("DB_MAX_POOL_SIZE"))
    fallback("S3_REGION", next((values[alias] for alias in _REGION_ALIASES if alias in values), None))
    fallback("LOG_LEVEL", _first_level(values.get("RUST_LOG", "")))
    if "LOG_LEVEL" in values:
        values["LOG_LEVEL"] = {"WARN": "WARNING", "TRACE": "DEBUG"}.get(level := values["LOG_LEVEL"].upper(), level)
    for name in ("APP_ENV", "COPPA_CONFIRMATION", "LOG_FORMAT", "PAYMENT_GATEWAY", "SMTP_TLS", "STORAGE_PROVIDER"):
        if name in values:
            values[name] = values[name].lower()
    for name, value in values.items():
        if value.lower() in {"yes", "on", "no", "off"} and name in _booleans():
            values[name] = "true" if value.lower() in {"yes", "on"} else "false"
    return values, problems


def _read_service_addresses(values: dict[str, str]) -> None:
    """Split `REDIS_PORT=tcp://10.96.0.11:6379`, which Kubernetes sets for a service called `redis`, into host and port.

    A host that is set wins. Mail needs one: a service called `smtp` is not asked to send it only because it is there.
    """
    for name, host in (("REDIS_PORT", "REDIS_HOST"), ("DB_PORT", "DB_HOST")):
        if (found := service_address(values.get(name, ""))) is not None:
            values[name] = found[1]
            values.setdefault(host, found[0])
    if (found := service_address(values.get("SMTP_PORT", ""))) is not None:
        del values["SMTP_PORT"]
        if "SMTP_HOST" in values:
            values["SMTP_PORT"] = found[1]


def _first_level(text: str) -> str | None:
    match = re.search(r"(?i)\b(trace|debug|info|warn|error)\b", text)
    return match[1] if match else None


def _booleans() -> frozenset[str]:
    groups = (group.type for group in msgspec.structs.fields(Settings))
    return frozenset(f.encode_name for g in groups for f in msgspec.structs.fields(g) if f.type in {bool, bool | None})


T = TypeVar("T")


def _convert(values: Mapping[str, str], group: type[T]) -> tuple[T, list[str]]:
    """A group of the tree, with defaults for values that cannot be read; and a line for each of those."""
    chosen: dict[str, Any] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(group):  # pyright: ignore[reportArgumentType]
        if (text := values.get(field.encode_name)) is None:
            continue
        try:
            chosen[field.name] = msgspec.convert(text, field.type, strict=False, dec_hook=_decode_own)
        except msgspec.ValidationError as error:
            problems.append(f"{field.encode_name}: {error}")
    return group(**chosen), problems


def _decode_own(kind: type, value: object) -> object:
    if kind is Csv:
        return Csv(part for part in (text.strip() for text in str(value).split(",")) if part)
    if kind is Secret:
        return Secret(value)
    raise NotImplementedError(kind)


def _wrong(settings: Settings) -> Iterator[str]:
    """A line for each value that has the right type and yet cannot be used."""
    server, scan = settings.server, settings.scan
    networks, names = "not a list of IP addresses or networks", "not a list of host names"
    yield from _unless("TRUSTED_PROXIES", networks, lambda: server.proxy_networks)
    yield from _unless("METRICS_NETWORKS", networks, lambda: server.operator_networks)
    yield from _unless(
        "SERVER_EXTRA_PORTS", "not a list of port numbers", lambda: all(map(is_port, server.extra_ports))
    )
    yield from _unless("SERVER_ALLOWED_HOSTS", names, lambda: all(map(is_host_name, server.allowed_hosts)))
    yield from _unless("CORS_ALLOWED_ORIGINS", "not a list of origins https://host", lambda: _are_origins(settings))
    yield from _unless("SITE_CHILD_IDS", "not a list of UUIDs", lambda: settings.games.site_children)
    yield from _wrong_addresses(settings)
    yield from _wrong_storage(settings)
    yield from _unless("CLAMD_ADDRESS", "not `host:port` or the absolute path of a socket", lambda: scan.endpoint)
    if scan.required and not scan.address:
        yield "SCAN_REQUIRED: needs CLAMD_ADDRESS, the address of the scanner"
    yield from _wrong_payments(settings)
    yield from _wrong_consent(settings)


def _wrong_addresses(settings: Settings) -> Iterator[str]:
    database = settings.database
    if not database.pooler.keeps_sessions and not database.direct_url:
        yield (
            f"DATABASE_DIRECT_URL: DATABASE_POOLER={database.pooler.value} needs the address of PostgreSQL itself,"
            " for listeners and migrations"
        )
    if settings.cache.enabled and settings.cache.url:
        yield from _unless("REDIS_URL", "", lambda: cache_address(settings.cache.url))
    for name, url in (
        ("PUBLIC_BASE_URL", settings.files.public_base_url),
        ("PASSWORD_RESET_PAGE_URL", settings.auth.reset_page_url),
    ):
        if url and not is_web_address(url):
            yield f"{name}: not an address https://host"
    if "#" in settings.files.public_base_url or "?" in settings.files.public_base_url:
        yield "PUBLIC_BASE_URL: must end before ? and #"
    oauth = settings.oauth
    for name, source in (
        ("OAUTH_GOOGLE_JWKS", oauth.google_jwks),
        ("OAUTH_APPLE_JWKS", oauth.apple_jwks),
        ("OAUTH_FACEBOOK_JWKS", oauth.facebook_jwks),
    ):
        yield from _unless(
            name,
            "neither an address https://host/path nor a file with a JSON key set",
            lambda source=source: is_key_source(source),
        )
    if settings.mail.smtp_host and not _is_host(settings.mail.smtp_host):
        yield "SMTP_HOST: not the name or address of a host"


def _wrong_storage(settings: Settings) -> Iterator[str]:
    bucket, prefix = settings.bucket, "MINIO" if settings.storage.provider == "minio" else "S3"
    if bucket is None:
        return
    if not bucket.name:
        yield "S3_BUCKET: STORAGE_PROVIDER=s3 needs the name of a bucket"
    elif not _BUCKET_NAME.fullmatch(bucket.name):
        yield f"{prefix}_BUCKET: not the name of a bucket"
    if bucket.endpoint or prefix == "MINIO":
        found = _ENDPOINT.fullmatch(bucket.endpoint)
        if found is None or not is_port(found["port"] or "1"):
            yield f"{prefix}_ENDPOINT: not an address https://host:port or http://host:port"
    if bool(bucket.access_key) != bool(bucket.secret_key):
        yield f"{prefix}_ACCESS_KEY: {prefix}_ACCESS_KEY and {prefix}_SECRET_KEY go together"


def _wrong_payments(settings: Settings) -> Iterator[str]:
    payments = settings.payments
    if settings.payment_gateway != "webhook":
        return
    parts = urlsplit(payments.url) if is_web_address(payments.url) else None
    if parts is None or "@" in parts.netloc or parts.query or parts.fragment:
        yield "PAYMENT_GATEWAY_URL: not an address https://host/path, which PAYMENT_GATEWAY=webhook needs"
    for name, value in (("PAYMENT_GATEWAY_KEY", payments.key), ("PAYMENT_WEBHOOK_SECRET", payments.webhook_secret)):
        if not value:
            yield f"{name}: PAYMENT_GATEWAY=webhook needs it"


def _wrong_consent(settings: Settings) -> Iterator[str]:
    verifier, texts = settings.verifier, settings.texts
    for name, url in (("COPPA_VERIFIER_URL", verifier.url), ("TEXT_MESSAGES_URL", texts.url)):
        parts = urlsplit(url) if is_web_address(url) else None
        if url and (parts is None or "@" in parts.netloc or parts.query or parts.fragment):
            yield f"{name}: not an address https://host/path"
    if unknown := set(verifier.methods) - set(VERIFIED_METHODS):
        yield f"COPPA_VERIFIER_METHODS: {', '.join(sorted(unknown))} is none of {', '.join(VERIFIED_METHODS)}"
    needed = {
        "COPPA_VERIFIER_KEY": verifier.key,
        "COPPA_VERIFIER_WEBHOOK_SECRET": verifier.webhook_secret,
        "COPPA_VERIFIER_METHODS": verifier.methods,
    }
    yield from (f"{name}: COPPA_VERIFIER_URL needs it" for name, value in needed.items() if verifier.url and not value)
    if texts.url and not texts.key:
        yield "TEXT_MESSAGES_KEY: TEXT_MESSAGES_URL needs it"
    if wrong := [name for name in settings.coppa.third_parties if not _THIRD_PARTY.fullmatch(name)]:
        yield f"COPPA_THIRD_PARTIES: {', '.join(wrong)} is not a name of small letters, digits and hyphens"


def _are_origins(settings: Settings) -> bool:
    return all(origin in {"*", "null"} or _ORIGIN.fullmatch(origin) for origin in settings.cors_origins)


def is_web_address(text: str) -> bool:
    """Whether a text is `http://` or `https://`, a host and perhaps more."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False


def is_key_source(text: str) -> bool:
    """Whether a text is the address of a JWKS, or the path of a file that is none yet or holds one."""
    if "://" in text:
        return is_web_address(text)
    if "/" not in text and not text.endswith(".json"):
        return False
    try:
        content = Path(text).read_bytes() if _is_file(Path(text)) else b'{"keys":[]}'
        return isinstance(msgspec.json.decode(content, type=dict[str, Any]).get("keys"), list)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return False


def _is_file(path: Path) -> bool:
    """Whether the path leads to a file; not in a folder that this process must not enter."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_host(text: str) -> bool:
    try:
        return is_host_name(text) or bool(ip_address(text.strip("[]")))
    except ValueError:
        return False


def is_host_name(text: str) -> bool:
    """Whether a text is a valid entry of SERVER_ALLOWED_HOSTS."""
    return _HOST_NAME.fullmatch(text) is not None


def is_port(text: str) -> bool:
    """Whether a text is the number of a port."""
    return text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MAX_PORT


def _unless(name: str, problem: str, check: Callable[[], object]) -> Iterator[str]:
    """A line about the variable if the check is false or raises; without `problem`, what it raises says what is wrong."""
    try:
        if check() is False:
            yield f"{name}: {problem}"
    except ValueError as error:
        yield f"{name}: {problem or error}"
