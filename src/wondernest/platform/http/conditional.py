"""JSON replies with an entity tag of their bytes: a client that has them gets 304."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.entity_tags import read_entity_tags
from wondernest.platform.http.errors import TYPE_JSON
from wondernest.platform.http.request import Reply
from wondernest.platform.json import encode

if TYPE_CHECKING:
    from wondernest.platform.http.request import Request

TAG_BYTES: Final = 16
ASK_AGAIN: Final = (b"cache-control", b"private, no-cache")
"""A client may keep the reply, but asks each time whether it is still true."""
OF_CALLER: Final = (b"vary", b"Authorization")


def tagged_json(request: Request[Any], value: Any) -> Reply:
    """The reply of a wire struct, or 304 if `If-None-Match` names its tag."""
    content = encode(value)
    etag = f'"{hashlib.blake2b(content, digest_size=TAG_BYTES).hexdigest()}"'
    headers = ((b"etag", etag.encode()), ASK_AGAIN, OF_CALLER)
    known = request.header(b"if-none-match")
    if known is not None and read_entity_tags(known).name(etag):
        return Reply(304, b"", TYPE_JSON, headers)
    return Reply(200, content, TYPE_JSON, headers)
