"""The routes of the documentation (server contract §5.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.errors import TYPE_JSON, RouteNotFound
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from wondernest.platform.http.openapi import Version
    from wondernest.web.documents import Documents

TYPE_YAML: Final = "application/yaml; charset=utf-8"
TYPE_HTML: Final = "text/html; charset=utf-8"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Final = ((b"content-security-policy", POLICY.encode()), (b"cache-control", b"no-cache"))
_ASSET_HEADERS: Final = ((b"cache-control", b"public, max-age=86400"),)
_DOCUMENT_HEADERS: Final = ((b"cache-control", b"no-cache"),)


ASSET: Final = text_parameter("asset", example="start.js")
VERSION: Final = Query("version", str, "3.0 for the older dialect")
GROUP: Final = RouteGroup(
    tag="Documentation", caller=CallerKind.PUBLIC, mounts=("",), parameters=(ASSET,), documented=False
)


class DocumentationRoutes:
    """The OpenAPI document and a page to read it; no part of the API, so not in the document."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/openapi.yaml",
        queries=(VERSION,),
        replies={200: Response(None, "OpenAPI", "application/yaml")},
        summary="The API's description as YAML",
    )
    async def yaml(self, request: Request[None]) -> Reply:
        """GET /openapi.yaml."""
        return Reply(200, await self._documents.text("yaml", _version(request)), TYPE_YAML, _DOCUMENT_HEADERS)

    @GROUP.get(
        "/openapi.json",
        queries=(VERSION,),
        replies={200: Response(dict[str, Any], "OpenAPI")},
        summary="The API's description as JSON",
    )
    async def json(self, request: Request[None]) -> Reply:
        """GET /openapi.json."""
        return Reply(200, await self._documents.text("json", _version(request)), TYPE_JSON, _DOCUMENT_HEADERS)

    @GROUP.get(
        "/swagger",
        replies={200: Response(None, "A page", "text/html")},
        summary="The API's description to look at",
    )
    async def page(self, _request: Request[None]) -> Reply:
        """GET /swagger."""
        return Reply(200, await self._documents.page(), TYPE_HTML, _PAGE_HEADERS)

    @GROUP.get(
        "/swagger/{asset}",
        replies={200: Response(None, "A file of the page", "text/plain")},
        summary="A file of the page",
    )
    async def asset(self, request: Request[None]) -> Reply:
        """GET /swagger/{asset}."""
        found = await self._documents.asset(request.path(ASSET))
        if found is None:
            raise RouteNotFound
        content, content_type = found
        return Reply(200, content, content_type, _ASSET_HEADERS)


def _version(request: Request[None]) -> Version:
    return "3.0" if (request.query("version") or "").startswith("3.0") else "3.1"
