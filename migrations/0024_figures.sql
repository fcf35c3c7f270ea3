-- Additions: where a family lives in time, and the figures of its children by day.

-- @table wondernest.family_locales
-- A family's time zone (a name of Java's ZoneId), the day on which its week begins (0: Sunday … 6: Saturday), and its language.
-- A family without a row has UTC, Sunday and English.
create table wondernest.family_locales (
    family_id  uuid primary key references family.families on delete cascade,
    time_zone  varchar(64) not null default 'UTC',
    first_day  smallint not null default 0 check (first_day between 0 and 6),
    language   varchar(10) not null default 'en',
    updated_at timestamptz not null
);

-- @table wondernest.child_days
-- What a child did in a day of its family's zone, summed by category: {"art": [seconds, educational seconds, activities, completed]}.
-- Views of content are not in it. A row with counted_at null waits to be counted, from two minutes after asked_at on: then every
-- transaction that stored an event of the day before it saw the row has ended. A day without a valid row is computed from its events.
-- final: its events are old and may have been removed, so the row counts whatever the family's zone is now.
create table wondernest.child_days (
    child_id     uuid not null references family.child_profiles on delete cascade,
    day          date not null,
    time_zone    varchar(64) not null,
    asked_at     timestamptz not null,
    counted_at   timestamptz,
    categories   jsonb not null default '{}',
    interactions integer not null default 0,
    contents     integer not null default 0,
    sessions     integer not null default 0,
    final        boolean not null default false,
    primary key (child_id, day)
);
create index idx_child_days_waiting on wondernest.child_days (asked_at) where counted_at is null;

-- @index analytics.idx_analytics_events_child_created
-- Ours: the events of a child in a span of time, however many it has.
create index idx_analytics_events_child_created on analytics.analytics_events (child_id, created_at);

-- @index content.idx_content_engagement_child_started
-- Ours: the same for views of content.
create index idx_content_engagement_child_started on content.content_engagement (child_id, started_at);
