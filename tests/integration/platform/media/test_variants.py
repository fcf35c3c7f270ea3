"""Smaller variants of pictures."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.fixtures.media import SECRET, Bench, drawing, encoded, foreign_profile, jpeg_with_everything, written
from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.refusals import Refused

pytestmark = pytest.mark.asyncio(loop_scope="module")
FORMATS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.GIF: "GIF", Kind.WEBP: "WEBP"}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("webp", [True, False])
async def test_a_variant_has_the_width_that_is_asked_for(media: Bench, kind: Kind, *, webp: bool) -> None:
    original = encoded(drawing(700, 350), FORMATS[kind])
    target = Kind.WEBP if webp else kind
    for width in (160, 320, 640):
        made, picture = await media.variant(original, kind, width, target)
        assert (made.kind, made.width, made.height) == (target, width, width // 2)
        assert (picture.format, picture.size) == (FORMATS[target], (width, width // 2))


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_variant_is_never_larger_than_the_picture(media: Bench, kind: Kind) -> None:
    original = encoded(drawing(100, 50), FORMATS[kind])
    for target in (Kind.WEBP, kind):
        _, picture = await media.variant(original, kind, 1280, target)
        assert picture.size == (100, 50)


async def test_an_animation_stays_one(media: Bench) -> None:
    frames = [drawing(200, 100).rotate(90 * number) for number in range(3)]
    options = {"save_all": True, "append_images": frames[1:], "duration": 70, "loop": 0}
    for kind, target in ((Kind.GIF, Kind.GIF), (Kind.GIF, Kind.WEBP), (Kind.PNG, Kind.WEBP), (Kind.WEBP, Kind.WEBP)):
        made, picture = await media.variant(encoded(frames[0], FORMATS[kind], **options), kind, 160, target)
        assert (made.frames, getattr(picture, "n_frames", 1), picture.size) == (3, 3, (160, 80))


async def test_transparency_is_kept(media: Bench) -> None:
    clear = drawing(400, 200, "RGBA")
    clear.putalpha(0)
    for source in (clear, clear.convert("P"), clear.convert("LA")):
        _, picture = await media.variant(encoded(source, "PNG"), Kind.PNG, 160, Kind.WEBP)
        assert picture.convert("RGBA").getpixel((5, 5))[3] == 0


async def test_a_variant_of_an_uncleaned_picture_is_clean_and_upright(media: Bench) -> None:
    """The earlier backends stored pictures as they came."""
    original = jpeg_with_everything(drawing(400, 200), orientation=6)
    for target in (Kind.WEBP, Kind.JPEG):
        for width, size in ((160, (160, 320)), (1280, (200, 400))):
            with written(original) as file:
                made = await media.inspector.variant(file, Kind.JPEG, width, target)
            assert not isinstance(made, Refused)
            with made:
                content = made.file.read()
            assert SECRET not in content
            assert b"Exif" not in content
            picture = Image.open(BytesIO(content))
            assert picture.size == (made.width, made.height) == size
            corner: Any = picture.convert("RGB").getpixel((size[0] - 9, 9))  # red, at the top left before the turn
            assert corner[0] > 240
            assert max(corner[1:]) < 15
    tagged = encoded(drawing(400, 200), "PNG", icc_profile=foreign_profile())
    _, picture = await media.variant(tagged, Kind.PNG, 160, Kind.PNG)
    assert "icc_profile" not in picture.info
    assert picture.convert("RGB").getpixel((9, 9))[1] > 240  # in this profile the first channel means green


async def test_only_listed_widths_and_formats_can_be_asked_for(media: Bench) -> None:
    with written(encoded(drawing(), "PNG")) as file:
        for kind, width, target in (
            (Kind.PNG, 161, Kind.WEBP),
            (Kind.PNG, 160, Kind.JPEG),
            (Kind.PDF, 160, Kind.WEBP),
        ):
            with pytest.raises(ValueError, match="no such variant"):
                await media.inspector.variant(file, kind, width, target)


async def test_a_stored_file_that_is_damaged_has_no_variant(media: Bench) -> None:
    with written(encoded(drawing(), "PNG")[:80]) as file:
        assert isinstance(await media.inspector.variant(file, Kind.PNG, 160, Kind.WEBP), Refused)
