"""The statements that write saves; each is atomic and one round trip.

Order inside a statement matters: rows are locked (`old`, in key order), then their content is copied into the versions, then
they are overwritten or deleted. PostgreSQL runs the data-modifying parts of a statement in any order, so each part counts the
rows of the part before it, which makes it wait.

The snapshot of a statement may be older than the rows it has locked. For a row that an earlier backend changed meanwhile, the
lock returns the new content. For a row that another transaction of ours changed, or any transaction inserted or deleted, the item
is returned as not done and the caller runs it again, with a snapshot that has the versions which that transaction kept. In a batch of several requests the same holds for a row that another transaction has locked: it is
skipped, neither copied nor written.
"""

from __future__ import annotations

from typing import Final

from wondernest.access.guardianship import guards

DIGEST: Final = "to_hex(jsonb_hash_extended({document}, 0))"
"""A hash of a document, much cheaper than hashing its text. The function is not documented, but hash indexes and hash joins on
jsonb use it since PostgreSQL 11. It is equal for 1 and 1.0; the time in the tag differs between such writes."""
TAG: Final = (
    "to_hex((extract(epoch from coalesce({row}.updated_at, {row}.created_at, 'epoch')) * 1000000)::bigint)"
    f" || '-' || {DIGEST.format(document='{row}.data_value')}"
)
"""The entity tag of a row; equal to rules.SaveState.tag."""

_OLD: Final = """
    select s.* from games.simple_game_data s
      join owned o on o.child_id = s.child_id and o.game_type = s.game_type and o.data_key = s.data_key
     order by s.child_id, s.game_type, s.data_key
       for update of s"""

_STALE: Final = """
    (select coalesce(s.data_version, 0) from games.simple_game_data s
      where s.child_id = o.child_id and s.game_type = o.game_type and s.data_key = o.data_key)
    is distinct from case when old.id is not null then coalesce(old.data_version, 0) end"""
"""The row that is locked is not the row of the snapshot. Another transaction of ours wrote or deleted it meanwhile, and the version
that it kept is not visible yet, so neither the next version number nor the versions to trim are known; or the row was skipped,
because another transaction has locked it. The earlier backends keep `data_version` and no versions: their writes do not count."""

_HOLDS: Final = f"""
    case
      when {_STALE} then null
      when o.condition = '' then true
      when o.condition = '*' then old.id is not null
      when o.condition = '!' then old.id is null
      else old.id is not null and strpos(o.condition, ',' || {TAG.format(row="old")} || ',') > 0
    end"""

_KEEP: Final = """
    insert into wondernest.save_versions
           (child_id, game_type, data_key, version, data_value, size_bytes, saved_at, created_at, reason, device)
    select j.child_id, j.game_type, j.data_key, j.kept_version, j.old_value, octet_length(j.old_value::text),
           coalesce(j.old_updated_at, j.old_created_at, now()), coalesce(j.old_created_at, now()), j.reason, j.device
      from judged j where j.keeps
    returning child_id, game_type, data_key, version"""

_TRIM: Final = """
    delete from wondernest.save_versions v
     using (select k.child_id, k.game_type, k.data_key, (
                   select edge.version from wondernest.save_versions edge
                    where edge.child_id = k.child_id and edge.game_type = k.game_type and edge.data_key = k.data_key
                    order by edge.version desc offset greatest({keep} - 1, 0) limit 1) as newest
              from kept k where k.version > {keep}) surplus
     where v.child_id = surplus.child_id and v.game_type = surplus.game_type and v.data_key = surplus.data_key
       and v.version <= surplus.newest"""
"""By rank, not by number: a save of an unchanged document increases the version and keeps nothing, so numbers have gaps. By key,
not by ctid: an installation may partition the table, and a ctid is unique in one partition only.

The newest version to delete is found with an index-only scan, so versions that stay, each on its own page, are not read.
"""

