"""Cross-origin rules (server contract §5.3): listed origins, and any localhost outside production."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_AGE_S = 3600
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
REQUEST_HEADERS = (
    "Authorization, Content-Type, Accept, Accept-Language, Origin, X-Requested-With, X-Request-ID, X-Device-Id, "
    "X-App-Version, X-Platform, If-Match, If-None-Match, Range, Idempotency-Key"
)
EXPOSED_HEADERS = (
    "X-Request-ID, ETag, Content-Disposition, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
)
_LOCAL = re.compile(rb"https?://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?")
Headers = list[tuple[bytes, bytes]]


class CrossOrigin:
    """Decides which origins may read replies. An unlisted origin gets replies without CORS headers; it is never refused."""

    def __init__(self, origins: Iterable[str], *, allow_localhost: bool) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._any = b"*" in self._origins
        self._allow_localhost = allow_localhost

    def allows(self, origin: bytes) -> bool:
        """Whether this origin may read replies."""
        return self._any or origin in self._origins or (self._allow_localhost and bool(_LOCAL.fullmatch(origin)))

    def headers(self, origin: bytes) -> Headers:
        """The headers of a plain reply to this origin."""
        if not self.allows(origin):
            return [(b"vary", b"Origin")]
        return [
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", EXPOSED_HEADERS.encode()),
        ]

    def preflight(self, origin: bytes) -> Headers:
        """The headers of a preflight reply to this origin."""
        if not self.allows(origin):
            return [(b"vary", b"Origin")]
        return [
            (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-methods", METHODS.encode()),
            (b"access-control-allow-headers", REQUEST_HEADERS.encode()),
            (b"access-control-max-age", str(MAX_AGE_S).encode()),
        ]
