-- Additions: what a parent's consent permits at this moment, and the age of consent where a family lives.

-- @table wondernest.consent_gates
-- One row for each child whose parent consented, or who has days of grace: what is asked before data of the child is collected or used.
-- `consent_id`: the row of compliance.coppa_consent that stands for the consent; when any backend revokes it, nothing is permitted.
-- of_age_at: when the parents were told that the child has reached the age of consent.
-- Writers of a child's data lock the row for share until they commit, so a withdrawal waits for them, and they for it.
create table wondernest.consent_gates (
    child_id       uuid primary key references family.child_profiles on delete cascade,
    purposes       text[] not null default '{}',
    in_force_until timestamptz,
    consent_id     uuid,
    grace_until    timestamptz,
    of_age_at      timestamptz,
    updated_at     timestamptz not null
);
create index idx_consent_gates_ending on wondernest.consent_gates (in_force_until);

-- @function wondernest.unpermitted(uuid, text, boolean, text)
-- Ends the statement with the SQLSTATE, or only reports it by a notice and returns true. Volatile on purpose: a planner may run a
-- stable function early, to estimate.
create function wondernest.unpermitted(child_id uuid, purpose text, passes boolean, reason text) returns boolean
language plpgsql volatile as $$
begin
    if passes then
        raise notice using message = purpose, detail = coalesce(child_id::text, ''), errcode = reason;
        return true;
    end if;
    raise exception using message = purpose, detail = coalesce(child_id::text, ''), errcode = reason;
end
$$;

-- @change 0025.country-of-family [wondernest.family_locales]
-- The country is an ISO 3166 code of two letters; the age is that of its law, NULL where the country is unknown.
alter table wondernest.family_locales add column country varchar(2), add column consent_age smallint;

-- @function wondernest.of_age(uuid, integer)
-- Whether the child has reached the age of consent of its family's country, or the given age where that is unknown. The day is the one
-- that has begun everywhere, so a child is never of age a day early, in whatever zone the family lives.
create function wondernest.of_age(child uuid, strictest integer) returns boolean
language plpgsql stable as $$
begin
    return coalesce((
        select extract(year from age((now() at time zone 'UTC' - interval '12 hours')::date,
                                     least(greatest(aged.birth_date, '0001-01-01'), '9999-12-31')))
               >= coalesce(household.consent_age, strictest)
          from family.child_profiles aged
          left join wondernest.family_locales household on household.family_id = aged.family_id
         where aged.id = child), false);
end
$$;

-- @function wondernest.permitted(uuid, text, integer, boolean)
-- Whether the child's data may be collected or used for the purpose: by a consent in force, by days of grace, or by its age. `writes`
-- locks the gate for share. Volatile on purpose: each of its statements sees what was committed before it, so after a wait for a
-- withdrawal it sees that.
create function wondernest.permitted(child uuid, asked text, strictest integer, writes boolean) returns boolean
language plpgsql volatile as $$
declare
    gate wondernest.consent_gates;
begin
    if writes then
        select held.* into gate from wondernest.consent_gates held where held.child_id = child for share;
    else
        select held.* into gate from wondernest.consent_gates held where held.child_id = child;
    end if;
    if gate.grace_until > now() then
        return true;
    end if;
    if gate.in_force_until > now() and asked = any (gate.purposes) and (gate.consent_id is null or exists (
        select from compliance.coppa_consent shown where shown.id = gate.consent_id and shown.revoked_at is null)) then
        return true;
    end if;
    return wondernest.of_age(child, strictest);
end
$$;

-- @table wondernest.consent_switches
-- When the gate was enforced for the first time: children of an earlier day get days of grace, once.
create table wondernest.consent_switches (
    mode       varchar(10) primary key,
    first_at   timestamptz not null,
    granted_at timestamptz
);

-- @table wondernest.consent_refusals
-- What a request without consent was refused, or would be refused if the gate were enforced: counted for the operator, by family, route
-- and day (UTC), and removed after a while.
create table wondernest.consent_refusals (
    family_id  uuid not null references family.families on delete cascade,
    day        date not null,
    route      varchar(200) not null,
    purpose    varchar(60) not null,
    enforced   boolean not null,
    times      integer not null,
    last_at    timestamptz not null,
    primary key (family_id, day, route, purpose, enforced)
);
create index idx_consent_refusals_day on wondernest.consent_refusals (day);
