"""The privacy catalogue: every class of personal data, where it is stored, why, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.rooms import Rooms


class Entry(Struct, frozen=True, rename="camel"):
    """One class of data."""

    room: str
    table: str
    what: str
    why: str
    kept: str
    people: tuple[str, ...]
    """The kinds of people that a row is about."""
    columns: tuple[str, ...]
    """Columns that refer to the person, identify a person, or hold what a person wrote or made."""


def catalogue(rooms: Rooms) -> Iterator[Entry]:
    """Every holding of every room, in the rooms' order."""
    for room in rooms.all:
        for holding in room.personal_data:
            own = () if holding.through else tuple(holding.people)
            step = (holding.through.column,) if holding.through else ()
            yield Entry(
                room=room.name,
                table=holding.table,
                what=holding.what,
                why=holding.why,
                kept=holding.kept,
                people=tuple(dict.fromkeys(holding.people.values())),
                columns=(*own, *step, *holding.personal),
            )
