"""The statements that write saves; each is atomic and one round trip.

Order inside a statement matters: rows are locked (`old`, in key order), then their content is copied into the versions, then
they are overwritten or deleted. PostgreSQL runs the data-modifying parts of a statement in any order, so each part counts the
rows of the part before it, which makes it wait. OVERWRITE holds its one row locked and read, so its parts need no order.

The snapshot of a statement may be older than the rows it has locked. For a row that an earlier backend changed meanwhile, the
lock returns the new content. For a row that another transaction of ours changed, or any transaction inserted or deleted, the item
is returned as not done and the caller runs it again, with a snapshot that has the versions which that transaction kept. In a batch of several requests the same holds for a row that another transaction has locked: it is
skipped, neither copied nor written.

Locks are taken in one order: the child's gate (for share, see access/consent.py), saves, then the instance of the game, then the child's usage. A save that waits for its own row holds
nothing that saves of other keys need. The limits are compared with the usage of the snapshot, without a lock: saves of siblings never
wait for each other, and what transactions that run at the same moment add is seen by the next one.
"""

from __future__ import annotations

from typing import Final

from wondernest.access.consent import GateMode, Purpose, permitted
from wondernest.access.guardianship import guards
from wondernest.games.rules import FINEST_BIN, FOREIGN_KEPT

DIGEST: Final = "to_hex(jsonb_hash_extended({document}, 0))"
"""A hash of a document, much cheaper than hashing its text. The function is not documented, but hash indexes and hash joins on
jsonb use it since PostgreSQL 11. It is equal for 1 and 1.0; the time in the tag differs between such writes."""
SIZE: Final = "octet_length({document}::text)"
"""The size of a document: bytes of its text, which is what a reader gets. Usage, limits and kept versions all count this."""
TAG: Final = (
    "to_hex((extract(epoch from coalesce({row}.updated_at, {row}.created_at, 'epoch')) * 1000000)::bigint)"
    f" || '-' || {DIGEST.format(document='{row}.data_value')}"
)
"""The entity tag of a row; equal to rules.SaveState.tag."""

_OLD: Final = f"""
    select s.*, {SIZE.format(document="s.data_value")} as size from games.simple_game_data s
      join owned o on o.child_id = s.child_id and o.game_type = s.game_type and o.data_key = s.data_key
     order by s.child_id, s.game_type, s.data_key
       for update of s"""

_STALE: Final = """
    (select coalesce(s.data_version, 0) from games.simple_game_data s
      where s.child_id = o.child_id and s.game_type = o.game_type and s.data_key = o.data_key)
    is distinct from case when old.id is not null then coalesce(old.data_version, 0) end"""
"""The row that is locked is not the row of the snapshot. Another transaction of ours wrote or deleted it meanwhile, and the version
that it kept is not visible yet, so neither the next version number nor the versions to thin are known; or the row was skipped,
because another transaction has locked it. The earlier backends keep `data_version` and no versions: their writes do not count."""

_EXPECTED: Final = f"""
      when {{condition}} = '' then true
      when {{condition}} = '*' then old.id is not null
      when {{condition}} = '!' then old.id is null
      else old.id is not null and strpos({{condition}}, ',' || {TAG.format(row="old")} || ',') > 0
    end"""
"""The branches of a `case` that says whether the precondition holds."""
_HOLDS: Final = f"case when {_STALE} then null {_EXPECTED.format(condition='o.condition')}"

_KEY_OF: Final = "v.child_id = {row}.child_id and v.game_type = {row}.game_type and v.data_key = {row}.data_key"
_GIVEN_KEY: Final = "v.child_id = $2 and v.game_type = $3 and v.data_key = $4"
_LAST_KEPT: Final = """
    select v.version, v.kept_at, v.reason, v.replaced_by from wondernest.save_versions v where {key}
     order by v.version desc limit 1"""
_BY_ANOTHER: Final = """
    coalesce(last.reason = 'deleted' or last.replaced_by <> {writer}
             or coalesce(old.data_version, 0) = last.version + 1 and old.updated_at is distinct from last.kept_at, true)"""
"""Whether the current document, written by whoever replaced the last kept one, is replaced by another device. True when nobody knows:
no version is kept, it has no writer, or an earlier backend wrote the row since."""

