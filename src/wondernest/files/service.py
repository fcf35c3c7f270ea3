"""The business of files: who sees them, changes them, deletes them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec.structs import replace

from wondernest.files import errors
from wondernest.files.rules import BadTag, category_of, shown_name, tags_of, variant_folder
from wondernest.files.signing import Fault, Grant, UrlSigner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wondernest.files.model import Changes, Filter, StoredFile, Usage
    from wondernest.files.repository import FileRepository
    from wondernest.files.usage import FileUsage
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork

ACCESS_PRECISION: Final = timedelta(hours=1)
REMOVAL_GRACE: Final = timedelta(minutes=10)
"""How long a deletion for good can be taken back. An editor that shows the picture and has not saved yet does so within this time."""


class FileService:
    """Operations on stored files. Raises the room's errors."""

    def __init__(
        self,
        repository: FileRepository,
        usage: FileUsage,
        database: Database,
        clock: Clock,
        signer: UrlSigner,
    ) -> None:
        self._repository = repository
        self._usage = usage
        self._database = database
        self._clock = clock
        self._signer = signer

    async def own(self, caller: Caller, wanted: Filter) -> Sequence[StoredFile]:
        """The caller's files, newest first."""
        return await self._repository.own(self._database, caller.user_id, wanted)

    async def readable(self, caller: Caller, file_id: UUID) -> StoredFile:
        """A file of the caller's, of their family's, or a public one. Raises FileNotFound."""
        return _found(await self._repository.readable(self._database, caller.user_id, file_id))

    async def of_family(self, caller: Caller, file_id: UUID) -> StoredFile:
        """A file of the caller or a member of their family. Raises FileNotFound."""
        return _found(await self._repository.of_family(self._database, caller.user_id, file_id))

    async def public(self, file_id: UUID) -> StoredFile:
        """A public file. Raises NotPublic."""
        file = await self._repository.public(self._database, file_id)
        if file is None:
            raise errors.NotPublic
        return file

    async def signed(self, file_id: UUID, payload: str, signature: str) -> StoredFile:
        """A file for which somebody signed an address. Raises SignedAddressRefused, SignedFileNotFound."""
        grant = self._signer.check(file_id, payload, signature, self._clock.now())
        if isinstance(grant, Fault):
            raise errors.SignedAddressRefused(grant)
        file = await self._repository.signed(self._database, grant.user_id, file_id)
        if file is None:
            raise errors.SignedFileNotFound
        return file

    def sign(self, grant: Grant) -> tuple[str, str]:
        """Payload and signature of an address."""
        return self._signer.sign(grant)

    async def by_key(self, key: str) -> StoredFile | None:
        """The file under a key, softly deleted or not."""
        return await self._repository.by_key(self._database, key)

    async def downloaded(self, file: StoredFile) -> None:
        """Store when a file was downloaded, at most once in ACCESS_PRECISION: a download must not cost a write."""
        now = self._clock.now()
        if file.accessed_at is None or now - file.accessed_at >= ACCESS_PRECISION:
            await self._repository.touch(self._database, file.id, now)

    async def usage(self, caller: Caller, file_id: UUID) -> Sequence[Usage]:
        """Where one of the caller's own files is used. Raises FileNotFound."""
        file = await self._repository.readable(self._database, caller.user_id, file_id)
        if file is None or file.owner_id != caller.user_id:
            raise errors.FileNotFound
        return await self._usage.stories(self._database, file)

    async def change(self, caller: Caller, file_id: UUID, changes: Changes, unit: UnitOfWork) -> StoredFile:
        """Change an own file's name, category, tags or visibility. Raises FileNotFound, Refused."""
        file = _found(await self._repository.lock_own(unit, caller.user_id, file_id))
        try:
            tags = file.tags if changes.tags is None else tuple(tags_of(changes.tags))
        except BadTag as error:
            raise errors.Refused(str(error)) from None
        changed = replace(
            file,
            name=file.name if changes.name is None else shown_name(changes.name),
            category=file.category if changes.category is None else category_of(changes.category),
            public=file.public if changes.public is None else changes.public,
            tags=tuple(sorted(tags)),
        )
        await self._repository.update(unit, changed)
        if changes.tags is not None:
            await self._repository.retag(unit, file.id, caller.user_id, tags)
        return changed

    async def delete(self, caller: Caller, file_id: UUID, unit: UnitOfWork, *, softly: bool) -> StoredFile:
        """Delete an own file: softly if asked or if anything shows it, else for good. Returns it. Raises FileNotFound, Protected.

        A softly deleted file keeps its row, its blob and its address. One that is deleted for good loses its address now and all
        the rest after REMOVAL_GRACE, unless a document shows it then: a save may be on its way while this looks at the documents.
        """
        file = _found(await self._repository.lock_own(unit, caller.user_id, file_id))
        if file.system:
            raise errors.Protected
        now = self._clock.now()
        if softly or await self._usage.is_used(unit, file):
            await self._repository.hide(unit, file.id, now)
        else:
            await self.retire(file, unit)
        return file

    async def retire(self, file: StoredFile, unit: UnitOfWork) -> None:
        """Delete a file for good: its address now, the rest by a job after REMOVAL_GRACE."""
        now = self._clock.now()
        await self._repository.retire(unit, file.id, now, now + REMOVAL_GRACE)

    async def settle(self, file_id: UUID, unit: UnitOfWork) -> bool | None:
        """Remove a file that was deleted for good, or keep it softly deleted if a document shows it after all.

        Whether it was removed; None if there is no such file. Its blobs are removed by the job.
        """
        file = await self._repository.lock_retired(unit, file_id)
        if file is None:
            return None
        if await self._usage.is_used(unit, file):
            await self._repository.spare(unit, file.key)
            return False
        await self._repository.remove(unit, file.id, [file.key, variant_folder(file.key)], self._clock.now())
        return True


def _found(file: StoredFile | None) -> StoredFile:
    if file is None:
        raise errors.FileNotFound
    return file
