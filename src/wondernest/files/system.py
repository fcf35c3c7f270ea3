"""Files of the installation itself, such as those of the content library: public, of no family, and nobody's to delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Final
from uuid import UUID

from wondernest.files.errors import FileError
from wondernest.files.rules import DEFAULT_CATEGORY, shown_name
from wondernest.files.service import REMOVAL_GRACE
from wondernest.files.uploads import Described
from wondernest.platform.blobs.keys import is_key
from wondernest.platform.media.refusals import NotAccepted

if TYPE_CHECKING:
    from wondernest.files.repository import FileRepository
    from wondernest.files.uploads import Received, UploadService
    from wondernest.platform.blobs import Blobs
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork

ADDRESS: Final = "/files/"
"""What stands before a key in the address of a file."""


class SystemFiles:
    """Stores and reads files of the installation. Raises NotAccepted, and DependencyUnavailable."""

    def __init__(
        self,
        repository: FileRepository,
        uploads: UploadService,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        public_base_url: str,
    ) -> None:
        self._repository = repository
        self._uploads = uploads
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._base = public_base_url.rstrip("/")
        self._owner: UUID | None = None

    async def check(self, content: IO[bytes], name: str, content_type: str) -> None:
        """Inspect and scan a file without storing it."""
        try:
            with (received := await self._received(content)).content:
                await self._uploads.inspect(received, _described(name, content_type, ()))
        except FileError as error:
            raise NotAccepted(error.message) from None

    async def store(
        self, unit: UnitOfWork, content: IO[bytes], name: str, content_type: str, tags: Sequence[str]
    ) -> str:
        """Inspect, scan and store a file, in the unit; its address, without a host."""
        owner = self._owner or await self._repository.system_owner(self._database)
        self._owner = owner
        try:
            with (received := await self._received(content)).content:
                file = await self._uploads.place(owner, received, _described(name, content_type, tags))
        except FileError as error:
            raise NotAccepted(error.message) from None
        await self._repository.insert(unit, file, f"{self._base}{ADDRESS}{file.key}")  # it names no child
        return f"{ADDRESS}{file.key}"

    async def retire(self, unit: UnitOfWork, address: str) -> None:
        """Delete a file of the installation for good, after the time in which deletions can be taken back."""
        file = await self._repository.by_key(unit, address.removeprefix(ADDRESS))
        if file is not None and file.system and address.startswith(ADDRESS):
            now = self._clock.now()
            await self._repository.retire(unit, file.id, now, now + REMOVAL_GRACE)

    async def read(self, address: str) -> tuple[str, bytes] | None:
        """The content type and the bytes of any file by its address; None if there is none."""
        key = address.removeprefix(ADDRESS)
        if not address.startswith(ADDRESS) or not is_key(key):
            return None
        file, blob = await self._repository.by_key(self._database, key), await self._blobs.stat(key)
        if file is None or blob is None:
            return None
        return file.content_type, b"".join([piece async for piece in self._blobs.read(blob)])

    async def _received(self, content: IO[bytes]) -> Received:
        return await self._uploads.take(content)


def _described(name: str, content_type: str, tags: Sequence[str]) -> Described:
    return Described(
        name=shown_name(name),
        declared_type=content_type,
        child_id=None,
        category=DEFAULT_CATEGORY,
        public=True,
        system=True,
        tags=tuple(tags),
    )
