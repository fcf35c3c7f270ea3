"""The statements of sessions. Each takes the user first ($1), and sees and ends rows of that user alone."""

from __future__ import annotations

from typing import Final

from wondernest.access.proofs import origin_of
from wondernest.auth.repository.accounts import ACCOUNT
from wondernest.auth.repository.letters import letter_args
from wondernest.auth.repository.revocations import CHANNEL
from wondernest.auth.rules import DEFAULT_LANGUAGE
from wondernest.platform.jobs import ENQUEUE_FUNCTION
from wondernest.platform.time_zones import DEFAULT_ZONE

_TOUCHED: Final = "greatest({now}, updated_at + interval '1 microsecond')"
_UNTOUCHED: Final = (
    "updated_at is not distinct from (select before.updated_at from core.users before where before.id = $1)"
)
"""The row of the user is the one of the snapshot: no sign-in, logout or end of a session was committed between the snapshot and the
lock, so what the statement sees of the sessions is all there is. Otherwise nothing is done, and the statement is run again."""

_ORIGIN: Final = "coalesce(s.device_info ->> 'origin', s.token_hash)"
"""What the tokens of one login have in common: the hash of its first refresh token. A row of another backend is alone."""
_IS_LIVE: Final = """
    case when s.device_info ? 'origin' then s.created_at > {now} - {life} else s.expires_at > {now} end
       and s.device_info ->> 'kind' is distinct from 'parent_mode'"""
"""A login lasts as long as its youngest refresh token, anything else as long as its own token. A parent-mode row is no session."""
_SESSION_ID: Final = f"md5('session ' || {_ORIGIN})::uuid"
"""A session's id on the wire: it stays the same when the session is renewed, and no hash of a token can be found from it."""

_END: Final = """
    ended as (
        delete from core.user_sessions s using gone
         where s.user_id = $1 and (s.token_hash = gone.origin or s.device_info ->> 'origin' = gone.origin)
        returning s.token_hash, s.expires_at, s.created_at, s.device_info ->> 'refreshTokenHash' as refresh_hash,
                  s.device_info ->> 'origin' as origin, s.device_info ->> 'kind' as kind),
    refused as (
        insert into core.refresh_tokens (user_id, token_hash, expires_at, created_at, revoked_at)
        select $1, chain.token_hash, {now} + {life}, {now}, {now}
          from (select refresh_hash as token_hash from ended union select origin from ended) chain
         where chain.token_hash is not null
        on conflict (token_hash) do update set revoked_at = coalesce(core.refresh_tokens.revoked_at, {now})),
    unproven as (
        delete from wondernest.step_up_proofs proof
         where proof.user_id = $1 and proof.session in (select origin from gone union all select token_hash from ended)),
    unrecorded as (
        insert into wondernest.unrecorded_cutoffs as mark (user_id, issued_until, spared_at)
        select $1, max(until), {spared}
          from ({unknown}) pair having max(until) is not null
        on conflict (user_id) do update
           set issued_until = greatest(mark.issued_until, excluded.issued_until), created_at = clock_timestamp(),
               spared_at = coalesce(excluded.spared_at,
                                    case when mark.spared_at > excluded.issued_until then mark.spared_at end)),
    access as (
        select token_hash, max(expires_at) as expires_at
          from (select token_hash, expires_at from ended where kind is null union all {presented}) one
         where expires_at > {now} and token_hash ~ '^[0-9a-f]{{64}}$' group by token_hash),
    revoked as (
        insert into wondernest.revoked_tokens (token_hash, user_id, expires_at)
        select decode(token_hash, 'hex'), $1, expires_at from access on conflict do nothing)"""
"""Ends the sessions of `gone` (origin): their rows, refresh tokens, proofs, and access tokens until they expire.

A pair that another backend issued is one row, of its access token. Its refresh token is not known, so those without a row of ours
that were issued no later are refused together (contract §1.6). `unknown`: the moments (until) of such pairs.
"""
_ENDED_PAIRS: Final = "select created_at as until from ended where origin is null and kind is null"
"""The row was stored when the pair was issued, or a moment later."""
_NONE_PRESENTED: Final = "select null::text, null::timestamptz where false"

