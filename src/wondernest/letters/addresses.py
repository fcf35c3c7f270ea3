"""The address that ends an account's letters, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.letters.signing import EndTokens
from wondernest.letters.writer import shown_language

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.settings import Settings

PATH: Final = "/letters/weekly/end"
TOKEN, LANGUAGE = "token", "lang"


class EndAddresses:
    """Addresses below PUBLIC_BASE_URL; in development also below the service's own."""

    def __init__(self, settings: Settings, mount: str) -> None:
        base = settings.files.public_base_url.rstrip("/")
        if not base and settings.app.development:
            base = f"http://localhost:{settings.server.port}"
        self._page = base and f"{base}{mount}{PATH}"
        self._tokens = EndTokens(settings.jwt.secret)

    @property
    def known(self) -> bool:
        """Whether there are any: a letter that nobody could end is not sent."""
        return bool(self._page)

    def of(self, user_id: UUID, language: str) -> str:
        """The address of an account's letters; its page is in the language."""
        return f"{self._page}?{TOKEN}={self._tokens.token(user_id)}&{LANGUAGE}={shown_language(language)}"

    def user_of(self, token: str | None) -> UUID | None:
        """The account of a token; None for one that we did not make."""
        return None if token is None else self._tokens.user_of(token)
