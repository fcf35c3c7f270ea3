"""The routes of the documentation (server contract §5.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.errors import TYPE_JSON, RouteNotFound
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from wondernest.platform.http.openapi import Version
    from wondernest.web.documents import Documents

TAG: Final = "Documentation"
TYPE_YAML: Final = "application/yaml; charset=utf-8"
TYPE_HTML: Final = "text/html; charset=utf-8"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Final = ((b"content-security-policy", POLICY.encode()), (b"cache-control", b"no-cache"))
_ASSET_HEADERS: Final = ((b"cache-control", b"public, max-age=86400"),)
_DOCUMENT_HEADERS: Final = ((b"cache-control", b"no-cache"),)


class DocumentationRoutes:
    """The OpenAPI document and a page to read it."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def endpoints(self) -> list[Endpoint]:
        """The declarations; none of them is part of the API, so none is in the document."""
        shared: dict[str, Any] = {
            "method": "GET",
            "caller": CallerKind.PUBLIC,
            "tag": TAG,
            "mounts": ("",),
            "documented": False,
        }
        version = Query("version", str, "3.0 for the older dialect")
        return [
            Endpoint(
                **shared,
                path="/openapi.yaml",
                handler=self.yaml,
                queries=(version,),
                replies={200: Response(None, "OpenAPI", "application/yaml")},
                summary="The API's description as YAML",
            ),
            Endpoint(
                **shared,
                path="/openapi.json",
                handler=self.json,
                queries=(version,),
                replies={200: Response(dict[str, Any], "OpenAPI")},
                summary="The API's description as JSON",
            ),
            Endpoint(
                **shared,
                path="/swagger",
                handler=self.page,
                replies={200: Response(None, "A page", "text/html")},
                summary="The API's description to look at",
            ),
            Endpoint(
                **shared,
                path="/swagger/{asset}",
                handler=self.asset,
                replies={200: Response(None, "A file of the page", "text/plain")},
                summary="A file of the page",
            ),
        ]

    async def yaml(self, request: Request[None]) -> Reply:
        """GET /openapi.yaml."""
        return Reply(200, await self._documents.text("yaml", _version(request)), TYPE_YAML, _DOCUMENT_HEADERS)

    async def json(self, request: Request[None]) -> Reply:
        """GET /openapi.json."""
        return Reply(200, await self._documents.text("json", _version(request)), TYPE_JSON, _DOCUMENT_HEADERS)

    async def page(self, _request: Request[None]) -> Reply:
        """GET /swagger."""
        return Reply(200, await self._documents.page(), TYPE_HTML, _PAGE_HEADERS)

    async def asset(self, request: Request[None]) -> Reply:
        """GET /swagger/{asset}."""
        found = await self._documents.asset(request.params["asset"])
        if found is None:
            raise RouteNotFound
        content, content_type = found
        return Reply(200, content, content_type, _ASSET_HEADERS)


def _version(request: Request[None]) -> Version:
    return "3.0" if (request.query("version") or "").startswith("3.0") else "3.1"
