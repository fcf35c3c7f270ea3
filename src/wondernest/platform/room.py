"""What infrastructure itself declares: its tables, its instruments, and what it holds about users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.db.migrations.state import OWN_TABLES
from wondernest.platform.periodic import Periodic
from wondernest.platform.personal_data import USER, Holding
from wondernest.platform.rooms import READ, Room, Table

if TYPE_CHECKING:
    from wondernest.platform.mail import Delivery
    from wondernest.platform.rooms import Parts

FORGET_EXPIRED_EVERY_S: Final = 600.0
"""How often a process drops idempotency keys past their life."""
TABLES: Final = (
    Table("wondernest.idempotency_keys"),
    *(Table(name, READ) for name in OWN_TABLES),
)
PERSONAL_DATA: Final = (
    Holding(
        table="wondernest.idempotency_keys",
        people={"user_id": USER},
        personal=("key", "body", "headers"),
        what="Replies to requests that a client may repeat",
        why="A repeated request is answered as the first one, and acts once",
        kept="IDEMPOTENCY_LIFE_H hours",
    ),
)


def build(parts: Parts, delivery: Delivery) -> Room:
    """The declaration; the adapters it starts and stops are `app.py`'s."""

    async def forget_expired() -> None:
        await parts.idempotency.forget_expired(parts.database)

    forgetting = Periodic("forget expired idempotency keys", FORGET_EXPIRED_EVERY_S, forget_expired)
    return Room(
        name="platform",
        tables=TABLES,
        metrics=sorted(parts.metrics.own),
        on_start=(delivery.start, forgetting.start),
        on_stop=(forgetting.stop, delivery.stop, parts.counters.close, parts.database.close),
        personal_data=PERSONAL_DATA,
    )
