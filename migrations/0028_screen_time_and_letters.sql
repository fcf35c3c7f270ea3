-- Additions: extra screen time, and the weekly letter to parents.

-- @table wondernest.extra_time
-- Minutes that a parent added to a day of the family, for the last such day of each child.
create table wondernest.extra_time (
    child_id uuid primary key references family.child_profiles on delete cascade,
    day      date not null,
    minutes  integer not null check (minutes > 0)
);
