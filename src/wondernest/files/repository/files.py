"""Files, their tags, and blobs that are to be removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.consent import GateMode, Purpose, requires
from wondernest.access.guardianship import deactivated, family_of, guards, is_parent, relatives
from wondernest.access.readers import READER, Reader, reader_of
from wondernest.files.model import Filter, Holdings, Household, StoredFile
from wondernest.files.rules import Named, purpose_of
from wondernest.platform.usage import PERSON

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row

SAVE: Final = "save"
"""The type of our references; `reference_id` is then the id of a row of games.simple_game_data."""
UNDATED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Used where a row has no date."""
_LIVE: Final = "f.is_deleted is not true and f.deleted_at is null"
COLUMNS: Final = """
    f.id, f.user_id, f.child_id, f.file_key, f.original_name, f.mime_type, f.file_size, f.storage_provider, f.category,
    f.is_public is true as is_public, f.is_system_image is true as is_system_image, f.uploaded_at, f.tags,
    f.accessed_at"""
"""Of a row of core.uploaded_files with the alias f."""
_OWN: Final = f"""
    select {COLUMNS} from core.uploaded_files f
     where f.user_id = $1 and {_LIVE} and ($2::text is null or f.category = $2) and ($3::uuid is null or f.child_id = $3)
     order by f.uploaded_at desc nulls last, f.id limit $4 offset $5"""
_READABLE: Final = f"""
    select {COLUMNS} from core.uploaded_files f
     where f.id = $1 and {_LIVE} and (f.user_id = $2 or f.is_public or {relatives("f.user_id", "$2")})"""
_SIGNED: Final = f"{_READABLE} and not {deactivated('$2')}"
_OF_FAMILY: Final = f"""
    select {COLUMNS} from core.uploaded_files f
     where f.id = $1 and {_LIVE} and (f.user_id = $2 or {relatives("f.user_id", "$2")})"""
_PUBLIC: Final = f"select {COLUMNS} from core.uploaded_files f where f.id = $1 and {_LIVE} and f.is_public"
_RETIRED: Final = """
    f.deleted_at is not null
    and exists (select from wondernest.blob_removals removal where removal.file_key = f.file_key)"""
"""Deleted for good, in the time in which that can be taken back. A soft deletion leaves no row of blob_removals."""
_BY_KEY: Final = f"select {COLUMNS} from core.uploaded_files f where f.file_key = $1 and not ({_RETIRED})"
_RETIRED_DUE: Final = """
    select f.id from wondernest.blob_removals removal join core.uploaded_files f on f.file_key = removal.file_key
     where removal.remove_at <= $1 and f.deleted_at is not null order by removal.remove_at limit $2"""
_RETIRED_LOCKED: Final = f"""
    select {COLUMNS} from core.uploaded_files f where f.id = $1 and {_RETIRED} for update of f"""
_OWN_LOCKED: Final = f"""
    select {COLUMNS} from core.uploaded_files f where f.id = $1 and f.user_id = $2 and {_LIVE} for update of f"""
_KEPT_FOR: Final = (Purpose.UPLOADS, Purpose.RECORDINGS)
_CHILD: Final = {
    purpose: f"select {guards('$1', '$2', consent=requires('$1', purpose, '$3::text', holds=False))}"
    for purpose in _KEPT_FOR
}
_LOCK_HOUSEHOLD: Final = """
    select family.id from family.families family
      join family.family_members member on member.family_id = family.id
     where member.user_id = $1 order by family.id for no key update of family"""
_HELD: Final = """
    lateral (select count(*) as files, coalesce(sum(f.file_size), 0) as bytes
               from (select file_size from core.uploaded_files where user_id = person.user_id and deleted_at is null
                      union all
                     select file_size from core.uploaded_files where user_id = person.user_id and deleted_at is not null) f) held"""
"""What a person holds. Every row is counted until it is gone: a softly deleted file still takes place. Each half has its own index,
and each person is looked up: with statistics that are old, a join would read every file."""
_HOLDINGS: Final = f"""
    with person as (
        select $1::uuid as user_id
         union
        select theirs.user_id from family.family_members theirs
         where theirs.family_id = any (array(select mine.family_id from family.family_members mine where mine.user_id = $1)))
    select sum(held.files)::bigint as files, sum(held.bytes)::bigint as bytes from person cross join {_HELD}"""