_KEEP: Final = """
    insert into wondernest.save_versions
           (child_id, game_type, data_key, version, data_value, size_bytes, saved_at, created_at, reason, device, replaced_by, by_another)
    select j.child_id, j.game_type, j.data_key, j.kept_version, j.old_value, j.old_size,
           coalesce(j.old_updated_at, j.old_created_at, now()), coalesce(j.old_created_at, now()), j.reason, j.device, j.writer,
           j.by_another
      from {judged} j where {keeps}
    returning child_id, game_type, data_key, version, size_bytes"""

_BIN: Final = f"date_bin(interval '{FINEST_BIN.total_seconds():.0f} seconds', {{moment}}, timestamptz 'epoch')"
_MAY_GO: Final = f"not (v.by_another and v.kept_at > now() - interval '{FOREIGN_KEPT.days} days')"
_SURPLUS: Final = f"""
    select min(pair.version) as version from (
        select v.version, v.kept_at from wondernest.save_versions v where {{key}}
         order by v.version desc offset greatest({{keep}} - 1, 0) limit 2) pair
    having count(*) = 2 and {_BIN.format(moment="min(pair.kept_at)")} = {_BIN.format(moment="max(pair.kept_at)")}"""
_THIN: Final = f"""
    delete from wondernest.save_versions v
     using (select k.child_id, k.game_type, k.data_key, surplus.version
              from kept k cross join lateral ({_SURPLUS.format(key=_KEY_OF.format(row="k"), keep="{keep}")}) surplus) surplus
     where v.child_id = surplus.child_id and v.game_type = surplus.game_type and v.data_key = surplus.data_key
       and v.version = surplus.version and {_MAY_GO}
    returning v.child_id, v.size_bytes"""
"""One version has just been kept, so the newest few that are always kept are that one and {keep} - 1 of the snapshot. The next two are
compared: of two in one span of FINEST_BIN the older one goes. So at every moment the versions beyond the newest few are in
different spans, those aside that another device replaced. Levels of hours and days, and the budget of bytes, are a job's work.

By rank, not by number: a save of an unchanged document increases the version and keeps nothing, so numbers have gaps. By key,
not by ctid: an installation may partition the table, and a ctid is unique in one partition only.
"""

_FAMILY_BYTES: Final = (
    "coalesce((select sum(f.save_bytes) from wondernest.child_usage f where f.family_id = {family_id}), 0)"
)
_FAMILY_COUNTED: Final = "(select u.family_id from wondernest.child_usage u where u.child_id = $2)"

_PERMITTED: Final = f"{{mode}} = '{GateMode.OFF.value}' or {{permitted}}"

_PLAYED: Final = """
    last_played_at = now(), first_played_at = coalesce(g.first_played_at, now()),
    session_count = coalesce(g.session_count, 0) + case when g.last_played_at is null or g.last_played_at < now() - {gap}::interval then 1 else 0 end"""

