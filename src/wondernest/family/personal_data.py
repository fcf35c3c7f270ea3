"""The personal data of the family room."""

from __future__ import annotations

from typing import Final

from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, FAMILY, Relation
from wondernest.platform.personal_data import USER, GeneralGround, Holding, Neighbour

WITH_CHILD: Final = "Until the child is erased"
WITH_FAMILY: Final = "Until the family is erased"

PERSONAL_DATA: Final = (
    Holding(
        table="family.families",
        people={"id": FAMILY},
        mentions={"created_by": USER},
        personal=("name",),
        what="Families: name, founder",
        why="Children and adults who belong together",
        kept=WITH_FAMILY,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="family.family_members",
        people={"family_id": FAMILY, "user_id": USER},
        what="Who belongs to a family, in which role",
        why="Deciding who may act for a child",
        kept=WITH_FAMILY,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="family.family_settings",
        people={"family_id": FAMILY},
        personal=("privacy_settings", "notification_preferences"),
        what="A family's settings",
        why="The service behaves as the family chose",
        kept=WITH_FAMILY,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="wondernest.family_locales",
        people={"family_id": FAMILY},
        personal=("time_zone", "language", "country"),
        what="A family's time zone, first day of the week and language",
        why="Days and weeks are the family's own",
        kept=WITH_FAMILY,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="wondernest.letter_readers",
        people={"family_id": FAMILY, "user_id": USER},
        what="Which parents chose the weekly letter, and when",
        why="Letters go to those who want them",
        kept="Until the letter is ended, or the family or the account is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="family.child_profiles",
        people={"id": CHILD, "family_id": FAMILY},
        personal=("name", "nickname", "birth_date", "gender", "avatar_url", "interests", "favorite_colors"),
        what="Children: name, date of birth, gender, picture",
        why="Games and content that suit the child",
        kept=WITH_CHILD,
        grounds=(GeneralGround.CONTRACT, ParentalGround.ASKING),
        seen_by=(Relation.ADULTS, Relation.DEVICES, Neighbour.MAIL),
    ),
    Holding(
        table="family.child_settings",
        people={"child_id": CHILD},
        personal=("content_preferences", "time_restrictions", "blocked_categories"),
        what="What a child may see and for how long",
        why="Parental control",
        kept=WITH_CHILD,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="wondernest.child_details",
        people={"child_id": CHILD},
        personal=("interests", "favorite_colors"),
        what="A child's interests and favourite colours",
        why="Games and content that suit the child",
        kept=WITH_CHILD,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
)
