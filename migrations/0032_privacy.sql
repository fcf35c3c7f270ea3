-- Additions: who is to be erased, and what was erased.

-- @table wondernest.erasures
-- Requests to erase a child, a family or an account. `waiting` until due_at: hidden, frozen, and can be taken back. `erasing`: rows and
-- files go. `settling` until settle_at: then what was written meanwhile goes too. When it is `done`, the row names nobody that is gone.
-- `frozen`: the children that the request archived, so that taking it back changes no others. `subjects`: everybody who is erased, once
-- that is decided: the rows that it follows from are erased too.
create table wondernest.erasures (
    id          uuid primary key,
    kind        varchar(10) not null check (kind in ('child', 'family', 'account')),
    child_id    uuid,
    family_id   uuid,
    user_id     uuid,
    asked_by    uuid,
    state       varchar(10) not null default 'waiting' check (state in ('waiting', 'erasing', 'settling', 'done', 'taken_back')),
    frozen      uuid[] not null default '{}',
    subjects    jsonb,
    asked_at    timestamptz not null,
    due_at      timestamptz not null,
    settle_at   timestamptz,
    finished_at timestamptz,
    counts      jsonb not null default '{}'
);
create unique index idx_erasures_child on wondernest.erasures (child_id)
    where kind = 'child' and state in ('waiting', 'erasing', 'settling');
create unique index idx_erasures_family on wondernest.erasures (family_id)
    where kind = 'family' and state in ('waiting', 'erasing', 'settling');
create unique index idx_erasures_account on wondernest.erasures (user_id)
    where kind = 'account' and state in ('waiting', 'erasing', 'settling');
create index idx_erasures_open on wondernest.erasures (due_at) where state in ('waiting', 'erasing', 'settling');
create index idx_erasures_of_family on wondernest.erasures (family_id) where family_id is not null;
create index idx_erasures_asked_by on wondernest.erasures (asked_by) where asked_by is not null;

-- @table wondernest.erasure_log
-- Who was erased, as keyed hashes of ids: when a backup is restored, they are erased again. A copy of each is in the blob storage.
create table wondernest.erasure_log (
    person_hash bytea primary key,
    kind        varchar(10) not null,
    erased_at   timestamptz not null
);

-- @table wondernest.exports
-- What a user asked to be given, as a file in the blob storage. family_id: the family whose parent they are. A row without ready_at is
-- being made. fetched_at: the first use of the mailed link, which ends soon after.
create table wondernest.exports (
    user_id    uuid not null references core.users on delete cascade,
    id         uuid not null,
    family_id  uuid,
    asked_at   timestamptz not null,
    ready_at   timestamptz,
    expires_at timestamptz,
    fetched_at timestamptz,
    bytes      bigint,
    primary key (user_id, id)
);
create index idx_exports_expires on wondernest.exports (expires_at);
