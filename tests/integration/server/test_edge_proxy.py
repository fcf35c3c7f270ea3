"""Behind a real nginx, as docs/operations.md configures it: addresses, request ids, limits of bodies, entity tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import psycopg
import pytest

from tests.faults.household import Household, log_in, register_household
from tests.fixtures.files import UPLOAD, drawing
from tests.fixtures.proxies import COMPRESSING, nginx

if TYPE_CHECKING:
    from tests.fixtures.processes import StartServer

MIB = 1024 * 1024
HOME, OTHER = "127.0.0.2", "127.0.0.3"
"""Addresses of clients: the proxy's own is 127.0.0.1, which TRUSTED_PROXIES names."""
CREDENTIALS = 5
SAVED_FROM = "select distinct host(ip_address) from core.refresh_tokens where ip_address is not null"


@pytest.fixture
def base_url(live_server: StartServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a service through the proxy; the parameter is what is added to the proxy's configuration."""
    server = live_server(TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_CREDENTIALS=str(CREDENTIALS))
    with nginx(tmp_path, server.port, more=getattr(request, "param", "")) as url:
        yield url


def client_at(address: str, base_url: str, **headers: str) -> httpx2.Client:
    """A client that connects from an address of this machine."""
    transport = httpx2.HTTPTransport(local_address=address)
    return httpx2.Client(base_url=base_url, transport=transport, headers=headers, timeout=30)


@pytest.fixture
def household(base_url: str) -> Household:
    return register_household(base_url)


def test_the_clients_own_address_counts_and_not_what_it_claims(
    base_url: str, household: Household, database_url: str
) -> None:
    with client_at(HOME, base_url) as home, client_at(OTHER, base_url) as other:
        for number in range(CREDENTIALS):
            home.headers["X-Forwarded-For"] = f"203.0.113.{number}"
            assert log_in(home, household.email).status_code == 200
        home.headers["X-Forwarded-For"] = OTHER
        assert log_in(home, household.email).status_code == 429
        assert log_in(other, household.email).status_code == 200
    with psycopg.connect(database_url) as connection:
        seen = {row[0] for row in connection.execute(SAVED_FROM).fetchall()}
    assert seen == {"127.0.0.1", HOME, OTHER}


def test_request_ids_pass_in_both_directions(base_url: str) -> None:
    with httpx2.Client(base_url=base_url) as client:
        assert client.get("/health", headers={"X-Request-ID": "story-17"}).headers["x-request-id"] == "story-17"
        one, two = (client.get("/health").headers["x-request-id"] for _ in range(2))
        assert one != two


def test_a_large_save_passes_and_one_that_is_too_large_is_refused_with_our_text(household: Household) -> None:
    with household.client() as client:
        form = {"gameType": "sticker_book", "dataKey": "large", "dataValue": {"text": "x" * (5 * MIB)}}
        assert client.put(household.saves, json=form).status_code == 200
        assert client.get(f"{household.saves}/sticker_book/large").json()["dataValue"] == form["dataValue"]
        refused = client.put(household.saves, json={**form, "dataValue": {"text": "x" * (11 * MIB)}})
        assert (refused.status_code, refused.json()["error"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("base_url", ["", COMPRESSING], ids=["as it is", "compressing"], indirect=True)
def test_an_entity_tag_that_the_proxy_changed_is_still_ours(household: Household, base_url: str) -> None:
    del base_url
    path = f"{household.saves}/sticker_book/k"
    with household.client() as client:
        form = {"gameType": "sticker_book", "dataKey": "k", "dataValue": {"text": "abc " * 500}}
        assert client.put(household.saves, json=form).status_code == 200
        tag = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        changed = {**form, "dataValue": {"text": "xyz " * 500}}
        stored = client.put(household.saves, json=changed, headers={"If-Match": tag})
        assert stored.status_code == 200, stored.text
        assert client.put(household.saves, json=form, headers={"If-Match": tag}).status_code == 409
        assert client.get(path, headers={"If-None-Match": tag}).json()["dataValue"] == changed["dataValue"]


@pytest.mark.parametrize("base_url", [COMPRESSING], indirect=True)
def test_a_proxy_that_compresses_weakens_the_tag(household: Household, base_url: str) -> None:
    del base_url
    with household.client() as client:
        form = {"gameType": "sticker_book", "dataKey": "k", "dataValue": {"n": 1}}
        assert client.put(household.saves, json=form).status_code == 200
        assert (
            client.get(f"{household.saves}/sticker_book/k", headers={"Accept-Encoding": "gzip"})
            .headers["etag"]
            .startswith("W/")
        )


def test_a_file_is_shown_at_the_address_that_clients_reach_and_in_ranges(household: Household, base_url: str) -> None:
    with household.client() as client:
        uploaded = client.post(UPLOAD, files={"file": ("cat.png", drawing(), "image/png")})
        assert uploaded.status_code == 201, uploaded.text
        path = uploaded.json()["data"]["url"].partition("/files/")[2]
        with httpx2.Client(base_url=base_url) as stranger:
            whole = stranger.get(f"/files/{path}")
            part = stranger.get(f"/files/{path}", headers={"Range": "bytes=0-9"})
        assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
        assert (part.status_code, part.content) == (206, whole.content[:10])


def test_metrics_are_not_shown_to_the_outside(base_url: str) -> None:
    with httpx2.Client(base_url=base_url) as client:
        assert client.get("/metrics").status_code == client.get("/health/metrics").status_code == 404
        assert client.get("/health/ready").status_code == 200
