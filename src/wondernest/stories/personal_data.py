"""The personal data of the stories room. What a child reads and learns is in its saves, which the games room declares."""

from __future__ import annotations

from typing import Final

from wondernest.access.people import Relation
from wondernest.platform.personal_data import USER, GeneralGround, Holding, Party

PERSONAL_DATA: Final = (
    Holding(
        table="games.story_templates",
        people={"creator_id": USER},
        personal=(
            "title",
            "description",
            "content",
            "vocabulary_words",
            "generation_prompt",
            "themes",
            "tags",
            "educational_goals",
        ),
        published=("title", "description", "content", "vocabulary_words", "themes", "tags", "educational_goals"),
        what="Stories that a parent wrote",
        why="The family's children read them",
        kept="Until its author deletes it, or is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Party.OWNER, Relation.ADULTS, Relation.DEVICES, Relation.OTHERS),
    ),
)
