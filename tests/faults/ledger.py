"""What devices sent and what they were told is safe, kept apart from the service and checked against it at the end."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.faults.household import Household

GAME_TYPE = "sticker_book"
FILLING_BYTES = 1_000
_CURRENT = "select data_value from games.simple_game_data where child_id = %s and game_type = %s and data_key = %s"
_KEPT = "select data_value from wondernest.save_versions where child_id = %s and game_type = %s and data_key = %s"


def document(key: str, number: int, filling_bytes: int = FILLING_BYTES) -> dict[str, Any]:
    """The document a device sends as its nth: too random to be pressed, with a sum that would tell a torn one."""
    filling = random.Random(f"{key}/{number}").randbytes(filling_bytes).hex()
    return {"key": key, "number": number, "filling": filling, "sum": hashlib.sha256(filling.encode()).hexdigest()}


@dataclass
class Page:
    """One key's writes, numbered as its device made them."""

    sent: int = 0
    acknowledged: list[int] = field(default_factory=list[int])


class Ledger:
    """Each key has one device that writes 1, 2, 3, ..., and goes on to the next number when the last was acknowledged."""

    def __init__(self, filling_bytes: int = FILLING_BYTES) -> None:
        self.pages: dict[str, Page] = {}
        self._filling_bytes = filling_bytes

    def document(self, key: str, number: int) -> dict[str, Any]:
        """What the key's device sends as its nth."""
        return document(key, number, self._filling_bytes)

    def check(self, household: Household, database_url: str) -> None:
        """Everything acknowledged is current or kept, everything stored is whole and was sent; by SQL and by the API."""
        with psycopg.connect(database_url) as connection, household.client() as client:
            for key, page in self.pages.items():
                place = [household.child_id, GAME_TYPE, key]
                current = [self._number(key, row[0], page) for row in connection.execute(_CURRENT, place)]
                kept = [self._number(key, row[0], page) for row in connection.execute(_KEPT, place)]
                assert page.acknowledged, f"{key} was never written"
                lost = set(page.acknowledged) - set(current) - set(kept)
                assert not lost, f"{key}: acknowledged and gone: {sorted(lost)}"
                assert current[0] >= page.acknowledged[-1], f"{key}: {current} after {page.acknowledged[-1]} was told"
                shown = client.get(f"{household.saves}/{GAME_TYPE}/{key}")
                assert shown.status_code == 200, shown.text
                assert self._number(key, shown.json()["dataValue"], page) == current[0]

    def _number(self, key: str, stored: Any, page: Page) -> int:
        """Which write a stored document is; fails when it is none, or only part of one."""
        number = stored["number"]
        assert 1 <= number <= page.sent, f"{key}: {number} was never sent"
        assert stored == self.document(key, number), f"{key}: {number} is not what was sent"
        return number
