"""The room of infrastructure itself: its tables, metrics, checks and personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.blobs.checks import BlobCheck
from wondernest.platform.db import replica
from wondernest.platform.db.idempotency import FORGET_KEYS, KEYS_USED
from wondernest.platform.db.migrations.state import OWN_TABLES
from wondernest.platform.jobs.instruments import NAMES
from wondernest.platform.jobs.upkeep import JobEraser, Upkeep
from wondernest.platform.media.instruments import NAMES as MEDIA_NAMES
from wondernest.platform.personal_data import (
    USER,
    Elsewhere,
    GeneralGround,
    Holding,
    Neighbour,
    Operation,
    Party,
    Store,
)
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
        copies=True,
        what="Replies to requests that a client may repeat",
        why="A repeated request is answered as the first one, and acts once",
        kept="IDEMPOTENCY_LIFE_H hours",
        grounds=(GeneralGround.CONTINUITY,),
        seen_by=(Party.OWNER,),
        identifiers={"key": Operation.REPEAT},
        ended_by=FORGET_KEYS,
    ),
    Holding(
        table="wondernest.jobs",
        people={},
        personal=("payload", "dedupe_key", "headers"),
        what="Background work: a name and ids",
        why="Work that must happen is not lost",
        kept="Until it is done; what keeps failing until an operator decides",
        grounds=(GeneralGround.CONTINUITY,),
        seen_by=(Party.OPERATOR,),
        identifiers={"dedupe_key": Operation.DELIVER},
    ),
)
ELSEWHERE: Final = (
    Elsewhere(
        store=Store.CACHE,
        name="limit:",
        people=(USER,),
        what="Requests of a user, or of a network (a keyed hash), in a minute",
        why="One client cannot slow the others down",
        kept="Two minutes",
        grounds=(GeneralGround.SECURITY,),
        seen_by=(Neighbour.CACHE,),
        operation=Operation.PROTECT,
        ended_by="expiry of the key",
    ),
    Elsewhere(
        store=Store.LOG,
        name="log lines",
        people=(USER,),
        what="Requests and faults: route, time, ids of users, families, files, payments, erasures, jobs and requests; "
        "no names, addresses or contents",
        why="Faults are found and mended",
        kept="As long as the operator keeps logs: LOG_KEPT_DAYS (30) days at most",
        grounds=(GeneralGround.DIAGNOSIS,),
        seen_by=(Party.OPERATOR, Neighbour.LOGS),
        operation=Operation.DIAGNOSE,
        ended_by="the operator's log rotation",
    ),
    Elsewhere(
        store=Store.MAIL,
        name="letters",
        people=(USER,),
        what="Letters on their way to a mail server, with the address",
        why="People are told what happened to their account, asked what only they decide, and sent what they chose to get",
        kept="Not kept by the service",
        grounds=(GeneralGround.CONTRACT, GeneralGround.DUTY, GeneralGround.SECURITY),
        seen_by=(Party.OWNER, Neighbour.MAIL),
        operation=None,
        ended_by="the mail server",
    ),
    Elsewhere(
        store=Store.MEMORY,
        name="memory of processes",
        people=(USER,),
        what="Verified tokens, refused accounts, counts of requests",
        why="A request costs no round trip for what is known",
        kept="Until the token expires or the process ends",
        grounds=(GeneralGround.SECURITY,),
        seen_by=(Party.NOBODY,),
        operation=Operation.SESSIONS,
        ended_by="expiry",
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
        elsewhere=ELSEWHERE,
        erasers=(JobEraser(parts.database).erase,),
        usage=(UsageLine(name="idempotencyKeys", of=USER, query=KEYS_USED, limit=most_keys),),
    )
