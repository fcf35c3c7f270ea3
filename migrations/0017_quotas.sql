-- Additions: what limits of a family need to count.

-- @change 0017.recounted [wondernest.child_usage]
-- When the counters were last compared with every row of the child. No index, so that its updates stay on their page.
alter table wondernest.child_usage add column recounted_at timestamptz not null default '-infinity';

-- @table wondernest.event_usage
-- Per child: the events of the last day on which some were stored, and their bytes. A repeated event is not counted.
create table wondernest.event_usage (
    child_id uuid primary key,
    day      date not null,
    events   integer not null,
    bytes    bigint not null
) with (fillfactor = 70);

-- @table wondernest.walks
-- Where a periodic job that visits every row in parts goes on. No row: at the beginning.
create table wondernest.walks (
    name     varchar(60) primary key,
    after_id uuid not null
);

-- @function wondernest.room_for_child(uuid, integer, integer)
-- Whether the family may have one more child. Locks the family until the transaction ends; each statement of a volatile function has a
-- snapshot of its own, so the children are counted as they are after the wait. Kotlin's inserts are not blocked: they take a weaker lock.
create function wondernest.room_for_child(family uuid, most_active integer, most integer) returns boolean
language plpgsql volatile as $$
begin
    perform from family.families f where f.id = family for no key update;
    return (
        select count(*) filter (where c.is_active is not false and c.archived_at is null) < most_active and count(*) < most
          from family.child_profiles c where c.family_id = family);
end $$;
