-- Additions: blobs that are to be removed.

-- @table wondernest.blob_removals
-- A blob that no row owns: an upload that was not completed, or what a deletion left. Written before the blob is stored and removed
-- with the file's row in one transaction, so that a killed process cannot forget a blob.
-- A row whose key belongs to a file with deleted_at is a deletion for good that can still be taken back.
create table wondernest.blob_removals (
    file_key   text primary key,
    remove_at  timestamptz not null,
    created_at timestamptz not null default current_timestamp
);
create index idx_blob_removals_due on wondernest.blob_removals (remove_at);
