"""The parental filter, as a piece of SQL: what a family, and a child of it, may be shown.

Every statement that returns content, packs, assets, stories or recommendations, or counts them, contains the piece; so no list,
search, direct id or total can tell of an item that is filtered. Limits are held by `content.content_filters` (each active
row of the family counts), `family.family_settings`, `family.child_settings` and the two tables of the content room,
`wondernest.family_content_limits` and `wondernest.child_content_limits`. An item is suitable if no limit refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from wondernest.access.guardianship import active
from wondernest.platform.clock import FIRST_ZONE

WHOLE_WORDS_UP_TO: Final = 4
"""Keywords so short, in letters, count only at the beginning of a word: `war` is in every `toward`. Longer ones, and all in scripts
without spaces between words, count anywhere."""
SPACED_SCRIPTS_BEFORE: Final = 0x0590
"""Latin, Greek, Cyrillic and Armenian characters have smaller codes."""
NO_LANGUAGE: Final = "zxx"
"""ISO 639-2's code for what has no words: no limit of languages refuses it."""
RULE: Final = "content_rule"
"""The name of the limits inside the piece; no expression of an item may use it."""
TODAY: Final = f"(now() at time zone 'UTC' + interval '{int(FIRST_ZONE.total_seconds())} seconds')::date"
"""The day from which a child's age is counted, as platform.clock.latest_day: the one that the family room shows."""
_COLUMN: Final = re.compile(rf"\b{RULE}\.(\w+)")
_NO_LETTER: Final = "[^[:alnum:]]"
"""Where the database knows only ASCII letters, others count as none: then keywords in them are found anywhere."""
_PREFERENCES: Final = "limited.content_preferences"
_RATING: Final = f"({_PREFERENCES} -> 'maxAgeRating')"
_STORED_RATING: Final = f"case when jsonb_typeof({_RATING}) = 'number' then {_RATING}::numeric end"
"""The parent's limit. For a number that is no age the family room shows the default of the child's age, so that counts here too."""
_CHILD_PART: Final = "left join lateral (select * from {} where child_id = child.id offset 0) {} on true"
"""One index probe, with any statistics."""


class Shown(Struct, frozen=True, kw_only=True):
    """What the filter asks of an item; each field is an SQL expression, with the table's name before each column.

    NULL, for an item or a kind of item, means unrated: refused once there is a limit of that kind. A kind of item that cannot have a
    property gives a value that no limit refuses, such as `0` minutes, or NO_LANGUAGE.
    """

    age_min: str
    """Integer, years. Also the rating of an item that has no higher one."""
    age_max: str
    """Integer, years."""
    rating: str
    """Integer: from which age it is rated, in years."""
    category: str
    """Text."""
    provider: str
    """Text: who made it."""
    words: str
    """Text in which keywords are looked for: all that a person can read of the item."""
    minutes: str
    """Integer, rounded up."""
    language: str
    """Text, as `en` or `pt-BR`."""
    labels: str = "null::text[]"
    """Text array: names beside the category by which a blocked category refuses the item too, such as its tags."""
    educational: str = "null::boolean"
    kind: str = "null::text"
    """Text: the type of content, for the types that a child is limited to."""
    site: str = "null::text"
    """Text: the host from which it is loaded; NULL for the service itself, which is always allowed."""


class Limit(Struct, frozen=True, kw_only=True):
    """One kind of limit: the columns of the limits that set it, and when an item is refused (SQL)."""

    name: str
    is_set: str
    refuses: str


def suitable(item: Shown, *, family_id: str, child_id: str = "null") -> str:
    """SQL condition: the item may be shown to the family, and to the child when one is named (SQL expressions of ids).

    Nothing is suitable for a family that is NULL, or for a child that is not an active one of the family.
    """
    return f"not exists (with {RULE} as materialized ({rules(family_id, child_id)}) select from {RULE} where {refused(item)})"


def passes(item: Shown, limits: Sequence[Limit] | None = None) -> str:
    """As `suitable`, in a statement that has a `with` part named RULE that holds `rules(…)`. `limits`: only these kinds.

    Each limit is read once for the statement, so that looking at an item costs no more than comparing its columns. For the planner
    it holds for every second item: an estimate from all the comparisons would make it sort a whole table to find a page.
    """
    return f"(case when not {once(refused(item, limits))} then true else false end)"


