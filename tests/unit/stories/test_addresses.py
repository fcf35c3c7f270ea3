"""Addresses of our files in a template's content, which are stored without a host."""

from __future__ import annotations

import json

import pytest
from msgspec import Raw

from wondernest.stories.wire import addressed

BASE = "https://play.example.org"


@pytest.mark.parametrize("spaced", [True, False])
def test_addresses_of_this_service_get_a_host_wherever_they_are(spaced: bool) -> None:
    content = {
        "coverUrl": "/files/1/a.png",
        "pages": [{"imageUrl": "/files/1/b.png", "audioUrl": "https://x.org/c.mp3"}],
    }
    stored = json.dumps(content, separators=None if spaced else (",", ":")).encode()
    assert json.loads(bytes(addressed(Raw(stored), BASE))) == {
        "coverUrl": f"{BASE}/files/1/a.png",
        "pages": [{"imageUrl": f"{BASE}/files/1/b.png", "audioUrl": "https://x.org/c.mp3"}],
    }


@pytest.mark.parametrize(
    "content",
    [
        {"text": "/files/1/a.png"},
        {"text": '"imageUrl": "/files/1/a.png"'},
        {"text": 'say \\"imageUrl": "/files/'},
        {"imageUrl": "garden.jpg"},
        {"imageUrl": ["/files/1/a.png"]},
        {"/files/Url": "x"},
        {"number": 100.0},
    ],
)
def test_nothing_else_of_a_template_is_changed(content: dict[str, object]) -> None:
    stored = Raw(json.dumps(content).encode())
    assert bytes(addressed(stored, BASE)) == bytes(stored)
