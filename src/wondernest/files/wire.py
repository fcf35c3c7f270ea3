"""Bodies of the file routes (server contract §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wondernest.platform.json import instant

if TYPE_CHECKING:
    from wondernest.files.model import StoredFile, Usage


class FileInfo(Struct, rename="camel"):
    """A file, as both clients read it: no text is ever null."""

    id: str
    original_name: str
    mime_type: str
    file_size: int
    category: str
    url: str
    uploaded_at: str
    metadata: dict[str, Any]
    tags: list[str]
    tag_count: int
    is_system_image: bool
    is_public: bool
    thumbnail_url: str | None
    """A small picture of a picture; null for other files."""

    @classmethod
    def of(cls, file: StoredFile, url: str, thumbnail: str | None) -> FileInfo:
        """From a row."""
        return cls(
            id=str(file.id),
            original_name=file.name,
            mime_type=file.content_type,
            file_size=file.size,
            category=file.category,
            url=url,
            uploaded_at=instant(file.uploaded_at),
            metadata={},
            tags=sorted(file.tags),  # the order of the database depends on its collation
            tag_count=len(file.tags),
            is_system_image=file.system,
            is_public=file.public,
            thumbnail_url=thumbnail,
        )


class FileReply(Struct):
    """One file."""

    data: FileInfo
    success: bool = True


class FilesReply(Struct):
    """Files, newest first."""

    data: list[FileInfo]
    success: bool = True


class Deleted(Struct):
    """The file was deleted."""

    success: bool = True
    message: str = "File deleted successfully"


class UsingStory(Struct, rename="camel"):
    """A story that shows the file; `pageCount`: on how many of its pages."""

    id: str
    title: str
    page_count: int

    @classmethod
    def of(cls, usage: Usage) -> UsingStory:
        """From a place of use."""
        return cls(usage.id, usage.title, usage.page_count)


class UsageReply(Struct, rename="camel"):
    """Where a file is used. Not in an envelope: the site reads it so."""

    is_used: bool
    stories: list[UsingStory]


class ChangesBody(Struct):
    """What changes of a file; absent or null keeps it. `tags` is a comma-separated list."""

    original_name: str | None = None
    category: str | None = None
    tags: str | None = None


class VisibilityBody(Struct, rename="camel"):
    """Whether everybody may read the file."""

    is_public: bool


class ErrorInfo(Struct):
    """A code and a text."""

    code: str
    message: str


class Refusal(Struct):
    """A refusal of this room."""

    error: ErrorInfo
    success: bool = False


class SignedRefusal(Struct):
    """A refusal of a signed address, in the shape of the backend that made it."""

    error: str
    status: int


class UsageV2(Struct, rename="camel"):
    """Where a file is used, in the words of /api/v2."""

    file_id: str
    usage_count: int
    used_in_stories: list[UsingStory] = field(default_factory=list[UsingStory])


class UsageReplyV2(Struct):
    """Where a file is used."""

    data: UsageV2
    success: bool = True


class DeletedV2(Struct):
    """The file was deleted."""

    data: dict[str, str] = field(default_factory=lambda: {"message": "File deleted successfully"})
    success: bool = True
