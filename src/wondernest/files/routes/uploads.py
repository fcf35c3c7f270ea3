"""The way in: a multipart upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from wondernest.access.consent import Purpose
from wondernest.files import errors, wire
from wondernest.files.routes import parsing
from wondernest.files.rules import BadTag, category_of, shown_name, tags_of
from wondernest.files.uploads import Described, Received
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.body import Multipart
from wondernest.platform.http.endpoint import MIB, V2, Endpoint, HeaderField, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.ids import parse_uuid
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.files.routes.parsing import Addresses
    from wondernest.files.uploads import UploadService
    from wondernest.platform.http.parts import Part, PartStream

FILE_BYTES: Final = 10 * MIB
"""The largest file of any installation (server contract §3.0); MAX_FILE_SIZE may be less."""
BODY_BYTES: Final = FILE_BYTES + MIB
"""A multipart body holds a file and its frame (server contract §5.6)."""
OPTIONS: Final = ("category", "childId", "isPublic", "tags", "isSystemImage")
ADMIN_ROLES: Final = frozenset({"ADMIN", "SUPER_ADMIN"})
REPLAYED: Final = (b"idempotent-replayed", b"true")
GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.OWN,
    purpose=Purpose.UPLOADS,
    unpermitted=errors.ConsentRequired,
    bad_body=errors.NoFile,
    failure=errors.Failed,
    unavailable=errors.Unavailable,
)

GROUP_V2: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.OWN,
    purpose=Purpose.UPLOADS,
    unpermitted=errors.ConsentRequired,
    mounts=(V2,),
    bad_body=errors.NoFile,
    failure=errors.Failed,
    unavailable=errors.Unavailable,
)
LEAST_TAGS_V2: Final = 2
"""Server contract §3.3."""
FORM: Final = Multipart(
    max_bytes=BODY_BYTES, fields=OPTIONS, files=("file",), too_large=lambda: errors.TooLarge(FILE_BYTES)
)
REPEATABLE: Final = HeaderField("Idempotency-Key", "A repeated upload with the same key stores nothing twice")
REFUSALS: Final = {
    400: Response(wire.Refusal, "No file, or one that is not accepted; the message says why"),
    413: Response(wire.Refusal, "The family's files would hold too much"),
    429: Response(wire.Refusal, "Too many uploads at once"),
}


class Form(Struct, frozen=True):
    """A received form: one file, and text fields by name."""

    received: Received
    filename: str
    content_type: str
    fields: dict[str, str]


class UploadRoutes:
    """POST of a file."""

    def __init__(self, uploads: UploadService, addresses: Addresses) -> None:
        self._uploads = uploads
        self._addresses = addresses

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return [*GROUP.endpoints(self), *GROUP_V2.endpoints(self)]

    @GROUP.post(
        "/files/upload",
        body=FORM,
        queries=tuple(Query(name) for name in OPTIONS),
        headers=(REPEATABLE,),
        unit=True,
        replies={201: Response(wire.FileReply), **REFUSALS},
        failure=errors.UPLOAD_FAILED[1],
        summary="Upload a file",
    )
    async def upload(self, request: Request[PartStream]) -> Reply:
        """POST /files/upload."""
        return await self._stored(request, 201)

    @GROUP_V2.post(
        "/files/upload",
        body=FORM,
        queries=tuple(Query(name) for name in OPTIONS),
        headers=(REPEATABLE,),
        example={"tags": "bird,blue"},
        unit=True,
        replies={200: Response(wire.FileReply), **REFUSALS},
        failure=errors.UPLOAD_FAILED[1],
        summary="Upload a file with at least two tags",
    )
    async def upload_v2(self, request: Request[PartStream]) -> Reply:
        """POST /api/v2/files/upload."""
        return await self._stored(request, 200, least_tags=LEAST_TAGS_V2)

    async def _stored(self, request: Request[PartStream], status: int, *, least_tags: int = 0) -> Reply:
        caller = request.caller
        await self._uploads.admit(caller)
        with self._uploads.turn(caller):
            form = await self._form(request)
            with form.received.content:
                described = _described(request, form)
                if len(described.tags) < least_tags:
                    raise errors.Refused(f"At least {least_tags} tags are required")
                replay = await self._uploads.replay(request.unit, caller, request.header(b"idempotency-key"))
                kept = await self._uploads.earlier(replay, form.received, described)
                if kept is not None:
                    return Reply(kept.status, kept.body, headers=(REPLAYED,))
                file = await self._uploads.prepare(caller, form.received, described)
                kept = await replay.claim()
                if kept is not None:
                    return Reply(kept.status, kept.body, headers=(REPLAYED,))
                url = self._addresses.url(request, file.key)
                await self._uploads.record(file, url, request.unit)
                reply = reply_json(wire.FileReply(self._addresses.info(request, file)), status)
                await replay.keep(reply.status, reply.content)
                return reply

    async def _form(self, request: Request[PartStream]) -> Form:
        """The file and the text fields, whatever their order. Raises NoFile, Refused for a second file."""
        fields: dict[str, str] = {}
        received: Received | None = None
        head: Part | None = None
        try:
            async for part in request.body:
                if part.filename is None:
                    fields[part.name] = await part.text()
                elif received is not None:
                    raise errors.Refused("One request uploads one file")
                else:
                    head, received = part, await self._uploads.receive(aiter(part))
        except BaseException:
            if received is not None:
                received.content.close()
            raise
        if head is None or received is None:
            raise errors.NoFile
        return Form(received, head.filename or "", head.content_type, fields)


def _described(request: Request[Any], form: Form) -> Described:
    """What the client says: the query wins over fields of the form (server contract §3.1)."""

    def option(name: str) -> str | None:
        return request.query(name) or form.fields.get(name) or None

    child = option("childId")
    child_id = None if child is None else parse_uuid(child)
    if child is not None and child_id is None:
        raise errors.Refused(f"Invalid UUID string: {child}")
    try:
        tags = tags_of(option("tags"))
    except BadTag as error:
        raise errors.Refused(str(error)) from None
    return Described(
        name=shown_name(form.filename),
        declared_type=form.content_type,
        child_id=child_id,
        category=category_of(option("category")),
        public=parsing.flag(option("isPublic")),
        system=parsing.flag(option("isSystemImage")) and request.caller.role.upper() in ADMIN_ROLES,
        tags=tuple(tags),
    )
