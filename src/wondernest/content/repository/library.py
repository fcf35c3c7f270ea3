"""Lists, single items, recommendations and engagement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.consent import GateMode, Purpose, requires
from wondernest.access.suitability import RULE
from wondernest.content.model import Engagement, Item, Listed, Pick, Picks, Place, Recorded, Wanted
from wondernest.content.repository.counting import sought, total
from wondernest.content.repository.items import (
    ACTING,
    COLUMNS,
    DOCUMENT,
    LIMITS,
    NAMED,
    ORDER,
    RATED_FROM,
    SHOWN,
    SUITABLE,
    UNDATED,
    WHO,
    acting,
    item_of,
)
from wondernest.content.rules import CATEGORIES, MOST_RECOMMENDED
from wondernest.platform.ids import parse_uuid
from wondernest.platform.usage import PERSON

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row

_WANTED: Final = f"($4::text is null or i.category = $4) and ($5::int is null or {RATED_FROM} <= $5)"
_MATCHING: Final = f"i.is_active and {_WANTED} and {SUITABLE}"
_AFTER: Final = f"($8::boolean is null or ({ORDER}) > ($8::boolean, $9::timestamptz, $10::uuid))"
_LIST: Final = f"""
    with {WHO}, {RULE} as materialized ({sought(LIMITS)})
    select acting.has_family, acting.family_id is not null as is_child, {total(_WANTED)} as total, page.*
      from acting
      left join lateral (
           select {COLUMNS}, 0 as score, i.is_featured is not true as plain from content.content_items i
            where {_MATCHING} and {_AFTER} order by {ORDER} limit $6 offset $7) page on true"""
"""$4: category, $5: highest minimum age, $6 and $7: limit and offset, $8 to $10: where the page before ended.
Plan: the page is read along idx_content_items_listed; the total from idx_content_items_ordinary alone, and from what is found."""
_SEARCH: Final = f"""
    with {ACTING},
    sought as materialized (
        select wondernest.content_query($11) as query, ' ' || wondernest.spaced($11) as phrase),
    found as materialized (
        select i.id, i.is_featured is not true as plain, coalesce(i.created_at, {UNDATED}) as created_at,
               (strpos(' ' || wondernest.spaced(i.title), (select phrase from sought)) = 0)::int as score
          from content.content_items i
         where {DOCUMENT} @@ (select query from sought) and {_MATCHING})
    select acting.has_family, acting.family_id is not null as is_child, (select count(*) from found) as total, page.*
      from acting
      left join lateral (
           select {COLUMNS}, best.score, best.plain
             from (select * from found
                    where $8::boolean is null or (score, plain, created_at, id) > ($12::int, $8, $9::timestamptz, $10::uuid)
                    order by score, plain, created_at, id limit $6 offset $7) best
             join content.content_items i on i.id = best.id) page on true
     order by page.score, page.plain, page.created_at, page.id"""
"""As _LIST; $11: the words, $12: the score at which the page before ended. Items with the words in their title come first.
Plan: a bitmap scan of idx_content_items_words."""
_FIND: Final = f"""
    with {ACTING}
    select acting.has_family, acting.family_id is not null as is_child, item.*
      from acting
      left join lateral (
           select {COLUMNS} from content.content_items i
            where {NAMED} and i.is_active and {SUITABLE} limit 1) item on true"""
MAX_INTERESTS: Final = 20
MOST_NEAR: Final = 60
"""How many items about the child's interests are ranked."""
_OF_AGE: Final = "i.age_min <= (select age from child) and i.age_max >= (select age from child)"
_CATEGORIES: Final = ", ".join(f"('{one.id}', '{one.name}')" for one in CATEGORIES)
_RECOMMEND: Final = f"""
    with {acting(requires("named.id", Purpose.RECOMMENDATIONS, "$5::text", holds=False))},
    child as materialized (
        select extract(year from age($4::date, least(greatest(named.birth_date, '0001-01-01'), $4)))::int as age,
               (coalesce(details.interests, named.interests))[1:{MAX_INTERESTS}] as interests
          from acting join family.child_profiles named on named.id = $3 and named.family_id = acting.family_id
          left join wondernest.child_details details on details.child_id = named.id),
    wanted as materialized (
        select interest, wondernest.content_query(interest) as query
          from child, unnest(child.interests) interest where wondernest.spaced(interest) <> ''),
    seen as materialized (
        select engaged.content_id from content.content_engagement engaged
         where engaged.child_id = $3 group by engaged.content_id),
    near as (
        select about.id
          from (select i.id, i.id in (select content_id from seen) as known, i.is_featured is not true as plain,
                       coalesce(i.created_at, {UNDATED}) as created_at
                  from content.content_items i
                 where {DOCUMENT} @@ (select string_agg('(' || query::text || ')', ' | ')::tsquery from wanted)
                   and i.is_active and {_OF_AGE}
                 order by known, plain, created_at, i.id offset 0) about
         cross join lateral (select from content.content_items i where i.id = about.id and {SUITABLE} offset 0) suits
         order by about.known, about.plain, about.created_at, about.id limit {MOST_NEAR}),
    chosen as materialized (
        select category.id from (values {_CATEGORIES}) category (id, name)
         where exists (select from wanted
                        where wondernest.content_document('', '', array[category.id, category.name], 'en') @@ wanted.query)),
    beside as (
        select suits.id from (select array_agg(id) as ids from chosen) category
         cross join lateral (
               select i.id from content.content_items i
                where i.category = any (category.ids) and i.is_active and {_OF_AGE} and {SUITABLE}
                  and not i.id in (select content_id from seen)
                order by {ORDER} limit {MOST_RECOMMENDED}) suits
         where category.ids is not null),
    fresh as (
        select i.id from content.content_items i
         where i.is_active and {_OF_AGE} and {SUITABLE} and not i.id in (select content_id from seen)
         order by {ORDER} limit {MOST_RECOMMENDED}),
    known as (
        select i.id from seen join content.content_items i on i.id = seen.content_id
         where i.is_active and {_OF_AGE} and {SUITABLE} order by {ORDER} limit {MOST_RECOMMENDED})
    select acting.has_family, acting.family_id is not null as is_child, (select age from child) as age, picked.*
      from acting
      left join lateral (
           select {COLUMNS}, about.interests as about, i.id in (select content_id from seen) as seen
             from (select id from near union select id from beside union select id from fresh union select id from known) candidate
             join content.content_items i on i.id = candidate.id
             cross join lateral (
                  select wondernest.content_document('', '', {SHOWN.labels} || i.category::text, i.language) as document offset 0) named
             left join lateral (
                  select array_agg(wanted.interest) as interests from wanted where named.document @@ wanted.query) about on true
            order by about.interests is null, i.id in (select content_id from seen),
                     cardinality(about.interests) desc nulls last, {ORDER}
            limit {MOST_RECOMMENDED}) picked on true"""
