-- Additions: versions of saves, safe retries and event identities.

-- @column games.simple_game_data.data_version
-- The one column we add to a table that is there; statements of the earlier backends name their columns and go on.
alter table games.simple_game_data add column data_version integer not null default 1;

-- @table wondernest.save_versions
-- Versions of saves that were overwritten, deleted or replaced by a restore. Like games.simple_game_data it has no
-- foreign key on the child: a save outlives a removed profile until the privacy room erases both.
create table wondernest.save_versions (
    child_id   uuid not null,
    game_type  varchar(100) not null,
    data_key   varchar(200) not null,
    version    integer not null,
    data_value jsonb not null,
    size_bytes integer not null,
    saved_at   timestamptz not null,
    created_at timestamptz not null,
    kept_at    timestamptz not null default current_timestamp,
    reason     varchar(20) not null check (reason in ('overwritten', 'deleted', 'restored')),
    device     varchar(100),
    primary key (child_id, game_type, data_key, version)
);
do $$
begin
    alter table wondernest.save_versions alter column data_value set compression lz4;
exception when feature_not_supported then
    null; -- a server built without lz4 keeps its default
end $$;

-- @table wondernest.idempotency_keys
-- Answers to requests that carried an Idempotency-Key; a row without status is still being worked on.
create table wondernest.idempotency_keys (
    user_id      uuid not null,
    key          varchar(200) not null,
    route        varchar(200) not null,
    request_hash bytea not null,
    status       smallint,
    body         bytea,
    headers      jsonb,
    created_at   timestamptz not null default current_timestamp,
    expires_at   timestamptz not null,
    primary key (user_id, key)
);
create index idx_idempotency_keys_expires on wondernest.idempotency_keys (expires_at);

-- @table wondernest.event_identities
-- Fingerprints of analytics events already stored, so that a repeated delivery counts once.
create table wondernest.event_identities (
    child_id    uuid not null,
    fingerprint bytea not null,
    created_at  timestamptz not null default current_timestamp,
    primary key (child_id, fingerprint)
);
