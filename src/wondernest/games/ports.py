"""What saves ask of other rooms; app.py passes in the implementation of the files room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor


class Watcher(Protocol):
    """Is told of stored saves that may show something of its room."""

    def concerns(self, document: bytes, /) -> bool:
        """Whether it wants to know of the save. Every save is asked: it must cost next to nothing."""
        ...

    async def stored(self, executor: Executor, save_id: UUID, /) -> None:
        """A save was stored: in the executor's transaction or, if that is the database, committed before."""
        ...