"""$4: the day, $5: the GateMode. Plan: `near` by idx_content_items_words, `beside` (items of a category that the
child is interested in; no index has the category's words) and `fresh` along idx_content_items_listed, `known` by the child's engagement."""
_ENGAGE: Final = f"""
    with {acting(requires("named.id", Purpose.ANALYTICS, "$15::text"))},
    item as materialized (
        select i.id from content.content_items i where {NAMED} and i.is_active and {SUITABLE} limit 1),
    room as materialized (
        select count(*) < $13 as free from (
               select from content.content_engagement today
                where today.child_id = $3 and today.created_at >= $14::timestamptz limit $13) counted),
    stored as (
        insert into content.content_engagement
               (id, child_id, content_id, started_at, ended_at, duration_seconds, completion_percentage, engagement_score, created_at)
        select $6, $3, item.id, $8, $9, $10, $11, $12, $9
          from item, room, acting
         where room.free and acting.family_id is not null
           and not exists (select from content.content_engagement earlier where earlier.id = any ($7::uuid[]))
        on conflict (id) do nothing
        returning id)
    select acting.has_family, acting.family_id is not null as is_child, (select id from item) as item_id,
           (select free from room) or exists (select from content.content_engagement earlier
                                               where earlier.id = any (array_append($7::uuid[], $6))) as has_room,
           exists (select from stored) as is_new
      from acting"""
