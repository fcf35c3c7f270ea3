"""How long files of sound and film about children are kept: `wondernest.recordings` has a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.consent import of_age
from wondernest.access.guardianship import deactivated, is_parent
from wondernest.files.model import RecordingsEnd, StoredFile
from wondernest.files.repository.files import COLUMNS, file_of
from wondernest.files.rules import RECORDED

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_TYPES: Final = " or ".join(f"f.mime_type ilike '{kind}%'" for kind in RECORDED)
_RECORDED: Final = f"({_TYPES}) and f.is_system_image is not true"
"""SQL condition on a file; those of the installation are about no family. Earlier backends stored a type as it was sent, in any case."""
_NOTE: Final = f"""
    with page as materialized (
        select f.id, f.child_id, f.mime_type, f.is_system_image, f.uploaded_at from core.uploaded_files f
         where $1::uuid is null or f.id > $1 order by f.id limit $2),
    noted as (
        insert into wondernest.recordings (child_id, file_id, counted_from)
        select f.child_id, f.id, case when f.uploaded_at > $4 then f.uploaded_at else $3 end
          from page f join family.child_profiles child on child.id = f.child_id
         where {_RECORDED}
            on conflict do nothing)
    select id from page order by id desc limit 1"""
_PRUNE: Final = f"""
    delete from wondernest.recordings kept
     where not exists (select from core.uploaded_files f
                        where f.id = kept.file_id and f.child_id = kept.child_id and {_RECORDED})"""
"""One index probe for each recording."""
_UNTOLD: Final = f"""
    select distinct kept.child_id from wondernest.recordings kept
     where kept.told_at is null and kept.counted_from <= $1 and not {of_age("kept.child_id")}
     order by kept.child_id limit $2"""
_TELL: Final = """
    update wondernest.recordings set told_at = $3
     where child_id = $1 and told_at is null and counted_from <= $2"""
_TOLD: Final = """
    select kept.counted_from, kept.told_at from wondernest.recordings kept
     where kept.child_id = $1 and kept.told_at is not null"""
_DUE: Final = f"""
    select {COLUMNS} from wondernest.recordings kept
      join core.uploaded_files f on f.id = kept.file_id and f.child_id = kept.child_id
     where kept.counted_from <= $1 and kept.told_at <= $2 and not {of_age("kept.child_id")}
       and ($3::uuid is null or f.id > $3)
     order by f.id limit $4"""
_OF_CHILDREN: Final = f"""
    select {COLUMNS} from core.uploaded_files f where f.child_id = any ($1::uuid[]) and {_RECORDED} order by f.id limit $2"""
_ENDS: Final = f"""
    select noted.child_id, count(*) as number,
           min(greatest(noted.counted_from + $2::interval, coalesce(noted.told_at, $4) + $3::interval)) as first_end
      from (select f.child_id, kept.told_at,
                   coalesce(kept.counted_from, case when f.uploaded_at > $5 then f.uploaded_at else $4 end) as counted_from
              from core.uploaded_files f
              left join wondernest.recordings kept on kept.child_id = f.child_id and kept.file_id = f.id
             where f.child_id = any ($1::uuid[]) and {_RECORDED} and not {of_age("f.child_id")}) noted
     group by noted.child_id"""
_PARENTS: Final = f"""
    select member.user_id from family.child_profiles child
      join family.family_members member on member.family_id = child.family_id
     where child.id = $1 and {is_parent("member")} and not {deactivated("member.user_id")} order by member.user_id"""


class Told(Struct, frozen=True):
    """A recording of whose end the parents were told."""

    counted_from: datetime
    told_at: datetime


class RecordingRepository:
    """Rows of recordings, for the room's own work: no caller asks."""

    async def note(
        self, executor: Executor, after: UUID | None, now: datetime, fresh: datetime, limit: int
    ) -> UUID | None:
        """Note the recordings among the next files; the last file's id, None at the end.

        A life counts from the upload, and for a file uploaded before `fresh` from now.
        """
        last: UUID | None = await executor.fetchval(_NOTE, after, limit, now, fresh)
        return last

    async def prune(self, executor: Executor) -> None:
        """Forget those whose file is gone, or is about another child."""
        await executor.execute(_PRUNE)

    async def untold(self, executor: Executor, before: datetime, limit: int) -> list[UUID]:
        """Children below the age of consent with recordings that count from before a time, and of whose end nobody was told."""
        return [row["child_id"] for row in await executor.fetch(_UNTOLD, before, limit)]

    async def tell(self, unit: Executor, child_id: UUID, before: datetime, now: datetime) -> list[UUID]:
        """Note that the parents are told of a child's recordings that count from before a time; returns the parents."""
        await unit.execute(_TELL, child_id, before, now)
        return [row["user_id"] for row in await unit.fetch(_PARENTS, child_id)]

    async def told(self, executor: Executor, child_id: UUID) -> list[Told]:
        """The child's recordings of whose end the parents were told."""
        return [Told(row["counted_from"], row["told_at"]) for row in await executor.fetch(_TOLD, child_id)]

    async def due(
        self, executor: Executor, before: datetime, told_before: datetime, after: UUID | None, limit: int
    ) -> list[StoredFile]:
        """Files that count from before a time, of whose end the parents were told before another."""
        return [file_of(row) for row in await executor.fetch(_DUE, before, told_before, after, limit)]

    async def ends(
        self,
        executor: Executor,
        children: Sequence[UUID],
        kept: timedelta,
        told: timedelta,
        now: datetime,
        fresh: datetime,
    ) -> dict[UUID, RecordingsEnd]:
        """The ends of the recordings about each child. `told`: the time from the letter to the end; `fresh`: as for `note`."""
        rows = await executor.fetch(_ENDS, list(children), kept, told, now, fresh)
        return {row["child_id"]: RecordingsEnd(row["number"], row["first_end"]) for row in rows}

    async def of_children(self, executor: Executor, children: Sequence[UUID], limit: int) -> list[StoredFile]:
        """Recordings about these children, deleted ones too."""
        return [file_of(row) for row in await executor.fetch(_OF_CHILDREN, list(children), limit)]
