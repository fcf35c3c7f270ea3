"""Reply bodies of the usage route. These are an addition to the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.usage import UsageLine


class Line(Struct, kw_only=True):
    """One number. `unit`: `count` or `bytes`; `limit` null: not limited by itself."""

    name: str
    unit: str
    used: int
    limit: int | None

    @classmethod
    def all(cls, lines: Sequence[UsageLine], numbers: Sequence[int]) -> list[Line]:
        """The lines with their numbers."""
        return [
            cls(name=line.name, unit=line.unit, used=number, limit=line.limit)
            for line, number in zip(lines, numbers, strict=True)
        ]


class ChildUsage(Struct, kw_only=True, rename="camel"):
    """What is counted for one active child."""

    child_id: str
    usage: list[Line]


class FamilyUsage(Struct, kw_only=True, rename="camel"):
    """What is counted for the caller, for the family (archived children included), and for each active child, the oldest first."""

    family_id: str
    user: list[Line]
    family: list[Line]
    children: list[ChildUsage]


class UsageReply(Struct):
    """What the caller's family uses."""

    data: FamilyUsage
    success: bool = True