_OF_FAMILY_MEMBERS: Final = f"from family.family_members person cross join {_HELD} where person.family_id = {PERSON}"
FILES_USED: Final = f"select sum(held.files)::bigint {_OF_FAMILY_MEMBERS}"
BYTES_USED: Final = f"select sum(held.bytes)::bigint {_OF_FAMILY_MEMBERS}"
_INSERT: Final = {
    purpose: f"""
    insert into core.uploaded_files
           (id, user_id, child_id, file_key, original_name, mime_type, file_size, storage_provider, url, is_public, category,
            uploaded_at, is_system_image)
    select $1, $2, $3::uuid, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
     where $3::uuid is null or {guards("$3::uuid", "$2", consent=requires("$3::uuid", purpose, "$14::text"))}
    returning true"""
    for purpose in _KEPT_FOR
}
"""Both are asked again: while the file was inspected the consent may have been withdrawn, the child erased, the adult have left."""
_TAG: Final = """
    with named as (
        insert into content.tags (name) select unnest($2::text[])
            on conflict (name) do update set name = excluded.name returning id)
    insert into content.file_tags (file_id, tag_id, created_by) select $1, named.id, $3 from named
        on conflict do nothing"""
"""The names come sorted: two uploads lock their tags in the same order. Triggers keep the file's own list of tags."""
_UNTAG: Final = """
    delete from content.file_tags link using content.tags tag
     where link.file_id = $1 and tag.id = link.tag_id and not tag.name = any ($2::text[])"""
_UPDATE: Final = "update core.uploaded_files set original_name = $2, category = $3, is_public = $4 where id = $1"
_HIDE: Final = """
    update core.uploaded_files set is_deleted = true, deleted_at = coalesce(deleted_at, $2) where id = $1 returning file_key"""
_FORGET_TAGS: Final = "delete from content.file_tags where file_id = $1"
_FORGET_RECORDING: Final = "delete from wondernest.recordings where file_id = $1"
_FORGET: Final = "delete from core.uploaded_files where id = $1"
_ANALYSES: Final = "select to_regclass('public.ai_image_analysis_cache') is not null"
_FORGET_ANALYSES: Final = "delete from public.ai_image_analysis_cache where file_id = $1"
_PARENTS: Final = f"""
    with home as materialized (select ({family_of("$1", acting=False)}) as family_id)
    select coalesce(home.family_id, $1) as id,
           array(select parent.id from core.users parent
                  where parent.is_active is not false
                    and parent.id = any (case when home.family_id is null then array[$1::uuid] else array(
                            select member.user_id from family.family_members member
                             where member.family_id = home.family_id and {is_parent("member")}) end)
                  order by parent.id) as parents
      from home"""
SYSTEM_ADDRESS: Final = "files@wondernest.invalid"
"""Of the account that owns the files of the installation, because each file has an owner. Nobody can sign in to it: it has no password,
is deactivated, and no mail reaches it (RFC 2606)."""
_SYSTEM_OWNER: Final = f"""
    with added as (
        insert into core.users (email, password_hash, first_name, last_name, role, is_active, email_verified)
        values ('{SYSTEM_ADDRESS}', '', 'WonderNest', 'Files', 'system', false, false)
        on conflict (email) do nothing returning id)
    select id from added union all select id from core.users where email = '{SYSTEM_ADDRESS}' limit 1"""
_TOUCH: Final = "update core.uploaded_files set accessed_at = $2 where id = $1"
_DOOM: Final = """
    insert into wondernest.blob_removals (file_key, remove_at) values ($1, $2)
        on conflict (file_key) do update set remove_at = least(wondernest.blob_removals.remove_at, excluded.remove_at)"""
_SPARE: Final = "delete from wondernest.blob_removals where file_key = $1"
_SPARE_OWNED: Final = """
    delete from wondernest.blob_removals removal
     using core.uploaded_files f where f.file_key = removal.file_key and f.deleted_at is null"""
_DUE: Final = """
    select removal.file_key from wondernest.blob_removals removal
     where removal.remove_at <= $1
       and not exists (select from core.uploaded_files f where f.file_key = removal.file_key)
     order by removal.remove_at limit $2"""
_HIDDEN: Final = f"""
    select {COLUMNS} from core.uploaded_files f
     where f.deleted_at < $1 and not ({_RETIRED}) and ($2::uuid is null or f.id > $2) order by f.id limit $3"""
_KEYS: Final = f"""
    select f.id, f.file_key from core.uploaded_files f
     where {_LIVE} and ($1::uuid is null or f.id > $1) order by f.id limit $2"""
_REFERENCED: Final = """
    select exists (select from content.file_references reference where reference.file_id = $1)
        or exists (select from content.stories story
                    where exists (select from unnest($2::text[]) word where strpos(story.content, word) > 0))
        or exists (select from games.story_templates template
                    where exists (select from unnest($2::text[]) word where strpos(template.content::text, word) > 0))
        or exists (select from games.marketplace_listings listing
                    where exists (select from unnest($2::text[]) word where strpos(listing.featured_image_url, word) > 0))"""
