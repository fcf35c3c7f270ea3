"""Devices that save without pause, each in its own thread, and record every answer."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.faults.household import Household
from tests.faults.ledger import FILLING_BYTES, GAME_TYPE, Ledger, Page
from tests.fixtures.processes import wait_for

RETRY_PAUSE_S = 0.02
"""How long a device waits after a refusal; a real one waits for Retry-After."""
HURRIED_SAVES = 500
LEISURE_S = 0.1
"""A device slows down after HURRIED_SAVES, or a fast machine would write more than the 1,000 versions that can be kept."""


@dataclass(frozen=True)
class Answer:
    """One attempt: status None when the connection ended without an answer."""

    device: str
    status: int | None
    began: float
    ended: float
    retry_after: str | None = None
    fault: str = ""

    @property
    def seconds(self) -> float:
        """How long the device waited."""
        return self.ended - self.began


class Devices:
    """A household's devices. Each has its own save and writes the next document when the last was acknowledged.

    They use all three ways to write: a save (batched with others), a save with an Idempotency-Key (a unit of work),
    and a request with a batch of operations.
    """

    def __init__(self, household: Household, count: int = 6, filling_bytes: int = FILLING_BYTES) -> None:
        self.ledger = Ledger(filling_bytes)
        self.answers: list[Answer] = []
        self._household = household
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(f"device{number}",)) for number in range(count)]
        for number in range(count):
            self.ledger.pages[f"device{number}"] = Page()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to save."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop saving; returns when every answer has arrived."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def wait_for_saves(self, count: int) -> None:
        """Wait until that many more saves were acknowledged, some from each device."""
        before = {key: len(page.acknowledged) for key, page in self.ledger.pages.items()}
        each = -(-count // len(before))
        wait_for(
            lambda: all(len(page.acknowledged) >= before[key] + each for key, page in self.ledger.pages.items()),
            f"{count} more saves",
        )

    def wait_for_refusals(self, count: int) -> None:
        """Wait until that many more attempts were refused or left without an answer."""
        before = len(self.refusals())
        wait_for(lambda: len(self.refusals()) >= before + count, f"{count} more refusals")

    def refusals(self) -> list[Answer]:
        """Every attempt that was not acknowledged."""
        return [answer for answer in list(self.answers) if answer.status != 200]

    def statuses(self) -> list[int | None]:
        """The status of every attempt; None for a connection that ended without an answer."""
        return [answer.status for answer in list(self.answers)]

    def recovered_after_s(self, since: float) -> float | None:
        """Seconds from `since` (`time.monotonic`) until every device saves again without refusals; None without any refusal."""
        if not self.refusals():
            return None
        return max(self._served_again(device, since) for device in self.ledger.pages) - since

    def _served_again(self, device: str, since: float) -> float:
        later = [answer for answer in list(self.answers) if answer.device == device and answer.ended > since]
        refused = max((answer.ended for answer in later if answer.status != 200), default=since)
        return min((answer.ended for answer in later if answer.ended > refused), default=math.inf)

    def slowest_s(self) -> float:
        """The longest time that a device waited for an answer or a broken connection."""
        return max(answer.seconds for answer in self.answers)

    def _write(self, key: str) -> None:
        page = self.ledger.pages[key]
        with self._household.client() as client:
            while not self._done.is_set():
                page.sent += 1
                while not self._done.is_set():
                    answer = self._attempt(client, key, page.sent)
                    self.answers.append(answer)
                    if answer.status == 200:
                        page.acknowledged.append(page.sent)
                        time.sleep(LEISURE_S if page.sent > HURRIED_SAVES else 0)
                        break
                    time.sleep(RETRY_PAUSE_S)

    def _attempt(self, client: httpx2.Client, key: str, number: int) -> Answer:
        form = {"gameType": GAME_TYPE, "dataKey": key, "dataValue": self.ledger.document(key, number)}
        method, path, body, headers = "PUT", self._household.saves, form, dict[str, str]()
        if number % 3 == 1:
            headers = {"Idempotency-Key": f"{key}-{number}"}
        elif number % 3 == 2:
            method, path, body = "POST", path + "/batch", {"operations": [{"op": "put", **form}]}
        began = time.monotonic()
        try:
            response = client.request(method, path, json=body, headers=headers)
        except httpx2.TransportError as error:
            return Answer(key, None, began, time.monotonic(), fault=repr(error))
        status = response.status_code
        if status == 200 and method == "POST":
            status = _of_operation(response.json())
        ended = time.monotonic()
        return Answer(key, status, began, ended, response.headers.get("retry-after"), response.text[:200])


def _of_operation(answer: Any) -> int:
    return answer["results"][0]["status"]


def without_status(answers: Iterable[Answer], *statuses: int | None) -> list[Answer]:
    """The answers with a status other than these."""
    return [answer for answer in answers if answer.status not in statuses]
