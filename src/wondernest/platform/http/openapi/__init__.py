"""The API's description, made from the endpoint declarations: OpenAPI 3.1, and 3.0.3 for generators that stop there."""

from wondernest.platform.http.openapi.document import Format, Version, build_document, render

__all__ = ["Format", "Version", "build_document", "render"]
