"""What the pack routes share: paths, ids in queries and bodies, addresses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from wondernest.packs import errors, wire
from wondernest.packs.model import Wanted
from wondernest.packs.rules import (
    ASCENDING,
    DEFAULT_SIZE,
    MAX_GOALS,
    MAX_PAGE,
    MAX_SIZE,
    MAX_TEXT_CHARS,
    NO_WORDS,
    clamped,
    number,
    prefix_query,
    sort_of,
    stored_name,
    truth,
)
from wondernest.platform.http.endpoint import HeaderField, Query, Response
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.request import Request
from wondernest.platform.ids import parse_uuid

if TYPE_CHECKING:
    from collections.abc import Callable

TAG: Final = "Content packs"
PACKS: Final = "/content-packs"
ONE: Final = PACKS + "/{packId}"
FREE_DEMO_PACK: Final = "33333333-3333-3333-3333-333333333333"
"""The free pack of the demo data: the example in the document."""
REFUSED: Final = Response(wire.PackRefusal, "Not accepted; the text says why")
NOT_MODIFIED: Final = Response(None, "Not modified")
CHILD_QUERY: Final = Query("childId", UUID, "Only what this child may be shown")
IF_NONE_MATCH: Final = HeaderField("If-None-Match", "The ETag of the reply that the client has")
SEARCH_QUERIES: Final = (
    Query("query", str, "The beginnings of words of name, description or keywords"),
    Query("category", str, "A category's name or id"),
    Query("packType", str, "As in replies"),
    Query("ageMin", int),
    Query("ageMax", int, "With ageMin: packs for some of these ages"),
    Query("priceMin", int, "Cents"),
    Query("priceMax", int, "Cents"),
    Query("isFree", bool),
    Query("educationalGoals", str, "May be repeated: one of them is enough"),
    Query("sortBy", str, "`popularity`, `price`, `newest` or `rating`"),
    Query("sortOrder", str, "`desc` or `asc`"),
    Query("page", int, "From 0"),
    Query("size", int, f"1 to {MAX_SIZE}, {DEFAULT_SIZE} when absent"),
    CHILD_QUERY,
)
_OURS: Final = "/files/"


def pack_parameter(prefix: str) -> PathParameter[UUID]:
    """The pack of a route; a text that is no id is refused with the route's prefix."""
    return PathParameter("packId", parse_uuid, lambda _: errors.InvalidPackId(prefix), UUID, example=FREE_DEMO_PACK)


class Addresses:
    """Makes addresses of our files absolute: they are stored as `/files/<key>`, so that a new base address changes no row."""

    def __init__(self, public_base_url: str) -> None:
        self._base = public_base_url.rstrip("/")

    def of(self, request: Request[Any]) -> Callable[[str], str]:
        """For the replies to a request, under PUBLIC_BASE_URL or the origin that the client asked."""
        return partial(_absolute, self._base or request.origin)


def _absolute(base: str, url: str) -> str:
    return base + url if url.startswith(_OURS) else url


def child_in(text: str | None, prefix: str) -> UUID | None:
    """A child's id in a query or body; None without one. Raises InvalidChildId."""
    if text is None or not text.strip():
        return None
    child_id = parse_uuid(text.strip())
    if child_id is None:
        raise errors.InvalidChildId(prefix)
    return child_id


def pack_in(text: str | None, prefix: str) -> UUID:
    """A pack's id in a body. Raises PackIdRequired, InvalidPackId."""
    if text is None or not text.strip():
        raise errors.PackIdRequired(prefix)
    pack_id = parse_uuid(text.strip())
    if pack_id is None:
        raise errors.InvalidPackId(prefix)
    return pack_id


def wanted(request: Request[Any]) -> Wanted:
    """The search of a query. What is absent, empty or unreadable does not limit it; pages and sizes are clamped."""
    words = request.query("query")
    category, kind = (request.query(name) for name in ("category", "packType"))
    goals = request.queries("educationalGoals")[:MAX_GOALS]
    return Wanted(
        words=None if words is None or not words.strip() else prefix_query(words[:MAX_TEXT_CHARS]) or NO_WORDS,
        category=None if category is None else category.strip()[:MAX_TEXT_CHARS],
        kind=None if kind is None else stored_name(kind.strip()[:MAX_TEXT_CHARS]),
        age_min=number(request.query("ageMin")),
        age_max=number(request.query("ageMax")),
        price_min=number(request.query("priceMin")),
        price_max=number(request.query("priceMax")),
        free=truth(request.query("isFree")),
        goals=tuple(goal.strip().lower()[:MAX_TEXT_CHARS] for goal in goals),
        sort=sort_of(request.query("sortBy")),
        descending=(request.query("sortOrder") or "").strip().lower() != ASCENDING,
        page=clamped(request.query("page"), 0, 0, MAX_PAGE),
        size=clamped(request.query("size"), DEFAULT_SIZE, 1, MAX_SIZE),
    )
