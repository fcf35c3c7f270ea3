"""Each keyword of OpenAPI 3.1 in the older dialect."""

from __future__ import annotations

from typing import Any

import pytest

from wondernest.platform.http.openapi.downgrade import downgraded, schema_30

REFERENCE = {"$ref": "#/components/schemas/Child"}


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": "null"}, {"nullable": True, "enum": [None]}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"type": ["string", "integer", "null"]},
            {"anyOf": [{"type": "string", "nullable": True}, {"type": "integer", "nullable": True}]},
        ),
        ({"anyOf": [REFERENCE, {"type": "null"}]}, {"allOf": [REFERENCE], "nullable": True}),
        (
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
            {"type": "string", "enum": ["a", None], "nullable": True},
        ),
        (
            {"anyOf": [REFERENCE, {"type": "string"}, {"type": "null"}]},
            {"anyOf": [{"allOf": [REFERENCE], "nullable": True}, {"type": "string", "nullable": True}]},
        ),
        ({"oneOf": [REFERENCE, {"type": "null"}]}, {"allOf": [REFERENCE], "nullable": True}),
        ({**REFERENCE, "description": "who"}, {"allOf": [REFERENCE], "description": "who"}),
        ({"const": "x"}, {"enum": ["x"]}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 0, "exclusiveMinimum": True}),
        ({"type": "number", "exclusiveMaximum": 1}, {"type": "number", "maximum": 1, "exclusiveMaximum": True}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"type": "string", "examples": []}, {"type": "string"}),
        ({"type": "string", "contentEncoding": "base64"}, {"type": "string", "format": "byte"}),
        ({"type": "string", "contentMediaType": "image/png"}, {"type": "string", "format": "binary"}),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]},
            {
                "type": "array",
                "items": {"type": "string", "nullable": True},
                "minItems": 2,
                "maxItems": 2,
            },
        ),
        ({"type": "object", "propertyNames": {"pattern": "x"}}, {"type": "object"}),
        (
            {"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
            {"type": "object", "additionalProperties": {"type": "integer", "nullable": True}},
        ),
        ({"type": "object", "additionalProperties": True}, {"type": "object", "additionalProperties": True}),
        (
            {"properties": {"type": {"type": ["string", "null"]}, "const": {"const": 1}}},
            {"properties": {"type": {"type": "string", "nullable": True}, "const": {"enum": [1]}}},
        ),
        ({"type": "array", "items": {"const": 1}}, {"type": "array", "items": {"enum": [1]}}),
    ],
)
def test_a_schema_is_translated(newer: dict[str, Any], older: dict[str, Any]) -> None:
    assert schema_30(newer) == older


def test_translating_twice_is_the_same_as_once() -> None:
    newer = {"anyOf": [REFERENCE, {"type": ["string", "null"], "exclusiveMinimum": 1}, {"type": "null"}]}
    assert schema_30(schema_30(newer)) == schema_30(newer)


def test_the_original_document_is_not_changed() -> None:
    document = {"openapi": "3.1.0", "components": {"schemas": {"A": {"type": ["string", "null"]}}}, "paths": {}}
    assert downgraded(document)["components"]["schemas"]["A"] == {"type": "string", "nullable": True}
    assert document["openapi"] == "3.1.0"
    assert document["components"] == {"schemas": {"A": {"type": ["string", "null"]}}}


def test_schemas_of_parameters_and_bodies_are_translated_too() -> None:
    schema = {"type": ["integer", "null"]}
    body = {"content": {"application/json": {"schema": schema}}}
    document = {"paths": {"/x": {"get": {"parameters": [{"name": "a", "schema": schema}], "requestBody": body}}}}
    found = downgraded(document)["paths"]["/x"]["get"]
    older = {"type": "integer", "nullable": True}
    assert found["parameters"][0]["schema"] == older
    assert found["requestBody"]["content"]["application/json"]["schema"] == older
