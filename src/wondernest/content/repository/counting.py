"""How many items the filter shows, and what it hides, without asking the filter about every item.

Most limits ask for columns of an item, and one index holds these of all ordinary items: it alone is read. The few items whose
metadata says something else (ODD) are looked at one by one, and so are those that a tag, a word or a host may refuse, which
indexes find. An item counts if its columns are allowed and nothing that was found refuses it. The rule stays in
`access.suitability`; a test compares these counts with it.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from wondernest.access.suitability import RULE, Limit, Shown, limits_of, once, refused
from wondernest.content.repository.items import BY_COLUMNS, ELSEWHERE, MARKS, ODD, ORDINARY, SHOWN

KEYWORDS: Final = "blockedKeywords"
DOMAINS: Final = "allowedDomains"
LABELS: Final = "blockedCategories"
CATEGORIES: Final = "allowedCategories"
_DECIDED_OTHERWISE: Final = frozenset({KEYWORDS, DOMAINS, LABELS, CATEGORIES})
_MARK_CHARS: Final = 12
"""Of a part of a word, as wondernest.content_marks."""
_HOST: Final = f"lower({SHOWN.site})"
_ITEMS: Final = "content.content_items i where i.is_active"
_CLASS: Final = replace(BY_COLUMNS, minutes="i.minutes", rating="i.rating", educational="i.educational")
_COLUMNS: Final = "i.age_min, i.age_max, i.category, i.content_type, i.language, i.provider"


def _named(item: Shown, name: str) -> list[Limit]:
    return [limit for limit in limits_of(item) if limit.name == name]


def _by_columns(item: Shown) -> list[Limit]:
    return [limit for limit in limits_of(item) if limit.name not in _DECIDED_OTHERWISE]


def _known(value: str, among: str, wanted: str, refusing: str) -> str:
    """SQL array: the different values of an indexed expression that are refused; one index probe for each value."""
    least = f"select {value} from content.content_items i where {among} and {value}"
    return f"""array(
        with recursive known (value) as (
            select found.value from ({least} is not null order by 1 limit 1) found (value) where {wanted}
             union all
            select ({least} > known.value order by 1 limit 1) from known where known.value is not null)
        select known.value from known where known.value is not null and {refusing})"""


def _refused_categories(limit: str) -> str:
    parts = {part: getattr(BY_COLUMNS, part).replace("i.category", "known.value") for part in ("category", "labels")}
    [one] = limits = _named(replace(BY_COLUMNS, **parts), limit)
    return _known("i.category", "true", one.is_set, refused(BY_COLUMNS, limits))


def _refused_hosts() -> str:
    [one] = limits = _named(replace(SHOWN, site="known.value"), DOMAINS)
    return _known(_HOST, f"i.is_active and {ELSEWHERE}", one.is_set, refused(SHOWN, limits))


def sought(limits: str) -> str:
    """SQL query: the limits of `rules(…)`, and what their refusals are found by: queries of MARKS, refused hosts and categories."""
    return f"""
        select {RULE}.*,
               (select string_agg('''=' || md5(listed.word) || '''', ' | ')::tsquery
                  from unnest({RULE}.blocked) listed (word)) as refused_labels,
               (select '''*''' || string_agg(' | (' || (
                           select string_agg('''' || left(part, {_MARK_CHARS}) || ''':*', ' & ')
                             from unnest(string_to_array(listed.word, ' ')) part) || ')', '')
                  from unnest({RULE}.sought) listed (word))::tsquery as refused_words,
               {_refused_hosts()} as refused_hosts,
               {_refused_categories(CATEGORIES)} as unlisted_categories,
               {_refused_categories(LABELS)} as blocked_categories
          from ({limits}) {RULE}"""


_CATEGORY_REFUSED: Final = {
    CATEGORIES: f"({RULE}.allowed is not null and (i.category is null or i.category = any ({RULE}.unlisted_categories::text[])))",
    LABELS: f"({RULE}.blocked is not null and (i.category is null or i.category = any ({RULE}.blocked_categories::text[])))",
}
_FOUND: Final = {
    LABELS: f"{MARKS} @@ {RULE}.refused_labels",
    KEYWORDS: f"{MARKS} @@ {RULE}.refused_words and {refused(SHOWN, _named(SHOWN, KEYWORDS))}",
    DOMAINS: f"{ELSEWHERE} and {_HOST} = any ({RULE}.refused_hosts::text[])",
}
"""SQL conditions: what a limit refuses of which an index finds the items."""


def _refused(item: Shown) -> str:
    """SQL condition: the item's columns are refused."""
    return f"({RULE}.closed or {refused(item, _by_columns(item))} or {' or '.join(_CATEGORY_REFUSED.values())})"


def total(wanted: str) -> str:
    """SQL expression: how many active items that are `wanted` may be shown; in a statement whose RULE is `sought(…)`."""
    found = " union all ".join(
        f"select i.* from {_ITEMS} and {condition} and {wanted}" for condition in _FOUND.values()
    )
    return once(f"""(
        (select count(*) from {_ITEMS} and not {ODD} and {wanted} and not {_refused(ORDINARY)})
        + (select count(*) from {_ITEMS} and {ODD} and {wanted} and not {_refused(BY_COLUMNS)})
        - (select count(distinct i.id) from ({found}) i where not {_refused(BY_COLUMNS)}))""")


CLASSES: Final = f"""
    select {_COLUMNS}, {BY_COLUMNS.minutes} as minutes, null::int as rating, {ORDINARY.educational} as educational,
           count(*)::int as items
      from {_ITEMS} and not {ODD} group by {_COLUMNS}, minutes, educational
     union all
    select {_COLUMNS}, {BY_COLUMNS.minutes} as minutes, {BY_COLUMNS.rating} as rating, {BY_COLUMNS.educational} as educational,
           count(*)::int
      from {_ITEMS} and {ODD} group by {_COLUMNS}, minutes, rating, educational"""
"""SQL query: the active items by all columns that a limit asks for, and how many there are of each."""
LIMIT_NAMES: Final = tuple(limit.name for limit in limits_of(SHOWN))


def _found() -> str:
    """SQL query: the items that are found for RULE, once each: by which limits, and whether their columns are refused as well."""
    by_limit = (
        f"""select i.id, '{name}' as by_limit, {_refused(BY_COLUMNS)} as columns_refused, {_CATEGORY_REFUSED[LABELS]} as category_refused
              from {_ITEMS} and {condition}"""
        for name, condition in _FOUND.items()
    )
    return f"""
        select bool_and(by_columns.columns_refused) as columns_refused, bool_and(by_columns.category_refused) as category_refused,
               array_agg(by_columns.by_limit) as by_limits
          from ({" union all ".join(by_limit)}) by_columns group by by_columns.id"""


def _counts() -> str:
    """SQL array: how many items each of LIMIT_NAMES hides."""
    columns = {limit.name: refused(_CLASS, [limit]) for limit in _by_columns(_CLASS)} | _CATEGORY_REFUSED
    classes = {name: f"coalesce(sum(i.items) filter (where {condition}), 0)" for name, condition in columns.items()}
    found = {name: f"(select count(*) from found where '{name}' = any (found.by_limits)" for name in _FOUND}
    found[LABELS] += " and not found.category_refused"
    parts = [
        [counts[name] for counts in (classes, {name: f"{count})" for name, count in found.items()}) if name in counts]
        for name in LIMIT_NAMES
    ]
    return f"array[{', '.join(' + '.join(part) for part in parts)}]::bigint[]"


HIDDEN: Final = f"""
    with found as materialized ({_found()})
    select coalesce(sum(i.items), 0)::bigint as items,
           (coalesce(sum(i.items) filter (where {_refused(_CLASS)}), 0)
            + (select count(*) from found where not found.columns_refused))::bigint as hidden,
           {_counts()} as by_limit
      from classes i"""
"""SQL query: how many active items there are, how many RULE, a row of `sought(…)`, hides, and how many each limit."""
