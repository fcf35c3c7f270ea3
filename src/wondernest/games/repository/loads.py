"""Reads of saves: one save or a small list, batched across concurrent requests; a large list in parts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.guardianship import guards
from wondernest.games.repository.statements import DIGEST
from wondernest.games.rules import (
    SMALL_LIST_BYTES,
    SMALL_LIST_SAVES,
    Heading,
    Listing,
    Read,
    SaveKey,
    StoredSave,
    read_groups,
)
from wondernest.platform.db.batch import Batcher, LockWait

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database, Executor, Row

_MADE: Final = "coalesce(s.created_at, s.updated_at, 'epoch') as created_at"
_CHANGED: Final = "coalesce(s.updated_at, s.created_at, 'epoch') as updated_at"
_GET_ONE: Final = f"""
    select s.id, s.data_value, s.data_version, {_MADE}, {_CHANGED}, {DIGEST.format(document="s.data_value")} as digest
      from games.simple_game_data s
     where s.child_id = $2 and s.game_type = $3 and s.data_key = $4 and {guards("$2", "$1")}"""
"""For a read that shares its statement with none: scalar parameters cost the database a tenth less.

Plan: the two primary-key probes of the guard, then the save's unique key.
"""
_GET: Final = f"""
    select i.n, s.id, s.data_value, s.data_version, {_MADE}, {_CHANGED}, {DIGEST.format(document="s.data_value")} as digest
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
           with ordinality as i(user_id, child_id, game_type, data_key, n)
      join games.simple_game_data s
        on s.child_id = i.child_id and s.game_type = i.game_type and s.data_key = i.data_key
     where {guards("i.child_id", "i.user_id")}"""
"""Plan: nested loop over the input with the save's unique key, then two primary-key probes of the guard."""

_NO_INSTANCE: Final[tuple[str, str]] = ("null::uuid", "")
_INSTANCE: Final[tuple[str, str]] = (
    "g.id",
    """
      left join games.game_registry r on r.game_key = s.game_type
      left join games.child_game_instances g on g.game_id = r.id and g.child_id = s.child_id""",
)
"""Only the key dialect returns the game's instance, so only it needs the two joins."""
_HEADINGS: Final = f"""
    select s.game_type, s.data_key, pg_column_size(s.data_value) as stored_bytes
      from games.simple_game_data s
     where s.child_id = $2 and {guards("$2", "$1")}
       and ($3::text is null or s.game_type = $3) and ($4::text is null or s.data_key = $4)
     order by s.updated_at desc nulls last, s.id"""
"""Plan: the index of the child's saves; sizes are known without reading the documents that are stored out of line (TOAST)."""
_DOCUMENTS: Final = """
    select s.id, s.game_type, s.data_key, s.data_value, s.data_version, {made}, {changed}, {instance} as instance_id
      from unnest($3::text[], $4::text[]) with ordinality as i(game_type, data_key, n)
      join games.simple_game_data s
        on s.child_id = $2 and s.game_type = i.game_type and s.data_key = i.data_key{join}
     where {guards}
     order by i.n"""
"""Plan: nested loop over the input with the save's unique key; the guard runs once."""
_LISTS: Final = """
    select i.n, s.id, s.game_type, s.data_key, case when s.fits then s.data_value end as data_value, s.data_version,
           {made}, {changed}, {instance} as instance_id
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
           with ordinality as i(user_id, child_id, game_type, data_key, n)
     cross join lateral (
        select s.*, s.known <= $6 and sum(pg_column_size(s.data_value)) over () <= $5 as fits, row_number() over () as place
          from (select s.*, count(*) over () as known
                  from (select * from games.simple_game_data s where s.child_id = i.child_id limit $6 + 1) s) s
         where s.known > $6
            or (i.game_type is null or s.game_type = i.game_type) and (i.data_key is null or s.data_key = i.data_key)) s{join}
     where {guards} and (s.fits or s.place = 1)
     order by i.n, s.updated_at desc nulls last, s.id"""
"""One row without its document if the documents are larger together than $5 bytes as stored, or the child has more than $6 saves.
So a large list does not delay the other lists of the batch.

Plan: for each input row the index of the child's saves; sizes are known without reading documents stored out of line (TOAST).
"""


def _variant(instances: bool) -> tuple[str, str]:
    return _INSTANCE if instances else _NO_INSTANCE


