"""The interface of a virus scanner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

DEPENDENCY: Final = "scanner"


class Clean(Struct, frozen=True):
    """Nothing was found."""


class Infected(Struct, frozen=True):
    """The content is refused. `name`: the signature that matched, printable ASCII."""

    name: str


Verdict: TypeAlias = Clean | Infected
CLEAN: Final = Clean()


class Scanner(Protocol):
    """Looks for viruses."""

    @property
    def active(self) -> bool:
        """Whether content is really scanned; otherwise every verdict is Clean."""
        ...

    @property
    def required(self) -> bool:
        """Whether content must be refused while it cannot be scanned (SCAN_REQUIRED)."""
        ...

    async def scan(self, content: AsyncIterator[bytes]) -> Verdict:
        """The verdict on some content. It may stop reading early.

        Raises DependencyUnavailable when there is no verdict, and what `content` raises.
        """
        ...

    async def ping(self) -> str:
        """Empty, or what is wrong with the scanner, in one line."""
        ...


class NoScanner:
    """Where no scanner is configured."""

    active = False
    required = False

    async def scan(self, content: AsyncIterator[bytes]) -> Verdict:
        """Clean, without reading anything."""
        del content
        return CLEAN

    async def ping(self) -> str:
        """Nothing is wrong."""
        return ""
