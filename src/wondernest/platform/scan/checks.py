"""The check of a scanner."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wondernest.platform.checks import TIMEOUT_S, Check, Health, milliseconds_since
from wondernest.platform.clock import monotonic
from wondernest.platform.scan.scanner import DEPENDENCY

if TYPE_CHECKING:
    from wondernest.platform.scan.scanner import Scanner

ADVICE = "check CLAMD_ADDRESS and that clamd runs there"


def scan_check(scanner: Scanner) -> Check:
    """Whether the scanner answers."""

    async def ask() -> Health:
        began = monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                problem = await scanner.ping()
        except TimeoutError:
            problem = "timed out"
        message = f"no answer: {problem}; {ADVICE}" if problem else "Connected"
        return Health(up=not problem, message=message, took_ms=milliseconds_since(began))

    return Check(DEPENDENCY, ask)
