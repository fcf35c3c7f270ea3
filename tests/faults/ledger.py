"""A record of what devices sent and what was acknowledged, compared with the service at the end."""

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
    """The nth document of a device: too random to compress, with a checksum that reveals a partial one."""
    filling = random.Random(f"{key}/{number}").randbytes(filling_bytes).hex()
    return {"key": key, "number": number, "filling": filling, "sum": hashlib.sha256(filling.encode()).hexdigest()}


@dataclass
class Page:
    """The writes of one key, numbered in order."""

    sent: int = 0
    acknowledged: list[int] = field(default_factory=list[int])


class Ledger:
    """Each key has one device, which writes 1, 2, 3, ...: the next number once the last was acknowledged."""

    def __init__(self, filling_bytes: int = FILLING_BYTES) -> None:
        self.pages: dict[str, Page] = {}
        self._filling_bytes = filling_bytes

    def document(self, key: str, number: int) -> dict[str, Any]:
        """The nth document of the key's device."""
        return document(key, number, self._filling_bytes)

    def check(self, household: Household, database_url: str) -> None:
        """Assert, by SQL and by the API: all that was acknowledged is current or kept, all that is stored is complete and was sent."""
        with psycopg.connect(database_url) as connection, household.client() as client:
            for key, page in self.pages.items():
                place = [household.child_id, GAME_TYPE, key]
                current = [self._number(key, row[0], page) for row in connection.execute(_CURRENT, place)]
                kept = [self._number(key, row[0], page) for row in connection.execute(_KEPT, place)]
                assert page.acknowledged, f"{key} was never written"
                lost = set(page.acknowledged) - set(current) - set(kept)
                assert not lost, f"{key}: acknowledged and gone: {sorted(lost)}"
                assert current[0] >= page.acknowledged[-1], (
                    f"{key}: {current} after {page.acknowledged[-1]} was acknowledged"
                )
                shown = client.get(f"{household.saves}/{GAME_TYPE}/{key}")
                assert shown.status_code == 200, shown.text
                assert self._number(key, shown.json()["dataValue"], page) == current[0]

    def _number(self, key: str, stored: Any, page: Page) -> int:
        """The number of the write that stored a document; fails for an unknown or partial document."""
        number = stored["number"]
        assert 1 <= number <= page.sent, f"{key}: {number} was never sent"
        assert stored == self.document(key, number), f"{key}: {number} is not what was sent"
        return number
