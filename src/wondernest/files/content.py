"""A file's content on its way out: the original, or a smaller variant that is made once and stored beside it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.files.model import StoredFile
from wondernest.files.rules import VARIANT_WIDTHS, variant_key
from wondernest.platform.blobs import Blob, BlobContent, BlobMissing, Blobs, BlobTooLarge
from wondernest.platform.blobs.keys import is_key
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.media.kinds import EXTENSIONS, Kind
from wondernest.platform.media.refusals import Refused
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.files.metrics import FileMetrics
    from wondernest.files.service import FileService
    from wondernest.platform.media.inspector import Inspector

log = get_logger(__name__)
ETAG_BYTES: Final = 16
MAX_VARIANT_BYTES: Final = 10 * 1024 * 1024
REFUSED_FOR_S: Final = 24 * 3600.0
"""A picture that cannot be decoded is not decoded again for so long."""
BUSY_FOR_S: Final = 10.0
"""How long a variant waits whose making failed for another reason: no helper process was free, or the storage was full."""
MAX_REMEMBERED: Final = 10_000
"""Failed variants that one worker remembers; the oldest is forgotten first."""
ADDRESS_LIFE: Final = timedelta(minutes=5)
"""Of the storage's own address of a download."""
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


def has_variants(content_type: str) -> bool:
    """Whether files of the type are pictures that can be made smaller."""
    kind = _kind(content_type)
    return kind is not None and kind.picture


def _kind(content_type: str) -> Kind | None:
    return next((kind for kind in Kind if kind.value == content_type), None)


class Failures:
    """Variants that could not be made, each until it may be tried again."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def __contains__(self, key: str) -> bool:
        """Whether it is too early to try again."""
        until = self._until.get(key)
        return until is not None and monotonic() < until

    def note(self, key: str, seconds: float) -> None:
        """It failed: do not try again for so long."""
        self._until.pop(key, None)
        self._until[key] = monotonic() + seconds
        if len(self._until) > MAX_REMEMBERED:
            del self._until[next(iter(self._until))]


class ContentService:
    """Finds the bytes of a file. Raises DependencyUnavailable."""

    def __init__(self, service: FileService, blobs: Blobs, inspector: Inspector, metrics: FileMetrics) -> None:
        self._service = service
        self._blobs = blobs
        self._inspector = inspector
        self._metrics = metrics
        self._making: dict[str, asyncio.Task[Blob | None]] = {}
        self._failures = Failures()
        self._missing: set[UUID] = set()
        """Files whose content is gone, as far as it is logged."""

    async def original(self, file: StoredFile) -> Content | None:
        """The file as it is stored; None if its blob is gone, which is counted, and logged once, or its key is none."""
        blob = await self._blobs.stat(file.key) if is_key(file.key) else None
        if blob is None:
            self._note_missing(file.id)
            return None
        self._missing.discard(file.id)
        return Content(self._blobs, blob, file.content_type)

    async def address(self, content: Content) -> str | None:
        """The storage's own address of the content, for ADDRESS_LIFE; None if the storage has none."""
        return await self._blobs.presign(content.blob.key, ADDRESS_LIFE)

    async def variant(self, file: StoredFile, width: int, *, webp: bool) -> Content | None:
        """A picture at most `width` pixels wide; the original if it cannot be made; None if the blob is gone.

        A width that is not offered, or a file that is no picture, means the original.
        """
        kind = _kind(file.content_type)
        if kind is None or not kind.picture or width not in VARIANT_WIDTHS or not is_key(file.key):
            return await self.original(file)
        target = Kind.WEBP if webp else kind
        key = variant_key(file.key, width, EXTENSIONS[target][0])
        blob = await self._blobs.stat(key)
        if blob is None and key not in self._failures:
            blob = await self._made(file, kind, width, target, key)
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
            making.add_done_callback(lambda done: done.cancelled() or done.exception())  # if nobody waits any more
        return await asyncio.shield(making)

    async def _make(self, file: StoredFile, kind: Kind, width: int, target: Kind, key: str) -> Blob | None:
        try:
            return await self._inspected(file, kind, width, target, key)
        except (DependencyUnavailable, BlobTooLarge) as error:
            self._failures.note(key, BUSY_FOR_S)
            log.warning("a variant could not be made", file_id=str(file.id), error=type(error).__name__)
            return None

    async def _inspected(self, file: StoredFile, kind: Kind, width: int, target: Kind, key: str) -> Blob | None:
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
                self._failures.note(key, REFUSED_FOR_S)
                return None
            with made:
                variant = await self._blobs.put(key, self._inspector.pieces(made.file), MAX_VARIANT_BYTES)
        if await self._service.by_key(file.key) is None:  # removed meanwhile, perhaps after its variants were listed
            await self._blobs.delete(key)
            return None
        return variant
