"""What the story editor's library of pictures loads: thumbnails, whatever the pictures weigh."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
from PIL import Image, ImageChops

from tests.fixtures.application import running
from tests.fixtures.auth import register
from tests.fixtures.files import UPLOAD, address
from wondernest.app import create_app
from wondernest.settings import Settings

LIBRARY_PICTURES = 40
LIBRARY_BYTES = 2_000_000
PICTURES = 4
"""A share of the library: what is loaded grows in proportion."""
PICTURE_BYTES = 5_000_000
"""Each picture has at least so many; the site takes 5 MiB."""
SITE_MAX_BYTES = 5 * 1024 * 1024
SIZE = (2400, 1800)
GRAIN, SHAPES = 24, 90
"""Standard deviations of brightness."""
BROWSER = {"Accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}
OLD_BROWSER = {"Accept": "image/png,image/*;q=0.8,*/*;q=0.5"}


def photo(number: int) -> bytes:
    """A picture with shapes and grain of every size, as photos have, each channel another."""
    channels: list[Image.Image] = []
    for channel in range(3):
        layer = Image.effect_noise(SIZE, GRAIN)
        for divisor in (400 - 40 * number, 60 + channel, 12):
            coarse = Image.effect_noise((SIZE[0] // divisor + 2, SIZE[1] // divisor + 2), SHAPES)
            layer = ImageChops.add(layer, coarse.resize(SIZE, Image.Resampling.BICUBIC), scale=2)
        channels.append(ImageChops.add(layer, Image.effect_noise(SIZE, GRAIN), scale=2))
    content = io.BytesIO()
    Image.merge("RGB", channels).save(content, "JPEG", quality=95, subsampling=0)
    return content.getvalue()


@pytest.fixture
async def client(make_settings: Callable[..., Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(make_settings(RATE_LIMIT_UPLOAD="0"))) as started:
        yield started


async def test_a_library_of_forty_pictures_of_5_mb_loads_less_than_2_mb(client: httpx2.AsyncClient) -> None:
    ann = await register(client)
    for number in range(PICTURES):
        content = photo(number)
        assert PICTURE_BYTES < len(content) <= SITE_MAX_BYTES
        form = {"file": (f"{number}.jpg", content, "image/jpeg")}
        answer = await client.post(UPLOAD, files=form, params={"category": "content"}, headers=ann.bearer)
        assert answer.status_code == 201, answer.text
    listed = await client.get("/api/v1/files", params={"category": "content"}, headers=ann.bearer)
    for accepts in (BROWSER, OLD_BROWSER):
        loaded = len(listed.content)
        for file in listed.json()["data"]:
            assert file["fileSize"] > PICTURE_BYTES * 0.8
            thumbnail = address(file["thumbnailUrl"])
            shown = await client.get(thumbnail, headers=accepts)
            assert (shown.status_code, Image.open(io.BytesIO(shown.content)).width) == (200, 320)
            again = await client.get(thumbnail, headers={**accepts, "If-None-Match": shown.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            loaded += len(shown.content)
        assert loaded < LIBRARY_BYTES * PICTURES / LIBRARY_PICTURES
