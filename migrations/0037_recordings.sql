-- Additions: how long recordings of children are kept.

-- @table wondernest.recordings
-- One row for each file of sound or film about a child. Its time is counted from counted_from: its upload, or, for a file that was there
-- before recordings had an end, the moment at which it was noted. told_at: when its end was announced to the parents; before that and
-- some days it is not erased. file_id is the id in core.uploaded_files, without a foreign key: earlier backends delete there.
create table wondernest.recordings (
    child_id     uuid not null references family.child_profiles on delete cascade,
    file_id      uuid not null,
    counted_from timestamptz not null,
    told_at      timestamptz,
    primary key (child_id, file_id)
);
create index idx_recordings_file on wondernest.recordings (file_id);
create index idx_recordings_counted_from on wondernest.recordings (counted_from);
