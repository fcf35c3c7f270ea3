"""The personal data of the files room."""

from __future__ import annotations

from typing import Final

from wondernest.access.people import CHILD
from wondernest.platform.personal_data import USER, Holding

PERSONAL_DATA: Final = (
    Holding(
        table="core.uploaded_files",
        people={"user_id": USER, "child_id": CHILD},
        personal=("original_name", "ai_description", "metadata", "url", "tags"),
        what="Files that a family uploaded: name, type, size; their content is in the blob storage",
        why="Pictures of stories and profiles",
        kept="Until it is deleted and no story shows it, or the account is erased",
    ),
    Holding(
        table="content.file_tags",
        people={"created_by": USER},
        what="Who tagged a file",
        why="Files are found by their tags",
        kept="As long as the file",
        shared=True,
    ),
)
