-- Additions: which days of events are in the archive.

-- @table wondernest.event_archives
-- A day (UTC) of analytics.analytics_events that was written to the blob storage, before its events are removed. A row without
-- archived_at is a run that was killed: the next one writes the day again. files: their count. bytes: their size.
create table wondernest.event_archives (
    day         date primary key,
    begun_at    timestamptz not null,
    archived_at timestamptz,
    events      bigint not null default 0,
    files       integer not null default 0,
    bytes       bigint not null default 0
);
