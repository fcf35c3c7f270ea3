"""Requests with an unknown Host are refused where SERVER_ALLOWED_HOSTS is set."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from tests.fixtures.application import running
from wondernest.app import create_app
from wondernest.settings import Settings


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", ["/health", "/api/v1/auth/parent/login", "/no/such/path"])
async def test_another_name_is_answered_421_on_every_route(
    make_settings: Callable[..., Settings], method: str, path: str
) -> None:
    async with running(create_app(make_settings(SERVER_ALLOWED_HOSTS="localhost"))) as client:
        reply = await client.request(method, path, headers={"host": "rebound.example"})
    assert (reply.status_code, reply.json()["error"]) == (421, "MISDIRECTED_REQUEST")


async def test_a_name_of_ours_or_an_address_is_answered(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(SERVER_ALLOWED_HOSTS="localhost"))) as client:
        for host in ("localhost:8080", "10.0.2.2:8080"):
            assert (await client.get("/health", headers={"host": host})).status_code == 200


async def test_unless_set_any_name_is_answered(app_client: httpx2.AsyncClient) -> None:
    assert (await app_client.get("/health", headers={"host": "api.example.org"})).status_code == 200