"""Published works are read whole: there are few of them, and a deletion for good must not take a picture from one."""
_NAMED: Final = "(f.id = any ($2::uuid[]) or f.file_key = any ($3::text[]))"
_NOTE: Final = f"""
    with gone as (
        delete from content.file_references reference
         where reference.reference_type = '{SAVE}' and reference.reference_id = $1
           and not exists (select from core.uploaded_files f where f.id = reference.file_id and {_NAMED}))
    insert into content.file_references (file_id, reference_type, reference_id)
    select f.id, '{SAVE}', $1 from core.uploaded_files f
     where {_NAMED}
       and exists (select from family.child_profiles child
                     join family.family_members member on member.family_id = child.family_id
                    where child.id = $4 and member.user_id = f.user_id)
     order by f.id
        on conflict do nothing"""
"""Only files of the child's own family are noted: a stranger who knows an id must not keep a file from being deleted. A reference
that is true stays, also when the file's owner has left the family."""
_DROP: Final = f"delete from content.file_references where reference_type = '{SAVE}' and reference_id = $1"
_REFERRING: Final = f"""
    select distinct reference.reference_id from content.file_references reference
     where reference.reference_type = '{SAVE}' and ($1::uuid is null or reference.reference_id > $1)
     order by reference.reference_id limit $2"""
_OWNERS: Final = """
    select distinct f.user_id from core.uploaded_files f
     where f.deleted_at is null and ($1::uuid is null or f.user_id > $1) order by f.user_id limit $2"""
_OF_PEOPLE: Final = f"""
    select {COLUMNS} from core.uploaded_files f
     where (f.user_id = any ($1::uuid[]) or f.child_id = any ($2::uuid[])) and f.is_system_image is not true
       and ($4::uuid is null or f.id > $4) order by f.id limit $3"""
_HAND_OVER: Final = "update core.uploaded_files set user_id = $2 where id = $1"
_TAGS_OF: Final = "select tag_id from content.file_tags where file_id = $1"
_FORGET_UNUSED_TAGS: Final = "delete from content.tags where id = any ($1::uuid[]) and coalesce(usage_count, 0) <= 0"
"""A trigger counts uses in the tag's own row, so that a tag which is given to a file at this moment stays."""
_UNKNOWN: Final = """
    select key from unnest($1::text[]) key
     where not exists (select from core.uploaded_files f where f.file_key = key)
       and not exists (select from wondernest.blob_removals removal where removal.file_key = key)"""


