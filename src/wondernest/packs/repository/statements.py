"""The SQL of packs. Statements begin with `caller`: the user, the family they act for, the child that was named, and their limits.

The statements contain the rules of access: a deactivated account ends them, and nothing is read for a child who is not the
caller's. What returns packs or assets contains the parental filter. Timestamps of these tables are UTC without a zone.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from wondernest.access.consent import Purpose, requires
from wondernest.access.guardianship import belongs, family_of, guards, stands
from wondernest.access.proofs import proven
from wondernest.access.suitability import NO_LANGUAGE, RULE, Shown, passes, rules
from wondernest.packs.rules import COMPLETED, DEFAULT_AGE_MAX, DEFAULT_AGE_MIN, Standing
from wondernest.platform.usage import PERSON

_UNDATED: Final = "'1970-01-01'::timestamp"


def _caller(consent: str = "true") -> str:
    return f"""
    caller as materialized (
        select $1::uuid as user_id, ({family_of("$1", "$2::uuid", acting=False)}) as family_id, $3::uuid as child_id,
               case when $3::uuid is null then true else {guards("$3", "$1", consent=consent)} end as permitted
         where {stands("$1")}),
    {RULE} as materialized (
        select limits.* from caller cross join lateral ({rules("caller.family_id", "caller.child_id")}) limits)"""


_CALLER: Final = _caller()
"""$1: the user, $2: the family in their token, $3: a child or null."""
_MANAGER: Final = f"""
    caller as materialized (
        select acting.*, {belongs("acting.family_id", "acting.user_id", parent=True)} as permitted
          from (select $1::uuid as user_id, ({family_of("$1", "$2::uuid", acting=False)}) as family_id, $3::uuid as child_id
                 where {stands("$1")}) acting),
    {RULE} as materialized (
        select limits.* from caller cross join lateral ({rules("caller.family_id", "caller.child_id")}) limits)"""
"""The same for what only a parent may do; $3 is null."""

PRICE: Final = "case when p.is_free is true then 0 else greatest(coalesce(p.price_cents, 0), 0) end"
_PUBLISHED: Final = "p.status = 'published' and (p.published_at is null or p.published_at <= $4::timestamp)"
"""$4: now."""
_AGE_MIN: Final = f"coalesce(p.age_min, {DEFAULT_AGE_MIN})"
_AGE_MAX: Final = f"coalesce(p.age_max, {DEFAULT_AGE_MAX})"
_OURS: Final = "wondernest"
"""The provider of packs that no user made."""
_SHOWN: Final = Shown(
    age_min="p.age_min",
    age_max="p.age_max",
    rating="null",
    category="c.name",
    provider=f"case when p.created_by is null then '{_OURS}' end",
    words="concat_ws(' ', p.name, p.description, p.short_description, p.search_keywords, p.art_style,"
    " array_to_string(p.mood_tags || p.educational_goals || p.curriculum_tags, ' '))",
    minutes="0",
    language=f"case when p.pack_type <> 'voice_pack' then '{NO_LANGUAGE}' end",
    labels="p.mood_tags || p.educational_goals || p.curriculum_tags",
    educational="coalesce(cardinality(p.educational_goals || p.curriculum_tags), 0) > 0",
    kind="p.pack_type::text",
    site="substring(p.thumbnail_url from '^https?://([^/:]+)')",
)
"""A pack has no length, and only voices have a language."""
_ASSET_SHOWN: Final = replace(
    _SHOWN,
    words="concat_ws(' ', a.name, a.description, a.group_name, array_to_string(a.tags, ' '))",
    labels="a.tags",
    site="substring(a.file_url from '^https?://([^/:]+)')",
)
"""A part of a pack is rated as its pack; its own words and tags count besides those of the pack."""
_SUITABLE: Final = passes(_SHOWN)
_ASSET_SUITABLE: Final = passes(_ASSET_SHOWN)

_CATEGORY: Final = "left join public.content_pack_categories c on c.id = p.category_id"
_MINE: Final = "o.user_id = caller.user_id and o.pack_id = p.id"
_USABLE: Final = "(caller.child_id is null or o.child_id is null or o.child_id = caller.child_id)"
_BEST: Final = "(o.child_id is not distinct from caller.child_id) desc, o.acquired_at desc nulls last, o.id"
"""First what was got for the very child that was named, or for all; then the newest."""
_OWNED: Final = f"""
    left join lateral (
        select o.* from public.user_pack_ownership o where {_MINE} and {_USABLE} order by {_BEST} limit 1) o on true"""
_REVIEWED: Final = """
    left join public.content_pack_reviews r on r.pack_id = p.id and r.user_id = caller.user_id"""
_COUNTED: Final = f"""
    left join lateral (
        select count(*)::int as assets, coalesce(sum(a.file_size_bytes), 0)::bigint as bytes
          from public.content_pack_assets a
         where a.pack_id = p.id and a.is_active is not false and {_ASSET_SUITABLE}) counted on true"""

CATEGORY_COLUMNS: Final = f"""
    c.id as c_id, c.name as c_name, c.description as c_description, coalesce(c.display_order, 0) as c_display_order,
    c.icon_url as c_icon_url, c.color_hex as c_colour, c.is_active is not false as c_is_active,
    coalesce(c.age_min, {DEFAULT_AGE_MIN}) as c_age_min, coalesce(c.age_max, {DEFAULT_AGE_MAX}) as c_age_max,
    coalesce(c.created_at, {_UNDATED}) as c_created_at, coalesce(c.updated_at, c.created_at, {_UNDATED}) as c_updated_at"""
OWNERSHIP_COLUMNS: Final = f"""
    o.id as o_id, o.user_id as o_user_id, o.pack_id as o_pack_id, o.child_id as o_child_id,
    coalesce(o.acquired_at, {_UNDATED}) as o_acquired_at, coalesce(o.acquisition_type, 'purchase') as o_acquisition,
    coalesce(o.purchase_price_cents, 0) as o_price_cents, o.transaction_id as o_transaction_id,
    coalesce(o.download_status, 'pending') as o_download_status, coalesce(o.download_progress, 0) as o_download_progress,
    o.downloaded_at as o_downloaded_at, o.last_used_at as o_last_used_at, coalesce(o.usage_count, 0) as o_usage_count,
    o.is_favorite is true as o_is_favorite, o.is_hidden is true as o_is_hidden, o.custom_tags as o_tags"""
REVIEW_COLUMNS: Final = f"""
    r.id as r_id, r.pack_id as r_pack_id, r.user_id as r_user_id, r.rating as r_rating, r.review_title as r_title,
    r.review_text as r_text, r.is_approved is true as r_is_approved, coalesce(r.created_at, {_UNDATED}) as r_created_at,
    coalesce(r.updated_at, r.created_at, {_UNDATED}) as r_updated_at"""
_PACK_COLUMNS: Final = f"""
    p.id, p.name, p.description, p.short_description, p.pack_type::text as kind, p.category_id,
    {PRICE} as price_cents, p.is_featured is true as is_featured, p.is_premium is true as is_premium,
    {_AGE_MIN} as age_min, {_AGE_MAX} as age_max, p.educational_goals as goals, p.curriculum_tags as curriculum,
    p.thumbnail_url, p.preview_urls, p.banner_image_url as banner_url, p.color_palette as palette, p.art_style,
    p.mood_tags as moods, counted.assets as asset_count, counted.bytes as size, p.supported_platforms as platforms,
    p.min_app_version, coalesce(p.performance_tier, 'standard') as tier, coalesce(p.status, 'draft') as status,
    p.published_at, coalesce(p.created_at, {_UNDATED}) as created_at,
    coalesce(p.updated_at, p.created_at, {_UNDATED}) as updated_at, p.created_by, p.search_keywords as keywords,
    coalesce(p.popularity_score, 0)::float8 as popularity, coalesce(p.download_count, 0) as downloads,
    coalesce(p.rating_average, 0)::float8 as rating, coalesce(p.rating_count, 0) as ratings,
    {CATEGORY_COLUMNS}, {OWNERSHIP_COLUMNS}, {REVIEW_COLUMNS}"""
_ASSET_COLUMNS: Final = f"""row(
    a.id, a.pack_id, a.name, a.description, a.asset_type::text, a.file_url, a.thumbnail_url, a.file_format,
    a.file_size_bytes, a.dimensions_width, a.dimensions_height, a.duration_seconds::float8, a.frame_rate, a.tags,
    a.color_palette, a.transparency_support is true, a.loop_points, a.interaction_config, a.animation_triggers,
    coalesce(a.display_order, 0), a.group_name, a.is_active is not false, coalesce(a.created_at, {_UNDATED}),
    coalesce(a.updated_at, a.created_at, {_UNDATED}))"""
_ASSETS: Final = f"""
    (select array_agg({_ASSET_COLUMNS} order by coalesce(a.display_order, 0), a.name, a.id)
       from public.content_pack_assets a
      where a.pack_id = p.id and a.is_active is not false and {_ASSET_SUITABLE})"""

ALL_CATEGORIES: Final = f"""
    select {CATEGORY_COLUMNS} from public.content_pack_categories c
     where c.is_active is not false and {stands("$1")} order by coalesce(c.display_order, 0), c.name"""

_PLACE: Final = f"""
    case $14::text when 'price' then {PRICE} when 'rating' then coalesce(p.rating_average, 0)
         when 'newest' then extract(epoch from coalesce(p.published_at, p.created_at, {_UNDATED}))
         else coalesce(p.popularity_score, 0) end * case when $15::bool then -1 else 1 end"""
DOCUMENT: Final = "to_tsvector('english', coalesce(p.name, '') || ' ' || coalesce(p.description, '') || ' ' || coalesce(p.search_keywords, ''))"
"""The expression of our index public.idx_content_packs_words."""
_BY_WORDS: Final = f" and {DOCUMENT} @@ to_tsquery('english', $18::text)"
_WORDED: Final = "/* words */"
_SEARCH: Final = f"""
    with {_CALLER},
    matching as materialized (
        select p.id, {_PLACE} as place, p.name
          from caller cross join public.content_packs p {_CATEGORY}
         where caller.permitted and {_PUBLISHED}
           and ($5::text is null or lower(c.name) = lower($5) or p.category_id::text = lower($5))
           and ($6::text is null or p.pack_type::text = $6)
           and ($7::int is null or {_AGE_MAX} >= $7) and ($8::int is null or {_AGE_MIN} <= $8)
           and ($9::int is null or {PRICE} >= $9) and ($10::int is null or {PRICE} <= $10)
           and ($11::bool is null or ({PRICE} = 0) = $11)
           and ($12::text[] = '{{}}' or exists (select from unnest(p.educational_goals) goal where lower(goal) = any ($12)))
           and ($13::bool is null or (p.is_featured is true) = $13) {_WORDED}
           and {_SUITABLE}),
    page as materialized (
        select id, place, name from matching order by place, name, id limit $16 offset $17)
    select caller.permitted, (select count(*) from matching) as total, {_PACK_COLUMNS}
      from caller left join (page join public.content_packs p on p.id = page.id) on true
      {_CATEGORY} {_OWNED} {_REVIEWED} {_COUNTED}
     order by page.place, page.name, page.id"""
SEARCH: Final = _SEARCH.replace(_WORDED, "")
"""Plan: one scan of the packs. A filter that may be absent cannot use an index (the plans are generic)."""
SEARCH_WORDS: Final = _SEARCH.replace(_WORDED, _BY_WORDS)
"""Plan: bitmap scan of idx_content_packs_words."""

OWNED: Final = f"""
    with {_CALLER},
    mine as materialized (
        select distinct on (o.pack_id) o.pack_id, o.acquired_at
          from caller join public.user_pack_ownership o on o.user_id = caller.user_id and {_USABLE}
         where caller.permitted
         order by o.pack_id, {_BEST})
    select caller.permitted, {_PACK_COLUMNS}
      from caller left join (mine join public.content_packs p on p.id = mine.pack_id) on true
      {_CATEGORY} {_OWNED} {_REVIEWED} {_COUNTED}
     where p.id is null or {_SUITABLE}
     order by mine.acquired_at desc nulls last, p.name, p.id"""

ONE: Final = f"""
    with {_CALLER}
    select caller.permitted, {_PACK_COLUMNS},
           case when {PRICE} = 0 or o.id is not null then {_ASSETS} end as assets
      from caller left join public.content_packs p on p.id = $5 and caller.permitted
      {_CATEGORY} {_OWNED} {_REVIEWED} {_COUNTED}
     where p.id is null or (o.id is not null or {_PUBLISHED}) and {_SUITABLE}"""

ASSETS: Final = f"""
    with {_CALLER}
    select caller.permitted, p.id is not null and (o.id is not null or {PRICE} = 0 and {_PUBLISHED}) and {_SUITABLE} as granted,
           case when o.id is not null or {PRICE} = 0 then {_ASSETS} end as assets
      from caller left join public.content_packs p on p.id = $5 and caller.permitted
      {_CATEGORY} {_OWNED}"""

DOWNLOADED: Final = f"""
    with {_CALLER},
    owned as (
        select o.id, o.pack_id, o.downloaded_at from caller join public.user_pack_ownership o
            on o.user_id = caller.user_id and o.pack_id = $5 and {_USABLE}
         where caller.permitted order by {_BEST} limit 1 for no key update of o),
    changed as (
        update public.user_pack_ownership o
           set download_status = $6, download_progress = $7,
               downloaded_at = case when $6 = '{COMPLETED}' then coalesce(o.downloaded_at, $4::timestamp) else o.downloaded_at end
          from owned where o.id = owned.id
        returning o.pack_id, $6 = '{COMPLETED}' and owned.downloaded_at is null as first),
    counted as (
        update public.content_packs p set download_count = coalesce(p.download_count, 0) + 1
          from changed where p.id = changed.pack_id and changed.first)
    select caller.permitted, exists (select from changed) as owned from caller"""

USED: Final = f"""
    with {_caller(requires("$3", Purpose.ANALYTICS, "$13::text"))},
    pack as materialized (
        select p.id, o.id as ownership from caller join public.content_packs p on p.id = $5 {_OWNED}
         where caller.permitted and (o.id is not null or {PRICE} = 0 and {_PUBLISHED})),
    part as (
        select a.id from pack join public.content_pack_assets a on a.pack_id = pack.id and a.id = $6::uuid),
    right_part as (select $6::uuid is null or exists (select from part) as ok),
    day as (
        insert into wondernest.pack_usage_days as day (user_id, day, uses)
        select $1, $4::timestamp::date, 1 from pack, right_part where right_part.ok
        on conflict (user_id, day) do update set uses = day.uses + 1 where day.uses < $12::int
        returning true as free),
    noted as (
        insert into public.content_pack_usage
               (id, user_id, child_id, pack_id, asset_id, used_in_feature, session_id, usage_duration_seconds, used_at,
                usage_metadata)
        select $7, $1, $3, pack.id, $6, $8, $9, $10, $4, $11::jsonb from pack, day),
    counted as (
        update public.user_pack_ownership o set usage_count = coalesce(o.usage_count, 0) + 1, last_used_at = $4
          from pack, day where o.id = pack.ownership)
    select caller.permitted, exists (select from pack) as found, (select ok from right_part) as right_part,
           exists (select from day) as free
      from caller"""

REVIEW: Final = f"""
    with {_MANAGER},
    owned as (
        select p.id from caller join public.content_packs p on p.id = $5 {_CATEGORY}
         where caller.permitted and {_SUITABLE}
           and (select true from public.user_pack_ownership o where {_MINE} limit 1)),
    stored as (
        insert into public.content_pack_reviews as r (id, pack_id, user_id, rating, is_approved, created_at, updated_at)
        select $6, owned.id, $1, $7, true, $4, $4 from owned
        on conflict (pack_id, user_id) do update
           set rating = excluded.rating, updated_at = excluded.updated_at,
               is_approved = r.is_approved is true
                             or r.moderated_at is null and r.review_title is null and r.review_text is null
        returning r.*)
    select {REVIEW_COLUMNS} from stored r"""
"""Stars have nothing to moderate. What a moderator refused, or has still to read, is not approved by new stars."""
FORGET_REVIEW: Final = f"""
    with {_MANAGER}
    delete from public.content_pack_reviews r using caller
     where caller.permitted is not null and r.pack_id = $4 and r.user_id = caller.user_id"""
"""A member who is no parent is refused; somebody who left every family may still take theirs back."""

OFFER: Final = f"""
    with {_CALLER}
    select caller.permitted, p.id as pack_id, {PRICE} as price_cents,
           {proven("$1", "$6::text", "$7::text", "$8::timestamptz")} as proven, {OWNERSHIP_COLUMNS}
      from caller
      left join public.content_packs p on p.id = $5 and caller.permitted
      {_CATEGORY}
      left join lateral (
          select o.* from public.user_pack_ownership o
           where {_MINE} and (o.child_id is null or o.child_id = caller.child_id) order by {_BEST} limit 1) o on true
     where p.id is null or (o.id is not null or {_PUBLISHED}) and {_SUITABLE}"""
"""What is owned for all children is owned for the one named; what is owned for one child is not owned for all."""

LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('packs of ' || $1::text, 0))"
"""One change of what a user owns at a time. It must be a statement of its own: the next one then sees what the one before did."""

ACQUIRE: Final = f"""
    with known as (
        select o.* from public.user_pack_ownership o
         where o.user_id = $2 and o.pack_id = $3 and o.child_id is not distinct from $4::uuid
         order by o.acquired_at desc nulls last, o.id limit 1),
    added as (
        insert into public.user_pack_ownership
               (id, user_id, pack_id, child_id, acquired_at, acquisition_type, purchase_price_cents, transaction_id,
                download_status, download_progress, usage_count, is_favorite, is_hidden, custom_tags)
        select $1, $2, $3, $4, $5, $6, $7, $8, 'pending', 0, 0, false, false, '{{}}' where not exists (select from known)
        on conflict do nothing returning *)
    select {OWNERSHIP_COLUMNS} from (select * from known union all select * from added) o"""

PURCHASE_COLUMNS: Final = (
    "b.id, b.user_id, b.pack_id, b.child_id, b.price_cents, b.currency, b.standing, b.transaction_id"
)
BEGIN: Final = f"""
    with waiting as (
        select b.* from wondernest.pack_purchases b
         where b.user_id = $2 and b.pack_id = $3 and b.child_id is not distinct from $4::uuid
           and b.gateway = $7 and b.standing = '{Standing.PENDING.value}'
         order by b.began_at limit 1),
    begun as (
        insert into wondernest.pack_purchases as b
               (user_id, id, pack_id, child_id, price_cents, currency, gateway, standing, began_at, changed_at)
        select $2, $1, $3, $4, $5, $6, $7, '{Standing.PENDING.value}', $8, $8
         where not exists (select from waiting)
           and $9::int > (select count(*) from wondernest.pack_purchases b where b.user_id = $2 and b.began_at > $10)
        returning *)
    select {PURCHASE_COLUMNS} from (select * from waiting union all select * from begun) b"""
"""$9: the most that may begin after $10."""
PURCHASE: Final = f"""
    select {PURCHASE_COLUMNS} from wondernest.pack_purchases b where b.user_id = $1 and b.id = $2"""
SETTLE: Final = """
    update wondernest.pack_purchases b
       set standing = $3, transaction_id = coalesce(b.transaction_id, $4), changed_at = $5
     where b.user_id = $1 and b.id = $2"""
OVERDUE: Final = f"""
    update wondernest.pack_purchases b set asked_at = $1::timestamptz
     where (b.user_id, b.id) = (
         select p.user_id, p.id from wondernest.pack_purchases p
          where p.standing = '{Standing.PENDING.value}' and p.gateway = $2 and coalesce(p.asked_at, p.began_at) <= $1::timestamptz - $3::interval
            and (p.asked_at is null or $1::timestamptz - p.asked_at >= least((p.asked_at - p.began_at) / 2, $4::interval))
          order by coalesce(p.asked_at, p.began_at) limit 1 for no key update skip locked)
    returning {PURCHASE_COLUMNS}, b.began_at"""
"""Plan: idx_pack_purchases_pending in its order. The pause after $3 grows with the payment's age, up to $4."""
REVOKE: Final = f"""
    delete from public.user_pack_ownership o
     where o.user_id = $1 and o.pack_id = $2 and o.child_id is not distinct from $3::uuid
       and o.acquisition_type = 'purchase'
       and not exists (
           select from wondernest.pack_purchases b
            where b.user_id = $1 and b.pack_id = $2 and b.child_id is not distinct from $3
              and b.standing = '{Standing.AUTHORISED.value}')"""
