"""The SQL of the content library. Each statement that returns items contains the parental filter."""

from wondernest.content.repository.collection import CollectionRepository
from wondernest.content.repository.filters import FilterRepository
from wondernest.content.repository.library import LibraryRepository

__all__ = ["CollectionRepository", "FilterRepository", "LibraryRepository"]
