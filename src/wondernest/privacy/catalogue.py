"""The privacy catalogue: every class of personal data, where it is stored, why it may be, who sees it, for how long, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.personal_data import Ground, Operation, Viewer
    from wondernest.platform.rooms import Rooms

TABLE = "table"


class Entry(Struct, frozen=True, rename="camel", kw_only=True):
    """One class of data. `store`: `table`, or one of `platform.personal_data.Store`."""

    room: str
    store: str = TABLE
    table: str
    """The table; elsewhere what the names of keys or blobs begin with."""
    what: str
    why: str
    kept: str
    ended_by: str
    """The job that removes it."""
    people: tuple[str, ...]
    """The kinds of people that it is about, or that it names."""
    columns: tuple[str, ...] = ()
    """Columns that refer to a person, identify a person, or hold what a person wrote or made."""
    grounds: tuple[Ground, ...]
    seen_by: tuple[Viewer, ...]
    identifiers: Mapping[str, Operation] = {}
    """What recognises a device, a session or a client, and what it is for: columns; elsewhere the name of the place."""
    purposes: tuple[str, ...] = ()
    """The purposes for which a parent has to consent."""


def catalogue(rooms: Rooms) -> Iterator[Entry]:
    """Every class of every room, in the rooms' order: tables first."""
    for room in rooms.all:
        for holding in room.personal_data:
            yield Entry(
                room=room.name,
                table=holding.table,
                what=holding.what,
                why=holding.why,
                kept=holding.kept,
                ended_by=holding.ended_by,
                people=tuple(
                    dict.fromkeys([*holding.people.values(), *holding.mentions.values(), *holding.listed.values()])
                ),
                columns=holding.columns,
                grounds=holding.grounds,
                seen_by=holding.seen_by,
                identifiers=holding.identifiers,
                purposes=holding.purposes,
            )
        for place in room.elsewhere:
            yield Entry(
                room=room.name,
                store=place.store.value,
                table=place.name,
                what=place.what,
                why=place.why,
                kept=place.kept,
                ended_by=place.ended_by,
                people=place.people,
                grounds=place.grounds,
                seen_by=place.seen_by,
                identifiers={} if place.operation is None else {place.name: place.operation},
                purposes=place.purposes,
            )
