-- Additions: what is erased because a parent's consent does not permit it any more.

-- @table wondernest.ended_purposes
-- One row for each child and purpose that was permitted and is no longer: what is held for it alone is erased at erase_at, and the row with it.
-- Written and taken back in the transaction of the consent that ends or begins.
create table wondernest.ended_purposes (
    child_id uuid not null references family.child_profiles on delete cascade,
    purpose  text not null,
    ended_at timestamptz not null,
    erase_at timestamptz not null,
    primary key (child_id, purpose)
);
create index idx_ended_purposes_due on wondernest.ended_purposes (erase_at);

-- @table wondernest.child_accesses
-- Who looked at data of a child, or decided about it, besides the child's own devices: one row for each adult, kind and hour (UTC).
create table wondernest.child_accesses (
    child_id uuid not null references family.child_profiles on delete cascade,
    hour     timestamptz not null,
    actor_id uuid not null,
    kind     text not null,
    times    integer not null,
    last_at  timestamptz not null,
    primary key (child_id, hour, actor_id, kind)
);
create index idx_child_accesses_hour on wondernest.child_accesses (hour);
create index idx_child_accesses_actor on wondernest.child_accesses (actor_id);
