-- Additions: what a child's saves use.

-- @table wondernest.child_usage
-- Per child: saves and kept versions, and their bytes.
create table wondernest.child_usage (
    child_id      uuid primary key,
    family_id     uuid not null,
    saves         integer not null default 0,
    save_bytes    bigint not null default 0,
    versions      integer not null default 0,
    history_bytes bigint not null default 0,
    updated_at    timestamptz not null default now()
) with (fillfactor = 70);
create index idx_child_usage_family on wondernest.child_usage (family_id);

-- @change 0016.version-writers [wondernest.save_versions]
alter table wondernest.save_versions
    add column replaced_by bytea,
    add column by_another  boolean not null default false;
