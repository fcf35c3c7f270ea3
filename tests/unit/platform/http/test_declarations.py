"""Declarations that refer to what does not exist stop the start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.endpoints import endpoint
from tests.fixtures.streams import with_endpoints
from wondernest.app import create_app
from wondernest.platform.http.body import RawStream
from wondernest.settings import load_settings


def declare(**fields: Any) -> None:
    with_endpoints(create_app(load_settings({"APP_ENV": "test"})), [endpoint(path="/declared", **fields)])


def test_a_limit_group_that_does_not_exist_stops_the_start() -> None:
    declare(limits=("credentials", "auth"))
    with pytest.raises(ValueError, match=r"GET /api/v1/declared: no limit group is called auths"):
        declare(limits=("credentials", "auths"))


def test_a_limit_group_that_is_switched_off_exists() -> None:
    settings = load_settings({"APP_ENV": "test", "RATE_LIMIT_ENABLED": "false", "RATE_LIMIT_AUTH": "0"})
    with_endpoints(create_app(settings), [endpoint(limits=("auth",))])


def test_a_streamed_body_cannot_be_replayed() -> None:
    with pytest.raises(ValueError, match="cannot be replayed"):
        declare(method="POST", body=RawStream(max_bytes=1), replayable=True)
