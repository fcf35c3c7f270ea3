"""Asking another service over HTTP, bounded in time and bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.outages import Outages

MAX_ANSWER_BYTES: Final = 64 * 1024
SUCCESSFUL: Final = range(200, 300)


class Answer(Struct, frozen=True):
    """What the service answered."""

    status: int
    content: bytes


async def asked(
    url: str,
    body: bytes | None,
    *,
    key: str,
    reference: str = "",
    timeout_s: float,
    outages: Outages,
    work: str = "",
    also: Collection[int] = (),
) -> Answer:
    """Post JSON, or GET without a body, with a bearer key. Raises DependencyUnavailable.

    `reference` is sent with a body as its Idempotency-Key. `also`: statuses besides 2xx that are answers; every other one is an outage
    of the `work`. No redirect is followed.
    """
    import httpx2

    headers = {"Authorization": f"Bearer {key}"}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": reference}
    try:
        async with (
            asyncio.timeout(timeout_s),
            httpx2.AsyncClient(timeout=timeout_s, follow_redirects=False) as client,
            client.stream("GET" if body is None else "POST", url, content=body, headers=headers) as response,
        ):
            if response.status_code not in SUCCESSFUL and response.status_code not in also:
                raise outages.failed(f"status {response.status_code}", work)
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise outages.failed("too large an answer", work)
            return Answer(response.status_code, bytes(content))
    except (httpx2.HTTPError, OSError, TimeoutError) as error:
        raise outages.failed(type(error).__name__, work) from None