_STORE: Final = """
    session as (
        insert into core.user_sessions (user_id, token_hash, expires_at, created_at, last_accessed, device_info)
        select id, $2, $3, $7, $7, jsonb_strip_nulls(
                   jsonb_build_object('refreshTokenHash', $4::text, 'origin', {origin}, 'device', $8::text))
          from account),
    refresh as (
        insert into core.refresh_tokens (user_id, token_hash, expires_at, created_at, ip_address)
        select id, $4, $5, $7, $6 from account)"""
"""`origin` is the hash of the first refresh token of a login: logout ends all sessions of that login and no other."""
_STORE_FIRST: Final = _STORE.format(origin="$4::text")
_STORE_NEXT: Final = _STORE.format(
    origin="coalesce((select s.device_info ->> 'origin' from core.user_sessions s"
    " where s.user_id = $1 and s.device_info ->> 'refreshTokenHash' = $10 limit 1), $10)"
)
_NOTIFIED: Final = f"(select pg_notify('{CHANNEL}', '')) notified"
_NOTIFY: Final = f"{_NOTIFIED} left join"
"""Joined to the last part of a statement: other processes get the notification only if the transaction commits."""

REGISTER: Final = f"""
    with account as (
        insert into core.users (id, email, password_hash, first_name, last_name, phone, email_verified, is_active, role,
                                created_at, updated_at, family_id)
        values ($1, $9, $10, $11, $12, $13, $14, true, 'parent', $7, $7, $15)
        on conflict (email) do nothing returning id),
    household as (
        insert into family.families (id, name, created_by, created_at, updated_at)
        select $15, $16, id, $7, $7 from account returning id),
    member as (
        insert into family.family_members (family_id, user_id, role, joined_at)
        select household.id, account.id, 'parent', $7 from household, account),
    locale as (
        insert into wondernest.family_locales (family_id, time_zone, language, updated_at)
        select id, $17::text, $18::text, $7 from household where ($17::text, $18::text) <> ('{DEFAULT_ZONE}', '{DEFAULT_LANGUAGE}')),
    {_STORE_FIRST}
    select true from account"""

LOGIN: Final = f"""
    with account as (
        update core.users set updated_at = {_TOUCHED.format(now="$7::timestamptz")}
         where id = $1 and password_hash = $9 and is_active is not false and {_UNTOUCHED} returning id),
    forgotten as (
        delete from wondernest.pin_locks where user_id in (select id from account)),
    strange as (
        select id from account
         where $10::cidr is not null
           and exists (select from core.refresh_tokens r where r.user_id = account.id and r.ip_address is not null)
           and not exists (select from core.refresh_tokens r where r.user_id = account.id and r.ip_address <<= $10)),
    live as (
        select {_ORIGIN} as origin, max(coalesce(s.last_accessed, s.created_at)) as seen_at
          from core.user_sessions s join account on account.id = s.user_id
         where {_IS_LIVE.format(now="$7", life="($5 - $7)")} and s.device_info ->> 'kind' is null
         group by 1),
    gone as (
        select origin from live order by seen_at desc nulls last, origin offset greatest($11 - 1, 0)),
    {_END.format(now="$7", life="($5 - $7)", spared="null::timestamptz", unknown=_ENDED_PAIRS, presented=_NONE_PRESENTED)},
    {_STORE_FIRST}
    select account.id, access.token_hash, access.expires_at,
           (select {ENQUEUE_FUNCTION}($12, {letter_args(13, "strange.id")}, null) from strange) as mailed,
           case when access.token_hash is not null then (select true from {_NOTIFIED}) end as notified
      from account left join access on true"""
"""$10: the client's network, $11: how many sessions a user may have, $12 to $14: the job that mails a sign-in from a new network, its
argument and the language of the request. The session that was used least recently ends first; no one is ended for a login that is refused.
A sign-in proves more than a PIN: it ends the lock of the PIN.
"""

