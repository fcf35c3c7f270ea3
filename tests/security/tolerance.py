"""The contract's tolerance for bodies (auth contract §1.2, §1.4), implemented a second time, independent of the decoder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
TRUTHS = {"true", "false", "1", "0"}


class Written(str):
    """A number with its spelling in the document."""

    __slots__ = ()


def read(body: bytes) -> Any:
    """Parse a document, keeping the spelling of its numbers; raises ValueError for invalid JSON."""
    return json.loads(body, parse_int=Written, parse_float=Written, parse_constant=_refuse)


def _refuse(name: str) -> None:
    raise ValueError(name)


class Tolerance:
    """Checks values against the schemas of one OpenAPI document."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Schema] = description["components"]["schemas"]

    def forgives(self, value: Any, schema: Schema | bool) -> bool:
        """Whether a value satisfies a schema when it is read tolerantly."""
        if isinstance(schema, bool):
            return schema
        if "$ref" in schema:
            return self.forgives(value, self._schemas[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return any(self.forgives(value, choice) for choice in schema["anyOf"])
        if "type" not in schema:
            return True
        kinds = schema["type"]
        return any(self._serves(value, kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))

    def _serves(self, value: Any, kind: str, schema: Schema) -> bool:
        if kind == "object":
            return isinstance(value, dict) and self._fields(value, schema)
        if kind == "array":
            return isinstance(value, list) and all(self.forgives(item, schema["items"]) for item in value)
        if kind == "null":
            return value is None or value == "null"
        if value is None or isinstance(value, (dict, list)):
            return False
        text = json.dumps(value) if isinstance(value, bool) else value
        if kind == "string":
            return len(text) <= schema.get("maxLength", len(text)) and bool(re.search(schema.get("pattern", ""), text))
        if kind == "boolean":
            return text.lower() in TRUTHS
        if NUMBER.fullmatch(text) is None:
            return False
        number = float(text)
        whole = kind == "number" or number.is_integer()
        return whole and schema.get("minimum", number) <= number <= schema.get("maximum", number)

    def _fields(self, value: dict[str, Any], schema: Schema) -> bool:
        declared: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        others = schema.get("additionalProperties", True)
        return all(name in value for name in required) and all(
            (field is None and name in declared and name not in required)
            or self.forgives(field, declared.get(name, others))
            for name, field in value.items()
        )
