"""Entity tags in If-Match and If-None-Match (RFC 9110 §8.8.3, §13.1): the one parser of all that read them.

Tags are compared weakly, in If-Match too, and without the ending that a proxy adds: nginx turns `"a"` into `W/"a"` when it
compresses a reply, Apache and Caddy into `"a-gzip"`. The client knows only that form, and the state it names is the same.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

MAX_FIELD_CHARS: Final = 64 * 1024
"""A longer list names nothing. Headers are shorter anyway."""
_MEMBER: Final = re.compile(r'(?:^|,)[ \t]*(?:(\*)|(?:W/)?"([^"]*)")[ \t]*(?=,|$)')
_CODED: Final = re.compile(r"-(?:gzip|br|zstd|deflate)$")


class EntityTags(Struct, frozen=True):
    """The tags that a header names. Members that are no entity tags (unquoted, `w/`) are ignored: they name nothing."""

    any_state: bool
    """Whether `*` is among them."""
    opaque: frozenset[str]
    """Without quotes, `W/` and the ending of a proxy."""

    def name(self, etag: str) -> bool:
        """Whether they name this tag, given in the form of a header."""
        return self.any_state or _without_ending(etag.removeprefix("W/").strip('"')) in self.opaque


def read_entity_tags(field: str) -> EntityTags:
    """The tags of a header; several lines are joined with commas."""
    members = [] if len(field) > MAX_FIELD_CHARS else _MEMBER.findall(field)
    opaque = frozenset(_without_ending(tag) for star, tag in members if not star)
    return EntityTags(any(star for star, _ in members), opaque)


def _without_ending(tag: str) -> str:
    return _CODED.sub("", tag)
