"""The end of every session of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.platform.db.unit import UnitOfWork


async def end_all_sessions(deps: Dependencies, user_id: UUID, now: datetime, unit: UnitOfWork) -> None:
    """End every session, token and reset token of a user whose row is locked. Sessions opened later in the same unit are not ended."""
    issued_before = now.replace(microsecond=0)
    ended = await deps.sessions.end_all(unit, user_id, now, issued_before)

    def update_verifier() -> None:
        deps.verifier.revoke_before(user_id, issued_before.timestamp())
        for access in ended:
            deps.verifier.revoke(access.token_hash, access.expires_at.timestamp())

    unit.after_commit(update_verifier)
