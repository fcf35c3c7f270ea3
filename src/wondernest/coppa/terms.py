"""The terms of a consent, as they are stored in its text column."""

from __future__ import annotations

from typing import Final

import msgspec

MARK: Final = '"namedAs":"{}"'
"""The part of a stored text by which a consent is found that was granted with an app's id of the child."""


class Terms(msgspec.Struct, rename="camel", frozen=True):
    """The permissions, and how the parent was verified."""

    permissions: dict[str, bool]
    verification_method: str | None = None
    verification_data: dict[str, str] | None = None
    named_as: str | None = None
    """The app's own id of the child, if the consent was granted with it."""

    def stored(self) -> str:
        """The text to store; `MARK` finds its `named_as`."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str | None) -> Terms:
        """The terms in a stored text; a text in another format permits nothing."""
        return cls.ours(text or "") or cls({})

    @classmethod
    def ours(cls, text: str) -> Terms | None:
        """The terms in a stored text; None for a text in another format."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError:
            return None
