"""The personal data of the content room."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import Purpose
from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, FAMILY, Relation
from wondernest.platform.personal_data import GeneralGround, Holding

FILTER: Final = "What a child may be shown"
PERSONAL_DATA: Final = (
    Holding(
        table="content.content_engagement",
        people={"child_id": CHILD},
        purposes=(Purpose.ANALYTICS.value,),
        what="What a child watched, read or played, when, and how far",
        why="Recommendations, and the parents' view of what a child does",
        kept="Until the child is erased",
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="content.content_filters",
        people={"family_id": FAMILY},
        personal=("name", "blocked_keywords"),
        what="A family's content filters",
        why=FILTER,
        kept="Until the parent changes them, or the family is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="wondernest.family_content_limits",
        people={"family_id": FAMILY},
        personal=("languages",),
        what="The languages of what a family is shown",
        why=FILTER,
        kept="Until the parent changes them, or the family is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="wondernest.child_content_limits",
        people={"child_id": CHILD},
        personal=("blocked_keywords", "languages"),
        what="A child's content filter: categories, makers, keywords, length, languages",
        why=FILTER,
        kept="Until the parent changes them, or the child is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
)
