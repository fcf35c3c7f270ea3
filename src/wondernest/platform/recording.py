"""The record of who used data about people: what endpoints and jobs declare for it, and who writes it.

An endpoint or a job declares either the kind of its access, or why it is not recorded. Both are enums: of the domain and of this module.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.pool import Executor


class Unrecorded(Enum):
    """Why an endpoint or a job is not recorded."""

    OWN_DEVICE = "the person's own devices do it, with another user's session, so that nobody can tell that user's requests from theirs"
    NOBODY = "it is about nobody whose data is recorded"
    UPKEEP = "it counts, plans jobs, or removes what a time limit ends, whoever it is about; nobody sees anything"
    ELSEWHERE = "what it does is written with its author and time in rows that the same people see"
    GONE = "it erases the person, and what is recorded about them"


class Recorder(Protocol):
    """Writes who used data about people. `people`: their ids; None: everybody of the caller's group."""

    def note(self, caller: Caller, kind: Enum, people: Collection[UUID] | None) -> None:
        """Count a read. At once and without I/O; it is stored soon."""
        ...

    async def write(self, executor: Executor, caller: Caller, kind: Enum, people: Collection[UUID] | None) -> None:
        """Write a change, in its transaction."""
        ...


def undeclared(accesses: Enum | None, unrecorded: Unrecorded | None) -> bool:
    """Whether neither is declared, or both are."""
    return (accesses is None) == (unrecorded is None)
