"""The public keys of an external identity provider, from a URL or a file: bounded, cached, kept during its outages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wondernest.platform.clock import monotonic
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    import jwt

    from wondernest.platform.telemetry.metrics import Metrics

log = get_logger(__name__)

ALGORITHMS: Final = {"RSA": "RS256", "EC": "ES256"}
"""By key type. A key is used only with its own algorithm; the algorithm in a token's header does not count."""
MAX_BYTES: Final = 256 * 1024
REFETCH_PAUSE_S: Final = 60.0
"""Minimum time between fetches for unknown key ids, so that made-up ids do not flood the provider."""
FAILURE_PAUSE_S: Final = 5.0
"""Pause after a failed fetch."""


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


_decode: Final = msgspec.json.Decoder(_Document).decode


class KeysUnavailable(Exception):
    """The key set cannot be read; the message holds the reason."""


class KeySet:
    """Keys by id. When the set cannot be renewed, the old one stays in use."""

    def __init__(self, source: str, cache_s: float, timeout_s: float, metrics: Metrics) -> None:
        self._source = source
        self._cache_s = cache_s
        self._timeout_s = timeout_s
        self._metrics = metrics
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fresh_until = 0.0
        self._quiet_until = 0.0
        self._lock = asyncio.Lock()

    async def key(self, key_id: str) -> jwt.PyJWK | None:
        """The key of an id; None when the provider has none. Raises DependencyUnavailable when no set could be read yet."""
        if monotonic() >= self._fresh_until or key_id not in self._keys:
            async with self._lock:
                if monotonic() >= self._fresh_until or key_id not in self._keys:
                    await self._renew()
        if not self._keys:
            raise DependencyUnavailable("identity provider", "its keys could not be read")
        return self._keys.get(key_id)

    async def _renew(self) -> None:
        if monotonic() < self._quiet_until:
            return
        try:
            self._keys = _parse(await self._load())
        except KeysUnavailable as error:
            self._quiet_until = monotonic() + FAILURE_PAUSE_S
            self._metrics.dependency_failures.labels("identity provider").inc()
            log.warning("keys of an identity provider cannot be read", source=self._source, reason=str(error))
        else:
            self._quiet_until = monotonic() + REFETCH_PAUSE_S
            self._fresh_until = monotonic() + self._cache_s

    async def _load(self) -> bytes:
        if self._source.startswith(("https://", "http://")):
            return await self._fetch()
        try:
            return await asyncio.to_thread(_read, Path(self._source))
        except OSError as error:
            raise KeysUnavailable(type(error).__name__) from None

    async def _fetch(self) -> bytes:
        import httpx2

        try:
            async with (
                asyncio.timeout(self._timeout_s),
                httpx2.AsyncClient(timeout=self._timeout_s, follow_redirects=False) as client,
                client.stream("GET", self._source) as response,
            ):
                if response.status_code != 200:
                    raise KeysUnavailable(f"status {response.status_code}")
                content = bytearray()
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > MAX_BYTES:
                        raise KeysUnavailable("too large")
                return bytes(content)
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            raise KeysUnavailable(type(error).__name__) from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise KeysUnavailable("too large")
    return content


def _parse(content: bytes) -> dict[str, jwt.PyJWK]:
    try:
        entries = _decode(content).keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise KeysUnavailable("not a JSON key set") from None
    found = {str(entry.get("kid")): key for entry in entries if (key := _usable(entry)) is not None}
    if not found:
        raise KeysUnavailable("no usable key in the set")
    return found


def _usable(entry: dict[str, Any]) -> jwt.PyJWK | None:
    """The entry as a signing key; None without an id or with an algorithm that is not accepted."""
    algorithm = ALGORITHMS.get(str(entry.get("kty")))
    if algorithm is None or "kid" not in entry or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg", algorithm) != algorithm:
        return None
    import jwt

    try:
        return jwt.PyJWK(entry, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
