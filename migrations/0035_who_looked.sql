-- Additions: what the service and its operator did with data of children, beside what adults of the family did.

-- @change 0035.actors [wondernest.child_accesses]
-- adult: actor_id is their account. service, operator: actor_id is the nil UUID.
alter table wondernest.child_accesses add column actor_type text not null default 'adult';

-- @table wondernest.common_accesses
-- What was done with data of all children at once, by hour (UTC): it is shown with the accesses of each child that was there.
create table wondernest.common_accesses (
    hour       timestamptz not null,
    actor_type text not null,
    kind       text not null,
    times      integer not null,
    last_at    timestamptz not null,
    primary key (hour, actor_type, kind)
);
