"""Files that families upload: received, inspected, scanned, stored, served and really deleted.

Owns core.uploaded_files, content.tags, content.file_tags, content.file_references, wondernest.recordings and wondernest.blob_removals. Rows and blobs
are one fact: a blob is stored before its row, and a row of blob_removals takes it away if the row is never committed. It may call
`access`, asks `games` through `ports.Mentions` which saves show a file, and is told by it of stored saves.
"""
