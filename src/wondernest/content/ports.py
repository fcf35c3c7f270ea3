"""What content asks of other rooms; app.py passes in the implementations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.db.pool import Executor
    from wondernest.platform.db.unit import UnitOfWork


class Events(Protocol):
    """The event log."""

    async def record(
        self, executor: Executor, user_id: UUID, child_id: UUID, kind: str, content_id: str, identity: bytes, /
    ) -> None:
        """Store an event of the adult's child, once for an identity. Beyond the child's events of a day nothing is stored."""
        ...


class SystemFiles(Protocol):
    """Files of the installation: public, of no family, not deleted at anybody's request. Raises NotAccepted."""

    async def check(self, content: IO[bytes], name: str, content_type: str, /) -> None:
        """Inspect a file without storing it."""
        ...

    async def store(
        self, unit: UnitOfWork, content: IO[bytes], name: str, content_type: str, tags: Sequence[str], /
    ) -> str:
        """Inspect and store a file, in the unit; its address, without a host."""
        ...

    async def retire(self, unit: UnitOfWork, address: str, /) -> None:
        """Delete a file of the installation that nothing shows any more."""
        ...

    async def read(self, address: str, /) -> tuple[str, bytes] | None:
        """A file's content type and its bytes; None if it is gone."""
        ...
