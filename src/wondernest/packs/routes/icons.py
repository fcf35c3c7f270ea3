"""The icons of the categories, for pages and apps that load `iconUrl`."""

from __future__ import annotations

from typing import Final

from wondernest.packs.icons import ICONS
from wondernest.packs.routes import parsing
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.errors import RouteNotFound
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.request import Reply, Request

SVG: Final = "image/svg+xml"
HEADERS: Final = (
    (b"cache-control", b"public, max-age=86400"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
)
ICON: Final = text_parameter("icon", example="animals.svg")
GROUP: Final = RouteGroup(tag=parsing.TAG, caller=CallerKind.PUBLIC, mounts=("",), parameters=(ICON,))


class IconRoutes:
    """Eight drawings."""

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/icons/{icon}",
        replies={200: Response(None, "A drawing", SVG), 404: Response(None, "No such icon", "application/json")},
        summary="The icon of a category",
    )
    async def icon(self, request: Request[None]) -> Reply:
        """GET /icons/{icon}."""
        content = ICONS.get(request.path(ICON))
        if content is None:
            raise RouteNotFound
        return Reply(200, content, SVG, HEADERS)
