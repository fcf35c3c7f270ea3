"""Kinds of values of settings."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

from msgspec import Meta

MIB: Final = 1024 * 1024
MAX_PORT: Final = 65535

Port = Annotated[int, Meta(ge=1, le=MAX_PORT)]
Positive = Annotated[int, Meta(ge=1)]
NonNegative = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(gt=0)]


class Pooler(Enum):
    """A pooler of connections between the service and PostgreSQL, such as PgBouncer."""

    NONE = "none"
    SESSION = "session"
    """A connection of the pooler is one session of PostgreSQL until it is closed."""
    TRANSACTION = "transaction"
    """Each transaction may run in another session: no state of the session, and each statement is parsed again."""
    TRANSACTION_PREPARED = "transaction-prepared"
    """As TRANSACTION, and the pooler keeps prepared statements (PgBouncer from 1.21, `max_prepared_statements`)."""

    @property
    def keeps_sessions(self) -> bool:
        """Whether what is set on a connection stays set on it."""
        return self in {Pooler.NONE, Pooler.SESSION}


class Secret(str):
    """A text whose `repr` is hidden, so that it does not appear in logs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"


class Csv(tuple[str, ...]):
    """A comma-separated list; empty entries are dropped."""

    __slots__ = ()
