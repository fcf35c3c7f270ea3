"""What the file routes share: paths, filters, addresses of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.files import errors, wire
from wondernest.files.model import Filter
from wondernest.files.rules import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, VARIANT_WIDTHS, category_of
from wondernest.platform.http.endpoint import Query, Response
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.ids import parse_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from wondernest.files.model import StoredFile
    from wondernest.platform.http.request import Request

TAG: Final = "Files"
FILE: Final = uuid_parameter("fileId", errors.InvalidFileId)
ONE: Final = "/files/{fileId}"
NOT_FOUND: Final = Response(wire.Refusal, "No such file, or one that the caller may not see")
BAD_REQUEST: Final = Response(wire.Refusal, "Not accepted; the message says why")
THUMBNAIL_WIDTH: Final = VARIANT_WIDTHS[1]
FILTERS: Final = (
    Query("category"),
    Query("childId"),
    Query("limit", int, f"1 to {MAX_LIMIT}, {DEFAULT_LIMIT} when absent"),
    Query("offset", int),
)
_PICTURES: Final = "image/"
_NUMBER_CHARS: Final = 9


class Addresses:
    """Absolute addresses of files: they need no token and do not expire, because stories keep them."""

    def __init__(self, public_base_url: str) -> None:
        self._base = public_base_url.rstrip("/")

    def info(self, request: Request[Any], file: StoredFile) -> wire.FileInfo:
        """A file as clients read it."""
        url = self.url(request, file.key)
        return wire.FileInfo.of(file, url, self.thumbnail(url, file))

    def url(self, request: Request[Any], key: str) -> str:
        """The address of a key, under PUBLIC_BASE_URL or the origin that the client asked."""
        return f"{self._base or request.origin}/files/{key}"

    @staticmethod
    def thumbnail(url: str, file: StoredFile) -> str | None:
        """The address of a small picture."""
        return f"{url}?w={THUMBNAIL_WIDTH}" if file.content_type.startswith(_PICTURES) else None


def wanted(request: Request[Any], *, all_categories: str | None = None) -> Filter:
    """The filter of a list. Raises InvalidChildId; any other bad value is ignored or clamped. `all_categories`: filters nothing."""
    category = request.query("category")
    return Filter(
        category=None if category in {None, all_categories} else category_of(category),
        child_id=child_of(request.query("childId")),
        limit=min(max(_number(request.query("limit"), DEFAULT_LIMIT), 1), MAX_LIMIT),
        offset=min(max(_number(request.query("offset"), 0), 0), MAX_OFFSET),
    )


def child_of(text: str | None) -> UUID | None:
    """A child's id; raises InvalidChildId for another text."""
    if text is None:
        return None
    child_id = parse_uuid(text)
    if child_id is None:
        raise errors.InvalidChildId
    return child_id


def children_of(files: Iterable[StoredFile]) -> list[UUID]:
    """The children whom files are about, for the record of who used their data."""
    return [file.child_id for file in files if file.child_id is not None]


def flag(text: str | None) -> bool:
    """Only `true`, in any case, is true (Kotlin's rule)."""
    return (text or "").strip().lower() == "true"


def _number(text: str | None, default: int) -> int:
    digits = (text or "").strip().lstrip("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _NUMBER_CHARS:
        return default
    return -int(digits) if (text or "").strip().startswith("-") else int(digits)
