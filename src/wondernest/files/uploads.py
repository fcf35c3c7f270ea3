"""An upload: receive, inspect, scan, store. Row and blob are one fact."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import IO, TYPE_CHECKING, Final, Protocol, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.files import errors
from wondernest.files.letters import TELL, USER
from wondernest.files.model import StoredFile
from wondernest.files.rules import purpose_of
from wondernest.platform.blobs import new_key
from wondernest.platform.db.idempotency import MAX_KEY_CHARS, KeptReply, KeyReused
from wondernest.platform.db.key_locks import KeyLocks
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.media.kinds import EXTENSIONS, allowed, normalised
from wondernest.platform.media.refusals import Refused
from wondernest.platform.scan import Infected
from wondernest.platform.scan.scanner import DEPENDENCY as SCANNER
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.files.metrics import FileMetrics
    from wondernest.files.model import Holdings
    from wondernest.files.repository import FileRepository
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.idempotency import IdempotencyKeys
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.media.inspector import Inspected
    from wondernest.platform.rooms import Parts

log = get_logger(__name__)

PIECE_BYTES: Final = 128 * 1024
"""How much of a file is held in memory while it arrives."""
UNFINISHED_GRACE: Final = timedelta(hours=1)
"""After this an upload whose row was never committed is removed. No upload takes as long."""
MAX_OUTPUT_BYTES: Final = 64 * 1024 * 1024
"""A cleaned picture may be larger than the one that was sent."""
UPLOADS_AT_ONCE: Final = 4
"""Of one user in one worker."""
RETRY_AFTER_S: Final = 5
WINDOW_S: Final = 60
UPLOADS: Final = "limit:upload:"
"""What the keys of the cache begin with, followed by the user."""
ROUTE: Final = "POST /api/v1/files/upload"
"""The scope of an Idempotency-Key."""


class Digest(Protocol):
    """A running hash."""

    def update(self, data: bytes | bytearray, /) -> None:
        """Add bytes."""
        ...


class Allowance(Struct, frozen=True):
    """What one file and one family may hold."""

    file_bytes: int
    family_bytes: int
    family_files: int
    uploads_per_minute: int
    """Of one user; 0: no limit."""


Ask: TypeAlias = Callable[["Executor", UUID, str, str, bytes], Awaitable[KeptReply | None]]


class Described(Struct, frozen=True):
    """What the client says about its file."""

    name: str
    declared_type: str
    child_id: UUID | None
    category: str
    public: bool
    system: bool
    tags: tuple[str, ...]


class Received(Struct, frozen=True):
    """A file as it arrived, in a temporary file without a name."""

    content: IO[bytes]
    size: int
    digest: bytes
    """SHA-256."""


class Replay:
    """An upload that may be a repetition: the app's time-outs make twins. Without a key nothing is looked up or kept."""

    def __init__(self, keys: IdempotencyKeys, unit: UnitOfWork, caller: Caller, key: str | None) -> None:
        """Raises Refused for a key that cannot be kept."""
        if key is not None and not (0 < len(key) <= MAX_KEY_CHARS and key.isprintable()):
            raise errors.Refused(f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} printable characters")
        self._keys = keys
        self._unit = unit
        self._caller = caller
        self._key = key
        self._request = b""

    async def earlier(self, received: Received, described: Described, database: Executor) -> KeptReply | None:
        """The reply to an upload with this key that is committed: to be asked before the file is inspected and stored.

        Raises KeyUsed if that was another file.
        """
        if self._key is None:
            return None
        self._request = msgspec.json.encode([described, received.digest.hex()])
        return await self._asked(self._keys.find, database, self._key)

    async def claim(self) -> KeptReply | None:
        """Claim the key in the unit of work, or the reply to a twin that was faster, in another worker. Raises KeyUsed."""
        return None if self._key is None else await self._asked(self._keys.claim, self._unit, self._key)

    async def _asked(self, ask: Ask, executor: Executor, key: str) -> KeptReply | None:
        try:
            return await ask(executor, self._caller.user_id, key, ROUTE, self._request)
        except KeyReused:
            raise errors.KeyUsed from None

    async def keep(self, status: int, body: bytes) -> None:
        """Keep this upload's reply."""
        if self._key is not None:
            await self._keys.keep(self._unit, self._caller.user_id, self._key, KeptReply(status, body, ()))


