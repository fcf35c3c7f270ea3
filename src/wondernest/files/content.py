"""A file's content on its way out: the original, or a smaller variant that is made once and stored beside it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.files.model import StoredFile
from wondernest.files.rules import VARIANT_WIDTHS, variant_key
from wondernest.files.uploads import pieces_of
from wondernest.platform.blobs import Blob, BlobContent, BlobMissing, Blobs
from wondernest.platform.media.kinds import EXTENSIONS, Kind
from wondernest.platform.media.refusals import Refused
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.files.metrics import FileMetrics
    from wondernest.platform.media.inspector import Inspector

log = get_logger(__name__)
ETAG_BYTES: Final = 16
MAX_VARIANT_BYTES: Final = 10 * 1024 * 1024
MISSING_KNOWN: Final = 1000
"""How many files without content a process remembers, so that it logs each of them once."""


class Content(Struct, frozen=True):
    """Stored bytes of a type; a source of a reply with ranges."""

    blobs: Blobs
    blob: Blob
    content_type: str

    @property
    def source(self) -> BlobContent:
        """The bytes."""
        return BlobContent(self.blobs, self.blob)

    @property
    def etag(self) -> str:
        """Strong, with its quotes: blobs never change, so their key names their bytes."""
        return f'"{hashlib.blake2b(self.blob.key.encode(), digest_size=ETAG_BYTES).hexdigest()}"'


class ContentService:
    """Finds the bytes of a file. Raises DependencyUnavailable."""

    def __init__(self, blobs: Blobs, inspector: Inspector, metrics: FileMetrics) -> None:
        self._blobs = blobs
        self._inspector = inspector
        self._metrics = metrics
        self._making: dict[str, asyncio.Task[Blob | None]] = {}
        self._missing: set[UUID] = set()
        """Files whose content is gone, as far as it is logged."""

    async def original(self, file: StoredFile) -> Content | None:
        """The file as it is stored; None if its blob is gone, which is counted, and logged once."""
        blob = await self._blobs.stat(file.key)
        if blob is None:
            self._note_missing(file.id)
            return None
        self._missing.discard(file.id)
        return Content(self._blobs, blob, file.content_type)

    async def variant(self, file: StoredFile, width: int, *, webp: bool) -> Content | None:
        """A picture at most `width` pixels wide; the original if there is no smaller one; None if its blob is gone.

        A width that is not offered, or a file that is no picture, means the original.
        """
        kind = next((kind for kind in Kind if kind.value == file.content_type), None)
        if kind is None or not kind.picture or width not in VARIANT_WIDTHS:
            return await self.original(file)
        target = Kind.WEBP if webp else kind
        key = variant_key(file.key, width, EXTENSIONS[target][0])
        blob = await self._blobs.stat(key) or await self._made(file, kind, width, target, key)
        if blob is None:
            return await self.original(file)
        return Content(self._blobs, blob, target.value)

    def _note_missing(self, file_id: UUID) -> None:
        self._metrics.missing()
        if file_id in self._missing:
            return
        if len(self._missing) >= MISSING_KNOWN:
            self._missing.clear()
        self._missing.add(file_id)
        log.error("the content of a file is gone", file_id=str(file_id))

    async def _made(self, file: StoredFile, kind: Kind, width: int, target: Kind, key: str) -> Blob | None:
        """The new variant; requests for the same one at the same time share the work."""
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._make(file, kind, width, target, key))
            making.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(making)

    async def _make(self, file: StoredFile, kind: Kind, width: int, target: Kind, key: str) -> Blob | None:
        original = await self._blobs.stat(file.key)
        if original is None:
            return None
        with await asyncio.to_thread(self._inspector.scratch) as content:
            try:
                async for piece in self._blobs.read(original):
                    await asyncio.to_thread(self._inspector.write, content, piece)
            except BlobMissing:
                return None
            made = await self._inspector.variant(content, kind, width, target)
            if isinstance(made, Refused):
                return None
            with made:
                return await self._blobs.put(key, pieces_of(made.file), MAX_VARIANT_BYTES)
