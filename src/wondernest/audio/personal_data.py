"""The personal data of the audio room."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import Purpose
from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, Relation
from wondernest.platform.personal_data import USER, Holding, Operation

WHY: Final = "Parents see how speaking develops"
KEPT: Final = "Until the child is erased"

PERSONAL_DATA: Final = (
    Holding(
        table="audio.sessions",
        people={"child_id": CHILD},
        purposes=(Purpose.AUDIO_METRICS.value,),
        mentions={"created_by": USER},
        personal=("location", "background_noise_level", "device_id", "metadata"),
        what="When a child spoke with the app, for how long, on which device; no sound and no words",
        why=WHY,
        kept=KEPT,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
        identifiers={"device_id": Operation.MEASURE},
    ),
    Holding(
        table="audio.speech_metrics",
        people={"child_id": CHILD},
        purposes=(Purpose.AUDIO_METRICS.value,),
        what="How many words, how clearly and how eagerly a child spoke; not which words",
        why=WHY,
        kept=KEPT,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS,),
    ),
)
