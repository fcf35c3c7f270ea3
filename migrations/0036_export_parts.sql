-- Additions: exports that go on where they stopped.

-- @table wondernest.export_parts
-- The file of an export is its parts, one behind the other; each is a blob. record: what the next part has to know, until the file is
-- whole. An export of an earlier release has no part: it is one blob.
create table wondernest.export_parts (
    user_id   uuid not null,
    export_id uuid not null,
    number    integer not null,
    file_key  text not null,
    bytes     bigint not null,
    made_at   timestamptz not null,
    record    bytea,
    primary key (user_id, export_id, number),
    foreign key (user_id, export_id) references wondernest.exports on delete cascade
);
