"""What is known of the request that is answered at this moment, for counting. Nothing is decided by it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

ROUTE: Final = ContextVar("route", default="")
"""Method and template of the endpoint."""
