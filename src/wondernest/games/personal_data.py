"""The personal data of the games room."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import Purpose
from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, FAMILY, Relation
from wondernest.games.jobs import RECONCILE
from wondernest.platform.personal_data import USER, GeneralGround, Holding, Operation, Party

KEEPING_WORK: Final = "A child's work is never lost"
WITH_CHILD: Final = "Until the child is erased"

PERSONAL_DATA: Final = (
    Holding(
        table="games.simple_game_data",
        people={"child_id": CHILD},
        purposes=(Purpose.SAVES.value,),
        personal=("data_key", "data_value"),
        what="Saves: what a child made and reached in games",
        why=KEEPING_WORK,
        kept="Until it is deleted or the child is erased",
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="wondernest.save_versions",
        people={"child_id": CHILD},
        purposes=(Purpose.SAVES.value,),
        personal=("data_key", "data_value", "device", "replaced_by"),
        what="Versions of saves that were overwritten or deleted, and the device that did it",
        why=KEEPING_WORK,
        kept="The newest SAVE_KEPT_VERSIONS of each save, older ones thinned by age; until the child is erased",
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
        identifiers={"device": Operation.REPEAT, "replaced_by": Operation.REPEAT},
    ),
    Holding(
        table="wondernest.child_usage",
        people={"child_id": CHILD, "family_id": FAMILY},
        purposes=(Purpose.SAVES.value,),
        what="Number and size of a child's saves and kept versions",
        why="One family's saves cannot fill the disk",
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="games.child_game_instances",
        people={"child_id": CHILD},
        purposes=(Purpose.SAVES.value,),
        personal=("settings", "preferences"),
        what="A child's games: settings, play time, sessions",
        why="Games continue where the child stopped",
        kept=WITH_CHILD,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="wondernest.walks",
        people={},
        personal=("after_id",),
        what="The id at which a job that visits everybody goes on",
        why="A job that was interrupted does not begin again",
        kept="Until the job has visited everybody, a day at most",
        grounds=(GeneralGround.CONTINUITY,),
        seen_by=(Party.NOBODY,),
        ended_by=RECONCILE,
    ),
    Holding(
        table="games.game_registry",
        people={},
        mentions={"safety_reviewer_id": USER},
        what="Who reviewed a game for safety",
        why="Responsibility for a review",
        kept="Until the account is erased",
        grounds=(GeneralGround.ACCOUNTABILITY,),
        seen_by=(Party.OWNER, Party.OPERATOR),
    ),
)
