-- The tables of a room that exists in the tests only.

-- @table wondernest.postcards
-- Postcards to children.
create table wondernest.postcards (
    child_id   uuid not null,
    id         uuid not null default gen_random_uuid(),
    text       varchar(200) not null,
    stamped_at timestamptz,
    primary key (child_id, id)
);
