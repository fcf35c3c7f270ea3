r"""Settings of a game's instance in their stored form, which the Kotlin backend reads (games contract §4). Pure functions.

Stored is an object whose values are texts, each the JSON text of a value: `{"sound": "true", "theme": "\"dark\""}`. With any other
value the Kotlin backend fails on every instance of the child.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from wondernest.platform.json import Raw, encode

_values: Final[Callable[[bytes], dict[str, Raw]]] = msgspec.json.Decoder(dict[str, Raw]).decode
_text: Final[Callable[[Raw], str]] = msgspec.json.Decoder(str).decode
_EMPTY: Final = Raw(b"{}")


def stored(settings: Mapping[str, Raw]) -> bytes:
    """The stored form of settings as a client sent them; numbers keep their spelling. Raises UnicodeDecodeError."""
    return encode({name: msgspec.json.format(bytes(value), indent=-1).decode() for name, value in settings.items()})


def shown(document: bytes | None) -> Raw:
    """The settings as JSON. A stored value that is no JSON text is shown as it is; a document that is no object as `{}`."""
    try:
        values = _values(document or b"")
    except (msgspec.DecodeError, RecursionError):
        return _EMPTY
    return Raw(encode({name: _shown(value) for name, value in values.items()}))


def _shown(value: Raw) -> Raw:
    if not bytes(value).startswith(b'"'):
        return value
    try:
        return Raw(msgspec.json.format(_text(value).encode(), indent=-1))
    except (msgspec.DecodeError, RecursionError):
        return value
