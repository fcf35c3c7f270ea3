"""The personal data of the privacy room itself."""

from __future__ import annotations

from typing import Final

from wondernest.access.people import CHILD, FAMILY, Relation
from wondernest.platform.personal_data import (
    ON_ERASURE,
    USER,
    Elsewhere,
    GeneralGround,
    Holding,
    Neighbour,
    Operation,
    Party,
    Store,
)
from wondernest.privacy.exporting import FORGET

PARTS: Final = Holding(
    table="wondernest.export_parts",
    people={"user_id": USER},
    personal=("record",),
    copies=True,
    what="Parts of exports: where they are, and while an export is made the names of what is in it",
    why="An export that is interrupted goes on",
    kept="7 days; the names until the export is ready",
    grounds=(GeneralGround.DUTY,),
    seen_by=(Party.NOBODY,),
    ended_by=FORGET,
)
AGAIN: Final = "What was erased stays erased when a backup is restored"
PERSONAL_DATA: Final = (
    Holding(
        table="wondernest.erasures",
        people={},
        mentions={"child_id": CHILD, "family_id": FAMILY, "user_id": USER, "asked_by": USER},
        personal=("frozen", "subjects", "counts"),
        what="Requests to erase, and their receipts: kind, times, numbers of rows",
        why="An erasure that is interrupted goes on, and a parent sees what became of it",
        kept="Ids until the erasure is done; the receipt, which names nobody who was erased, for ever",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Relation.ADULTS, Party.OWNER, Neighbour.MAIL),
    ),
    Holding(
        table="wondernest.exports",
        people={"user_id": USER},
        mentions={"family_id": FAMILY},
        copies=True,
        what="Exports that a user asked for: times and size",
        why="A user gets what is held about them",
        kept="7 days",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Party.OWNER, Neighbour.MAIL),
        ended_by=FORGET,
    ),
    PARTS,
    Holding(
        table="wondernest.erasure_log",
        people={},
        personal=("person_hash",),
        what="Keyed hashes of the ids of erased people",
        why=AGAIN,
        kept="For ever: a hash says nothing without the key",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Party.NOBODY,),
        identifiers={"person_hash": Operation.ERASE},
    ),
)
EXPORTED: Final = tuple(holding for holding in PERSONAL_DATA if holding is not PARTS)
"""What an export holds of this room: not the list of its own parts, which grows while it is made."""
ELSEWHERE: Final = (
    Elsewhere(
        store=Store.BLOBS,
        name="exports/",
        people=(USER, FAMILY, CHILD),
        what="Exports: everything that is held about a family, as a file",
        why="A user gets what is held about them",
        kept="7 days, or until somebody in it is erased",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Party.OWNER, Neighbour.STORAGE),
        operation=None,
        ended_by=FORGET,
    ),
    Elsewhere(
        store=Store.BLOBS,
        name="erasures/",
        people=(),
        what="The log of erasures: keyed hashes",
        why=AGAIN,
        kept="For ever: a hash says nothing without the key",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Neighbour.STORAGE,),
        operation=Operation.ERASE,
        ended_by=ON_ERASURE,
    ),
)
