"""The personal data of the analytics room."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import Purpose
from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, Relation
from wondernest.analytics.archive.layout import FOLDER
from wondernest.analytics.jobs import FORGET_IDENTITIES, REMOVE_EVENTS
from wondernest.platform.personal_data import ON_ERASURE, USER, Elsewhere, Holding, Neighbour, Operation, Party, Store

SHOWING_PARENTS: Final = "Parents see what happened"
WITH_CHILD: Final = "Until the child is erased"

PERSONAL_DATA: Final = (
    Holding(
        table="analytics.analytics_events",
        people={"child_id": CHILD},
        purposes=(Purpose.ANALYTICS.value,),
        mentions={"user_id": USER},
        personal=("event_data", "session_id"),
        what="Events: what a child did and when",
        why=SHOWING_PARENTS,
        kept="EVENTS_KEPT_DAYS (400) days, or until the child is erased; then in the archive, if the operator keeps one",
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
        identifiers={"session_id": Operation.MEASURE},
        ended_by=REMOVE_EVENTS,
    ),
    Holding(
        table="analytics.learning_insights",
        people={"child_id": CHILD},
        purposes=(Purpose.ANALYTICS.value,),
        personal=("title", "description", "data"),
        what="Milestones a child reached, and what was recommended",
        why=SHOWING_PARENTS,
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="analytics.daily_child_metrics",
        people={"child_id": CHILD},
        purposes=(Purpose.ANALYTICS.value,),
        what="A child's activity by day",
        why=SHOWING_PARENTS,
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="wondernest.child_days",
        people={"child_id": CHILD},
        purposes=(Purpose.ANALYTICS.value,),
        personal=("categories",),
        what="What a child did in a day, summed by category",
        why=SHOWING_PARENTS,
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Neighbour.MAIL),
    ),
    Holding(
        table="wondernest.event_identities",
        people={"child_id": CHILD},
        purposes=(Purpose.SAVES.value, Purpose.ANALYTICS.value),
        personal=("fingerprint",),
        what="Hashes by which a repeated event is recognised",
        why="A repeated event counts once",
        kept="30 days, or until the child is erased",
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
        identifiers={"fingerprint": Operation.REPEAT},
        ended_by=FORGET_IDENTITIES,
    ),
    Holding(
        table="wondernest.event_usage",
        people={"child_id": CHILD},
        purposes=(Purpose.SAVES.value, Purpose.ANALYTICS.value),
        what="How many events of a child were stored on the last day with events",
        why="One child's events cannot fill the disk",
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="games.virtual_currency",
        people={"child_id": CHILD},
        purposes=(Purpose.SAVES.value,),
        what="A child's coins",
        why="Games continue where the child stopped",
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="games.currency_transactions",
        people={"child_id": CHILD},
        purposes=(Purpose.SAVES.value,),
        personal=("description",),
        what="How a child earned and spent coins",
        why="Games continue where the child stopped",
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
)
ELSEWHERE: Final = (
    Elsewhere(
        store=Store.BLOBS,
        name=f"{FOLDER}/",
        people=(CHILD,),
        what="Old events of children, where the operator keeps an archive",
        why="Figures of long ago can be computed again",
        kept="As long as the operator keeps the archive, or until the child is erased",
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Party.OPERATOR, Neighbour.STORAGE),
        operation=Operation.MEASURE,
        purposes=(Purpose.ANALYTICS.value,),
        ended_by=ON_ERASURE,
    ),
)