def once(condition: str) -> str:
    """A condition about RULE for a statement with such a `with` part: each column of it is read once, not for each item."""
    return _COLUMN.sub(rf"(select {RULE}.\1 from {RULE})", condition)


def refused(item: Shown, limits: Sequence[Limit] | None = None) -> str:
    """SQL condition: the row of RULE refuses the item. `limits`: only these kinds."""
    if limits is None:
        return f"({RULE}.closed or {' or '.join(_refused(limit) for limit in limits_of(item))})"
    return f"({' or '.join(_refused(limit) for limit in limits)})"


def limits_of(item: Shown) -> tuple[Limit, ...]:
    """Every kind of limit, in the order of the cost of asking; the names are those of the filter's settings."""
    rated = f"greatest(({item.age_min})::int, ({item.rating})::int)"
    category, words = f"({item.category})::text", f"({item.words})::text"
    named = f"wondernest.folded_labels(array_append(({item.labels})::text[], {category}))"
    language = f"replace(lower(({item.language})::text), '_', '-')"
    site = f"lower(({item.site})::text)"
    kind, provider = _short(item.kind), _short(item.provider)
    return (
        _limit("minAge", "min_age", f"({item.age_max})::int >= {RULE}.min_age"),
        _limit("maxAge", "max_age", f"{rated} <= {RULE}.max_age"),
        _limit("maxAgeRating", "max_rating", f"{rated} <= {RULE}.max_rating"),
        _limit("maxDurationMinutes", "max_minutes", f"({item.minutes})::int <= {RULE}.max_minutes"),
        _limit("educationalContentOnly", "educational", f"({item.educational})::boolean"),
        _limit("allowedContentTypes", "content_types", f"{kind} = any ({RULE}.content_types::text[])"),
        Limit(
            name="languages",
            is_set=f"({RULE}.languages is not null or {RULE}.family_languages is not null)",
            refuses=f"({_spoken(language, 'languages')} and {_spoken(language, 'family_languages')}) is not true",
        ),
        _limit("allowedProviders", "providers", f"{provider} = any ({RULE}.providers::text[])"),
        _limit("allowedCategories", "allowed", f"{_short(item.category)} = any ({RULE}.allowed::text[])"),
        _limit(
            "allowedDomains",
            "sites",
            f"{site} is null or exists (select from unnest({RULE}.sites) allowed (host)"
            f" where {site} = allowed.host or right({site}, length(allowed.host) + 1) = '.' || allowed.host)",
        ),
        _limit(
            "blockedCategories",
            "blocked",
            f"{category} is not null and not {named} && {RULE}.blocked",
        ),
        _limit(
            "blockedKeywords",
            "keywords",
            f"wondernest.folded({words}) !~ {RULE}.keywords",
        ),
    )


def rules(family_id: str, child_id: str = "null", today: str = TODAY) -> str:
    """SQL query: the limits of the family and of the child, always one row.

    What several places limit is limited by all of them: a list that must hold an item is what their lists have in common. `closed`
    refuses everything: there is no such family, or the child is not an active one of it. `sought`: the keywords that `keywords` finds.
    """
    return f"""
        select limits.*, {_pattern("limits.sought")} as keywords
          from ({_limits(f"({family_id})::uuid", f"({child_id})::uuid", today)}) limits"""


