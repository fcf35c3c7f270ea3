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
