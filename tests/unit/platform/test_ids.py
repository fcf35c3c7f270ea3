"""Identifiers made here."""

from __future__ import annotations

import time
from uuid import UUID

from wondernest.platform.clock import SystemClock
from wondernest.platform.ids import RandomIds

IDS = RandomIds(SystemClock())


def test_an_ordered_uuid_is_of_version_7_and_carries_its_time() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(str(IDS.ordered_uuid()))
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= after


def test_ordered_uuids_differ_within_a_millisecond() -> None:
    made = [IDS.ordered_uuid() for _ in range(1000)]
    assert len(set(made)) == len(made)
    assert sorted(made[::100], key=str) == sorted(made[::100])
