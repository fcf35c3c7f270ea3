-- Additions: what is left of the ledger of consent when a child, or an adult who leaves a family, is erased.

-- @change 0034.redactions [wondernest.consent_ledger]
-- redacted: the columns that were emptied because somebody was erased. redaction: HMAC-SHA256 by the service's key over what is left, so that
-- nobody else can empty a column unseen. doubted: the entry was not what had been written, already before. The previous release writes
-- entries as before; its `consent verify` reports redacted ones.
alter table wondernest.consent_ledger alter column child_id drop not null;
alter table wondernest.consent_ledger alter column consent_id drop not null;
alter table wondernest.consent_ledger add column redacted text[];
alter table wondernest.consent_ledger add column doubted boolean not null default false;
alter table wondernest.consent_ledger add column redaction bytea;
alter table wondernest.consent_ledger add constraint consent_ledger_names_child
    check (redaction is not null or (child_id is not null and consent_id is not null)) not valid;
-- As before, but an entry may lose ids when it gets a seal for it, and nothing else of it may change.
create or replace function wondernest.keep_consent_ledger() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' and tg_table_name = 'consent_heads' then
        if new.family_id = old.family_id and new.entries > old.entries then
            return new;
        end if;
    elsif tg_op = 'UPDATE' and tg_table_name = 'consent_ledger' then
        if new.redaction is distinct from old.redaction and new.redaction is not null
           and coalesce(old.redacted, '{}') <@ new.redacted and new.doubted >= old.doubted
           and (new.child_id is null or new.child_id = old.child_id)
           and (new.consent_id is null or new.consent_id = old.consent_id)
           and (new.actor_id is null or new.actor_id = old.actor_id)
           and (new.reference is null or new.reference = old.reference)
           and (new.family_id, new.number, new.entry, new.at, new.method, new.notice_version, new.notice_digest, new.purposes, new.digest)
               is not distinct from
               (old.family_id, old.number, old.entry, old.at, old.method, old.notice_version, old.notice_digest, old.purposes, old.digest) then
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

-- @change 0034.ends-by-parents [wondernest.ended_purposes]
-- withdrawn: a parent said so; else its time was over. announced: the parents got a letter with the day. erased_at: when what was held was
-- last erased; such a row stays where data goes on to be collected. The previous release announces every end, and knows no other.
alter table wondernest.ended_purposes add column withdrawn boolean not null default false;
alter table wondernest.ended_purposes add column announced boolean not null default true;
alter table wondernest.ended_purposes add column erased_at timestamptz;

-- @index wondernest.idx_consent_ledger_child
-- Finds the entries of a child who is erased.
create index idx_consent_ledger_child on wondernest.consent_ledger (child_id);

-- @index wondernest.idx_consent_ledger_actor
-- Finds the entries of an adult who is erased.
create index idx_consent_ledger_actor on wondernest.consent_ledger (actor_id);

-- @function wondernest.redact_consent_ledger(uuid, bigint, text[], boolean, bytea)
-- Empties columns of an entry, and stores the service's seal over what is left; whether there is such an entry. It runs with the rights
-- of the owner, because the service's role may only add to the ledger. A wrong seal is found by `consent verify`.
create function wondernest.redact_consent_ledger(
    family uuid, place bigint, emptied text[], is_doubted boolean, new_seal bytea
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update wondernest.consent_ledger entry
       set child_id = case when 'child_id' = any (emptied) then null else entry.child_id end,
           consent_id = case when 'consent_id' = any (emptied) then null else entry.consent_id end,
           actor_id = case when 'actor_id' = any (emptied) then null else entry.actor_id end,
           reference = case when 'reference' = any (emptied) then null else entry.reference end,
           redacted = emptied, doubted = is_doubted, redaction = new_seal
     where entry.family_id = family and entry.number = place;
    return found;
end
$$;