"""A pack that was paid twice stays owned while one payment stands."""
NOTE_EVENT: Final = """
    insert into wondernest.payment_events (user_id, event_id, purchase_id, kind, received_at)
    values ($1, $2, $3, $4, $5) on conflict do nothing returning true"""

RECOUNT: Final = """
    with owners as (
        select o.pack_id, count(*) as owned, count(o.downloaded_at) as downloads
          from public.user_pack_ownership o group by o.pack_id),
    used as (
        select u.pack_id, count(*) as uses from public.content_pack_usage u where u.used_at > $1::timestamp group by u.pack_id),
    rated as (
        select r.pack_id, count(*) as ratings, sum(r.rating) as stars from public.content_pack_reviews r
         where r.is_approved is true and r.rating is not null group by r.pack_id),
    counted as (
        select p.id, coalesce(owners.downloads, 0) as downloads, coalesce(rated.ratings, 0)::int as ratings,
               round(coalesce(rated.stars::numeric / rated.ratings, 0), 2) as rating,
               round($2::numeric * coalesce(owners.owned::numeric / (owners.owned + $3::numeric), 0)
                   + $4::numeric * coalesce(used.uses::numeric / (used.uses + $5::numeric), 0)
                   + $6::numeric * coalesce((rated.stars - rated.ratings)::numeric / 4 / (rated.ratings + $7::numeric), 0), 2)
                   as popularity
          from public.content_packs p
          left join owners on owners.pack_id = p.id left join used on used.pack_id = p.id
          left join rated on rated.pack_id = p.id)
    update public.content_packs p
       set download_count = counted.downloads, rating_count = counted.ratings, rating_average = counted.rating,
           popularity_score = counted.popularity
      from counted
     where counted.id = p.id and (p.download_count, p.rating_count, p.rating_average, p.popularity_score)
           is distinct from (counted.downloads, counted.ratings, counted.rating, counted.popularity)"""
FORGET_EVENTS: Final = "delete from wondernest.payment_events where received_at < $1"
FORGET_DAYS: Final = "delete from wondernest.pack_usage_days where day < $1"

USES_TODAY: Final = f"""
    select day.uses from wondernest.pack_usage_days day
     where day.user_id = {PERSON} and day.day = (now() at time zone 'utc')::date"""
PURCHASES_TODAY: Final = f"""
    select count(*) from wondernest.pack_purchases b
     where b.user_id = {PERSON} and b.began_at >= date_trunc('day', now() at time zone 'utc') at time zone 'utc'"""