def _statement(template: str, guard: str, instance: tuple[str, str]) -> str:
    return template.format(made=_MADE, changed=_CHANGED, guards=guard, instance=instance[0], join=instance[1])


_PIECE_STATEMENTS: Final[dict[tuple[str, str], str]] = {
    variant: _statement(_DOCUMENTS, guards("$2", "$1"), variant) for variant in (_NO_INSTANCE, _INSTANCE)
}
_LIST_STATEMENTS: Final[dict[tuple[str, str], str]] = {
    variant: _statement(_LISTS, guards("i.child_id", "i.user_id"), variant) for variant in (_NO_INSTANCE, _INSTANCE)
}


class LoadRepository:
    """Reads saves of a child, if it is the adult's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reads: Batcher[Read, StoredSave | None] = Batcher(database, _read_all)
        self._lists = {variant: self._batcher(statement) for variant, statement in _LIST_STATEMENTS.items()}

    async def get(self, read: Read) -> StoredSave | None:
        """One save; None when there is none or the child is not the adult's."""
        return await self._reads.submit(read)

    async def find(self, listing: Listing, *, instances: bool) -> list[StoredSave] | None:
        """A child's saves, newest first; empty for a child that is not the adult's, None for a large list."""
        return await self._lists[_variant(instances)].submit(listing)

    async def open_large(self, listing: Listing, *, instances: bool) -> AsyncGenerator[list[StoredSave]]:
        """A large list in parts: one large document, or a few small ones. Each part is read when the caller asks for it.

        The order is fixed now. Saves deleted later are left out; saves changed later have the new content. No connection is
        held between parts, so the caller may be slow.
        """
        rows = await self._database.fetch(_HEADINGS, *listing)
        headings = [Heading(row["game_type"], row["data_key"], row["stored_bytes"]) for row in rows]
        return self._pieces(listing, headings, _PIECE_STATEMENTS[_variant(instances)])

    async def _pieces(
        self, listing: Listing, headings: Sequence[Heading], statement: str
    ) -> AsyncGenerator[list[StoredSave]]:
        for group in read_groups(headings):
            yield await self._piece(listing, group, statement)  # keep no reference to the documents while they are sent

    async def _piece(self, listing: Listing, group: Sequence[Heading], statement: str) -> list[StoredSave]:
        types, keys = [heading.game_type for heading in group], [heading.data_key for heading in group]
        rows = await self._database.fetch(statement, listing.user_id, listing.child_id, types, keys)
        return [_listed(row) for row in rows]

    def _batcher(self, statement: str) -> Batcher[Listing, list[StoredSave] | None]:
        return Batcher(self._database, partial(_list_all, statement), size=lambda _: SMALL_LIST_BYTES)


async def _read_all(executor: Executor, reads: Sequence[Read], _: LockWait) -> list[StoredSave | None]:
    if len(reads) == 1:
        [read] = reads
        row = await executor.fetchrow(_GET_ONE, read.user_id, read.child_id, read.key.game_type, read.key.data_key)
        return [None if row is None else _stored(row, read.key, digest=row["digest"])]
    rows = await executor.fetch(
        _GET,
        [read.user_id for read in reads],
        [read.child_id for read in reads],
        [read.key.game_type for read in reads],
        [read.key.data_key for read in reads],
    )
    found: list[StoredSave | None] = [None] * len(reads)
    for row in rows:
        place: int = row["n"] - 1
        found[place] = _stored(row, reads[place].key, digest=row["digest"])
    return found


async def _list_all(
    statement: str, executor: Executor, listings: Sequence[Listing], _: LockWait
) -> list[list[StoredSave] | None]:
    """A list for each request; None for a large one."""
    rows = await executor.fetch(statement, *map(list, zip(*listings, strict=True)), SMALL_LIST_BYTES, SMALL_LIST_SAVES)
    found: list[list[StoredSave] | None] = [[] for _ in listings]
    for row in rows:
        place: int = row["n"] - 1
        saves = found[place]
        if saves is None or row["data_value"] is None:
            found[place] = None
        else:
            saves.append(_listed(row))
    return found


def _listed(row: Row) -> StoredSave:
    return _stored(row, SaveKey(row["game_type"], row["data_key"]), row["instance_id"])


def _stored(row: Row, key: SaveKey, instance_id: UUID | None = None, digest: str = "") -> StoredSave:
    return StoredSave(
        row["id"],
        key,
        row["data_value"],
        row["data_version"],
        row["created_at"],
        row["updated_at"],
        instance_id,
        digest,
    )