_STORE: Final = f"""
    with input as materialized (
        select i.*, {SIZE.format(document="i.document")} as size from (select set_config('lock_timeout', $13, true)) bound,
               unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[],
                      $9::text[], $14::bool[], $15::bytea[])
               as i(n, user_id, child_id, game_type, data_key, document, condition, device, reason, archived_too, writer)
    ), asked as materialized (
        select i.*, (select c.family_id from family.child_profiles c where c.id = i.child_id) as family_id,
               {_PERMITTED.format(mode="$18::text", permitted=permitted("i.child_id", Purpose.SAVES))} as permitted
          from input i where {guards("i.child_id", "i.user_id", archived_too="i.archived_too")}
    ), owned as materialized (
        select * from asked where permitted or $18 <> '{GateMode.ENFORCE.value}'
    ), old as materialized ({_OLD}{{skip}}
    ), judged as materialized (
        select o.n, o.child_id, o.family_id, o.game_type, o.data_key, o.document, o.device, o.reason, o.writer, o.size,
               old.id as old_id, old.data_value as old_value, old.updated_at as old_updated_at,
               old.created_at as old_created_at, old.data_version as old_version, old.size as old_size,
               {_HOLDS} as expected,
               greatest(coalesce(old.data_version, 0),
                        coalesce(last.version, 0) + case when old.id is null then 0 else 1 end) as kept_version,
               {_BY_ANOTHER.format(writer="o.writer")} as by_another
          from owned o
          left join old on old.child_id = o.child_id and old.game_type = o.game_type and old.data_key = o.data_key
          left join lateral ({_LAST_KEPT.format(key=_KEY_OF.format(row="o"))}) last on true
    ), weighed as (
        select j.*, j.size - coalesce(j.old_size, 0) as growth, coalesce(u.saves, 0) as saves,
               count(*) filter (where j.expected and j.old_id is null) over () as made,
               sum(greatest(j.size - coalesce(j.old_size, 0), 0)) filter (where j.expected) over () as grown,
               case when j.expected and j.size > coalesce(j.old_size, 0)
                    then {_FAMILY_BYTES.format(family_id="j.family_id")} end as used
          from judged j left join wondernest.child_usage u on u.child_id = j.child_id
    ), admitted as materialized (
        select w.*,
               case
                 when w.exceeds then false
                 when w.expected and (w.old_id is null and w.saves + w.made > $16 or w.used + w.grown > $17) then null
                 else w.expected
               end as holds,
               $10 > 0 and w.old_id is not null
                    and (w.old_value <> w.document or w.old_value::text <> w.document::text) as differs
          from (select w.*, w.expected and (w.old_id is null and w.saves >= $16::int or w.used + w.growth > $17::bigint) as exceeds
                  from weighed w) w
    ), kept as ({_KEEP.format(judged="admitted", keeps="j.holds and j.differs")}
    ), thinned as ({_THIN.format(keep="$10")}
    ), stored as (
        insert into games.simple_game_data as s (child_id, game_type, data_key, data_value, data_version, created_at, updated_at)
        select j.child_id, j.game_type, j.data_key, j.document, j.kept_version + 1, now(), now()
          from admitted j where j.holds and (select count(*) from kept) >= 0
         order by j.child_id, j.game_type, j.data_key
        on conflict (child_id, game_type, data_key) do update
           set data_value = excluded.data_value, data_version = excluded.data_version, updated_at = excluded.updated_at
         where s.id = any ((select array_agg(j.old_id) from admitted j)::uuid[])
        returning s.id, s.child_id, s.game_type, s.data_key, s.data_version, s.updated_at,
                  coalesce(s.created_at, s.updated_at) as created_at, {DIGEST.format(document="s.data_value")} as digest
    ), counted as (
        insert into wondernest.child_usage as u (child_id, family_id, saves, save_bytes, versions, history_bytes)
        select j.child_id, j.family_id, count(*) filter (where j.old_id is null), sum(j.growth),
               count(*) filter (where j.differs) - (select count(*) from thinned t where t.child_id = j.child_id),
               coalesce(sum(j.old_size) filter (where j.differs), 0)
                   - (select coalesce(sum(t.size_bytes), 0) from thinned t where t.child_id = j.child_id)
          from admitted j join stored s using (child_id, game_type, data_key)
         group by j.child_id, j.family_id
         order by j.child_id
        on conflict (child_id) do update
           set saves = u.saves + excluded.saves, save_bytes = u.save_bytes + excluded.save_bytes,
               versions = u.versions + excluded.versions, history_bytes = u.history_bytes + excluded.history_bytes,
               updated_at = now()
    ), played as materialized (
        select s.child_id, s.game_type, r.id as game_id, g.id as instance_id,
               g.last_played_at is null or g.last_played_at < now() - $12::interval as moves
          from (select distinct child_id, game_type from stored) s
          join games.game_registry r on r.game_key = s.game_type and r.is_active
          left join games.child_game_instances g on g.child_id = s.child_id and g.game_id = r.id
    ), touched as (
        insert into games.child_game_instances as g (child_id, game_id, first_played_at, last_played_at, session_count)
        select p.child_id, p.game_id, now(), now(), 1 from played p where p.moves order by p.child_id, p.game_id
        on conflict (child_id, game_id) do update set {_PLAYED.format(gap="$11")}
        returning g.id, g.child_id, g.game_id
    )
    select i.n, a.n is not null as owned, a.permitted, a.n is not null and j.n is null as barred, j.holds, j.expected, j.exceeds, s.id, s.data_version, s.created_at, s.updated_at, s.digest,
           coalesce(t.id, p.instance_id) as instance_id,
           case when not j.expected then j.old_version end as current_version,
           case when not j.expected then coalesce(j.old_updated_at, j.old_created_at, 'epoch') end as current_updated_at,
           case when not j.expected then {DIGEST.format(document="j.old_value")} end as current_digest,
           case when not j.expected then j.old_size end as current_size
      from input i
      left join asked a on a.n = i.n
      left join admitted j on j.n = i.n
      left join stored s on j.holds and s.child_id = j.child_id and s.game_type = j.game_type and s.data_key = j.data_key
      left join played p on p.child_id = s.child_id and p.game_type = s.game_type
      left join touched t on t.child_id = p.child_id and t.game_id = p.game_id
     order by i.n"""
