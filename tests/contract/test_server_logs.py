"""What requests leave in the log (server contract §5.8)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import PASSWORD, register
from wondernest.app import create_app
from wondernest.platform.telemetry.stdout import STDOUT
from wondernest.settings import Settings


async def test_requests_are_logged_by_template_and_id_and_nothing_personal_is(
    make_settings: Callable[..., Settings], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    async with running(create_app(make_settings(LOG_REQUESTS="true"))) as client:
        parent = await register(client)
        child = {"name": "Zebulon", "birthDate": "2020-01-15"}
        await client.post("/api/v1/family/children", json=child, headers=parent.bearer)
        await client.get("/api/v1/family/children/private-name?token=secret", headers=parent.bearer)
        await client.post("/api/v1/auth/login", json={"email": parent.email, "password": "Wrong-One7"})
        await client.get("/nowhere/private-name", headers={"x-request-id": "mine"})
    assert STDOUT.drain()
    output = capfdbinary.readouterr().out.decode()
    lines = [line for line in map(json.loads, output.splitlines()) if line["logger"] == "wondernest.request"]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", "/api/v1/auth/parent/register", 201),
        ("POST", "/api/v1/family/children", 201),
        ("GET", "/api/v1/family/children/{childId}", 400),
        ("POST", "/api/v1/auth/login", 401),
        ("GET", "unmatched", 404),
    ]
    assert lines[1]["user_id"] == parent.user_id
    assert lines[4]["request_id"] == "mine"
    for word in (parent.email, PASSWORD, parent.access, "Zebulon", "private-name", "secret", "Wrong-One7"):
        assert word not in output
