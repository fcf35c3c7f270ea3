"""The whole document, as YAML or JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

import msgspec

from wondernest import __version__
from wondernest.platform.http.endpoint import Endpoint
from wondernest.platform.http.openapi.downgrade import downgraded
from wondernest.platform.http.openapi.operations import STANDARD, operation, standard_answer
from wondernest.platform.http.openapi.schemas import Schema, Schemas
from wondernest.platform.http.shapes import Error

Version: TypeAlias = Literal["3.1", "3.0"]
Format: TypeAlias = Literal["yaml", "json"]
LINE_WIDTH: Final = 120
DESCRIPTION: Final = (
    "Bodies are JSON whatever their Content-Type says; unknown fields are ignored, and an empty query value counts as "
    "absent. Every GET answers HEAD. Every reply carries X-Request-ID: the one that was sent, or a new one."
)
SECURITY_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token"},
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "description": "METRICS_TOKEN; callers from METRICS_NETWORKS need none",
    },
}


def build_document(endpoints: Iterable[Endpoint], version: Version = "3.1") -> Schema:
    """The document as a tree; it depends only on the declarations. Raises ValueError for two equal operation ids."""
    schemas = Schemas()
    schemas.of(Error, "out")  # the application's own responses refer to it
    paths: dict[str, dict[str, Schema]] = {}
    tags: dict[str, None] = {}
    ids: set[str] = set()
    for endpoint in endpoints:
        if not endpoint.documented:
            continue
        tags[endpoint.tag] = None
        for template in endpoint.templates():
            found = operation(endpoint, template, schemas)
            if found["operationId"] in ids:
                raise ValueError(f"two operations are called {found['operationId']}")
            ids.add(found["operationId"])
            paths.setdefault(template, {})[endpoint.method.lower()] = found
    document: Schema = {
        "openapi": "3.1.0",
        "info": {"title": "WonderNest API", "version": __version__, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": {template: paths[template] for template in sorted(paths)},
        "components": {
            "schemas": {name: schemas.components[name] for name in sorted(schemas.components)},
            "responses": {name: standard_answer(status) for status, (name, _, _) in STANDARD.items()},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }
    return downgraded(document) if version == "3.0" else document


def render(endpoints: Iterable[Endpoint], fmt: Format, version: Version = "3.1") -> bytes:
    """The document as text."""
    document = build_document(endpoints, version)
    if fmt == "json":
        return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    return _yaml(document)


def _yaml(document: Schema) -> bytes:
    import yaml  # imported only when YAML is needed

    class Dumper(yaml.SafeDumper):
        """Writes repeated parts in full: many generators do not support YAML anchors."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is the library's
            return True

    text: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=LINE_WIDTH)
    return text.encode()
