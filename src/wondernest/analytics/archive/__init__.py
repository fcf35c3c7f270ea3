"""The archive of old events: Parquet files on the blob storage, written before the events are removed."""

from wondernest.analytics.archive.archive import ArchivedDay, ArchiveError, EventArchive

__all__ = ["ArchiveError", "ArchivedDay", "EventArchive"]
