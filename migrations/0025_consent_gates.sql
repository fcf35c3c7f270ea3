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