STORE: Final = _STORE.format(skip="")
"""For one request: waits for rows that another transaction has locked."""
STORE_TOGETHER: Final = _STORE.format(skip=" skip locked")
"""For several requests: a row that another transaction has locked is skipped, and its item is returned as not done.

$10: rules.Limits.kept_versions; $11: the pause after which a new session begins; $12: rules.LAST_PLAYED_PRECISION; $13:
lock_timeout, for this transaction only; $16, $17: the limits of saves and bytes; $18: the GateMode. `skip locked` does not make $13 superfluous: a row
that another transaction has inserted and not committed still blocks at the unique key.

`permitted` is a column and no refusal: a child without consent in a batch must not end the statement of its neighbours.

A write that exceeds a limit by itself is refused (`exceeds`). One that would only together with the others of the batch is returned as
not done, so that the caller runs it alone: a write never fails because of its neighbours.

Plan: at 10⁶ rows every step is a nested loop over the input (≤ 64) with index probes: child_profiles_pkey,
family_members(family_id, user_id), the save's unique key, save_versions_pkey, child_usage; no scan grows with the tables.
A row that another transaction inserted between the snapshot and the write is not in `old`, so it is not overwritten and its
item is returned as not done: the caller runs it again, and then that row is kept first.
"""

OVERWRITE: Final = f"""
    with old as materialized (
        select s.id, s.data_value, s.data_version, s.created_at, s.updated_at, {SIZE.format(document="s.data_value")} as size,
               {SIZE.format(document="$5::jsonb")} as new_size
          from games.simple_game_data s
          join games.simple_game_data seen
            on seen.child_id = s.child_id and seen.game_type = s.game_type and seen.data_key = s.data_key
           and coalesce(seen.data_version, 0) = coalesce(s.data_version, 0)
         where s.child_id = $2 and s.game_type = $3 and s.data_key = $4 and {guards("$2", "$1", archived_too="$13")}
           and set_config('lock_timeout', $12, true) is not null
           and ({_PERMITTED.format(mode="$16::text", permitted=permitted("$2", Purpose.SAVES))})
           for update of s skip locked
    ), judged as materialized (
        select $2::uuid as child_id, $3::text as game_type, $4::text as data_key, $7::text as device, $8::text as reason,
               $14::bytea as writer, old.data_value as old_value, old.updated_at as old_updated_at, old.created_at as old_created_at,
               old.size as old_size, old.new_size - old.size as growth,
               greatest(coalesce(old.data_version, 0), coalesce(last.version, 0) + 1) as kept_version,
               {_BY_ANOTHER.format(writer="$14")} as by_another,
               $9 > 0 and (old.data_value <> $5 or old.data_value::text <> $5::text) as differs,
               g.id as instance_id, g.last_played_at is null or g.last_played_at < now() - $11::interval as moves
          from old
          left join lateral ({_LAST_KEPT.format(key=_GIVEN_KEY)}) last on true
          left join games.game_registry r on r.game_key = $3 and r.is_active
          left join games.child_game_instances g on g.child_id = $2 and g.game_id = r.id
         where case {_EXPECTED.format(condition="$6::text")}
           and (r.id is null or g.id is not null)
           and (old.new_size <= old.size or {_FAMILY_BYTES.format(family_id=_FAMILY_COUNTED)} + old.new_size - old.size <= $15::bigint)
    ), kept as ({_KEEP.format(judged="judged", keeps="j.differs")}
    ), thinned as (
        delete from wondernest.save_versions v using ({_SURPLUS.format(key=_GIVEN_KEY, keep="$9")}) surplus
         where {_GIVEN_KEY} and v.version = surplus.version and {_MAY_GO} and (select j.differs from judged j)
        returning v.size_bytes
    ), stored as (
        update games.simple_game_data s
           set data_value = $5, data_version = j.kept_version + 1, updated_at = now()
          from judged j where s.child_id = $2 and s.game_type = $3 and s.data_key = $4
        returning s.id, s.data_version, s.updated_at, coalesce(s.created_at, s.updated_at) as created_at,
                  {DIGEST.format(document="s.data_value")} as digest, j.instance_id
    ), counted as (
        update wondernest.child_usage u
           set save_bytes = u.save_bytes + j.growth,
               versions = u.versions + j.differs::int - (t.size_bytes is not null)::int,
               history_bytes = u.history_bytes + case when j.differs then j.old_size else 0 end - coalesce(t.size_bytes, 0),
               updated_at = now()
          from judged j left join thinned t on true
         where u.child_id = $2
    ), touched as (
        update games.child_game_instances g set {_PLAYED.format(gap="$10")}
          from judged j where g.id = j.instance_id and j.moves
    )
    select * from stored"""
