"""Converts a document from OpenAPI 3.1 to 3.0.3, for generators that do not support 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

Schema: TypeAlias = dict[str, Any]
VERSION: Final = "3.0.3"
_MAPS_OF_SCHEMAS: Final = ("properties", "patternProperties")
_LISTS_OF_SCHEMAS: Final = ("anyOf", "oneOf", "allOf")
_SCHEMAS: Final = ("items", "not", "additionalProperties")
_UNKNOWN: Final = (
    "$schema",
    "$id",
    "$defs",
    "$comment",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependentRequired",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contains",
    "patternProperties",
)
"""Keywords of 3.1 without an equivalent in 3.0. They are removed: the schema then accepts more, never less."""


def downgraded(document: Mapping[str, Any]) -> Schema:
    """The document in 3.0.3; the original is not changed."""
    result = cast("Schema", _walk(document))
    result["openapi"] = VERSION
    result.pop("jsonSchemaDialect", None)
    result.pop("webhooks", None)
    components = cast("Schema", result.get("components", {}))
    if "schemas" in components:
        components["schemas"] = {name: schema_30(schema) for name, schema in components["schemas"].items()}
    return result


def _walk(node: Any) -> Any:
    """Convert every value of a key `schema`; the rest is copied."""
    if isinstance(node, Mapping):
        found = cast("Mapping[str, Any]", node)
        return {name: schema_30(part) if name == "schema" else _walk(part) for name, part in found.items()}
    if isinstance(node, list):
        return [_walk(part) for part in cast("list[Any]", node)]
    return node


def schema_30(schema: Any) -> Any:
    """One schema and its subschemas in 3.0."""
    if not isinstance(schema, Mapping):
        return schema
    found = {name: part for name, part in cast("Mapping[str, Any]", schema).items() if name not in _UNKNOWN}
    for translate in (_tuples, _types, _null_variants, _constants, _limits, _examples, _encodings):
        found = translate(found)
    for name in _SCHEMAS:
        if name in found:
            found[name] = schema_30(found[name])
    for name in _LISTS_OF_SCHEMAS:
        if name in found:
            found[name] = [schema_30(part) for part in found[name]]
    for name in _MAPS_OF_SCHEMAS:
        if name in found:
            found[name] = {key: schema_30(part) for key, part in found[name].items()}
    return _lone_reference(found)


def _tuples(schema: Schema) -> Schema:
    """A tuple becomes an array of fixed length; each item may have any of the types."""
    if "prefixItems" not in schema:
        return schema
    kinds = schema.pop("prefixItems")
    return {**schema, "items": {"anyOf": kinds}, "minItems": len(kinds), "maxItems": len(kinds)}


def _types(schema: Schema) -> Schema:
    """A list of types becomes one type, `nullable`, or `anyOf`."""
    kind = schema.get("type")
    if kind == "null":
        return {**_without(schema, "type"), "nullable": True, "enum": [None]}
    if not isinstance(kind, list):
        return schema
    kinds = [name for name in cast("list[str]", kind) if name != "null"]
    nullable = {"nullable": True} if "null" in kind else {}
    if len(kinds) == 1:
        return {**schema, "type": kinds[0], **nullable}
    variants = [{"type": name, **nullable} for name in kinds]
    return {**_without(schema, "type"), "anyOf": variants}


def _null_variants(schema: Schema) -> Schema:
    """`null` among the variants becomes `nullable` on the others."""
    for word in ("anyOf", "oneOf"):
        variants = cast("list[Schema]", schema.get(word, []))
        others = [variant for variant in variants if variant != {"type": "null"}]
        if len(others) == len(variants):
            continue
        rest = _without(schema, word)
        if len(others) > 1:
            return {**rest, word: [schema_30(_nullable(variant)) for variant in others]}
        only = others[0]
        if "$ref" in only:
            return {**rest, "allOf": [only], "nullable": True}
        return {**rest, **_types(only), **_nullable_enum(only), "nullable": True}
    return schema


def _nullable(variant: Schema) -> Schema:
    if "$ref" in variant:
        return {"allOf": [variant], "nullable": True}
    return {**variant, **_nullable_enum(variant), "nullable": True}


def _nullable_enum(schema: Schema) -> Schema:
    """In 3.0 a nullable enum must contain null too."""
    return {"enum": [*schema["enum"], None]} if "enum" in schema and None not in schema["enum"] else {}


def _constants(schema: Schema) -> Schema:
    return {**_without(schema, "const"), "enum": [schema["const"]]} if "const" in schema else schema


def _limits(schema: Schema) -> Schema:
    """In 3.0 an exclusive bound is a flag of the bound."""
    for word, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = schema.get(word)
        if value is not None and not isinstance(value, bool):
            schema = {**schema, bound: value, word: True}
    return schema


def _examples(schema: Schema) -> Schema:
    examples = schema.get("examples")
    if not isinstance(examples, list):
        return schema
    rest = _without(schema, "examples")
    return {**rest, "example": examples[0]} if examples else rest


def _encodings(schema: Schema) -> Schema:
    if "contentEncoding" in schema:
        return {**_without(schema, "contentEncoding", "contentMediaType"), "format": "byte"}
    if "contentMediaType" in schema:
        return {**_without(schema, "contentMediaType"), "format": "binary"}
    return schema


def _lone_reference(schema: Schema) -> Schema:
    """3.0 ignores all keywords next to `$ref`."""
    if "$ref" in schema and len(schema) > 1:
        return {**_without(schema, "$ref"), "allOf": [{"$ref": schema["$ref"]}]}
    return schema


def _without(schema: Schema, *words: str) -> Schema:
    return {name: part for name, part in schema.items() if name not in words}
