-- Additions: extra screen time, and the weekly letter to parents.

-- @table wondernest.extra_time
-- Minutes that a parent added to a day of the family, for the last such day of each child.
create table wondernest.extra_time (
    child_id uuid primary key references family.child_profiles on delete cascade,
    day      date not null,
    minutes  integer not null check (minutes > 0)
);

-- @table wondernest.letter_readers
-- Parents who chose the weekly letter about a family, and since when.
create table wondernest.letter_readers (
    family_id uuid not null references family.families on delete cascade,
    user_id   uuid not null references core.users on delete cascade,
    since     timestamptz not null,
    primary key (family_id, user_id)
);

-- @table wondernest.weekly_letters
-- The last weekly letter of each reader, by the family's Sunday. A row is claimed in the transaction that enqueues the letter, and
-- handed_over is set before it goes to the mail server: of a process that is killed in between, nobody sends it again.
create table wondernest.weekly_letters (
    family_id   uuid not null references family.families on delete cascade,
    user_id     uuid not null references core.users on delete cascade,
    sunday      date not null,
    handed_over boolean not null default false,
    primary key (family_id, user_id)
);
