"""The SQL of templates. What is shown passes the parental filter in the statement itself, totals and direct ids included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg
from msgspec import Raw

from wondernest.access.guardianship import family_of, guards, stands
from wondernest.access.suitability import RULE, Shown, passes, rules
from wondernest.platform.usage import PERSON
from wondernest.stories.rules import (
    AGE_GROUPS,
    CATEGORY,
    FAMILY_PROVIDER,
    HOUSE_PROVIDER,
    KIND,
    MAX_TEMPLATES,
    Draft,
    Shelf,
    Template,
    Wanted,
)

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database, Row
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.stories.ports import Published

UNSTORABLE: Final = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""Errors of PostgreSQL for content that it cannot store."""


def _by_group(place: int) -> str:
    cases = " ".join(f"when '{group}' then {ages[place]}" for group, ages in AGE_GROUPS.items())
    return f"case t.age_group {cases} end"


_GROUP: Final = "case when s.age_min is null or s.age_min < 6 then '3-5' when s.age_min < 9 then '6-8' else '9-12' end"
"""The site's editor asks for an age in years, which may lie between the groups."""
_LEVEL: Final = "case when s.age_min is null or s.age_min < 6 then 'emerging' when s.age_min < 9 then 'developing' else 'fluent' end"
_NO_TEXTS: Final = "array[]::text[]"
_AUTHORS: Final = """
    select m.user_id from asked join family.family_members m on m.family_id = asked.family_id
     union
    select $1::uuid from asked where asked.child_id is null"""
"""Whose templates are the family's own."""


def _templates(others: str) -> str:
    """SQL query of the templates that may be seen; `others`: whether also those of other families.

    A family's story is shown to others only after an operator has looked at it, and what has a price is for a shop, not for this
    shelf. The author of another family is not named. Each branch has an index: of the author, or of approved listings.
    """
    return f"""
    select t.id, t.title, coalesce(t.description, '') as description, case when t.ours then t.creator_id end as creator_id,
           t.age_group, t.difficulty, t.content, coalesce(t.vocabulary_words, {_NO_TEXTS}) as words,
           coalesce(t.page_count, 0) as pages, coalesce(t.estimated_read_time, 0) as minutes,
           coalesce(t.language, 'en') as language, coalesce(t.version, '1.0.0') as version, t.is_premium is true as premium,
           t.is_marketplace is true as marketplace, true as active, t.is_private is true as private,
           coalesce(t.educational_goals, {_NO_TEXTS}) as goals, coalesce(t.themes, {_NO_TEXTS}) as themes,
           coalesce(t.tags, {_NO_TEXTS}) as tags, coalesce(t.created_at, t.updated_at, timestamptz 'epoch') as created_at,
           coalesce(t.updated_at, t.created_at, timestamptz 'epoch') as updated_at, {_by_group(0)} as age_min,
           {_by_group(1)} as age_max, nullif(t.estimated_read_time, 0) as known_minutes, t.language as known_language,
           case when t.creator_id is null then '{HOUSE_PROVIDER}' when t.ours then '{FAMILY_PROVIDER}' end as provider
      from (select false as ours, t.* from games.story_templates t where t.creator_id is null and t.is_private is not true
             union all
            select true, t.* from authors a join games.story_templates t on t.creator_id = a.user_id
             union all
            select false, t.*
              from games.marketplace_listings l join games.story_templates t on t.id = l.template_id
             where {others} and l.status = 'approved' and l.price = 0 and t.is_private is not true
               and t.creator_id is not null and not exists (select from authors a where a.user_id = t.creator_id)) t
     where t.is_active is not false and (select asked.owned from asked)"""


def _stories(published: str) -> str:
    """SQL query of the stories that the family published on the site, as templates; `published`: of their rows.

    An id is made from the key: the earlier backend gives a save a new id each time.
    """
    return f"""
    select md5('story of ' || s.child_id || ' ' || s.data_key)::uuid as id, s.title, s.description, null::uuid as creator_id,
           {_GROUP} as age_group, {_LEVEL} as difficulty, s.content, s.words, s.pages,
           coalesce(ceil(s.read_time_s / 60.0)::int, 0) as minutes, coalesce(left(s.language, 5), 'en') as language,
           '1.0.0' as version, false as premium, false as marketplace, true as active, true as private, s.goals,
           {_NO_TEXTS} as themes, array['{FAMILY_PROVIDER}'] as tags, s.created_at, s.updated_at, s.age_min, s.age_max,
           nullif(ceil(s.read_time_s / 60.0)::int, 0) as known_minutes, s.language as known_language, '{FAMILY_PROVIDER}' as provider
      from asked join lateral ({published}) s on asked.owned"""


