"""Tolerant decoding of request bodies (auth contract §1.2, §1.4).

The body is read as JSON, whatever its Content-Type is. Unknown fields are ignored. Where a text is expected, a number or boolean
is taken as its source text. `"12"` and `"true"` are accepted as number and boolean. null for a field with a default counts as
absent. Documents declared as `Raw` are passed through unchanged.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any, Union

import msgspec
from msgspec import Raw, Struct

from wondernest.platform.json import expands_too_far, holds_nul

MAX_REASON_CHARS = 200
_decode_fields: Callable[[bytes], dict[str, Raw]] = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_list: Callable[[bytes | Raw], list[Raw]] = msgspec.json.Decoder(list[Raw]).decode
_decode_map: Callable[[bytes | Raw], dict[str, Raw]] = msgspec.json.Decoder(dict[str, Raw]).decode
_NULL = b"null"


class BadBody(ValueError):
    """The body cannot be decoded as the route's type; the message is the reason."""


class BodyDecoder:
    """Decodes bodies into one wire type: first strictly, which is fast, then tolerantly."""

    __slots__ = ("_strict", "_type")

    def __init__(self, kind: Any) -> None:
        self._type = kind
        self._strict = msgspec.json.Decoder(kind)

    def decode(self, body: bytes) -> Any:
        """The decoded value; raises BadBody. NUL is refused anywhere, because PostgreSQL cannot store it."""
        if holds_nul(body):
            raise BadBody("\\u0000 is not allowed in a text")
        if expands_too_far(body):
            raise BadBody("its numbers are too long")
        try:
            return self._strict.decode(body)
        except msgspec.ValidationError as error:
            if not _is_struct(self._type):
                raise BadBody(_reason(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadBody(_reason(error)) from None
        try:
            return _struct(self._type, _decode_fields(body))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadBody(_reason(error)) from None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "JSON is nested too deeply"
    return str(error)[:MAX_REASON_CHARS]


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _struct(kind: type[Struct], fields: dict[str, Raw]) -> Struct:
    values: dict[str, Any] = {}
    for info in msgspec.structs.fields(kind):
        raw = fields.get(info.encode_name)
        if raw is not None and bytes(raw).strip() == _NULL and not _accepts_none(info.type) and not info.required:
            continue
        if raw is not None:
            values[info.name] = _value(info.type, raw)
        elif info.required:
            raise msgspec.ValidationError(f"Object missing required field `{info.encode_name}`")
    return kind(**values)


def _value(kind: Any, raw: Raw) -> Any:
    """One value, converted to its declared type where possible."""
    if kind is Raw:
        return raw
    members = _members(kind)
    text = bytes(raw).strip()
    if text == _NULL and type(None) in members:
        return None
    if str in members and text[:1] not in b'"[{n':
        return msgspec.convert(text.decode(), kind)
    for member in members:
        if _is_struct(member) and text[:1] == b"{":
            return _struct(member, _decode_map(raw))
        origin: Any = typing.get_origin(member)
        if origin in (list, tuple) and text[:1] == b"[":
            item = typing.get_args(member)[0]
            elements = [_value(item, element) for element in _decode_list(raw)]
            return elements if origin is list else tuple(elements)
        if origin is dict and text[:1] == b"{":
            item = typing.get_args(member)[1]
            return {key: _value(item, element) for key, element in _decode_map(raw).items()}
    return msgspec.json.decode(raw, type=kind, strict=False)


def _members(kind: Any) -> tuple[Any, ...]:
    if typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    return typing.get_args(kind) if typing.get_origin(kind) in (Union, types.UnionType) else (kind,)


def _accepts_none(kind: Any) -> bool:
    return kind is Any or kind is Raw or type(None) in _members(kind)
