"""The store of packs: categories, lists, search, one pack, its assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.packs import errors, wire
from wondernest.packs.model import Wanted
from wondernest.packs.routes import parsing
from wondernest.packs.routes.parsing import CHILD_QUERY, IF_NONE_MATCH, NOT_MODIFIED, PACKS, REFUSED
from wondernest.packs.rules import DEFAULT_FEATURED, MAX_FEATURED, clamped
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.conditional import tagged_json
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.packs.routes.parsing import Addresses
    from wondernest.packs.service import PackService

PACK: Final = parsing.pack_parameter(errors.PACK)
ASSETS_OF: Final = parsing.pack_parameter(errors.ASSETS)
GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    rules_in_sql=True,
    failure=errors.Failed,
    unavailable=errors.Unavailable,
)


class PackRoutes:
    """What a family sees of packs."""

    def __init__(self, service: PackService, addresses: Addresses) -> None:
        self._service = service
        self._addresses = addresses

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        PACKS + "/categories",
        headers=(IF_NONE_MATCH,),
        replies={200: Response(wire.CategoriesReply, "In their order"), 304: NOT_MODIFIED},
        failure=errors.CATEGORIES,
        summary="The categories of packs",
    )
    async def categories(self, request: Request[None]) -> Reply:
        """GET /content-packs/categories."""
        found = await self._service.categories(request.caller)
        return tagged_json(
            request, wire.CategoriesReply(wire.Categories([wire.CategoryInfo.of(category) for category in found]))
        )

    @GROUP.get(
        PACKS + "/featured",
        queries=(Query("limit", int, f"1 to {MAX_FEATURED}, {DEFAULT_FEATURED} when absent"), CHILD_QUERY),
        headers=(IF_NONE_MATCH,),
        replies={200: Response(wire.PacksReply, "The most popular first"), 304: NOT_MODIFIED, 400: REFUSED},
        failure=errors.FEATURED,
        summary="Featured packs",
    )
    async def featured(self, request: Request[None]) -> Reply:
        """GET /content-packs/featured."""
        limit = clamped(request.query("limit"), DEFAULT_FEATURED, 1, MAX_FEATURED)
        child_id = parsing.child_in(request.query("childId"), errors.FEATURED)
        packs = await self._service.featured(request.caller, child_id, Wanted(featured=True, size=limit))
        absolute = self._addresses.of(request)
        return tagged_json(request, wire.PacksReply(wire.Packs([wire.PackInfo.of(pack, absolute) for pack in packs])))

    @GROUP.get(
        PACKS + "/owned",
        queries=(CHILD_QUERY,),
        headers=(IF_NONE_MATCH,),
        replies={200: Response(wire.PacksReply, "The newest first"), 304: NOT_MODIFIED, 400: REFUSED},
        failure=errors.OWNED,
        summary="The packs that the caller owns: for a child and for all children, or everything",
    )
    async def owned(self, request: Request[None]) -> Reply:
        """GET /content-packs/owned."""
        child_id = parsing.child_in(request.query("childId"), errors.OWNED)
        packs = await self._service.owned(request.caller, child_id)
        absolute = self._addresses.of(request)
        return tagged_json(request, wire.PacksReply(wire.Packs([wire.PackInfo.of(pack, absolute) for pack in packs])))

    @GROUP.get(
        PACKS,
        queries=parsing.SEARCH_QUERIES,
        headers=(IF_NONE_MATCH,),
        replies={
            200: Response(wire.PageReply, "A field without a value, or with an unreadable one, limits nothing"),
            304: NOT_MODIFIED,
            400: REFUSED,
        },
        failure=errors.SEARCH,
        summary="Search packs",
    )
    async def search(self, request: Request[None]) -> Reply:
        """GET /content-packs."""
        wanted = parsing.wanted(request)
        child_id = parsing.child_in(request.query("childId"), errors.SEARCH)
        found = await self._service.search(request.caller, child_id, wanted)
        absolute = self._addresses.of(request)
        page = wire.Page(
            packs=[wire.PackInfo.of(pack, absolute) for pack in found.packs],
            total=found.total,
            page=wanted.page,
            size=wanted.size,
            has_next=(wanted.page + 1) * wanted.size < found.total,
        )
        return tagged_json(request, wire.PageReply(page))

    @GROUP.get(
        parsing.ONE,
        parameters=(PACK,),
        queries=(CHILD_QUERY,),
        headers=(IF_NONE_MATCH,),
        replies={
            200: Response(wire.PackReply, "With its assets, if it is free or owned"),
            304: NOT_MODIFIED,
            400: REFUSED,
            404: Response(wire.PackRefusal, "No such pack, or one that may not be shown"),
        },
        failure=errors.PACK,
        summary="A pack",
    )
    async def get(self, request: Request[None]) -> Reply:
        """GET /content-packs/{packId}."""
        child_id = parsing.child_in(request.query("childId"), errors.PACK)
        pack = await self._service.one(request.caller, child_id, request.path(PACK))
        return tagged_json(request, wire.PackReply(wire.OnePack(wire.PackInfo.of(pack, self._addresses.of(request)))))

    @GROUP.get(
        parsing.ONE + "/assets",
        parameters=(ASSETS_OF,),
        queries=(CHILD_QUERY,),
        headers=(IF_NONE_MATCH,),
        replies={
            200: Response(wire.AssetsReply, "In their order"),
            304: NOT_MODIFIED,
            400: REFUSED,
            403: Response(
                wire.PackRefusal, "No such pack, one that may not be shown, or one that is neither free nor owned"
            ),
        },
        failure=errors.ASSETS,
        summary="The assets of a pack",
    )
    async def assets(self, request: Request[None]) -> Reply:
        """GET /content-packs/{packId}/assets."""
        child_id = parsing.child_in(request.query("childId"), errors.ASSETS)
        assets = await self._service.assets(request.caller, child_id, request.path(ASSETS_OF))
        absolute = self._addresses.of(request)
        return tagged_json(
            request, wire.AssetsReply(wire.Assets([wire.AssetInfo.of(asset, absolute) for asset in assets]))
        )
