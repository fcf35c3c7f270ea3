-- Additions: wrong PINs, where an emptied cache does not forget them.

-- @table wondernest.pin_locks
-- Wrong PINs of a user since the last right one: those since the last lock, how many locks, and the running lock.
create table wondernest.pin_locks (
    user_id      uuid primary key references core.users on delete cascade,
    wrong        integer not null,
    locks        integer not null,
    locked_until timestamptz,
    updated_at   timestamptz not null
);
