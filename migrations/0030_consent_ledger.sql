-- Additions: the ledger of consent, and consents that are asked for and in force.

-- @function wondernest.keep_consent_ledger()
-- Refuses every change of the ledger and every step back of its heads, also for the owner of the tables. A family whose erasure
-- has a receipt may be deleted.
create function wondernest.keep_consent_ledger() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' and tg_table_name = 'consent_heads' then
        if new.family_id = old.family_id and new.entries > old.entries then
            return new;
        end if;
    elsif tg_op = 'DELETE' and tg_table_name <> 'consent_erasures' then
        if exists (select from wondernest.consent_erasures receipt
                    where receipt.family_digest = sha256(uuid_send(old.family_id))) then
            return old;
        end if;
    end if;
    raise exception 'the consent ledger is append-only' using errcode = 'restrict_violation';
end
$$;

-- @table wondernest.consent_erasures
-- Receipts of families whose part of the ledger was erased. `family_digest`: SHA-256 of the family's id, which is random and cannot
-- be found from it. `seal`: HMAC-SHA256 by the service's key over what the row says.
create table wondernest.consent_erasures (
    family_digest bytea primary key check (octet_length(family_digest) = 32),
    entries       bigint not null,
    erased_at     timestamptz not null,
    seal          bytea not null
);
create trigger keep_receipts before update or delete on wondernest.consent_erasures
   for each row execute function wondernest.keep_consent_ledger();
create trigger keep_receipts_whole before truncate
    on wondernest.consent_erasures
   for each statement execute function wondernest.keep_consent_ledger();

-- @table wondernest.consent_ledger
-- What happened to consents, in order, for each family. `digest` is the SHA-256 of the digest before it and of the row
-- (docs/privacy/consent-ledger.md). Ids, names of purposes and moments only: no text of a person and no proof.
create table wondernest.consent_ledger (
    family_id      uuid not null,
    number         bigint not null check (number > 0),
    child_id       uuid not null,
    consent_id     uuid not null,
    entry          varchar(10) not null
                   check (entry in ('request', 'confirm', 'grant', 'withdraw', 'undo', 'expire', 're-notice')),
    actor_id       uuid,
    at             timestamptz not null,
    method         varchar(40),
    reference      varchar(100),
    notice_version integer,
    notice_digest  bytea,
    purposes       text[] not null,
    digest         bytea not null check (octet_length(digest) = 32),
    primary key (family_id, number)
);
create trigger keep_entries before update or delete on wondernest.consent_ledger
   for each row execute function wondernest.keep_consent_ledger();
create trigger keep_ledger before truncate
    on wondernest.consent_ledger
   for each statement execute function wondernest.keep_consent_ledger();

-- @table wondernest.consent_heads
-- The last entry of each family: without it, entries missing at the end would not show. `seal`: HMAC-SHA256 by the service's key,
-- which is not in the database. `doubted`: the first entry after a head whose seal was wrong.
create table wondernest.consent_heads (
    family_id uuid primary key,
    entries   bigint not null,
    digest    bytea not null,
    doubted   bigint,
    seal      bytea not null
);
create trigger keep_heads before update or delete on wondernest.consent_heads
   for each row execute function wondernest.keep_consent_ledger();
create trigger keep_all_heads before truncate
    on wondernest.consent_heads
   for each statement execute function wondernest.keep_consent_ledger();

-- @function wondernest.erase_consent_ledger(uuid, timestamp with time zone, bytea)
-- Erases a family's part of the ledger and leaves a receipt; returns the number of entries. It runs with the rights of the owner,
-- because the service's role may only add to the ledger. A receipt without the service's seal is found by `consent verify`.
create function wondernest.erase_consent_ledger(family uuid, moment timestamptz, receipt_seal bytea) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    erased bigint;
begin
    insert into wondernest.consent_erasures (family_digest, entries, erased_at, seal)
    select sha256(uuid_send(family)), head.entries, moment, receipt_seal
      from wondernest.consent_heads head where head.family_id = family
        on conflict (family_digest) do nothing;
    delete from wondernest.consent_ledger where family_id = family;
    get diagnostics erased = row_count;
    delete from wondernest.consent_heads where family_id = family;
    return erased;
end
$$;

-- @table wondernest.consents
-- A child's consents that are asked for or in force. A row whose consent ended is deleted: the ledger says what became of it. The
-- digests are those of the one-time tokens in letters. `ends_at`: of a request, when it is dropped; of a consent, when it expires.
create table wondernest.consents (
    family_id       uuid not null,
    id              uuid not null,
    child_id        uuid not null,
    parent_id       uuid not null,
    standing        varchar(10) not null check (standing in ('requested', 'granted')),
    reason          varchar(10) not null check (reason in ('asked', 'renewal', 're-notice')),
    consent_type    varchar(50) not null,
    permissions     jsonb not null,
    named_as        text,
    method          varchar(40) not null,
    reference       varchar(100),
    notice_version  integer not null,
    notice_language varchar(2) not null,
    notice_digest   bytea not null,
    requested_at    timestamptz not null,
    confirmed_at    timestamptz,
    ends_at         timestamptz not null,
    asked_again     varchar(10),
    second_due_at   timestamptz,
    token_digest    bytea,
    undo_digest     bytea,
    primary key (family_id, id)
);
create index idx_consents_child on wondernest.consents (child_id, standing);
create index idx_consents_ends on wondernest.consents (ends_at);
create index idx_consents_second on wondernest.consents (second_due_at) where second_due_at is not null;
