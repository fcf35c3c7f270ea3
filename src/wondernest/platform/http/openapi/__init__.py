"""The OpenAPI document, made from the endpoint declarations: 3.1, and 3.0.3 for generators that do not support 3.1."""

from wondernest.platform.http.openapi.document import Format, Version, build_document, render

__all__ = ["Format", "Version", "build_document", "render"]
