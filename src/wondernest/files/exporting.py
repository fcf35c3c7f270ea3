"""The files of people, for an export."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.people import CHILD
from wondernest.platform.blobs.keys import is_key
from wondernest.platform.personal_data import USER
from wondernest.platform.zipping import Entry

if TYPE_CHECKING:
    from wondernest.files.repository import FileRepository
    from wondernest.platform.blobs import Blobs
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import People

BATCH_FILES: Final = 50


class FileEntries:
    """Each file with its content."""

    def __init__(self, repository: FileRepository, database: Database, blobs: Blobs) -> None:
        self._repository = repository
        self._database = database
        self._blobs = blobs

    async def files(self, people: People) -> AsyncGenerator[Entry]:
        """The files of the users and for the children; a file whose content is gone is left out."""
        users, children = list(people.get(USER, ())), list(people.get(CHILD, ()))
        after: UUID | None = None
        while files := await self._repository.of_people(self._database, users, children, BATCH_FILES, after):
            for file in files:
                blob = await self._blobs.stat(file.key) if is_key(file.key) else None
                if blob is not None:
                    ending = file.key.rpartition(".")[2][:10]
                    yield Entry(f"files/{file.id}.{ending}", self._blobs.read(blob))
            after = files[-1].id
