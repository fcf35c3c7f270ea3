"""Items as SQL: their columns, what the parental filter asks of them, and for whom a statement acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from wondernest.access.guardianship import family_of, guards, stands
from wondernest.access.suitability import RULE, Shown, passes, rules
from wondernest.content.model import Item
from wondernest.content.rules import CATEGORIES, HIGHEST_AGE, PROVIDER

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Row

UNDATED: Final = "'1970-01-01 00:00:00+00'::timestamptz"
_NAMES: Final = " ".join(f"when '{category.id}' then '{category.name}'" for category in CATEGORIES)
_BY_CATEGORY: Final = "coalesce(i.category in ('educational', 'science'), false)"
_TOLD: Final = "jsonb_typeof(i.metadata -> 'isEducational') = 'boolean'"
_EDUCATIONAL: Final = f"case when {_TOLD} then (i.metadata ->> 'isEducational')::boolean else {_BY_CATEGORY} end"
_RATED: Final = "(i.metadata -> 'ageRating')"
_RATING: Final = f"case when jsonb_typeof({_RATED}) = 'number' then least(greatest({_RATED}::numeric, 0), 100)::int end"
SHOWN: Final = Shown(
    age_min="i.age_min",
    age_max="i.age_max",
    rating=_RATING,
    category="i.category",
    provider="i.provider",
    words="concat_ws(' ', i.title, i.description, array_to_string(i.tags, ' '))",
    minutes="i.duration_seconds / 60 + (i.duration_seconds % 60 > 0)::int",
    language="i.language",
    labels=f"array_append(i.tags, case i.category {_NAMES} end)",
    educational=_EDUCATIONAL,
    kind="i.content_type",
    site="left(substring(i.url from '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#]*@)?([^/:?#]*)'), 255)",
)
"""The minimum age is the rating; the metadata may hold a higher one."""
ODD: Final = f"""(
    coalesce({_RATING} > i.age_min, jsonb_typeof({_RATED}) = 'number', false)
    or case when {_TOLD} then (i.metadata ->> 'isEducational')::boolean <> {_BY_CATEGORY} else false end)"""
"""The metadata say something about age or education that the columns do not; as content.idx_content_items_odd and …_ordinary."""
ELSEWHERE: Final = "i.url ~ '//'"
"""Items that may be loaded from another host; as content.idx_content_items_elsewhere."""
BY_COLUMNS: Final = replace(SHOWN, labels=f"array[case i.category {_NAMES} end]", words="null", site="null")
"""An item without its tags, words and address."""
ORDINARY: Final = replace(BY_COLUMNS, rating="null", educational=_BY_CATEGORY)
"""The same of an item that is not ODD: columns of one index."""
MARKS: Final = "wondernest.content_marks(i.title, i.description, i.tags)"
"""As content.idx_content_items_marks."""
SUITABLE: Final = passes(SHOWN)
COLUMNS: Final = f"""
    i.id, i.title, coalesce(i.description, '') as description, coalesce(i.category, '') as category, i.age_min,
    i.duration_seconds, coalesce(i.thumbnail_url, '') as thumbnail_url, coalesce(i.url, '') as url,
    array(select tag from unnest(i.tags) tag where tag is not null) as tags, {_EDUCATIONAL} as educational,
    case when i.metadata ->> 'difficulty' in ('easy', 'medium', 'hard') then i.metadata ->> 'difficulty' else 'easy' end as difficulty,
    i.provider, i.provider_id, coalesce(i.created_at, {UNDATED}) as created_at"""
ORDER: Final = f"(i.is_featured is not true), coalesce(i.created_at, {UNDATED}), i.id"
"""As content.idx_content_items_listed."""
DOCUMENT: Final = "wondernest.content_document(i.title, i.description, i.tags, i.language)"
"""As content.idx_content_items_words."""
RATED_FROM: Final = f"coalesce(i.age_min, {HIGHEST_AGE})"
NAMED: Final = f"(i.provider = '{PROVIDER}' and i.provider_id = $4::text or i.id = $5::uuid)"
"""The item that the wire calls $4; $5: that as an id, or NULL."""
LIMITS: Final = rules("(select acting.family_id from acting)", "$3")


def who(consent: str = "true") -> str:
    """SQL of the first part of a statement: for whom it acts. `consent`: see access/guardianship.py.

    $1: the adult, $2: the family in their token, $3: the child, or NULL. The family is NULL for a child that is not theirs.
    """
    return f"""
    acting as materialized (
        select case when $3::uuid is null then ({family_of("$1", "$2")})
                    else (select named.family_id from family.child_profiles named
                           where named.id = $3 and {guards("named.id", "$1", consent=consent)}) end as family_id,
               exists (select from family.family_members member where member.user_id = $1) as has_family
         where {stands("$1")})"""


def acting(consent: str = "true") -> str:
    """SQL of the first parts of a statement: for whom it acts, and their limits; as `who`."""
    return f"{who(consent)}, {RULE} as materialized ({LIMITS})"


WHO: Final = who()
ACTING: Final = acting()


def item_of(row: Row) -> Item:
    """A row with COLUMNS."""
    return Item(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        category=row["category"],
        age_min=row["age_min"],
        duration_s=row["duration_seconds"],
        thumbnail_url=row["thumbnail_url"],
        content_url=row["url"],
        tags=tuple(row["tags"]),
        educational=row["educational"],
        difficulty=row["difficulty"],
        provider=row["provider"],
        provider_id=row["provider_id"],
        created_at=row["created_at"],
    )