_ASKED: Final = f"""
    select who.*, case when who.child_id is null then ({family_of("$1", "$3")})
                       when who.owned then (select c.family_id from family.child_profiles c where c.id = who.child_id) end as family_id
      from (select $2::uuid as child_id,
                   case when $2::uuid is null then {stands("$1")} else {guards("$2::uuid", "$1")} end as owned) who"""
_RULES: Final = rules("(select asked.family_id from asked)", "(select asked.child_id from asked)")
_SHOWN: Final = passes(
    Shown(
        age_min="s.age_min",
        age_max="s.age_max",
        rating="null::int",
        category=f"'{CATEGORY}'",
        provider="s.provider",
        words=(
            "concat_ws(' ', s.title, s.description, array_to_string(s.words || s.goals || s.themes || s.tags, ' '),"
            " s.content::text)"
        ),
        minutes="s.known_minutes",
        language="s.known_language",
        labels="s.themes || s.tags",
        educational="cardinality(s.goals) > 0",
        kind=f"'{KIND}'",
    ),
)
_COLUMNS: Final = """
    s.id, s.title, s.description, s.creator_id, s.age_group, s.difficulty, s.content, s.words, s.pages, s.minutes, s.language,
    s.version, s.premium, s.marketplace, s.active, s.private, s.goals, s.themes, s.tags, s.created_at, s.updated_at"""


def _list(published: str) -> str:
    """Always a row.

    Plan: one guard; the templates of the house and those of the family by the index of the author, because all that may be shown are
    counted; the family's saves by the index of each child.
    """
    return f"""
    with asked as materialized ({_ASKED}
    ), authors as materialized ({_AUTHORS}
    ), {RULE} as materialized ({_RULES}
    ), known as ({_templates("$6")}
        union all {_stories(published)} and $7
    ), shelf as materialized (
        select s.* from known s
         where ($4::text is null or s.age_group = $4) and ($5::text is null or s.difficulty = $5)
           and ($8::text is null or exists (select from unnest(s.themes || s.tags) word where lower(word) = lower($8)))
           and {_SHOWN}
    )
    select asked.owned, (select count(*) from shelf) as total, {_COLUMNS}
      from asked left join lateral (select * from shelf order by created_at desc, id limit $9 offset $10) s on true
     order by s.created_at desc, s.id"""


def _one(published: str) -> str:
    """Always a row. Plan: the template's primary key, and the saves of one family."""
    return f"""
    with asked as materialized ({_ASKED}
    ), authors as materialized ({_AUTHORS}
    ), {RULE} as materialized ({_RULES}
    ), known as (
        select * from ({_templates("true")}) t where t.id = $4
        union all
        select * from ({_stories(published)}) s where s.id = $4
    )
    select asked.owned, {_COLUMNS}
      from asked left join lateral (select s.* from known s where {_SHOWN} limit 1) s on true"""


TEMPLATES_USED: Final = f"""
    select count(*) from games.story_templates t
      join family.family_members m on m.user_id = t.creator_id where m.family_id = {PERSON}"""
_VALUES: Final = """
    title = $3, description = $4, age_group = $5, difficulty = $6, content = $7, vocabulary_words = $8, page_count = $9,
    estimated_read_time = $10, language = $11, version = $12, is_premium = $13, is_marketplace = $14, is_active = $15,
    is_private = $16, educational_goals = $17, themes = $18, tags = $19, updated_at = now()"""
_STAMPS: Final = "coalesce({row}.created_at, now()) as created_at, coalesce({row}.updated_at, now()) as updated_at"
_CREATE: Final = f"""
    insert into games.story_templates as made
           (id, creator_id, title, description, age_group, difficulty, content, vocabulary_words, page_count, estimated_read_time,
            language, version, is_premium, is_marketplace, is_active, is_private, educational_goals, themes, tags)
    select $2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
     where {stands("$1")} and (
           select count(*) from games.story_templates t
            where t.creator_id = $1 or t.creator_id in (
                  select theirs.user_id from family.family_members mine
                    join family.family_members theirs on theirs.family_id = mine.family_id where mine.user_id = $1)
           ) < {MAX_TEMPLATES}
    returning {_STAMPS.format(row="made")}"""
_UPDATE: Final = f"""
    update games.story_templates t set {_VALUES}
     where t.id = $2 and t.creator_id = $1 and {stands("$1")} returning {_STAMPS.format(row="t")}"""
