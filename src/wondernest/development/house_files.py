"""Files of the house for demo data, stored as the files room stores files of the installation. Development only."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.app import system_files
from wondernest.development.library import LibraryError
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.media.refusals import NotAccepted

if TYPE_CHECKING:
    from wondernest.files.system import SystemFiles
    from wondernest.platform.db.pool import Database
    from wondernest.settings import Settings

_NAMED: Final = """
    select '/files/' || f.file_key as path, f.file_size as size from core.uploaded_files f
     where f.original_name = $1 and f.is_system_image and f.deleted_at is null and f.is_deleted is not true
     order by f.uploaded_at, f.id limit 1"""


class HouseFile(Struct, frozen=True):
    """A stored file: its address without a host, and its size in bytes."""

    path: str
    size: int


class HouseFiles:
    """Stores files by their names, each once."""

    def __init__(self, files: SystemFiles, database: Database) -> None:
        self._files = files
        self._database = database

    async def place(self, name: str, content_type: str, tag: str, make: Callable[[], bytes]) -> HouseFile:
        """The file of a name, made and stored if it is not there yet. Raises LibraryError."""
        known = await self._known(name)
        if known is not None:
            return known
        content = await asyncio.to_thread(make)
        unit = UnitOfWork(self._database)
        try:
            await self._files.store(unit, io.BytesIO(content), name, content_type, (tag,))
            await unit.commit()
        except NotAccepted as error:
            await unit.rollback(error)
            raise LibraryError(f"demo data: {name}: {error}") from None
        except BaseException as error:
            await unit.rollback(error)
            raise
        stored = await self._known(name)
        assert stored is not None
        return stored

    async def _known(self, name: str) -> HouseFile | None:
        row = await self._database.fetchrow(_NAMED, name)
        return None if row is None else HouseFile(row["path"], row["size"])


@asynccontextmanager
async def house_files(settings: Settings) -> AsyncGenerator[HouseFiles]:
    """The files of the house."""
    async with system_files(settings) as (files, database):
        yield HouseFiles(files, database)
