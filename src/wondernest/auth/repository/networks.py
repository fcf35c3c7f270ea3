"""The networks that an account was used from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from wondernest.auth.repository.accounts import FOUND_BY_EMAIL

if TYPE_CHECKING:
    from wondernest.platform.addresses import Network
    from wondernest.platform.db.pool import Executor

_SIGNED_IN: Final = f"""
    with {FOUND_BY_EMAIL}
    select exists (select from core.refresh_tokens r join found on found.id = r.user_id where r.ip_address <<= any($2::inet[]))"""
"""Plan: the account by its address, then its tokens by the index of user_id: some dozens."""


class NetworkRepository:
    """Finds networks by the addresses that refresh tokens were given to. Those are kept after a token has ended."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def signed_in_from(self, email: str, networks: Sequence[Network]) -> bool:
        """Whether the account of a lower-case address signed in, or renewed a session, from one of these networks."""
        return bool(networks) and await self._database.fetchval(_SIGNED_IN, email, list(networks)) is True
