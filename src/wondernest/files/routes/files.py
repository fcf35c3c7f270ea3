"""Lists, reads, changes and deletes files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption
from wondernest.files import errors, wire
from wondernest.files.model import Changes
from wondernest.files.routes import parsing
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.files.routes.parsing import Addresses
    from wondernest.files.service import FileService

GROUP = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    accesses=Look.FILES,
    authority=Authority.OWN,
    exempt=Exemption.ACCOUNT,
    parameters=(parsing.FILE,),
    bad_body=errors.InvalidJson,
    failure=errors.Failed,
    unavailable=errors.Unavailable,
)


class FileRoutes:
    """The caller's files."""

    def __init__(self, service: FileService, addresses: Addresses) -> None:
        self._service = service
        self._addresses = addresses

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/files",
        "/files/user/me",
        queries=parsing.FILTERS,
        replies={200: Response(wire.FilesReply, "The newest first"), 400: parsing.BAD_REQUEST},
        failure=errors.LIST_FAILED[1],
        summary="The caller's files",
    )
    async def find(self, request: Request[None]) -> Reply:
        """GET /files."""
        files = await self._service.own(request.caller, parsing.wanted(request))
        request.concerns(parsing.children_of(files))
        return reply_json(wire.FilesReply([self._addresses.info(request, file) for file in files]))

    @GROUP.get(
        parsing.ONE,
        replies={200: Response(wire.FileReply), 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.GET_FAILED[1],
        summary="A file of the caller's family, or a public one",
    )
    async def get(self, request: Request[None]) -> Reply:
        """GET /files/{fileId}."""
        file = await self._service.readable(request.caller, request.path(parsing.FILE))
        request.concerns(parsing.children_of([file]))
        return reply_json(wire.FileReply(self._addresses.info(request, file)))

    @GROUP.get(
        parsing.ONE + "/usage",
        unrecorded=Unrecorded.NOBODY,
        replies={200: Response(wire.UsageReply), 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.USAGE_CHECK_FAILED[1],
        summary="The stories that show one of the caller's files",
    )
    async def usage(self, request: Request[None]) -> Reply:
        """GET /files/{fileId}/usage."""
        uses = await self._service.usage(request.caller, request.path(parsing.FILE))
        stories = [wire.UsingStory.of(use) for use in uses]
        return reply_json(wire.UsageReply(is_used=bool(stories), stories=stories))

    @GROUP.put(
        parsing.ONE,
        body=wire.ChangesBody,
        example={"original_name": "cat.png"},
        unit=True,
        replies={200: Response(wire.FileInfo), 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.UPDATE_FAILED[1],
        summary="Change the name, category or tags of one of the caller's files",
    )
    async def change(self, request: Request[wire.ChangesBody]) -> Reply:
        """PUT /files/{fileId}."""
        body = request.body
        changes = Changes(body.original_name, body.category, body.tags)
        file = await self._service.change(request.caller, request.path(parsing.FILE), changes, request.unit)
        request.concerns(parsing.children_of([file]))
        return reply_json(self._addresses.info(request, file))

    @GROUP.patch(
        parsing.ONE + "/visibility",
        body=wire.VisibilityBody,
        example={"isPublic": True},
        unit=True,
        replies={200: Response(wire.FileInfo), 400: parsing.BAD_REQUEST, 404: parsing.NOT_FOUND},
        failure=errors.UPDATE_FAILED[1],
        summary="Decide whether everybody may read one of the caller's files",
    )
    async def show(self, request: Request[wire.VisibilityBody]) -> Reply:
        """PATCH /files/{fileId}/visibility."""
        changes = Changes(public=request.body.is_public)
        file = await self._service.change(request.caller, request.path(parsing.FILE), changes, request.unit)
        request.concerns(parsing.children_of([file]))
        return reply_json(self._addresses.info(request, file))

    @GROUP.delete(
        parsing.ONE,
        queries=(Query("softDelete", bool, "Keep the file for the stories that show it"),),
        unit=True,
        replies={
            200: Response(wire.Deleted),
            400: parsing.BAD_REQUEST,
            403: Response(wire.Refusal, "A system file"),
            404: parsing.NOT_FOUND,
        },
        failure=errors.DELETE_FAILED[1],
        summary="Delete one of the caller's files; what a story shows stays loadable",
    )
    async def delete(self, request: Request[None]) -> Reply:
        """DELETE /files/{fileId}."""
        file = await self._service.delete(
            request.caller,
            request.path(parsing.FILE),
            request.unit,
            softly=parsing.flag(request.query("softDelete")),
        )
        request.concerns(parsing.children_of([file]))
        return reply_json(wire.Deleted())
