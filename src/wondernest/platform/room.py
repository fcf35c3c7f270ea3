"""The room of infrastructure itself: its tables, metrics, checks and personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.blobs.checks import BlobCheck
from wondernest.platform.db import replica
from wondernest.platform.db.idempotency import KEYS_USED
from wondernest.platform.db.migrations.state import OWN_TABLES
from wondernest.platform.jobs.instruments import NAMES
from wondernest.platform.jobs.upkeep import Upkeep
from wondernest.platform.media.instruments import NAMES as MEDIA_NAMES
from wondernest.platform.personal_data import USER, Holding
from wondernest.platform.rooms import READ, Room, Table
from wondernest.platform.scan.checks import scan_check
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("wondernest.idempotency_keys"),
    Table("wondernest.jobs"),
    Table("wondernest.job_log"),
    Table("wondernest.job_processes"),
    Table("wondernest.job_schedules"),
    Table("wondernest.job_statistics", rights=()),
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


def build(parts: Parts) -> Room:
    """Declare the room. It also closes the adapters that `app.py` made."""
    upkeep, keys = Upkeep(parts.database), parts.idempotency
    most_keys = parts.settings.quotas.idempotency_keys
    standby = parts.replica
    return Room(
        name="platform",
        tables=TABLES,
        jobs=(*upkeep.jobs(), *keys.jobs(parts.database)),
        schedules=(*upkeep.schedules(), *keys.schedules()),
        metrics=(*sorted(parts.metrics.own), *NAMES, *MEDIA_NAMES, *(replica.NAMES if standby else ())),
        checks=(
            BlobCheck(parts.blobs).check,
            *([scan_check(parts.scanner)] if parts.scanner.active else ()),
            *([standby.check] if standby else ()),
        ),
        on_stop=(
            parts.inspector.close,
            parts.blobs.close,
            parts.counters.close,
            *([standby.close] if standby else ()),
            parts.database.close,
        ),
        personal_data=PERSONAL_DATA,
        usage=(UsageLine(name="idempotencyKeys", of=USER, query=KEYS_USED, limit=most_keys),),
    )
