"""Bounds how many large lists of one user are read at the same time: as text a list may be hundreds of megabytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

Piece = TypeVar("Piece")
AT_ONCE: Final = 2
"""Large lists of one user in one process. The app reads one at a time."""


class Turns:
    """Lets the large lists of a user wait for each other; those of different users do not."""

    def __init__(self) -> None:
        self._by_user: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()

    async def in_turn(self, user_id: UUID, pieces: AsyncGenerator[Piece]) -> AsyncGenerator[Piece]:
        """The same pieces; before the first one it waits until fewer than AT_ONCE lists of the user are being read."""
        turn = self._by_user.setdefault(user_id, asyncio.Semaphore(AT_ONCE))
        async with aclosing(pieces), turn:
            async for piece in pieces:
                yield piece
