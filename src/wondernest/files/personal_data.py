"""The personal data of the files room."""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import Purpose
from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, FAMILY, Relation
from wondernest.files.jobs import REMOVE_BLOBS
from wondernest.files.recordings import END
from wondernest.platform.personal_data import (
    USER,
    Elsewhere,
    GeneralGround,
    Holding,
    Neighbour,
    Operation,
    Party,
    Store,
    Through,
)

PERSONAL_DATA: Final = (
    Holding(
        table="core.uploaded_files",
        people={"user_id": USER, "child_id": CHILD},
        purposes=(Purpose.UPLOADS.value,),
        personal=("file_key", "original_name", "ai_description", "metadata", "url", "tags"),
        content_bytes="file_size",
        what="Files that a family uploaded: name, type, size; their content is in the blob storage",
        why="Pictures of stories and profiles",
        kept="Until it is deleted and no story shows it, or the account is erased; sound and films about a child: RECORDING_DAYS (90) days",
        grounds=(ParentalGround.CONSENT, GeneralGround.CONTRACT),
        seen_by=(Party.OWNER, Relation.ADULTS, Relation.DEVICES, Party.PUBLIC),
    ),
    Holding(
        table="content.file_tags",
        people={"user_id": USER, "child_id": CHILD},
        purposes=(Purpose.UPLOADS.value,),
        through=Through("file_id", "core.uploaded_files"),
        mentions={"created_by": USER},
        what="The tags of a file, and who gave them",
        why="Files are found by their tags",
        kept="As long as the file",
        grounds=(ParentalGround.CONSENT, GeneralGround.CONTRACT),
        seen_by=(Party.OWNER, Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="content.file_references",
        people={"user_id": USER, "child_id": CHILD},
        purposes=(Purpose.UPLOADS.value,),
        through=Through("file_id", "core.uploaded_files"),
        personal=("reference_id",),
        what="Which saves show a file",
        why="A file that a story shows is not deleted",
        kept="As long as the file",
        grounds=(ParentalGround.CONSENT, GeneralGround.CONTRACT),
        seen_by=(Party.OWNER, Relation.ADULTS),
    ),
    Holding(
        table="wondernest.recordings",
        people={"child_id": CHILD},
        purposes=(Purpose.RECORDINGS.value,),
        personal=("file_id",),
        what="Which files of sound and film about a child are kept, since when, and when the parents were told of their end",
        why="A child's voice is not kept without an end",
        kept="As long as the file: RECORDING_DAYS (90) days, unless the child is of the age of consent",
        ended_by=END,
        grounds=(ParentalGround.CONSENT,),
        seen_by=(Relation.ADULTS, Neighbour.MAIL),
    ),
    Holding(
        table="content.tags",
        people={},
        personal=("name",),
        what="The words that files are tagged with; no row says whose",
        why="Files are found by their tags",
        kept="Until no file has the tag, where a family that used it is erased",
        grounds=(GeneralGround.CONTRACT,),
        seen_by=(Party.OWNER, Relation.ADULTS, Relation.DEVICES),
    ),
    Holding(
        table="wondernest.blob_removals",
        people={},
        personal=("file_key",),
        what="Blobs that are to be removed",
        why="No content is left behind when its file is deleted",
        kept="Until the blob is removed, an hour at most",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Party.NOBODY,),
        ended_by=REMOVE_BLOBS,
    ),
)

WITH_FILE: Final = "As long as the file"
ELSEWHERE: Final = (
    *(
        Elsewhere(
            store=Store.BLOBS,
            name=name,
            people=(USER, CHILD),
            what=what,
            why="Pictures of stories and profiles",
            kept=WITH_FILE,
            grounds=(ParentalGround.CONSENT, GeneralGround.CONTRACT),
            seen_by=(
                Party.OWNER,
                Relation.ADULTS,
                Relation.DEVICES,
                Party.PUBLIC,
                Neighbour.STORAGE,
                Neighbour.SCANNER,
            ),
            operation=None,
            purposes=(Purpose.UPLOADS.value,),
            ended_by=REMOVE_BLOBS,
        )
        for name, what in (
            ("<seconds>/<id>.<extension>", "Content of uploaded files"),
            ("uploads/<user>/", "Content of files that an earlier backend stored, under the id of who uploaded it"),
            ("variants/", "Smaller pictures of uploaded files"),
        )
    ),
    Elsewhere(
        store=Store.CACHE,
        name="limit:upload:",
        people=(USER,),
        what="How many files a user uploaded in a minute",
        why="One user cannot fill the disk",
        kept="A minute",
        grounds=(GeneralGround.SECURITY,),
        seen_by=(Neighbour.CACHE,),
        operation=Operation.PROTECT,
        ended_by="expiry of the key",
    ),
    Elsewhere(
        store=Store.CACHE,
        name="letter:infected:",
        people=(FAMILY,),
        what="That a family was told of an infected file",
        why="A family gets one letter, not many",
        kept="A day",
        grounds=(GeneralGround.CONTINUITY,),
        seen_by=(Neighbour.CACHE,),
        operation=Operation.DELIVER,
        ended_by="expiry of the key",
    ),
)