_LAST_KEPT: Final = """
    select max(v.version) as version from wondernest.save_versions v
     where v.child_id = {row}.child_id and v.game_type = {row}.game_type and v.data_key = {row}.data_key"""

_STORE: Final = f"""
    with input as materialized (
        select i.* from (select set_config('lock_timeout', $13, true)) bound,
               unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[],
                      $9::text[], $14::bool[])
               as i(n, user_id, child_id, game_type, data_key, document, condition, device, reason, archived_too)
    ), owned as materialized (
        select * from input i where {guards("i.child_id", "i.user_id", archived_too="i.archived_too")}
    ), old as materialized ({_OLD}{{skip}}
    ), judged as materialized (
        select o.n, o.child_id, o.game_type, o.data_key, o.document, o.device, o.reason,
               old.id as old_id, old.data_value as old_value, old.updated_at as old_updated_at,
               old.created_at as old_created_at, old.data_version as old_version,
               {_HOLDS} as holds,
               greatest(coalesce(old.data_version, 0),
                        coalesce(last.version, 0) + case when old.id is null then 0 else 1 end) as kept_version
          from owned o
          left join old on old.child_id = o.child_id and old.game_type = o.game_type and old.data_key = o.data_key
          cross join lateral ({_LAST_KEPT.format(row="o")}) last
    ), worth as materialized (
        select j.*, $10 > 0 and j.holds and j.old_id is not null
                    and (j.old_value <> j.document or j.old_value::text <> j.document::text) as keeps
          from judged j
    ), kept as ({_KEEP.replace("judged j", "worth j")}
    ), trimmed as ({_TRIM.format(keep="$10")}
    ), stored as (
        insert into games.simple_game_data as s (child_id, game_type, data_key, data_value, data_version, created_at, updated_at)
        select j.child_id, j.game_type, j.data_key, j.document, j.kept_version + 1, now(), now()
          from judged j where j.holds and (select count(*) from kept) >= 0
         order by j.child_id, j.game_type, j.data_key
        on conflict (child_id, game_type, data_key) do update
           set data_value = excluded.data_value, data_version = excluded.data_version, updated_at = excluded.updated_at
         where s.id = any ((select array_agg(j.old_id) from judged j)::uuid[])
        returning s.id, s.child_id, s.game_type, s.data_key, s.data_version, s.updated_at,
                  coalesce(s.created_at, s.updated_at) as created_at, {DIGEST.format(document="s.data_value")} as digest
    ), played as materialized (
        select s.child_id, s.game_type, r.id as game_id, g.id as instance_id,
               g.last_played_at is null or g.last_played_at < now() - $12::interval as moves
          from (select distinct child_id, game_type from stored) s
          join games.game_registry r on r.game_key = s.game_type and r.is_active
          left join games.child_game_instances g on g.child_id = s.child_id and g.game_id = r.id
    ), touched as (
        insert into games.child_game_instances as g (child_id, game_id, first_played_at, last_played_at, session_count)
        select p.child_id, p.game_id, now(), now(), 1 from played p where p.moves order by p.child_id, p.game_id
        on conflict (child_id, game_id) do update
           set last_played_at = excluded.last_played_at,
               first_played_at = coalesce(g.first_played_at, excluded.first_played_at),
               session_count = coalesce(g.session_count, 0)
                   + case when g.last_played_at is null or g.last_played_at < now() - $11::interval then 1 else 0 end
        returning g.id, g.child_id, g.game_id
    )
    select i.n, j.n is not null as owned, j.holds, s.id, s.data_version, s.created_at, s.updated_at, s.digest,
           coalesce(t.id, p.instance_id) as instance_id,
           case when not j.holds then j.old_version end as current_version,
           case when not j.holds then coalesce(j.old_updated_at, j.old_created_at, 'epoch') end as current_updated_at,
           case when not j.holds then {DIGEST.format(document="j.old_value")} end as current_digest,
           case when not j.holds then octet_length(j.old_value::text) end as current_size
      from input i
      left join judged j on j.n = i.n
      left join stored s on j.holds and s.child_id = j.child_id and s.game_type = j.game_type and s.data_key = j.data_key
      left join played p on p.child_id = s.child_id and p.game_type = s.game_type
      left join touched t on t.child_id = p.child_id and t.game_id = p.game_id
     order by i.n"""