"""One save over an older one; the answer is a row, or none if anything is out of the ordinary, and then nothing was written: STORE decides.

Out of the ordinary: the child is not the adult's, or nobody permitted saves; there is no such save; it is locked, or was written since the snapshot; the
precondition fails; the family's bytes would be exceeded; the child has no instance of the game yet. A child without a row of usage has
saves of the earlier backends only, and the job that reconciles usage makes the row.

It costs the database half as much as STORE for one item: a plan of scalar parameters with half the parts starts faster.
$9: rules.Limits.kept_versions; $10, $11, $12, $15, $16: as $11, $12, $13, $17, $18 of STORE.
"""

DELETE: Final = f"""
    with owned as materialized (
        select i.child_id, i.game_type, s.data_key, i.condition, i.device, 'deleted' as reason, i.writer
          from (select $1::uuid as user_id, $2::uuid as child_id, $3::text as game_type, $4::text as data_key,
                       $5::text as condition, $6::text as device, $8::bool as archived_too, $9::bytea as writer) i
          join games.simple_game_data s
            on s.child_id = i.child_id and s.game_type = i.game_type and (i.data_key is null or s.data_key = i.data_key)
         where {guards("i.child_id", "i.user_id", archived_too="i.archived_too")}
    ), old as materialized ({_OLD}
    ), judged as materialized (
        select o.child_id, o.game_type, o.data_key, o.device, o.reason, o.writer, old.id as old_id, old.data_value as old_value,
               old.updated_at as old_updated_at, old.created_at as old_created_at, old.data_version as old_version,
               old.size as old_size, {_HOLDS} as holds,
               greatest(old.data_version, coalesce(last.version, 0) + 1) as kept_version,
               {_BY_ANOTHER.format(writer="o.writer")} as by_another
          from owned o
          join old on old.child_id = o.child_id and old.game_type = o.game_type and old.data_key = o.data_key
          left join lateral ({_LAST_KEPT.format(key=_KEY_OF.format(row="o"))}) last on true
    ), kept as ({_KEEP.format(judged="judged", keeps="j.holds and $7 > 0")}
    ), thinned as ({_THIN.format(keep="$7")}
    ), gone as (
        delete from games.simple_game_data s using judged j
         where s.child_id = j.child_id and s.game_type = j.game_type and s.data_key = j.data_key
           and j.holds and (select count(*) from kept) >= 0
        returning s.data_key, j.old_size
    ), counted as (
        update wondernest.child_usage u
           set saves = u.saves - d.saves, save_bytes = u.save_bytes - d.save_bytes,
               versions = u.versions + (select count(*) from kept) - (select count(*) from thinned),
               history_bytes = u.history_bytes + (select coalesce(sum(size_bytes), 0) from kept)
                   - (select coalesce(sum(size_bytes), 0) from thinned),
               updated_at = now()
          from (select count(*) as saves, sum(g.old_size) as save_bytes from gone g) d
         where u.child_id = $2 and d.saves > 0
    )
    select j.holds, g.data_key is not null as gone, j.old_version as current_version,
           coalesce(j.old_updated_at, j.old_created_at, 'epoch') as current_updated_at,
           case when not j.holds then {DIGEST.format(document="j.old_value")} end as current_digest,
           case when not j.holds then j.old_size end as current_size
      from owned o left join judged j on j.data_key = o.data_key left join gone g on g.data_key = o.data_key"""
"""$4 null: every save of the type; $7: rules.Limits.kept_versions.

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
