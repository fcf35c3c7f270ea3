"""Outgoing text messages: the interface `TextSender`, and a gateway over HTTP. Jobs send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from msgspec import Struct

from wondernest.platform.asking import asked
from wondernest.platform.outages import Outages

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import TextMessages

DEPENDENCY: Final = "text messages"
REFUSED: Final = frozenset({400, 404, 410, 422})
"""Statuses by which a gateway says that a message will never be sent: no such number, for example."""


class TextRefused(Exception):
    """The message is refused for good; a retry does not help."""


class TextSender(Protocol):
    """Sends text messages."""

    async def send(self, to: str, text: str, reference: str) -> None:
        """Send one; the same reference is the same message. Raises DependencyUnavailable or TextRefused."""
        ...


class _Message(Struct, rename="camel", kw_only=True):
    to: str
    text: str
    reference: str


class HttpTextSender:
    """A gateway that takes `POST <url>/messages` with a bearer key; any 2xx says that it took the message."""

    def __init__(self, settings: TextMessages, metrics: Metrics) -> None:
        self._settings = settings
        self._outages = Outages(DEPENDENCY, metrics)

    async def send(self, to: str, text: str, reference: str) -> None:
        """Send one message."""
        settings = self._settings
        body = msgspec.json.encode(_Message(to=to, text=text, reference=reference))
        answer = await asked(
            f"{settings.url.rstrip('/')}/messages",
            body,
            key=settings.key,
            reference=reference,
            timeout_s=settings.timeout_s,
            outages=self._outages,
            also=REFUSED,
        )
        self._outages.answered()
        if answer.status in REFUSED:
            raise TextRefused(str(answer.status))
