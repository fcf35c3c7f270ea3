"""The personal data of the room of screen time."""

from __future__ import annotations

from typing import Final

from wondernest.access.people import CHILD, Relation
from wondernest.platform.personal_data import GeneralGround, Holding

PERSONAL_DATA: Final = (
    Holding(
        table="wondernest.extra_time",
        people={"child_id": CHILD},
        what="The last day on which a child got extra time, and how much",
        why="Parental control",
        kept="Until the next such day, or until the child is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
)
