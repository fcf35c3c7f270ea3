"""A parent and a child on a running server, and single requests for them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.fixtures.auth import PASSWORD, sign_up
from tests.fixtures.family import CHILDREN, child_form

PATIENCE_S = 30.0
"""The longest time any answer may take; after it a client gives up and the test fails."""


@dataclass(frozen=True)
class Household:
    """A registered parent with one child."""

    base_url: str
    email: str
    user_id: str
    access: str
    refresh: str
    child_id: str

    @property
    def bearer(self) -> dict[str, str]:
        """Headers that act as the parent."""
        return {"Authorization": f"Bearer {self.access}"}

    @property
    def saves(self) -> str:
        """The path of the child's saves."""
        return f"/api/v2/games/children/{self.child_id}/data"

    def client(self, **options: Any) -> httpx2.Client:
        """A client that acts as the parent."""
        return httpx2.Client(base_url=self.base_url, headers=self.bearer, timeout=PATIENCE_S, **options)


def register_household(base_url: str, **headers: str) -> Household:
    """Register a parent and add a child; header names with `_` for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    with httpx2.Client(base_url=base_url, headers=named, timeout=PATIENCE_S) as client:
        form = sign_up()
        registered = client.post("/api/v1/auth/parent/register", json=form)
        assert registered.status_code == 201, registered.text
        data = registered.json()["data"]
        bearer = {"Authorization": f"Bearer {data['accessToken']}"}
        added = client.post(CHILDREN, json=child_form(), headers=bearer)
        assert added.status_code == 201, added.text
        child_id = added.json()["data"]["id"]
    return Household(base_url, form["email"], data["userId"], data["accessToken"], data["refreshToken"], child_id)


def register_household_through(client: httpx2.Client) -> Household:
    """As `register_household`, on the client's server and with its client address."""
    return register_household(str(client.base_url).rstrip("/"), X_Forwarded_For=client.headers["x-forwarded-for"])


def log_in(client: httpx2.Client, email: str, password: str = PASSWORD) -> httpx2.Response:
    """One attempt to log in."""
    return client.post("/api/v1/auth/parent/login", json={"email": email, "password": password})


def save(client: httpx2.Client, household: Household, key: str, document: Any) -> httpx2.Response:
    """Store one document."""
    form = {"gameType": "sticker_book", "dataKey": key, "dataValue": document}
    return client.put(household.saves, json=form)


@contextlib.contextmanager
def begun(household: Household, *headers: str) -> Generator[socket.socket]:
    """A connection on which the head of a save was sent."""
    port = int(household.base_url.rpartition(":")[2])
    lines = [
        f"PUT {household.saves} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Authorization: {household.bearer['Authorization']}",
        *headers,
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection


def status_of(connection: socket.socket) -> int:
    """The status of the answer; the connection is then closed by the server."""
    received = b""
    with contextlib.suppress(ConnectionResetError):  # the server closed with unread bytes of ours
        while chunk := connection.recv(65536):
            received += chunk
    return int(received.split(b" ", 2)[1])
