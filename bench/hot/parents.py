"""Parents of the data set, and what all their requests need."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.family.repository import Acting
from wondernest.games.rules import Limits
from wondernest.platform.caller import Caller
from wondernest.platform.clock import SystemClock
from wondernest.platform.ids import RandomIds, sha256_hex
from wondernest.settings import Games

if TYPE_CHECKING:
    from bench.statements import OneConnection


BATCH: Final = 16
"""How many requests share a statement, where not 1."""
SAVES_OF_A_BATCH: Final = 8
REFRESH_LIFE: Final = timedelta(days=30)
CLOCK: Final = SystemClock()
IDS: Final = RandomIds(CLOCK)
KEPT: Final = Games()
LIMITS: Final = Limits(KEPT.kept_versions, KEPT.saves_per_child, KEPT.saves_bytes_per_family)
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent of the data set with one child."""

    user_id: UUID
    family_id: UUID
    email: str
    child_id: UUID

    @property
    def caller(self) -> Caller:
        """The caller that a verified token of this parent gives."""
        return Caller(
            user_id=self.user_id,
            family_id=self.family_id,
            family_claim=str(self.family_id),
            email=self.email,
            role="PARENT",
            verified=True,
            token_hash=sha256_hex(self.email),
            issued_at=0,
            expires_at=1,
        )

    @property
    def acting(self) -> Acting:
        """The same for the family room."""
        return Acting(self.user_id, self.family_id)


class ParentRequests:
    """Requests of parents, made through the service's own repositories on one connection. `count` parents share a statement."""

    def __init__(self, database: OneConnection, parents: Sequence[Parent]) -> None:
        self._database = database
        self._parents = parents
        self._serials = itertools.count(int(datetime.now(UTC).timestamp() * 1e6))