"""$13: the most engagements of a child on a day, $14: its beginning, $15: the GateMode."""
ENGAGEMENTS_USED: Final = (
    f"select count(*) from content.content_engagement today where today.child_id = {PERSON}"
    " and today.created_at >= date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'"
)


class Asker(Struct, frozen=True):
    """An adult, and the family in their token."""

    user_id: UUID
    family_hint: UUID | None


class NoFamilyFound(Exception):
    """The adult belongs to no family."""


class NoChildFound(Exception):
    """The child is not an active child of the adult's families."""


class LibraryRepository:
    """Reads the library for a family or a child. Every method raises NoFamilyFound, and NoChildFound when a child is named.

    `recommend` and `engage` raise CallerRefused when no parent permits their purpose.
    """

    def __init__(self, gate: GateMode = GateMode.ENFORCE) -> None:
        self._gate = gate

    async def listed(self, executor: Executor, asker: Asker, wanted: Wanted) -> Listed:
        """A page of the items that may be shown, and how many there are."""
        after = wanted.after
        place = (None, None, None) if after is None else (after.plain, after.created_at, after.id)
        values = (wanted.category, wanted.most_age, wanted.limit + 1, wanted.offset, *place)
        who = (asker.user_id, asker.family_hint, wanted.child_id)
        if wanted.words is None:
            rows = await executor.fetch(_LIST, *who, *values)
        else:
            rows = await executor.fetch(_SEARCH, *who, *values, wanted.words, None if after is None else after.score)
        _check(rows[0] if rows else None)
        found = [row for row in rows if row["id"] is not None]
        shown = found[: wanted.limit]
        return Listed(
            [item_of(row) for row in shown], rows[0]["total"], _place(shown) if len(found) > len(shown) else None
        )

    async def find(self, executor: Executor, asker: Asker, child_id: UUID | None, named: str) -> Item | None:
        """The item of an id, if it may be shown."""
        row = await executor.fetchrow(_FIND, asker.user_id, asker.family_hint, child_id, named, parse_uuid(named))
        row = _check(row)
        return None if row["id"] is None else item_of(row)

    async def recommend(self, executor: Executor, asker: Asker, child_id: UUID, today: object) -> Picks:
        """The items for the child, best first."""
        rows = await executor.fetch(_RECOMMEND, asker.user_id, asker.family_hint, child_id, today, self._gate.value)
        first = _check(rows[0] if rows else None)
        picks = [Pick(item_of(row), tuple(row["about"] or ()), row["seen"]) for row in rows if row["id"] is not None]
        return Picks(first["age"], picks)

    async def engage(self, executor: Executor, asker: Asker, done: Engagement, most: int) -> Recorded:
        """Store what a child did with an item that it may be shown, once for its identity. Raises nothing of the class."""
        row = await executor.fetchrow(
            _ENGAGE,
            asker.user_id,
            asker.family_hint,
            done.child_id,
            done.content_id,
            parse_uuid(done.content_id),
            done.id,
            list(done.earlier),
            done.started_at,
            done.ended_at,
            done.duration_s,
            done.completion,
            done.score,
            most,
            done.ended_at.replace(hour=0, minute=0, second=0, microsecond=0),
            self._gate.value,
        )
        return Recorded(False, False, None, False, False) if row is None else Recorded(*row)


def _check(row: Row | None) -> Row:
    if row is None or not row["has_family"]:
        raise NoFamilyFound
    if not row["is_child"]:
        raise NoChildFound
    return row


def _place(shown: list[Row]) -> Place:
    last = shown[-1]
    return Place(last["score"], last["plain"], last["created_at"], last["id"])
