"""The content of files: with a token by id, without one by key, by visibility or by a signed address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.files import errors, wire
from wondernest.files.content import has_variants
from wondernest.files.routes import parsing
from wondernest.files.rules import VARIANT_WIDTHS, disposition
from wondernest.platform.blobs.keys import is_key
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.errors import RouteNotFound
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.replies import BlobReply
from wondernest.platform.http.request import Reply
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.files.content import Content, ContentService
    from wondernest.files.model import StoredFile
    from wondernest.files.service import FileService
    from wondernest.platform.http.request import Request

CACHE_S: Final = 3600
"""How long clients and, for public files, caches between may keep content (server contract §3.1)."""
NO_SCRIPT: Final = b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
NO_SCRIPT_PDF: Final = b"default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"
"""A sandbox would keep browsers from showing a PDF."""
PDF: Final = "application/pdf"
WEBP: Final = "image/webp"
CONTENT: Final = Response(None, "The content, in its own type", "*/*", blob=True)
MAX_WIDTH_CHARS: Final = 5
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

    def __init__(self, service: FileService, content: ContentService, *, redirects: bool) -> None:
        """redirects: whether downloads come from the storage itself, where it can."""
        self._service = service
        self._content = content
        self._redirects = redirects

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        parsing.ONE + "/download",
        unrecorded=Unrecorded.OWN_DEVICE,
        replies={
            200: CONTENT,
            302: Response(None, "The storage's own address, with FILES_PRESIGNED_REDIRECTS", "text/plain"),
            400: parsing.BAD_REQUEST,
            404: parsing.NOT_FOUND,
        },
        failure=errors.DOWNLOAD_FAILED[1],
        summary="Download a file",
    )
    async def download(self, request: Request[None]) -> BlobReply | Reply:
        """GET /files/{fileId}/download."""
        file = await self._service.readable(request.caller, request.path(parsing.FILE))
        content = await self._content.original(file)
        if content is None:
            raise errors.FileNotFound
        await self._service.downloaded(file)
        if self._redirects and request.method == "GET":  # the address is signed for GET only
            address = await self._content.address(content)
            if address is not None:
                return Reply(
                    302, b"", "text/plain", ((b"location", address.encode()), (b"cache-control", b"private, no-store"))
                )
        return _reply(content, file, attachment=True, shared=False, varies=False)

    @GROUP.get(
        parsing.ONE + "/family",
        unrecorded=Unrecorded.OWN_DEVICE,
        queries=(WIDTH,),
        replies={200: CONTENT, 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.DOWNLOAD_FAILED[1],
        summary="Show a file of the caller's family",
    )
    async def family(self, request: Request[None]) -> BlobReply:
        """GET /files/{fileId}/family."""
        file = await self._service.of_family(request.caller, request.path(parsing.FILE))
        return await self._shown(request, file)

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
        return await self._shown(request, file, shared=True)

    @GROUP.get(
        parsing.ONE + "/signed",
        caller=CallerKind.PUBLIC,
        queries=(Query("payload"), Query("signature"), WIDTH),
        replies={
            200: CONTENT,
            400: Response(wire.Refusal | wire.SignedRefusal, "An id that is none, or an address in another form"),
            401: Response(wire.SignedRefusal, "Another signature"),
            403: Response(wire.SignedRefusal, "Expired"),
            404: Response(wire.SignedRefusal, "No such file, or one that the user who signed may not see"),
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
        return await self._shown(request, file, missing=errors.SignedFileNotFound)

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
        return await self._shown(request, file, shared=file.public, missing=RouteNotFound)

    async def _shown(
        self,
        request: Request[Any],
        file: StoredFile,
        *,
        shared: bool = False,
        missing: type[Exception] = errors.FileNotFound,
    ) -> BlobReply:
        """The content, or the variant that the client asks for; 404 in the route's own form if the content is gone."""
        width = request.query("w") or ""
        if not (width.isascii() and width.isdigit() and len(width) <= MAX_WIDTH_CHARS and int(width) in VARIANT_WIDTHS):
            content, varies = await self._content.original(file), False
        else:
            webp = WEBP in (request.header(b"accept") or "").lower()
            content, varies = await self._content.variant(file, int(width), webp=webp), has_variants(file.content_type)
        if content is None:
            raise missing
        return _reply(content, file, attachment=False, shared=shared, varies=varies)


def _reply(content: Content, file: StoredFile, *, attachment: bool, shared: bool, varies: bool) -> BlobReply:
    """`varies`: whether the request's Accept decided what it is."""
    policy = NO_SCRIPT_PDF if content.content_type == PDF else NO_SCRIPT
    headers = (
        (b"content-disposition", disposition(content.content_type, file.name, attachment=attachment).encode()),
        (b"cache-control", b"%b, max-age=%d" % (b"public" if shared else b"private", CACHE_S)),
        (b"content-security-policy", policy),
        (b"cross-origin-resource-policy", b"cross-origin"),
    )
    return BlobReply(
        content.source,
        content.content_type,
        content.etag,
        file.uploaded_at,
        (*headers, (b"vary", b"Accept")) if varies else headers,
    )
