"""JSON Schemas of wire types, for OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from msgspec import NODEFAULT, inspect

Schema: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["in", "out"]
PLATFORM: Final = "platform"
REFERENCE: Final = "#/components/schemas/"
DOCUMENT: Final[Mapping[str, Any]] = {"type": "object", "additionalProperties": True}
"""The schema of documents that are passed through: any JSON object."""
NULL: Final[Mapping[str, Any]] = {"type": "null"}
_BODY_ENDINGS: Final = ("Body", "Form", "Input", "Request")
_BOUNDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_EXAMPLE_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


class Schemas:
    """Schemas by type. Structs become components, named after their room and class, one per direction."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[type, Direction]] = {}
        self.components: dict[str, Schema] = {}

    def of(self, kind: Any, direction: Direction) -> Schema:
        """The schema of a type in request bodies ("in") or replies ("out"). Replies contain every field; bodies may omit some."""
        if isinstance(kind, UnionType):  # msgspec refuses unions of untagged structs, because it cannot decode them
            return {"anyOf": [self.of(member, direction) for member in get_args(kind)]}
        return self._schema(inspect.type_info(kind), direction)

    def look_alike(self, one: Schema, other: Schema) -> bool:
        """Whether two schemas are equal, or objects with the same fields."""
        first, second = (self.components.get(s.get("$ref", "").removeprefix(REFERENCE), s) for s in (one, other))
        names = first.get("properties")
        return first == second or (names is not None and set(names) == set(second.get("properties", {})))

    def _schema(self, info: inspect.Type, direction: Direction) -> Schema:
        match info:
            case inspect.Metadata():
                extra = cast("Schema", info.extra_json_schema or {})  # pyright: ignore[reportUnknownMemberType]
                described = isinstance(info.type, inspect.RawType)  # by its metadata alone
                return extra if described else {**self._schema(info.type, direction), **extra}
            case inspect.StructType():
                return self._struct(info, direction)
            case inspect.UnionType():
                return self._union(info, direction)
            case inspect.DictType(value_type=inspect.RawType()):
                return dict(DOCUMENT)
            case inspect.DictType():
                return {"type": "object", "additionalProperties": self._schema(info.value_type, direction) or True}
            case inspect.ListType() | inspect.VarTupleType():
                return {"type": "array", "items": self._schema(info.item_type, direction)}
            case inspect.LiteralType():
                return _literal(info.values)
            case _:
                return _scalar(info)

    def _union(self, info: inspect.UnionType, direction: Direction) -> Schema:
        members = [self._schema(member, direction) for member in info.types]
        nullable = NULL in members
        others = [member for member in members if member != NULL]
        if not others:
            return dict(NULL)
        if len(others) > 1:
            return {"anyOf": [*others, *([dict(NULL)] if nullable else [])]}
        return _nullable(others[0]) if nullable else others[0]

    def _struct(self, info: inspect.StructType, direction: Direction) -> Schema:
        name = _component_name(info.cls, direction)
        known = self._owners.setdefault(name, (info.cls, direction))
        if known != (info.cls, direction):
            raise ValueError(f"two wire types are called {name}")
        if name not in self.components:
            self.components[name] = {}  # reserved first: its fields may refer to it
            self.components[name] = self._object(info, direction)
        return {"$ref": REFERENCE + name}

    def _object(self, info: inspect.StructType, direction: Direction) -> Schema:
        properties: dict[str, Schema] = {}
        required: list[str] = []
        if info.tag_field is not None:
            properties[info.tag_field] = {"enum": [info.tag]}
            required.append(info.tag_field)
        for field in info.fields:
            properties[field.encode_name] = self._field(field, direction)
            if field.required or (direction == "out" and not _may_be_unset(field)):
                required.append(field.encode_name)
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if words := (info.cls.__doc__ or "").strip().partition("\n\n")[0]:
            schema["description"] = " ".join(words.split())
        return schema

    def _field(self, field: inspect.Field, direction: Direction) -> Schema:
        schema = self._schema(field.type, direction)
        default = field.default
        if direction == "out" or "$ref" in schema or default is None or not isinstance(default, (str, int, float)):
            return schema
        return {**schema, "default": default}


def of_example(value: Any) -> Schema:
    """The schema of an example value."""
    if isinstance(value, Mapping):
        fields: dict[str, Any] = {str(name): of_example(item) for name, item in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return {"type": "object", "properties": fields, "required": list(fields)}
    if isinstance(value, (list, tuple)):
        return {"type": "array", "items": {}}
    return {"type": _EXAMPLE_TYPES[type(value)]}


def _scalar(info: inspect.Type) -> Schema:
    match info:
        case inspect.AnyType():
            return {}
        case inspect.RawType():
            return dict(DOCUMENT)
        case inspect.NoneType():
            return dict(NULL)
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType():
            return {"type": "integer", **_bounds(info)}
        case inspect.FloatType():
            return {"type": "number", **_bounds(info)}
        case inspect.StrType():
            limits = {"minLength": info.min_length, "maxLength": info.max_length, "pattern": info.pattern}
            return {"type": "string", **{name: value for name, value in limits.items() if value is not None}}
        case inspect.UUIDType():
            return {"type": "string", "format": "uuid"}
        case _:
            raise TypeError(f"{info} has no wire form")


def _bounds(info: inspect.IntType | inspect.FloatType) -> Schema:
    return {word: bound for name, word in _BOUNDS.items() if (bound := getattr(info, name)) is not None}


def _literal(values: tuple[Any, ...]) -> Schema:
    types = list(dict.fromkeys(_EXAMPLE_TYPES[type(value)] for value in values))
    return {"type": types[0] if len(types) == 1 else types, "enum": list(values)}


def _nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if not isinstance(kind, str) or "enum" in schema:
        return {"anyOf": [schema, dict(NULL)]}
    return {**schema, "type": [kind, "null"]}


def _may_be_unset(field: inspect.Field) -> bool:
    """Whether the default is UNSET: msgspec reports such a field as not required and without default."""
    return not field.required and field.default is NODEFAULT and field.default_factory is NODEFAULT


def _component_name(cls: type, direction: Direction) -> str:
    """`FamilyProfile` for `wondernest.family.wire.Profile`: names are unique per room. Shared types have no room."""
    origin = getattr(cls, "__origin__", cls)
    arguments: tuple[type, ...] = getattr(cls, "__args__", ())
    name = origin.__name__ + "".join(argument.__name__ for argument in arguments)
    parts = origin.__module__.split(".")
    room = parts[1].capitalize() if len(parts) > 1 and parts[1] != PLATFORM else ""
    name = name if name.startswith(room) else room + name
    return name if direction == "out" or name.endswith(_BODY_ENDINGS) else name + "Input"
