"""How the file of an export is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.http.replies import BlobReply

if TYPE_CHECKING:
    from wondernest.platform.blobs.joined import JoinedBlobs

DOWNLOAD: Final = (
    (b"content-disposition", b'attachment; filename="wondernest.zip"'),
    (b"cache-control", b"private, no-store"),
    (b"referrer-policy", b"no-referrer"),
)


def zip_reply(content: JoinedBlobs) -> BlobReply:
    """The file, with ranges."""
    return BlobReply(content, "application/zip", content.etag, headers=DOWNLOAD)