_UNRECORDED: Final = """
    exists (select from wondernest.unrecorded_cutoffs mark
             where mark.user_id = $1 and {issued_at} <= mark.issued_until
               and {issued_at} is distinct from mark.spared_at)"""

REFRESH: Final = f"""
    with holder as (
        select id from core.users
         where id = $1 and password_hash = $9 and is_active is not false and {_UNTOUCHED} for share),
    presented as (
        select r.revoked_at from core.refresh_tokens r join holder on holder.id = r.user_id
         where r.token_hash = $10 for share of r),
    account as (
        select id from holder
         where not exists (select from presented where revoked_at is not null)
           and (exists (select from presented) or not {_UNRECORDED.format(issued_at="$11::timestamptz")})),
    {_STORE_NEXT}
    select true from account"""

REFRESH_STATE: Final = f"""
    select holder.*, coalesce((select r.revoked_at is not null from core.refresh_tokens r
                                  where r.token_hash = $2 and r.user_id = $1),
                              {_UNRECORDED.format(issued_at="$3::timestamptz")}) as revoked,
           (select c.issued_before from wondernest.token_cutoffs c where c.user_id = $1) as issued_before
      from ({ACCOUNT} where u.id = $1) holder"""

TOUCH: Final = f"update core.users set updated_at = {_TOUCHED.format(now='$2::timestamptz')} where id = $1"
"""Locks the user's row, and makes sign-ins and renewals that wait for it look again at the sessions."""

_PRESENTED: Final = "select $2::text, $3::timestamptz"
END_CHAIN: Final = f"""
    with held as (
        select s.device_info ->> 'origin' as origin from core.user_sessions s
         where s.user_id = $1 and s.token_hash = $2 and s.device_info ? 'origin' limit 1),
    gone as (
        select coalesce((select origin from held), $2) as origin),
    {
    _END.format(
        now="$4::timestamptz",
        life="$5::interval",
        spared="null::timestamptz",
        unknown="select $6::timestamptz as until where not exists (select from held)",
        presented=_PRESENTED,
    )
}
    select access.token_hash, access.expires_at from {_NOTIFY} access on true"""

END_ONE: Final = f"""
    with gone as (
        select distinct {_ORIGIN} as origin from core.user_sessions s
         where s.user_id = $1 and {_SESSION_ID} = $2 and {_IS_LIVE.format(now="$3::timestamptz", life="$4::interval")}),
    {
    _END.format(
        now="$3::timestamptz",
        life="$4::interval",
        spared="null::timestamptz",
        unknown=_ENDED_PAIRS,
        presented=_NONE_PRESENTED,
    )
}
    select access.token_hash, access.expires_at, exists (select from gone) as found from {_NOTIFY} access on true"""

END_OTHERS: Final = f"""
    with mine as (
        select coalesce({origin_of("$1", "$2")}, $2) as origin, {origin_of("$1", "$2")} is not null as recorded),
    gone as (
        select distinct {_ORIGIN} as origin from core.user_sessions s, mine
         where s.user_id = $1 and {_ORIGIN} <> mine.origin and s.device_info ->> 'kind' is distinct from 'parent_mode'),
    orphans as (
        update core.refresh_tokens r set revoked_at = $3
         where r.user_id = $1 and r.revoked_at is null
           and r.token_hash <> (select origin from mine)
           and not exists (select from core.user_sessions s
                            where s.user_id = $1 and (s.device_info ->> 'refreshTokenHash' = r.token_hash
                                                      or s.device_info ->> 'origin' = r.token_hash))),
    {
    _END.format(
        now="$3::timestamptz",
        life="$4::interval",
        spared="(select $5::timestamptz from mine where not recorded)",
        unknown="select $3::timestamptz as until",
        presented=_NONE_PRESENTED,
    )
}
    select access.token_hash, access.expires_at from {_NOTIFY} access on true"""