def _limits(family_id: str, child_id: str, today: str) -> str:
    age = f"extract(year from age({today}, least(greatest(child.birth_date, '0001-01-01'), {today})))"
    blocked, domains = (_texts(f"({_PREFERENCES} -> '{part}')") for part in ("blockedCategories", "allowedDomains"))
    return f"""
        with stored as materialized (
            select family.*, {_folded("family.allowed_providers")} as providers, {_folded("family.allowed_categories")} as allowed
              from content.content_filters family where family.family_id = {family_id} and family.is_active is not false)
        select {family_id} is null or {child_id} is not null and child.id is null as closed,
               (select max(stored.min_age) from stored) as min_age, (select min(stored.max_age) from stored) as max_age,
               case when child.id is not null then coalesce(
                   (select stored.years from (select {_STORED_RATING}) stored (years)
                     where stored.years between 0 and 100 and stored.years = trunc(stored.years)),
                   {age} + 1) end as max_rating,
               least(own.max_duration_minutes, (select min(stored.max_duration_minutes) from stored)) as max_minutes,
               case when {_PREFERENCES} -> 'educationalContentOnly' = 'true'
                      or (select household.privacy_settings -> 'familySettings' -> 'educationalContentOnly' = 'true'
                            from family.family_settings household where household.family_id = {family_id})
                    then true end as educational,
               {_folded("limited.allowed_content_types")} as content_types,
               {_codes("own.languages")} as languages,
               (select {_codes("spoken.languages")} from wondernest.family_content_limits spoken
                 where spoken.family_id = {family_id}) as family_languages,
               {_common("own.allowed_providers", "providers")} as providers,
               {_common("own.allowed_categories", "allowed")} as allowed,
               {_codes(domains)} as sites,
               {_folded(f"coalesce({blocked}, limited.blocked_categories)")}
                   || (select array_agg(wondernest.folded(listed.word)) from stored, unnest(stored.blocked_categories) listed (word)
                        where btrim(listed.word) <> '') as blocked,
               (select array_agg(sought.word)
                  from (select wondernest.spaced(listed.word) from unnest(own.blocked_keywords) listed (word)
                         union all
                        select wondernest.spaced(listed.word) from stored, unnest(stored.blocked_keywords) listed (word)) sought (word)
                 where sought.word <> '') as sought
          from (select true) asked
          left join lateral (
               select named.id, named.birth_date from family.child_profiles named
                where named.id = {child_id} and named.family_id = {family_id} and {active("named")} offset 0) child on true
          {_CHILD_PART.format("family.child_settings", "limited")}
          {_CHILD_PART.format("wondernest.child_content_limits", "own")}"""


def _limit(name: str, column: str, allows: str) -> Limit:
    """A limit that refuses an item unless the condition `allows` is true; NULL is not."""
    return Limit(name=name, is_set=f"{RULE}.{column} is not null", refuses=f"({allows}) is not true")


def _refused(limit: Limit) -> str:
    return f"({limit.is_set} and {limit.refuses})"


def _folded(column: str) -> str:
    """A list as it is compared; NULL if it is empty, which limits nothing."""
    return (
        "(select array_agg(wondernest.folded(listed.word))"
        f" from unnest({column}) listed (word) where btrim(listed.word) <> '')"
    )


def _codes(column: str) -> str:
    return (
        "(select array_agg(replace(lower(btrim(listed.code)), '_', '-'))"
        f" from unnest({column}) listed (code) where btrim(listed.code) <> '')"
    )


def _common(own: str, column: str) -> str:
    """What the child's list and the family's lists have in common; NULL without any list."""
    return f"""(
        select case when one.list is not null then array(
                   select listed.word from unnest(one.list) listed (word)
                    where not exists (select from stored where listed.word <> all (stored.{column}))) end
          from (select coalesce({_folded(own)}, (select stored.{column} from stored where stored.{column} is not null limit 1)))
               one (list))"""


def _pattern(sought: str) -> str:
    """Keywords as one regular expression over a folded text; NULL without any. `spaced` leaves no character that has a meaning there."""
    return f"""(
        select string_agg(case when length(listed.word) <= {WHOLE_WORDS_UP_TO} and ascii(listed.word) < {SPACED_SCRIPTS_BEFORE}
                               then '(^|{_NO_LETTER})' else '' end || replace(listed.word, ' ', '{_NO_LETTER}+'), '|')
          from unnest({sought}) listed (word))"""


def _short(text: str) -> str:
    """A short text as it is compared. Most are ASCII, and spare the call of a function."""
    text = f"({text})::text"
    return (
        f"case when octet_length({text}) = length({text}) then btrim(lower({text})) else wondernest.folded({text}) end"
    )


def _spoken(language: str, column: str) -> str:
    """SQL condition: the language, or what it is a variety of (en-GB of en), is in a list of RULE, or there is no such list."""
    first, second = (f"split_part({language}, '-', {place})" for place in (1, 2))
    wider = (language, first, f"{first} || '-' || {second}", f"regexp_replace({language}, '-[^-]*$', '')")
    named = " or ".join(f"{name} = any ({RULE}.{column}::text[])" for name in wider)
    return f"({RULE}.{column} is null or {language} = '{NO_LANGUAGE}' or {named})"


def _texts(document: str) -> str:
    """The texts of a JSON array; NULL for anything else."""
    return (
        f"case when jsonb_typeof({document}) = 'array' then array("
        f"select part #>> '{{}}' from jsonb_array_elements(case when jsonb_typeof({document}) = 'array' then {document} end)"
        " part where jsonb_typeof(part) = 'string') end"
    )
