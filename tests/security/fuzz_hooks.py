"""Loaded by schemathesis: lets generated requests act as a parent and use children and saves that exist.

Without it most generated requests would fail at the token check or at an invalid id.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import schemathesis

from tests.security.households import PICTURE
from tests.security.tolerance import Tolerance, read

URL_VARIABLE, AS_VARIABLE = "FUZZ_URL", "FUZZ_AS"
PARENT = "parent"
FILE_NAME = "name of the file"
"""Not `name`, which is a person's everywhere else."""
TIMEOUT_S = 30.0
GAME_TYPE, DATA_KEY = "sticker_book", "kept"
"""A save with one kept version, of a game of the registry."""
RIGHT_IN_4 = 3
"""How many of four generated values are replaced by a valid one, where one is known."""
PASSWORD = "Sunflower7"
RIGHT: dict[str, Any] = {
    "childId": str(uuid4()),
    "fileId": "",
    "folder": "",
    "category": "artwork",
    "gameType": GAME_TYPE,
    "gameKey": GAME_TYPE,
    "dataKey": DATA_KEY,
    "dataValue": {"n": 1.0},
    "version": "1",
    "email": "somebody@example.com",
    "password": PASSWORD,
    "newPassword": PASSWORD,
    "name": "Zoe",
    "pin": "2580",
    "birthDate": "2020-01-15",
    "gender": "girl",
    "refreshToken": "",
    "eventType": "game_progress",
    "contentId": "content_1",
    "engagementType": "like",
    "q": "math",
    "consentType": "full",
    "verificationMethod": "credit_card",
    "operations": [{"op": "put", "gameType": GAME_TYPE, "dataKey": DATA_KEY, "dataValue": {}}],
}
"""Valid values by name; those of the family come first."""


@dataclass(frozen=True)
class Family:
    """A parent who owns a child with a save."""

    access: str
    refresh: str
    child_id: str
    file: Mapping[str, str]
    """Path parameters of a file."""

    @property
    def values(self) -> dict[str, str]:
        """The valid values of this family."""
        return {"childId": self.child_id, "refreshToken": self.refresh, **self.file}

    @property
    def bearer(self) -> str:
        return f"Bearer {self.access}"


class Families:
    """Registers families: a permanent one, and a new one for each request that ends a session or archives a child."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx2.Client(base_url=base_url, timeout=TIMEOUT_S)
        self._lasting: Family | None = None
        self._by_bearer: dict[str, Family] = {}

    def acting(self, case: schemathesis.Case) -> Family:
        """The family for which a request acts."""
        ends = case.method == "DELETE" or case.path.endswith(("/logout", "/setup-pin"))
        return self._fresh() if ends else self.lasting()

    def lasting(self) -> Family:
        """The permanent family."""
        self._lasting = self._lasting or self._fresh()
        return self._lasting

    def of(self, bearer: str | None) -> Family:
        """The family with this token."""
        return self._by_bearer.get(bearer or "") or self.lasting()

    def _fresh(self) -> Family:
        form = {"email": f"fuzz-{uuid4().hex}@example.com", "password": PASSWORD, "name": "Ann Lee"}
        registered = self._data("POST", "/api/v1/auth/parent/register", form, {})
        bearer = {"Authorization": f"Bearer {registered['accessToken']}"}
        birth = {"name": "Zoe", "birthDate": "2020-01-15"}
        child_id = self._data("POST", "/api/v1/family/children", birth, bearer)["id"]
        file = self._file(bearer)
        family = Family(registered["accessToken"], registered["refreshToken"], child_id, file)
        for number in (1, 2):
            save = {"gameType": GAME_TYPE, "dataKey": DATA_KEY, "dataValue": {"n": number}}
            self._data("PUT", f"/api/v2/games/children/{child_id}/data", save, bearer)
        self._by_bearer[family.bearer] = family
        return family

    def _file(self, bearer: dict[str, str]) -> dict[str, str]:
        picture = {"file": ("picture.png", PICTURE, "image/png")}
        answer = self._client.post("/api/v1/files/upload", files=picture, headers=bearer)
        answer.raise_for_status()
        file = answer.json()["data"]
        folder, name = file["url"].rsplit("/", 2)[1:]
        return {"fileId": file["id"], "folder": folder, FILE_NAME: name}

    def _data(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        answer = self._client.request(method, path, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json().get("data")


families = Families(os.environ[URL_VARIABLE])
tolerance = Tolerance(httpx2.get(f"{os.environ[URL_VARIABLE]}/openapi.json", timeout=TIMEOUT_S).json())


if os.environ[AS_VARIABLE] == PARENT:

    @schemathesis.auth(refresh_interval=None)
    class ActingParent:
        """Adds an access token to every request."""

        def get(self, case: schemathesis.Case, _context: schemathesis.AuthContext) -> Family:
            """The token of the request's family."""
            return families.acting(case)

        def set(self, case: schemathesis.Case, data: Family, _context: schemathesis.AuthContext) -> None:
            """Set the Authorization header."""
            case.headers["Authorization"] = data.bearer


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case, _kwargs: dict[str, Any]) -> None:
    """Replace some values by valid ones; the choice depends only on what was generated, so runs are repeatable."""
    family = families.of(case.headers.get("Authorization"))
    for place in _places(case):
        for name in place:
            if name == "name" and case.path.startswith("/files/"):
                place[name] = family.file[FILE_NAME]
                continue
            given = f"{name}={place[name]!r}".encode(errors="replace")
            if name in RIGHT and zlib.crc32(given) % 4 < RIGHT_IN_4:
                place[name] = family.values.get(name, RIGHT[name])
    if isinstance(case.body, dict):
        _complete(case, case.body)


@schemathesis.check
def only_what_tolerance_forgives_is_taken(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """An accepted body must satisfy its schema, read tolerantly."""
    declared = case.operation.definition.raw.get("requestBody")
    refused_in_parts = response.content.startswith(b'{"success":false')  # in the reply of a batch
    if declared is None or refused_in_parts or not 200 <= response.status_code < 300:
        return
    body: Any = response.request.body or b""
    sent: bytes = body.encode() if isinstance(body, str) else body
    if not sent.strip() and not declared.get("required"):
        return
    if "application/json" not in declared["content"]:
        return  # a form
    schema = declared["content"]["application/json"]["schema"]
    try:
        forgiven = tolerance.forgives(read(sent), schema)
    except ValueError:
        raise AssertionError(f"taken although it is no JSON: {sent!r}") from None
    if not forgiven:
        raise AssertionError(f"taken although nothing forgives it: {sent!r}")


def _complete(case: schemathesis.Case, body: dict[str, Any]) -> None:
    """Adds what no schema expresses: a new account needs a new address, and a save names its game in one of two fields."""
    if case.path.endswith(("/register", "/signup")) and body.get("email") == RIGHT["email"]:
        body["email"] = f"fuzz-{uuid4().hex}@example.com"
    elif case.method == "PUT" and case.path.endswith("/data") and "gameKey" not in body:
        body.setdefault("gameType", GAME_TYPE)


def _places(case: schemathesis.Case) -> Iterator[MutableMapping[str, Any]]:
    """The places of named values in a request."""
    if case.path_parameters:
        yield case.path_parameters
    if isinstance(case.body, dict):
        yield case.body