_DELETE: Final = (
    f"delete from games.story_templates t where t.id = $2 and t.creator_id = $1 and {stands('$1')} returning t.id"
)
_SWITCH_OFF: Final = """
    update games.story_templates t set is_active = false, is_private = true
     where t.id = $2 and t.creator_id = $1 returning t.id"""


class TemplateRepository:
    """Reads templates that may be shown to a family or a child; writes those of the author."""

    def __init__(self, database: Database, published: Published) -> None:
        self._database = database
        rows = published.rows("asked.family_id")
        self._list, self._one = _list(rows), _one(rows)

    async def find(self, user_id: UUID, child_id: UUID, hint: UUID | None, wanted: Wanted) -> Shelf | None:
        """The templates for a child, the newest first; None if the child is not the adult's."""
        rows = await self._database.fetch(
            self._list,
            user_id,
            child_id,
            hint,
            wanted.age_group,
            wanted.difficulty,
            wanted.marketplace,
            wanted.family,
            wanted.category,
            wanted.limit,
            wanted.offset,
        )
        if not rows[0]["owned"]:
            return None
        return Shelf([_template(row) for row in rows if row["id"] is not None], rows[0]["total"])

    async def get(
        self, user_id: UUID, child_id: UUID | None, hint: UUID | None, template_id: UUID
    ) -> tuple[bool, Template | None]:
        """Whether the child, if one is named, is the adult's; and the template, if it may be shown to the family and the child."""
        row = await self._database.fetchrow(self._one, user_id, child_id, hint, template_id)
        if row is None:
            raise LookupError("the statement always gives a row")
        return row["owned"], None if row["id"] is None else _template(row)

    async def create(self, user_id: UUID, template_id: UUID, draft: Draft, unit: UnitOfWork | None) -> Template | None:
        """Store a new template of the author; None if the family has MAX_TEMPLATES. Raises the errors in UNSTORABLE."""
        row = await (unit or self._database).fetchrow(_CREATE, *_arguments(user_id, template_id, draft))
        return None if row is None else _written(user_id, template_id, draft, row)

    async def update(self, user_id: UUID, template_id: UUID, draft: Draft) -> Template | None:
        """Replace a template of the author; None if there is none. Raises the errors in UNSTORABLE."""
        row = await self._database.fetchrow(_UPDATE, *_arguments(user_id, template_id, draft))
        return None if row is None else _written(user_id, template_id, draft, row)

    async def delete(self, user_id: UUID, template_id: UUID) -> bool:
        """Delete a template of the author; one that was sold is switched off instead. False if there is none."""
        try:
            return await self._database.fetchval(_DELETE, user_id, template_id) is not None
        except asyncpg.ForeignKeyViolationError:
            return await self._database.fetchval(_SWITCH_OFF, user_id, template_id) is not None


def _arguments(user_id: UUID, template_id: UUID, draft: Draft) -> tuple[object, ...]:
    return (
        user_id,
        template_id,
        draft.title,
        draft.description,
        draft.age_group,
        draft.difficulty,
        draft.content,
        draft.words,
        draft.pages,
        draft.minutes,
        draft.language,
        draft.version,
        draft.premium,
        draft.marketplace,
        draft.active,
        draft.private,
        draft.goals,
        draft.themes,
        draft.tags,
    )


def _written(user_id: UUID, template_id: UUID, draft: Draft, row: Row) -> Template:
    return Template(
        id=template_id,
        creator_id=user_id,
        title=draft.title,
        description=draft.description,
        age_group=draft.age_group,
        difficulty=draft.difficulty,
        content=Raw(draft.content),
        words=draft.words,
        pages=draft.pages,
        minutes=draft.minutes,
        language=draft.language,
        version=draft.version,
        premium=draft.premium,
        marketplace=draft.marketplace,
        active=draft.active,
        private=draft.private,
        goals=draft.goals,
        themes=draft.themes,
        tags=draft.tags,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _template(row: Row) -> Template:
    return Template(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        creator_id=row["creator_id"],
        age_group=row["age_group"],
        difficulty=row["difficulty"],
        content=Raw(row["content"]),
        words=row["words"],
        pages=row["pages"],
        minutes=row["minutes"],
        language=row["language"],
        version=row["version"],
        premium=row["premium"],
        marketplace=row["marketplace"],
        active=row["active"],
        private=row["private"],
        goals=row["goals"],
        themes=row["themes"],
        tags=row["tags"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
