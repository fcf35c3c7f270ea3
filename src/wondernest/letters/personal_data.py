"""The personal data of the room of letters."""

from __future__ import annotations

from typing import Final

from wondernest.access.people import FAMILY, Relation
from wondernest.platform.personal_data import USER, GeneralGround, Holding

PERSONAL_DATA: Final = (
    Holding(
        table="wondernest.weekly_letters",
        people={"family_id": FAMILY, "user_id": USER},
        what="The Sunday of the last weekly letter to a parent; not the letter",
        why="Nobody gets two letters about a week",
        kept="Until the family or the account is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS,),
    ),
)
