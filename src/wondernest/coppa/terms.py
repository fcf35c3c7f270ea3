"""The terms of a consent, as they are stored in its text column."""

from __future__ import annotations

import msgspec


class Terms(msgspec.Struct, rename="camel", frozen=True):
    """The permissions, and how the parent was verified."""

    permissions: dict[str, bool]
    verification_method: str | None = None
    verification_data: dict[str, str] | None = None

    def stored(self) -> str:
        """The text to store."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str | None) -> Terms:
        """The terms in a stored text; a text in another format permits nothing."""
        try:
            return msgspec.json.decode(text or "", type=cls)
        except msgspec.MsgspecError:
            return cls({})
