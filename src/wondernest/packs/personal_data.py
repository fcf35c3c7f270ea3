"""The personal data of the packs room."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import Purpose
from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, Relation
from wondernest.packs.jobs import FORGET
from wondernest.platform.personal_data import USER, GeneralGround, Holding, Neighbour, Operation, Party

WHY: Final = "Packs that a family got stay usable on every device"
KEPT: Final = "Until the account, or the child, is erased"
PERSONAL_DATA: Final = (
    Holding(
        table="public.user_pack_ownership",
        people={"user_id": USER, "child_id": CHILD},
        personal=("transaction_id", "custom_tags"),
        what="Which content packs a family owns, and how far they are downloaded",
        why=WHY,
        kept=KEPT,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Party.OWNER, Relation.ADULTS, Relation.DEVICES),
        identifiers={"transaction_id": Operation.PAY},
    ),
    Holding(
        table="public.content_pack_usage",
        people={"user_id": USER, "child_id": CHILD},
        purposes=(Purpose.ANALYTICS.value,),
        personal=("session_id", "usage_metadata"),
        what="When and where a content pack was used",
        why="Packs are ordered by their use",
        kept=KEPT,
        grounds=(ParentalGround.CONSENT, GeneralGround.IMPROVEMENT),
        seen_by=(Party.OWNER, Relation.ADULTS),
        identifiers={"session_id": Operation.MEASURE},
    ),
    Holding(
        table="public.content_pack_reviews",
        people={"user_id": USER},
        mentions={"moderated_by": USER},
        personal=("review_text", "review_title"),
        what="Stars that a parent gave a content pack; words only in rows of another backend",
        why="Families choose packs by them",
        kept="Until the account is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Party.OWNER,),
    ),
    Holding(
        table="public.content_packs",
        people={},
        mentions={"created_by": USER},
        what="Content packs and who made them",
        why="Who offers a pack is known",
        kept="As long as the pack; who made it until the account is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Party.OWNER, Relation.OTHERS),
    ),
    Holding(
        table="wondernest.pack_purchases",
        people={"user_id": USER},
        mentions={"child_id": CHILD},
        personal=("transaction_id",),
        what="Payments for content packs: which pack, how much, how they stand; no card and no address",
        why="A payment is taken once, and what was refunded is not owned any more",
        kept=KEPT,
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Party.OWNER, Relation.ADULTS, Neighbour.GATEWAY),
        identifiers={"transaction_id": Operation.PAY},
    ),
    Holding(
        table="wondernest.payment_events",
        people={"user_id": USER},
        personal=("event_id", "purchase_id"),
        what="Which events of the payment gateway were applied",
        why="A repeated event changes nothing",
        kept="90 days",
        grounds=(GeneralGround.CONTINUITY,),
        seen_by=(Party.OWNER, Neighbour.GATEWAY),
        identifiers={"event_id": Operation.PAY},
        ended_by=FORGET,
    ),
    Holding(
        table="wondernest.pack_usage_days",
        people={"user_id": USER},
        what="How many uses of packs were reported on a day",
        why="What is stored without end is limited",
        kept="2 days",
        grounds=(GeneralGround.SECURITY,),
        seen_by=(Party.OWNER,),
        ended_by=FORGET,
    ),
)