class UploadService:
    """Receives and stores files. Raises the room's errors, and DependencyUnavailable."""

    def __init__(self, repository: FileRepository, parts: Parts, allowance: Allowance, metrics: FileMetrics) -> None:
        self._repository = repository
        self._keys = parts.idempotency
        self._database = parts.database
        self._blobs = parts.blobs
        self._provider = parts.settings.storage.provider
        self._inspector = parts.inspector
        self._scanner = parts.scanner
        self._counters = parts.counters
        self._clock = parts.clock
        self._ids = parts.ids
        self._allowance = allowance
        self._metrics = metrics
        self._tell = parts.jobs.sender(TELL)
        self._twins = KeyLocks()
        self._running: dict[UUID, int] = {}

    async def admit(self, caller: Caller) -> None:
        """Count an upload of the caller; raises TooManyUploads."""
        limit = self._allowance.uploads_per_minute
        if not limit:
            return
        count, left_s = await self._counters.increment(f"{UPLOADS}{caller.user_id}", WINDOW_S)
        if count > limit:
            raise errors.TooManyUploads(left_s)

    @contextmanager
    def turn(self, caller: Caller) -> Generator[None]:
        """One of the uploads that the caller may have running. Raises TooManyUploads."""
        running = self._running.get(caller.user_id, 0)
        if running >= UPLOADS_AT_ONCE:
            raise errors.TooManyUploads(RETRY_AFTER_S)
        self._running[caller.user_id] = running + 1
        try:
            yield
        finally:
            left = self._running[caller.user_id] - 1
            if left:
                self._running[caller.user_id] = left
            else:
                del self._running[caller.user_id]

    async def receive(self, pieces: AsyncIterator[bytes]) -> Received:
        """Write a file to temporary storage while it arrives. Raises TooLarge as soon as it is; nothing is left of it then."""
        content = await asyncio.to_thread(self._inspector.scratch)
        digest = hashlib.sha256()
        size = 0
        waiting = bytearray()
        try:
            async for piece in pieces:
                size += len(piece)
                if size > self._allowance.file_bytes:
                    self._metrics.refused("too_large")
                    raise errors.TooLarge(self._allowance.file_bytes)
                waiting += piece
                if len(waiting) >= PIECE_BYTES:
                    full, waiting = waiting, bytearray()
                    await asyncio.to_thread(self._absorb, content, digest, full)
            await asyncio.to_thread(self._absorb, content, digest, waiting)
        except BaseException:
            content.close()
            raise
        return Received(content, size, digest.digest())

    async def take(self, content: IO[bytes]) -> Received:
        """As `receive`, from a file of this machine."""
        return await self.receive(self._inspector.pieces(content))

    def _absorb(self, content: IO[bytes], digest: Digest, piece: bytearray) -> None:
        self._inspector.write(content, piece)
        digest.update(piece)

    async def prepare(self, caller: Caller, received: Received, described: Described) -> StoredFile:
        """As `place`, for a caller who may store so much."""
        await self._check(caller, received.size, described)
        return await self.place(caller.user_id, received, described, uploader=caller.user_id)

    async def inspect(self, received: Received, described: Described) -> None:
        """Inspect and scan a file; nothing is stored."""
        inspected = await self._inspected(received, described)
        try:
            await self._scanned(inspected, None)
        finally:
            inspected.close()

    async def place(
        self, owner_id: UUID, received: Received, described: Described, *, uploader: UUID | None = None
    ) -> StoredFile:
        """Inspect and scan a file and store its blob, without a transaction: this may take seconds.

        Unless its row is committed, the removal job takes the blob away. `uploader`: whose family is told if it is infected.
        """
        inspected = await self._inspected(received, described)
        try:
            await self._scanned(inspected, uploader)
            now = self._clock.now()
            file_id = self._ids.uuid()
            key = new_key(now, self._ids.uuid(), EXTENSIONS[inspected.kind][0])
            await self._repository.doom(self._database, key, now + UNFINISHED_GRACE)
            blob = await self._blobs.put(key, self._inspector.pieces(inspected.file), MAX_OUTPUT_BYTES)
        finally:
            inspected.close()
        return StoredFile(
            id=file_id,
            owner_id=owner_id,
            child_id=described.child_id,
            key=key,
            name=described.name,
            content_type=inspected.kind.value,
            size=blob.size,
            provider=self._provider,
            category=described.category,
            public=described.public,
            system=described.system,
            uploaded_at=now,
            tags=described.tags,
        )

    async def record(self, file: StoredFile, url: str, unit: UnitOfWork) -> None:
        """Store the row. The quota is checked again with the family locked: uploads at the same time are counted one after another.

        Raises QuotaExceeded; InvalidChildId if the child is not the owner's any more.
        """
        self._require(await self._repository.lock_household(unit, file.owner_id), file.size)
        if not await self._repository.insert(unit, file, url):
            raise errors.InvalidChildId
        unit.after_commit(lambda: self._metrics.stored(file.content_type, file.size))

    async def replay(self, unit: UnitOfWork, caller: Caller, key: str | None) -> Replay:
        """The reply kept under an Idempotency-Key. Twins at the same time in one worker wait for each other. Raises Refused."""
        replay = Replay(self._keys, unit, caller, key)
        if key is not None:
            for taken in await self._twins.acquire([(caller.user_id, key)]):
                unit.at_end(partial(self._twins.release, taken))
        return replay

    async def earlier(self, replay: Replay, received: Received, described: Described) -> KeptReply | None:
        """As `Replay.earlier`."""
        return await replay.earlier(received, described, self._database)

    async def _check(self, caller: Caller, size: int, described: Described) -> None:
        """What can be refused before anything is decoded. A file whose content is not of the declared type is refused later."""
        child_id, kind = described.child_id, allowed(normalised(described.declared_type))
        purpose = purpose_of("" if kind is None else kind.value)
        repository = self._repository
        if child_id is not None and not await repository.guards(self._database, caller.user_id, child_id, purpose):
            raise errors.InvalidChildId
        self._require(await self._repository.holdings(self._database, caller.user_id), size)

    def _require(self, held: Holdings, size: int) -> None:
        allowance = self._allowance
        if held.files >= allowance.family_files or held.bytes + size > allowance.family_bytes:
            self._metrics.refused("quota")
            raise errors.QuotaExceeded

    async def _inspected(self, received: Received, described: Described) -> Inspected:
        found = await self._inspector.inspect(received.content, described.declared_type, described.name)
        if isinstance(found, Refused):
            self._metrics.refused(found.reason.value)
            raise errors.Refused(found.message)
        return found

    async def _scanned(self, inspected: Inspected, uploader: UUID | None) -> None:
        """Refuse what the scanner finds. While it is away, content passes unless the scan is required; either way it is counted."""
        try:
            verdict = await self._scanner.scan(self._inspector.pieces(inspected.file))
        except DependencyUnavailable as outage:
            if outage.dependency != SCANNER:  # the content could not be read
                raise
            self._metrics.unscanned()
            if self._scanner.required:
                raise
            return
        if isinstance(verdict, Infected):
            self._metrics.refused("infected")
            log.warning("the virus scanner refused an upload", signature=verdict.name, type=inspected.kind.value)
            if uploader is not None:
                await self._tell_parents(uploader)
            raise errors.Refused(INFECTED)

    async def _tell_parents(self, uploader: UUID) -> None:
        """Enqueue the letter; whatever goes wrong, the refusal is answered."""
        try:
            await self._tell(self._database, {USER: uploader}, key=f"{TELL}.{uploader}")
        except DependencyUnavailable as outage:
            log.warning("the parents are not told of an infected file", error=str(outage))
        except Exception:
            log.exception("the parents are not told of an infected file")


INFECTED: Final = "File was refused by the virus scanner"
