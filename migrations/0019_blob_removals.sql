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

-- Columns that old databases may lack; only their owner can add them.
-- @column core.uploaded_files.tags [owner]
alter table core.uploaded_files add column tags text[] default '{}';
-- @column core.uploaded_files.is_system_image [owner]
alter table core.uploaded_files add column is_system_image boolean default false;
-- @column core.uploaded_files.is_deleted [owner]
alter table core.uploaded_files add column is_deleted boolean default false;

-- @index core.idx_uploaded_files_deleted
-- What a family's softly deleted files hold: the other indexes leave them out.
create index idx_uploaded_files_deleted on core.uploaded_files (user_id) where deleted_at is not null;