STORE: Final = _STORE.format(skip="")
"""For one request: waits for rows that another transaction has locked."""
STORE_TOGETHER: Final = _STORE.format(skip=" skip locked")
"""For several requests: a row that another transaction has locked is skipped, and its item is returned as not done.

$10: versions kept for each key; $11: the pause after which a new session begins; $12: rules.LAST_PLAYED_PRECISION; $13:
lock_timeout, for this transaction only. `skip locked` does not make it superfluous: a row that another transaction has inserted
and not committed still blocks at the unique key.

Plan: at 10⁶ rows every step is a nested loop over the input (≤ 64) with index probes: child_profiles_pkey,
family_members(family_id, user_id), the save's unique key, save_versions_pkey; no scan grows with the tables.
A row that another transaction inserted between the snapshot and the write is not in `old`, so it is not overwritten and its
item is returned as not done: the caller runs it again, and then that row is kept first.
"""

DELETE: Final = f"""
    with owned as materialized (
        select i.child_id, i.game_type, s.data_key, i.condition, i.device, 'deleted' as reason
          from (select $1::uuid as user_id, $2::uuid as child_id, $3::text as game_type, $4::text as data_key,
                       $5::text as condition, $6::text as device, $8::bool as archived_too) i
          join games.simple_game_data s
            on s.child_id = i.child_id and s.game_type = i.game_type and (i.data_key is null or s.data_key = i.data_key)
         where {guards("i.child_id", "i.user_id", archived_too="i.archived_too")}
    ), old as materialized ({_OLD}
    ), judged as materialized (
        select o.child_id, o.game_type, o.data_key, o.device, o.reason, old.id as old_id, old.data_value as old_value,
               old.updated_at as old_updated_at, old.created_at as old_created_at, old.data_version as old_version,
               {_HOLDS} as holds, greatest(old.data_version, coalesce(last.version, 0) + 1) as kept_version
          from owned o
          join old on old.child_id = o.child_id and old.game_type = o.game_type and old.data_key = o.data_key
          cross join lateral ({_LAST_KEPT.format(row="o")}) last
    ), kept as ({_KEEP.replace("where j.keeps", "where j.holds and $7 > 0")}
    ), trimmed as ({_TRIM.format(keep="$7")}
    ), gone as (
        delete from games.simple_game_data s using judged j
         where s.child_id = j.child_id and s.game_type = j.game_type and s.data_key = j.data_key
           and j.holds and (select count(*) from kept) >= 0
        returning s.data_key
    )
    select j.holds, g.data_key is not null as gone, j.old_version as current_version,
           coalesce(j.old_updated_at, j.old_created_at, 'epoch') as current_updated_at,
           case when not j.holds then {DIGEST.format(document="j.old_value")} end as current_digest,
           case when not j.holds then octet_length(j.old_value::text) end as current_size
      from owned o left join judged j on j.data_key = o.data_key left join gone g on g.data_key = o.data_key"""
"""$4 null: every save of the type; $7: versions kept for each key.

Found by key, never by id: Kotlin gives a row a new id with each save.
"""

LOCK: Final = f"""
    select from games.simple_game_data s
      join unnest($2::text[], $3::text[]) i(game_type, data_key) on i.game_type = s.game_type and i.data_key = s.data_key
     where s.child_id = $1 and {guards("$1", "$4", archived_too=True)}
     order by s.child_id, s.game_type, s.data_key
       for update of s"""
"""Locks the rows that a batch or a held item will write, in key order, because the batch itself writes in its own order.

Also of an archived child, whose project an event may still write; whether that is allowed is for the write to say.
"""
