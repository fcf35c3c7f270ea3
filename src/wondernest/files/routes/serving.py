"""The content of files: with a token by id, without one by key, by visibility or by a signed address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.files import errors, wire
from wondernest.files.routes import parsing
from wondernest.files.rules import VARIANT_WIDTHS, disposition
from wondernest.platform.blobs.keys import is_key
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.errors import RouteNotFound
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.replies import BlobReply

if TYPE_CHECKING:
    from wondernest.files.content import Content, ContentService
    from wondernest.files.model import StoredFile
    from wondernest.files.service import FileService
    from wondernest.platform.http.request import Request

CACHE_S: Final = 3600
"""How long clients and, for public files, caches between may keep content (server contract §3.1)."""
NO_SCRIPT: Final = b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
NO_SCRIPT_PDF: Final = b"default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf"
"""A sandbox would keep browsers from showing a PDF."""
PDF: Final = "application/pdf"
WEBP: Final = "image/webp"
CONTENT: Final = Response(None, "The content", "application/octet-stream", blob=True)
WIDTH: Final = Query("w", int, f"A smaller picture, at most so wide: {', '.join(map(str, VARIANT_WIDTHS))}")
FOLDER: Final = text_parameter("folder", "The first part of a file's key")
OWNER: Final = text_parameter("owner", "The second part of a key of an earlier backend")
NAME: Final = text_parameter("name", "The last part of the key")
GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    authority=Authority.OWN,
    parameters=(parsing.FILE, FOLDER, OWNER, NAME),
    failure=errors.Failed,
    unavailable=errors.Unavailable,
)


class ServingRoutes:
    """The way out."""

    def __init__(self, service: FileService, content: ContentService) -> None:
        self._service = service
        self._content = content

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        parsing.ONE + "/download",
        replies={200: CONTENT, 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.DOWNLOAD_FAILED[1],
        summary="Download a file",
    )
    async def download(self, request: Request[None]) -> BlobReply:
        """GET /files/{fileId}/download."""
        file = await self._service.readable(request.caller, request.path(parsing.FILE))
        reply = await self._shown(request, file, attachment=True, shared=False)
        await self._service.downloaded(file)
        return reply

    @GROUP.get(
        parsing.ONE + "/family",
        queries=(WIDTH,),
        replies={200: CONTENT, 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.DOWNLOAD_FAILED[1],
        summary="Show a file of the caller's family",
    )
    async def family(self, request: Request[None]) -> BlobReply:
        """GET /files/{fileId}/family."""
        file = await self._service.of_family(request.caller, request.path(parsing.FILE))
        return await self._shown(request, file, attachment=False, shared=False)

    @GROUP.get(
        parsing.ONE + "/public",
        caller=CallerKind.PUBLIC,
        queries=(WIDTH,),
        replies={200: CONTENT, 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.DOWNLOAD_FAILED[1],
        summary="Show a public file",
    )
    async def public(self, request: Request[None]) -> BlobReply:
        """GET /files/{fileId}/public."""
        file = await self._service.public(request.path(parsing.FILE))
        return await self._shown(request, file, attachment=False, shared=True)

    @GROUP.get(
        parsing.ONE + "/signed",
        caller=CallerKind.PUBLIC,
        queries=(Query("payload"), Query("signature"), WIDTH),
        replies={
            200: CONTENT,
            400: parsing.BAD_REQUEST,
            401: Response(wire.SignedRefusal, "Another signature"),
            403: Response(wire.SignedRefusal, "Expired"),
            404: parsing.NOT_FOUND,
        },
        failure=errors.DOWNLOAD_FAILED[1],
        summary="Show a file by a signed address, as an earlier backend made them",
    )
    async def signed(self, request: Request[None]) -> BlobReply:
        """GET /files/{fileId}/signed."""
        payload, signature = request.query("payload"), request.query("signature")
        if payload is None:
            raise errors.SignatureMissing("payload")
        if signature is None:
            raise errors.SignatureMissing("signature")
        file = await self._service.signed(request.path(parsing.FILE), payload, signature)
        return await self._shown(request, file, attachment=False, shared=False)

    @GROUP.get(
        "/files/{folder}/{name}",
        "/files/{folder}/{owner}/{name}",
        mounts=("",),
        caller=CallerKind.PUBLIC,
        queries=(WIDTH,),
        replies={200: CONTENT},
        failure=errors.DOWNLOAD_FAILED[1],
        summary="Show a file by its key: whoever knows the address may read it",
    )
    async def by_key(self, request: Request[None]) -> BlobReply:
        """GET /files/{key}."""
        key = "/".join(request.segments)
        file = await self._service.by_key(key) if is_key(key) else None
        if file is None:
            raise RouteNotFound
        return await self._shown(request, file, attachment=False, shared=file.public, missing=RouteNotFound)

    async def _shown(
        self,
        request: Request[Any],
        file: StoredFile,
        *,
        attachment: bool,
        shared: bool,
        missing: type[Exception] = errors.FileNotFound,
    ) -> BlobReply:
        """The content, or the variant that the client asks for; 404 in the route's own form if the content is gone."""
        content = await self._chosen(request, file, attachment=attachment)
        if content is None:
            raise missing
        policy = NO_SCRIPT_PDF if content.content_type == PDF else NO_SCRIPT
        return BlobReply(
            content.source,
            content.content_type,
            content.etag,
            file.uploaded_at,
            (
                (b"content-disposition", disposition(content.content_type, file.name, attachment=attachment).encode()),
                (b"cache-control", b"%b, max-age=%d" % (b"public" if shared else b"private", CACHE_S)),
                (b"content-security-policy", policy),
                (b"cross-origin-resource-policy", b"cross-origin"),
                (b"vary", b"Accept"),
            ),
        )

    async def _chosen(self, request: Request[Any], file: StoredFile, *, attachment: bool) -> Content | None:
        width = request.query("w") or ""
        if attachment or not (width.isascii() and width.isdigit() and int(width[:5]) in VARIANT_WIDTHS):
            return await self._content.original(file)
        webp = WEBP in (request.header(b"accept") or "").lower()
        return await self._content.variant(file, int(width), webp=webp)
