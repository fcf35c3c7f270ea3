"""Signed addresses of files (server contract §3.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from wondernest.files.signing import Fault, Grant, UrlSigner

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FILE, USER = UUID(int=1), UUID(int=2)
SIGNER = UrlSigner("a-secret-of-the-tests")


def address(**changes: object) -> tuple[str, str]:
    given = {"file_id": FILE, "user_id": USER, "expires_at": NOW + timedelta(hours=24), **changes}
    return SIGNER.sign(Grant(**given))  # pyright: ignore[reportArgumentType]


def test_a_signed_address_is_accepted_until_it_expires() -> None:
    payload, signature = address()
    assert SIGNER.check(FILE, payload, signature, NOW) == Grant(FILE, USER, NOW + timedelta(hours=24))
    assert SIGNER.check(FILE, payload, signature, NOW + timedelta(hours=24)) is Fault.EXPIRED


@pytest.mark.parametrize(
    ("payload", "signature"),
    [
        (address()[0], address()[1] + "="),
        (address()[0], address()[1].upper()),
        (address()[0] + "A", address()[1]),
        (address()[0], UrlSigner("another").sign(Grant(FILE, USER, NOW + timedelta(hours=1)))[1]),
        ("", ""),
        ("é", "é"),
    ],
)
def test_another_signature_is_refused(payload: str, signature: str) -> None:
    assert SIGNER.check(FILE, payload, signature, NOW) is Fault.SIGNATURE


def test_an_address_is_for_one_file_and_one_action() -> None:
    assert SIGNER.check(uuid4(), *address(), NOW) is Fault.OTHER_FILE
    assert SIGNER.check(FILE, *address(action="delete"), NOW) is Fault.OTHER_FILE


@pytest.mark.parametrize("payload", ["", "!!", "e30", "bm8ganNvbg"])
def test_a_payload_of_another_form_is_refused(payload: str) -> None:
    signature = SIGNER._signature(payload)  # pyright: ignore[reportPrivateUsage] - a signer of ours signed nonsense
    assert SIGNER.check(FILE, payload, signature, NOW) is Fault.FORMAT
