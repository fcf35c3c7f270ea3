"""The groups of the settings tree that limit what people may send and store."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from wondernest.settings.kinds import MIB, Csv, NonNegative, Positive

CLIENTS_CHILD: Final = "50cb1b31-bd85-4604-8cd1-efc1a73c9359"
"""The child that the shipped site and app ask for, whoever is signed in (games contract §1)."""


class Limits(
    Struct,
    frozen=True,
    rename={
        "enabled": "RATE_LIMIT_ENABLED",
        "credentials_per_minute": "RATE_LIMIT_CREDENTIALS",
        "auth_per_minute": "RATE_LIMIT_AUTH",
        "failures_per_minute": "RATE_LIMIT_FAILED_LOGINS",
        "api_per_minute": "RATE_LIMIT_API",
    },
):
    """Rate limits in requests per minute; 0 switches a limit off (auth contract §1.9)."""

    enabled: bool = True
    credentials_per_minute: NonNegative = 30
    auth_per_minute: NonNegative = 60
    failures_per_minute: NonNegative = 5
    api_per_minute: NonNegative = 1_200


class Games(
    Struct,
    frozen=True,
    rename={
        "kept_versions": "SAVE_KEPT_VERSIONS",
        "saves_per_child": "SAVES_PER_CHILD",
        "saves_bytes_per_family": "SAVES_BYTES_PER_FAMILY",
        "idempotency_life_h": "IDEMPOTENCY_LIFE_H",
        "site_child_ids": "SITE_CHILD_IDS",
    },
):
    """Saves."""

    kept_versions: Annotated[int, Meta(ge=0, le=1000)] = 5
    saves_per_child: Positive = 2_000
    saves_bytes_per_family: Positive = 1 << 30
    idempotency_life_h: Positive = 24
    site_child_ids: Csv = Csv((CLIENTS_CHILD,))
    """Ids that clients have hard-wired. For a caller who is not its guardian, one stands for the oldest child of their own family."""

    @property
    def site_children(self) -> frozenset[UUID]:
        """`site_child_ids`, parsed; raises ValueError."""
        return frozenset(map(UUID, self.site_child_ids))


class Analytics(
    Struct,
    frozen=True,
    rename={"events_kept_days": "EVENTS_KEPT_DAYS", "archive_required": "EVENTS_ARCHIVE_REQUIRED"},
):
    """Events of children."""

    events_kept_days: Annotated[int, Meta(ge=60)] = 400
    """Older ones are removed; the sums of their days stay."""
    archive_required: bool = False
    """Whether they are removed only when they are in the archive."""


class Quotas(
    Struct,
    frozen=True,
    rename={
        "audio_metrics": "AUDIO_METRICS_PER_SESSION",
        "audio_sessions": "AUDIO_SESSIONS_PER_CHILD_AND_DAY",
        "children": "CHILDREN_PER_FAMILY",
        "children_with_archived": "CHILDREN_WITH_ARCHIVED_PER_FAMILY",
        "consents": "CONSENTS_PER_CHILD_AND_DAY",
        "events": "EVENTS_PER_CHILD_AND_DAY",
        "event_bytes": "EVENT_BYTES_PER_CHILD_AND_DAY",
        "engagements": "ENGAGEMENTS_PER_CHILD_AND_DAY",
        "history_bytes": "HISTORY_BYTES_PER_FAMILY",
        "idempotency_keys": "IDEMPOTENCY_KEYS_PER_USER",
    },
):
    """What one family may store. A day is a day in UTC."""

    audio_metrics: Positive = 1_000
    audio_sessions: Positive = 200
    children: Positive = 30
    """Active ones."""
    children_with_archived: Positive = 100
    consents: Positive = 50
    """Grants and changes; withdrawing is not limited."""
    events: Positive = 20_000
    event_bytes: Positive = 64 * MIB
    """Of the events as they are stored."""
    engagements: Positive = 2_000
    """With items of the content library."""
    history_bytes: Positive = 1024 * MIB
    """Of the kept versions of saves, uncompressed; beyond it the oldest are dropped."""
    idempotency_keys: Annotated[int, Meta(ge=100)] = 10_000
    """Beyond it the oldest are forgotten."""
