"""The OpenAPI documents and the files of the page that shows them, made or read at the first request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.platform.http.openapi import Format, Version

STATIC: Final = Path(__file__).with_name("static") / "swagger"
PAGE: Final = "index.html"
ASSETS: Final = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
}
"""The only files that are served."""


class Documents(Struct):
    """The OpenAPI document in each format and version."""

    endpoints: Sequence[Endpoint]
    _made: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])
    _files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def text(self, fmt: Format, version: Version) -> bytes:
        """The document; the first call makes it in a thread."""
        from wondernest.platform.http.openapi import render

        text = self._made.get((fmt, version))
        if text is None:
            text = self._made[fmt, version] = await asyncio.to_thread(render, self.endpoints, fmt, version)
        return text

    async def page(self) -> bytes:
        """The page that shows the document."""
        return await self._file(PAGE)

    async def asset(self, name: str) -> tuple[bytes, str] | None:
        """A file of the page with its content type; None for any other name."""
        content_type = ASSETS.get(name)
        return None if content_type is None else (await self._file(name), content_type)

    async def _file(self, name: str) -> bytes:
        content = self._files.get(name)
        if content is None:
            content = self._files[name] = await asyncio.to_thread((STATIC / name).read_bytes)
        return content
