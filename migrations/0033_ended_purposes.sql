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
