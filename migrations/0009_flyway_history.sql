-- What lets the Kotlin backend come back: with these rows its Flyway finds nothing left to do.

-- @table public.flyway_schema_history [new database]
-- Fourteen files as Flyway 10 records them: CRC32 over the lines of each.
create table public.flyway_schema_history (
    installed_rank integer not null,
    version        varchar(50),
    description    varchar(200) not null,
    type           varchar(20) not null,
    script         varchar(1000) not null,
    checksum       integer,
    installed_by   varchar(100) not null,
    installed_on   timestamp not null default now(),
    execution_time integer not null,
    success        boolean not null,
    constraint flyway_schema_history_pk primary key (installed_rank)
);
create index flyway_schema_history_s_idx on public.flyway_schema_history (success);
insert into public.flyway_schema_history (
    installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
select rank, version, description, 'SQL', format('V%s__%s.sql', version, replace(description, ' ', '_')), checksum,
    current_user, 0, true
from (values
    (1, '1', 'Initial Schema', 1885997265),
    (2, '2', 'Complete Schema', 845535892),
    (3, '3', 'Add Games Schema', 1139200306),
    (4, '4', 'Insert Sticker Book Game', -213252755),
    (5, '5', 'Add Story Adventure', -369085557),
    (6, '6', 'Refactor Story Adventure Plugin', -1401860873),
    (7, '7', 'Add Web Platform Tables', -102125882),
    (8, '8', 'Add Marketplace Library System', 1065053103),
    (9, '17', 'Add file uploads table', 1708755826),
    (10, '22', 'Add Image Tags', 1950807424),
    (11, '23', 'Add File Soft Delete', 197065728),
    (12, '24', 'Add AI Story Generation', 13584490),
    (13, '25', 'Add Marketplace Tables', -108829984),
    (14, '26', 'Add Content Packs System', 1839409752)
) as file (rank, version, description, checksum);
