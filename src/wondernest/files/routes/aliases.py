"""/api/v2/files: the same files in the envelope of that dialect (server contract §3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption
from wondernest.files import errors, wire
from wondernest.files.routes import parsing
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import V2, Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.files.routes.parsing import Addresses
    from wondernest.files.service import FileService

GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    accesses=Look.FILES,
    authority=Authority.OWN,
    exempt=Exemption.ENDING,
    mounts=(V2,),
    parameters=(parsing.FILE,),
    failure=errors.Failed,
    unavailable=errors.Unavailable,
)


class AliasRoutes:
    """List, usage and deletion under v2."""

    def __init__(self, service: FileService, addresses: Addresses) -> None:
        self._service = service
        self._addresses = addresses

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/files",
        queries=parsing.FILTERS,
        replies={
            200: Response(wire.FilesReply, "The newest first; the category `all` filters nothing"),
            400: parsing.BAD_REQUEST,
        },
        failure=errors.LIST_FAILED[1],
        summary="The caller's files",
    )
    async def find(self, request: Request[None]) -> Reply:
        """GET /api/v2/files."""
        files = await self._service.own(request.caller, parsing.wanted(request, all_categories="all"))
        request.concerns(parsing.children_of(files))
        return reply_json(wire.FilesReply([self._addresses.info(request, file) for file in files]))

    @GROUP.get(
        parsing.ONE + "/usage",
        unrecorded=Unrecorded.NOBODY,
        replies={200: Response(wire.UsageReplyV2), 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.USAGE_CHECK_FAILED[1],
        summary="The stories that show one of the caller's files",
    )
    async def usage(self, request: Request[None]) -> Reply:
        """GET /api/v2/files/{fileId}/usage."""
        file_id = request.path(parsing.FILE)
        stories = [wire.UsingStory.of(use) for use in await self._service.usage(request.caller, file_id)]
        return reply_json(wire.UsageReplyV2(wire.UsageV2(str(file_id), len(stories), stories)))

    @GROUP.delete(
        parsing.ONE,
        queries=(Query("softDelete", bool),),
        unit=True,
        replies={
            200: Response(wire.DeletedV2),
            400: parsing.BAD_REQUEST,
            403: Response(wire.Refusal, "A system file"),
            404: parsing.NOT_FOUND,
        },
        failure=errors.DELETE_FAILED[1],
        summary="Delete one of the caller's files",
    )
    async def delete(self, request: Request[None]) -> Reply:
        """DELETE /api/v2/files/{fileId}."""
        softly = parsing.flag(request.query("softDelete"))
        file = await self._service.delete(request.caller, request.path(parsing.FILE), request.unit, softly=softly)
        request.concerns(parsing.children_of([file]))
        return reply_json(wire.DeletedV2())