LIST: Final = f"""
    select one.*, r.ip_address as ip
      from (select {_SESSION_ID} as id, min(s.device_info ->> 'childId') as child_id, min(s.created_at) as created_at,
                   max(coalesce(s.last_accessed, s.created_at)) as seen_at,
                   (array_agg(s.device_info ->> 'device' order by s.created_at desc))[1] as device,
                   (array_agg(s.device_info ->> 'refreshTokenHash' order by s.created_at desc))[1] as refresh_hash,
                   bool_or({_ORIGIN} = coalesce({origin_of("$1", "$2")}, $2)) as current
              from core.user_sessions s
             where s.user_id = $1 and {_IS_LIVE.format(now="$3::timestamptz", life="$4::interval")}
             group by {_SESSION_ID}) one
      left join core.refresh_tokens r on r.token_hash = one.refresh_hash and r.user_id = $1
     order by one.current desc, one.seen_at desc nulls last, one.id"""
"""Plan: the index of the user's rows; one probe of a refresh token for each session."""

END_ALL: Final = f"""
    with ended as (
        delete from core.user_sessions where user_id = $1 returning token_hash, expires_at),
    refused as (
        update core.refresh_tokens set revoked_at = $2 where user_id = $1 and revoked_at is null),
    spent as (
        update core.password_reset_tokens set used = true where user_id = $1 and used is not true),
    unproven as (
        delete from wondernest.step_up_proofs where user_id = $1),
    cutoff as (
        insert into wondernest.token_cutoffs as mark (user_id, issued_before) values ($1, $3)
        on conflict (user_id) do update set issued_before = greatest(mark.issued_before, excluded.issued_before),
                                            created_at = clock_timestamp()),
    unrecorded as (
        insert into wondernest.unrecorded_cutoffs as mark (user_id, issued_until) values ($1, $3)
        on conflict (user_id) do update set issued_until = greatest(mark.issued_until, excluded.issued_until),
                                            spared_at = null, created_at = clock_timestamp()),
    access as (
        select token_hash, max(expires_at) as expires_at from ended
         where expires_at > $2 and token_hash ~ '^[0-9a-f]{{64}}$' group by token_hash),
    revoked as (
        insert into wondernest.revoked_tokens (token_hash, user_id, expires_at)
        select decode(token_hash, 'hex'), $1, expires_at from access on conflict do nothing)
    select access.token_hash, access.expires_at from {_NOTIFY} access on true"""

NOTE_PARENT_MODE: Final = f"""
    with holder as (
        select id from core.users where id = $1 and is_active is not false),
    proof as (
        insert into wondernest.step_up_proofs (user_id, proof_hash, session, expires_at, created_at)
        select id, decode($2::text, 'hex'), coalesce({origin_of("$1", "$5")}, $5), $6, $4 from holder where $5::text is not null)
    insert into core.user_sessions (user_id, token_hash, expires_at, created_at, last_accessed, device_info)
    select id, $2, $3, $4, $4, '{{"kind": "parent_mode"}}' from holder"""

NOTE_PROOF: Final = f"""
    insert into wondernest.step_up_proofs (user_id, proof_hash, session, expires_at, created_at)
    select id, decode($2::text, 'hex'), coalesce({origin_of("$1", "$3")}, $3), $4, $5
      from core.users where id = $1 and is_active is not false"""

FORGET_PROOFS: Final = "delete from wondernest.step_up_proofs where user_id = $1"

NOTE_CHILD: Final = """
    insert into core.user_sessions (user_id, token_hash, expires_at, created_at, last_accessed, device_info)
    select id, $2, $3, $4, $4, jsonb_build_object('kind', 'child', 'childId', $5::uuid)
      from core.users where id = $1 and is_active is not false"""

CHANGE_PASSWORD: Final = f"""
    update core.users set password_hash = $3, updated_at = {_TOUCHED.format(now="$4::timestamptz")}
     where id = $1 and password_hash = $2 and is_active is not false returning true"""
