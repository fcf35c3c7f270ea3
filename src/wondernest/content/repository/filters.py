"""The parental filter's settings, and what they hide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from wondernest.access.guardianship import active, belongs, family_of, guards
from wondernest.access.suitability import RULE, rules
from wondernest.content.model import ChildFilter, FamilyFilter, Hidden, StoredFilters
from wondernest.content.repository.counting import CLASSES, HIDDEN, LIMIT_NAMES, sought

if TYPE_CHECKING:
    from wondernest.content.repository.library import Asker
    from wondernest.platform.db.pool import Executor, Row

NAME: Final = "WonderNest"
"""The name of the one row of content.content_filters that we write. Rows of others are switched off by the first change of ours,
because what they limit is part of what the parent saw and changed."""
_READ: Final = f"""
    with acting as materialized (
        select ({family_of("$1", "$2")}) as family_id),
    who as (
        select null::uuid as child_id from acting where acting.family_id is not null
         union all
        select c.id from acting join family.child_profiles c on c.family_id = acting.family_id and {active("c")}),
    classes as materialized ({CLASSES}),
    members as materialized (
        select who.child_id as of_child, limits.*
          from who cross join lateral ({sought(rules("(select acting.family_id from acting)", "who.child_id"))}) limits)
    select who.child_id, hidden.*,
           array(select row(stored.min_age, stored.max_age, stored.allowed_categories, stored.blocked_categories,
                            stored.allowed_providers, stored.blocked_keywords, stored.max_duration_minutes)
                   from acting join content.content_filters stored on stored.family_id = acting.family_id
                  where who.child_id is null and stored.is_active is not false order by stored.id) as rows,
           (select spoken.languages from acting join wondernest.family_content_limits spoken using (family_id)) as family_languages,
           (select household.privacy_settings -> 'familySettings' -> 'educationalContentOnly' = 'true'
              from acting join family.family_settings household using (family_id)) is true as educational_only,
           own.allowed_categories, own.allowed_providers, own.blocked_keywords, own.max_duration_minutes, own.languages
      from who
      left join wondernest.child_content_limits own on own.child_id = who.child_id
      join members {RULE} on {RULE}.of_child is not distinct from who.child_id
      cross join lateral ({HIDDEN}) hidden"""
"""One row for the family and one for each child."""
_LOCK: Final = f"""
    select acting.family_id from ({family_of("$1", "$2")}) acting
      join family.families f on f.id = acting.family_id
     where {belongs("acting.family_id", "$1", parent=True)} for no key update of f"""
_SWITCH_OFF: Final = f"""
    update content.content_filters set is_active = false, updated_at = $2
     where family_id = $1 and is_active is not false and name <> '{NAME}'"""
_CHANGE: Final = f"""
    update content.content_filters
       set min_age = $2, max_age = $3, allowed_categories = $4, blocked_categories = $5, allowed_providers = $6,
           blocked_keywords = $7, max_duration_minutes = $8, is_active = true, updated_at = $9
     where id = (select id from content.content_filters where family_id = $1 and name = '{NAME}' order by created_at, id limit 1)
    returning id"""
_SWITCH_OFF_TWINS: Final = f"""
    update content.content_filters set is_active = false, updated_at = $3
     where family_id = $1 and name = '{NAME}' and is_active is not false and id <> $2"""
_ADD: Final = f"""
    insert into content.content_filters
           (family_id, name, min_age, max_age, allowed_categories, blocked_categories, allowed_providers, blocked_keywords,
            max_duration_minutes, is_active, created_at, updated_at)
    values ($1, '{NAME}', $2, $3, $4, $5, $6, $7, $8, true, $9, $9)"""
_LANGUAGES: Final = """
    insert into wondernest.family_content_limits (family_id, languages, updated_at) values ($1, $2, $3)
    on conflict (family_id) do update set languages = excluded.languages, updated_at = excluded.updated_at"""
_CHILD: Final = f"""
    insert into wondernest.child_content_limits as own
           (child_id, allowed_categories, allowed_providers, blocked_keywords, max_duration_minutes, languages, updated_at)
    select $2, $3, $4, $5, $6, $7, $8
     where {guards("$2::uuid", "$1::uuid", parent=True)}
    on conflict (child_id) do update
       set allowed_categories = excluded.allowed_categories, allowed_providers = excluded.allowed_providers,
           blocked_keywords = excluded.blocked_keywords, max_duration_minutes = excluded.max_duration_minutes,
           languages = excluded.languages, updated_at = excluded.updated_at
    returning child_id"""


class FilterRepository:
    """Reads and writes filters."""

    async def read(self, executor: Executor, asker: Asker) -> StoredFilters | None:
        """The filters of the adult's family, and what each hides; None without a family."""
        found = await executor.fetch(_READ, asker.user_id, asker.family_hint)
        family = next((row for row in found if row["child_id"] is None), None)
        if family is None:
            return None
        return StoredFilters(
            rows=[_family(*row) for row in family["rows"]],
            languages=list(family["family_languages"] or ()),
            educational_only=family["educational_only"],
            children={row["child_id"]: _child(row) for row in found if row["child_id"] is not None},
            hidden={row["child_id"]: _hidden(row) for row in found},
            items=family["items"],
        )

    async def lock(self, unit: Executor, asker: Asker) -> UUID | None:
        """Lock the family whose parent the adult is, so that changes of its filter run one after another; None without one."""
        return await unit.fetchval(_LOCK, asker.user_id, asker.family_hint)

    async def store_family(self, unit: Executor, family_id: UUID, wanted: FamilyFilter, now: datetime) -> None:
        """Make this the family's only filter. The family is locked."""
        values = (
            wanted.min_age,
            wanted.max_age,
            wanted.allowed_categories,
            wanted.blocked_categories,
            wanted.allowed_providers,
            wanted.blocked_keywords,
            wanted.max_duration_minutes,
            now,
        )
        await unit.execute(_SWITCH_OFF, family_id, now)
        changed = await unit.fetchval(_CHANGE, family_id, *values)
        if changed is None:
            await unit.execute(_ADD, family_id, *values)
        else:
            await unit.execute(_SWITCH_OFF_TWINS, family_id, changed, now)
        await unit.execute(_LANGUAGES, family_id, wanted.languages, now)

    async def store_child(
        self, unit: Executor, user_id: UUID, child_id: UUID, wanted: ChildFilter, now: datetime
    ) -> bool:
        """Replace the part of a child's filter that is kept here; False for a child that is not the adult's."""
        values = msgspec.structs.astuple(wanted)
        return await unit.fetchval(_CHILD, user_id, child_id, *values, now) is not None


def _family(
    min_age: int | None,
    max_age: int | None,
    allowed: list[str] | None,
    blocked: list[str] | None,
    providers: list[str] | None,
    keywords: list[str] | None,
    minutes: int | None,
) -> FamilyFilter:
    return FamilyFilter(
        min_age=min_age,
        max_age=max_age,
        allowed_categories=_texts(allowed),
        blocked_categories=_texts(blocked),
        allowed_providers=_texts(providers),
        blocked_keywords=_texts(keywords),
        max_duration_minutes=minutes,
    )


def _child(row: Row) -> ChildFilter:
    return ChildFilter(
        allowed_categories=_texts(row["allowed_categories"]),
        allowed_providers=_texts(row["allowed_providers"]),
        blocked_keywords=_texts(row["blocked_keywords"]),
        max_duration_minutes=row["max_duration_minutes"],
        languages=_texts(row["languages"]),
    )


def _texts(stored: Sequence[str | None] | None) -> list[str]:
    return [text for text in stored or () if text]


def _hidden(row: Row) -> Hidden:
    by_limit = {name: count for name, count in zip(LIMIT_NAMES, row["by_limit"], strict=True) if count}
    return Hidden(row["hidden"], by_limit)