class FileRepository:
    """Rows of files. Every method that serves a caller takes the caller's id."""

    def __init__(self, gate: GateMode = GateMode.ENFORCE) -> None:
        self._gate = gate
        self._insert_gate = GateMode.OFF if gate is GateMode.RECORD else gate
        """Where the gate only records, `guards` has recorded it."""

    async def own(self, executor: Executor, user_id: UUID, wanted: Filter) -> list[StoredFile]:
        """The caller's files, newest first."""
        rows = await executor.fetch(_OWN, user_id, wanted.category, wanted.child_id, wanted.limit, wanted.offset)
        return [file_of(row) for row in rows]

    async def readable(self, executor: Executor, user_id: UUID, file_id: UUID) -> StoredFile | None:
        """A file that the caller may read: their own, their family's, or a public one."""
        return _found(await executor.fetchrow(_READABLE, file_id, user_id))

    async def signed(self, executor: Executor, user_id: UUID, file_id: UUID) -> StoredFile | None:
        """As `readable`, for the bearer of an address that the user signed: while the user's account is active."""
        return _found(await executor.fetchrow(_SIGNED, file_id, user_id))

    async def of_family(self, executor: Executor, user_id: UUID, file_id: UUID) -> StoredFile | None:
        """A file of the caller or of a member of their family."""
        return _found(await executor.fetchrow(_OF_FAMILY, file_id, user_id))

    async def public(self, executor: Executor, file_id: UUID) -> StoredFile | None:
        """A public file."""
        return _found(await executor.fetchrow(_PUBLIC, file_id))

    async def by_key(self, executor: Executor, key: str) -> StoredFile | None:
        """The file under a key: whoever knows the key may read it, also after a soft deletion."""
        return _found(await executor.fetchrow(_BY_KEY, key))

    async def lock_own(self, unit: Executor, user_id: UUID, file_id: UUID) -> StoredFile | None:
        """The caller's own file, locked until the unit ends."""
        return _found(await unit.fetchrow(_OWN_LOCKED, file_id, user_id))

    async def guards(self, executor: Executor, user_id: UUID, child_id: UUID, purpose: Purpose) -> bool:
        """Whether the caller may act for the child. Raises CallerRefused without consent to the purpose, one of `rules.purpose_of`."""
        return await executor.fetchval(_CHILD[purpose], child_id, user_id, self._gate.value) is True

    async def lock_household(self, unit: Executor, user_id: UUID) -> Holdings:
        """What the caller's families keep; no other upload of theirs is counted until the unit ends."""
        await unit.fetch(_LOCK_HOUSEHOLD, user_id)
        return await self.holdings(unit, user_id)

    async def holdings(self, executor: Executor, user_id: UUID) -> Holdings:
        """What the caller's families keep."""
        row = await executor.fetchrow(_HOLDINGS, user_id)
        assert row is not None  # an aggregate
        return Holdings(row["files"], row["bytes"])

    async def system_owner(self, executor: Executor) -> UUID:
        """The account that owns the files of the installation."""
        owner: UUID = await executor.fetchval(_SYSTEM_OWNER)
        return owner

    async def insert(self, unit: Executor, file: StoredFile, url: str) -> bool:
        """Store a file's row and its tags, and spare its blob. `url`: for the earlier backends, which store it.

        False if the owner may not act for the child any more. Raises CallerRefused without consent to the purpose of the file's type.
        """
        stored = await unit.fetchval(
            _INSERT[purpose_of(file.content_type)],
            file.id,
            file.owner_id,
            file.child_id,
            file.key,
            file.name,
            file.content_type,
            file.size,
            file.provider,
            url,
            file.public,
            file.category,
            file.uploaded_at,
            file.system,
            self._insert_gate.value,
        )
        if stored is not True:
            return False
        await self.tag(unit, file.id, file.owner_id, file.tags)
        await unit.execute(_SPARE, file.key)
        return True

    async def tag(self, unit: Executor, file_id: UUID, user_id: UUID, tags: Sequence[str]) -> None:
        """Give a file tags, besides those that it has."""
        if tags:
            await unit.execute(_TAG, file_id, sorted(tags), user_id)

    async def retag(self, unit: Executor, file_id: UUID, user_id: UUID, tags: Sequence[str]) -> None:
        """Give a file these tags and no others."""
        await unit.execute(_UNTAG, file_id, list(tags))
        await self.tag(unit, file_id, user_id, tags)

    async def update(self, unit: Executor, file: StoredFile) -> None:
        """Store a file's name, category and visibility."""
        await unit.execute(_UPDATE, file.id, file.name, file.category, file.public)

    async def hide(self, unit: Executor, file_id: UUID, now: datetime) -> None:
        """Delete a file softly: its address still works, the owner no longer sees it."""
        await unit.execute(_SPARE, await unit.fetchval(_HIDE, file_id, now))

    async def retire(self, unit: Executor, file_id: UUID, now: datetime, remove_at: datetime) -> None:
        """Delete a file for good, at a time: until then only its address ends, and `spare` takes that back."""
        await self.doom(unit, await unit.fetchval(_HIDE, file_id, now), remove_at)

    async def spare(self, unit: Executor, key: str) -> None:
        """Keep a blob that was to be removed. A file that was deleted for good is deleted softly then."""
        await unit.execute(_SPARE, key)

    async def retired(self, executor: Executor, now: datetime, limit: int) -> list[UUID]:
        """Ids of the files that were deleted for good and whose time is over."""
        return [row["id"] for row in await executor.fetch(_RETIRED_DUE, now, limit)]

    async def lock_retired(self, unit: Executor, file_id: UUID) -> StoredFile | None:
        """A file that was deleted for good and is still there, locked."""
        return _found(await unit.fetchrow(_RETIRED_LOCKED, file_id))

    async def remove(self, unit: Executor, file_id: UUID, keys: Sequence[str], now: datetime) -> None:
        """Delete a file's row and everything that depends on it; its blobs are removed by the job."""
        for key in keys:
            await self.doom(unit, key, now)
        await unit.execute(_FORGET_TAGS, file_id)
        await unit.execute(_FORGET_RECORDING, file_id)
        if await unit.fetchval(_ANALYSES):
            await unit.execute(_FORGET_ANALYSES, file_id)
        await unit.execute(_FORGET, file_id)

    async def touch(self, executor: Executor, file_id: UUID, now: datetime) -> None:
        """Store when a file was downloaded."""
        await executor.execute(_TOUCH, file_id, now)

    async def parents(self, executor: Executor, user_id: UUID) -> Household:
        """The parents, with active accounts, of the family that an adult acts for; the adult alone if there is none."""
        row = await executor.fetchrow(_PARENTS, user_id)
        assert row is not None  # one row, whatever exists
        return Household(row["id"], tuple(row["parents"]))

    async def reader(self, executor: Executor, user_id: UUID) -> Reader | None:
        """Who gets a letter to an active account."""
        return reader_of(await executor.fetchrow(READER, user_id))

    async def doom(self, executor: Executor, key: str, remove_at: datetime) -> None:
        """Have a blob removed at a time, unless a row spares it before."""
        await executor.execute(_DOOM, key, remove_at)

    async def due(self, executor: Executor, now: datetime, limit: int) -> list[str]:
        """Keys of blobs to remove: what a row owns is spared, whatever was planned."""
        await executor.execute(_SPARE_OWNED)
        return [row["file_key"] for row in await executor.fetch(_DUE, now, limit)]

    async def removed(self, executor: Executor, key: str) -> None:
        """A blob is gone."""
        await executor.execute(_SPARE, key)

    async def hidden_before(
        self, executor: Executor, moment: datetime, after: UUID | None, limit: int
    ) -> list[StoredFile]:
        """Files that were deleted softly, by any backend, before a moment; in the order of their ids."""
        return [file_of(row) for row in await executor.fetch(_HIDDEN, moment, after, limit)]

    async def keys(self, executor: Executor, after: UUID | None, limit: int) -> list[tuple[UUID, str]]:
        """Ids and keys of files that are not deleted, in the order of their ids."""
        return [(row["id"], row["file_key"]) for row in await executor.fetch(_KEYS, after, limit)]

    async def is_referenced(self, executor: Executor, file_id: UUID, words: Sequence[str]) -> bool:
        """Whether a stored reference or a published work names the file."""
        return await executor.fetchval(_REFERENCED, file_id, list(words)) is True

    async def note(self, executor: Executor, save_id: UUID, child_id: UUID, named: Named) -> None:
        """Make a save's references those of the files that its document names."""
        await executor.execute(_NOTE, save_id, list(named.ids), list(named.keys), child_id)

    async def drop(self, executor: Executor, save_id: UUID) -> None:
        """Delete the references of a save."""
        await executor.execute(_DROP, save_id)

    async def referring(self, executor: Executor, after: UUID | None, limit: int) -> list[UUID]:
        """Ids of saves that have references, in their order."""
        return [row["reference_id"] for row in await executor.fetch(_REFERRING, after, limit)]

    async def owners(self, executor: Executor, after: UUID | None, limit: int) -> list[UUID]:
        """Users who have files, in the order of their ids."""
        return [row["user_id"] for row in await executor.fetch(_OWNERS, after, limit)]

    async def of_people(
        self, executor: Executor, users: Sequence[UUID], children: Sequence[UUID], limit: int, after: UUID | None = None
    ) -> list[StoredFile]:
        """Files of these users or for these children, deleted ones too, in the order of their ids."""
        return [file_of(row) for row in await executor.fetch(_OF_PEOPLE, list(users), list(children), limit, after)]

    async def hand_over(self, executor: Executor, file_id: UUID, user_id: UUID) -> None:
        """Make a file another user's."""
        await executor.execute(_HAND_OVER, file_id, user_id)

    async def tags_of(self, executor: Executor, file_id: UUID) -> list[UUID]:
        """The ids of a file's tags."""
        return [row["tag_id"] for row in await executor.fetch(_TAGS_OF, file_id)]

    async def forget_tags(self, executor: Executor, tags: Sequence[UUID]) -> None:
        """Delete those of the tags that no file has any more."""
        await executor.execute(_FORGET_UNUSED_TAGS, list(tags))

    async def unknown(self, executor: Executor, keys: Sequence[str]) -> list[str]:
        """Those of the keys that no row knows."""
        return [row["key"] for row in await executor.fetch(_UNKNOWN, list(keys))]


def _found(row: Row | None) -> StoredFile | None:
    return None if row is None else file_of(row)


def file_of(row: Row) -> StoredFile:
    """A row of COLUMNS."""
    return StoredFile(
        id=row["id"],
        owner_id=row["user_id"],
        child_id=row["child_id"],
        key=row["file_key"],
        name=row["original_name"],
        content_type=row["mime_type"],
        size=row["file_size"],
        provider=row["storage_provider"],
        category=row["category"],
        public=row["is_public"],
        system=row["is_system_image"],
        uploaded_at=row["uploaded_at"] or UNDATED,
        tags=tuple(row["tags"] or ()),
        accessed_at=row["accessed_at"],
    )
