-- Additions: what each child's saves use, and who replaced each kept version.

-- @table wondernest.child_usage
-- One row for each child: number and size of its saves and of its kept versions. Every statement of ours that writes saves keeps it right;
-- the earlier backends do not know it, so a job reconciles it. Free space on the pages lets updates stay there (HOT): no index
-- holds a counter.
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
-- replaced_by: a hash of the device or the user that replaced the version; null in rows made before. by_another: whether that was another one
-- than the one that wrote it. The previous release names its columns, so its rows get the defaults.
alter table wondernest.save_versions add column replaced_by bytea;
alter table wondernest.save_versions add column by_another boolean not null default false;
