"""Pictures come back without what they tell about a child, and look the same. By the real child processes."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops

from tests.fixtures.media import (
    SECRET,
    XMP,
    Bench,
    drawing,
    encoded,
    exif,
    foreign_profile,
    gif_with_everything,
    jpeg_with_everything,
    png_chunk,
    png_secrets,
    png_texts,
    png_with,
    riff_chunk,
)
from wondernest.platform.media.inspector import Inspected
from wondernest.platform.media.kinds import Kind

pytestmark = pytest.mark.asyncio(loop_scope="module")
FORMATS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP"}
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def shown(content: bytes) -> Any:
    picture = Image.open(BytesIO(content))
    picture.load()
    return picture


def corners(content: bytes) -> list[tuple[int, ...]]:
    picture = shown(content).convert("RGB")
    right, bottom = picture.width - 5, picture.height - 5
    return [picture.getpixel(place) for place in ((4, 4), (right, 4), (4, bottom), (right, bottom))]


def near(colours: list[tuple[int, ...]], *wanted: tuple[int, ...]) -> bool:
    return all(
        abs(a - b) < 12 for have, want in zip(colours, wanted, strict=True) for a, b in zip(have, want, strict=True)
    )


def tagged_webp(orientation: int = 1, **options: Any) -> bytes:
    plain = encoded(drawing(), "WEBP", exif=b"Exif\0\0" + exif(orientation), xmp=XMP, **options)
    longer = plain + riff_chunk(b"JUNK", SECRET)
    return longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:] + SECRET


def with_orientation(kind: Kind, orientation: int) -> bytes:
    if kind is Kind.JPEG:
        return jpeg_with_everything(orientation=orientation)
    if kind is Kind.PNG:
        return png_with(encoded(drawing(), "PNG"), *png_secrets(orientation))
    return tagged_webp(orientation, lossless=True)


async def test_a_jpeg_has_no_metadata_no_thumbnail_and_no_second_picture(media: Bench) -> None:
    original = jpeg_with_everything()
    assert original.count(SECRET) >= 9
    clean = await media.cleaned(original, Kind.JPEG)
    assert SECRET not in clean
    assert clean.count(b"\xff\xd8\xff") == 1
    assert b"Exif" not in clean
    assert b"MPF" not in clean
    assert clean.endswith(b"\xff\xd9")
    assert near(corners(clean), RED, GREEN, BLUE, WHITE)


async def test_a_jpeg_keeps_its_quality(media: Bench) -> None:
    photo = Image.effect_noise((256, 256), 40).convert("RGB")
    original = encoded(photo, "JPEG", quality=85)
    clean = await media.cleaned(original, Kind.JPEG)
    assert shown(clean).quantization == shown(original).quantization
    difference = ImageChops.difference(shown(original), shown(clean))
    extremes: Any = difference.getextrema()
    assert max(high for _, high in extremes) <= 16
    assert len(clean) < 1.2 * len(original)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
async def test_grey_and_printers_jpegs_are_accepted(media: Bench, mode: str) -> None:
    clean = await media.cleaned(jpeg_with_everything(drawing(mode=mode), progressive=True), Kind.JPEG)
    assert shown(clean).mode == ("L" if mode == "L" else "RGB")
    assert SECRET not in clean


async def test_a_png_has_no_texts_no_dates_and_no_unknown_chunks(media: Bench) -> None:
    original = png_with(encoded(drawing(), "PNG"), *png_secrets()) + SECRET
    late = png_with(original.removesuffix(SECRET), (b"eXIf", exif()), (b"tEXt", b"a\0" + SECRET), at_end=True)
    for content in (original, late):
        assert any(SECRET in text for text in png_texts(late))
        clean = await media.cleaned(content, Kind.PNG)
        assert not any(SECRET in text for text in png_texts(clean))
        assert SECRET not in clean
        assert all(name not in clean for name in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"prVt"))
        assert clean.endswith(b"IEND\xaeB`\x82")
        assert shown(clean).tobytes() == shown(content).tobytes()


async def test_what_stands_behind_the_compressed_pixels_of_a_png_is_gone(media: Bench) -> None:
    plain = encoded(drawing(), "PNG")
    place = plain.index(b"IDAT") - 4
    (size,) = struct.unpack_from(">I", plain, place)
    pixels = plain[place + 8 : place + 8 + size] + SECRET
    clean = await media.cleaned(plain[:place] + png_chunk(b"IDAT", pixels) + plain[place + 12 + size :], Kind.PNG)
    assert SECRET not in clean
    assert shown(clean).tobytes() == shown(plain).tobytes()


async def test_sixteen_bits_of_grey_are_scaled_when_a_picture_is_turned(media: Bench) -> None:
    picture = encoded(Image.new("I;16", (40, 20), 0x8000), "PNG")
    clean = shown(await media.cleaned(png_with(picture, *png_secrets(6)), Kind.PNG))
    assert (clean.mode, clean.size, clean.getpixel((0, 0))) == ("L", (20, 40), 0x80)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_a_png_keeps_every_pixel(media: Bench, mode: str) -> None:
    picture = Image.new("I;16", (33, 17), 4711) if mode == "I;16" else drawing(33, 17).convert(mode)
    clean = await media.cleaned(png_with(encoded(picture, "PNG"), *png_secrets()), Kind.PNG)
    assert shown(clean).mode == shown(encoded(picture, "PNG")).mode
    assert shown(clean).tobytes() == picture.tobytes()


async def test_an_interlaced_png_of_sixteen_bits_keeps_every_pixel(media: Bench) -> None:
    """Adam7, 5 × 3 pixels: every pass but the third has pixels; every row begins with its filter."""
    rows = [(1, 1), (1, 1), (1, 1), (3, 1), (2, 2), (5, 1)]
    pixels = b"".join((b"\0" + struct.pack(">HHH", 4711, 815, 42) * across) * down for across, down in rows)
    head = struct.pack(">IIBBBBB", 5, 3, 16, 2, 0, 0, 1)
    original = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head)
    original += png_chunk(b"IDAT", zlib.compress(pixels)) + png_chunk(b"IEND", b"")
    assert await media.cleaned(png_with(original, *png_secrets()), Kind.PNG) == original


async def test_an_animated_png_stays_animated_and_keeps_every_pixel(media: Bench) -> None:
    frames = [drawing().rotate(90 * number) for number in range(4)]
    plain = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=70, loop=3)
    result = await media.inspect(png_with(plain, *png_secrets()), Kind.PNG)
    assert isinstance(result, Inspected)
    clean = result.file.read()
    assert (result.width, result.height, result.frames) == (64, 48, 4)
    result.close()
    turned = await media.cleaned(png_with(plain, *png_secrets(6)), Kind.PNG)
    for content in (clean, turned):
        assert not any(SECRET in text for text in png_texts(content))
    animation, before, upright = shown(clean), shown(plain), shown(turned)
    assert (animation.n_frames, animation.info["loop"], animation.info["duration"]) == (4, 3, 70.0)
    assert (upright.n_frames, upright.info["loop"], upright.size) == (4, 3, (48, 64))
    for number in range(4):
        for picture in (animation, before, upright):
            picture.seek(number)
        assert animation.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        turned_frame = before.convert("RGB").transpose(Image.Transpose.ROTATE_270)
        assert upright.convert("RGB").tobytes() == turned_frame.tobytes()


async def test_a_gif_keeps_its_frames_and_loses_its_comments(media: Bench) -> None:
    original = gif_with_everything()
    assert original.count(SECRET) >= 5
    result = await media.inspect(original, Kind.GIF)
    assert isinstance(result, Inspected)
    clean = result.file.read()
    assert (result.width, result.height, result.frames) == (64, 48, 3)
    result.close()
    assert SECRET not in clean
    assert clean.endswith(b"\0\x3b")
    before, after = shown(original), shown(clean)
    assert after.n_frames == 3
    assert after.info["loop"] == 0
    for number in range(3):
        before.seek(number)
        after.seek(number)
        assert after.info["duration"] == before.info["duration"]
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()


async def test_what_stands_behind_the_compressed_pixels_of_a_gif_is_gone(media: Bench) -> None:
    plain = encoded(drawing().quantize(8), "GIF")
    assert plain.endswith(b"\0\x3b")
    content = plain[:-2] + bytes([len(SECRET)]) + SECRET + b"\0\x3b"
    clean = await media.cleaned(content, Kind.GIF)
    assert SECRET not in clean
    assert shown(clean).tobytes() == shown(plain).tobytes()


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}])
async def test_a_webp_keeps_every_pixel_and_loses_its_metadata(media: Bench, options: dict[str, Any]) -> None:
    original = tagged_webp(**options)
    assert original.count(SECRET) >= 4
    clean = await media.cleaned(original, Kind.WEBP)
    assert SECRET not in clean
    assert b"EXIF" not in clean
    assert shown(clean).tobytes() == shown(original).tobytes()


async def test_an_animated_webp_stays_animated(media: Bench) -> None:
    frames = [drawing(mode="RGBA").rotate(90 * number) for number in range(3)]
    options = {"save_all": True, "append_images": frames[1:], "duration": 70, "loop": 2, "lossless": True}
    plain = encoded(frames[0], "WEBP", exif=b"Exif\0\0" + exif(), xmp=XMP, **options)
    turned = encoded(frames[0], "WEBP", exif=b"Exif\0\0" + exif(8), **options)
    clean = await media.cleaned(plain, Kind.WEBP)
    upright = await media.cleaned(turned, Kind.WEBP)
    assert SECRET not in clean + upright
    for content, size in ((clean, (64, 48)), (upright, (48, 64))):
        animation = shown(content)
        assert (animation.n_frames, animation.info["loop"], animation.size) == (3, 2, size)
    before, after = shown(plain), shown(clean)
    for number in range(3):
        before.seek(number)
        after.seek(number)
        assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("orientation", "wanted"),
    [
        (1, (RED, GREEN, BLUE, WHITE)),
        (2, (GREEN, RED, WHITE, BLUE)),
        (3, (WHITE, BLUE, GREEN, RED)),
        (4, (BLUE, WHITE, RED, GREEN)),
        (5, (RED, BLUE, GREEN, WHITE)),
        (6, (BLUE, RED, WHITE, GREEN)),
        (7, (WHITE, GREEN, BLUE, RED)),
        (8, (GREEN, WHITE, RED, BLUE)),
    ],
)
async def test_the_orientation_is_applied(
    media: Bench, kind: Kind, orientation: int, wanted: tuple[tuple[int, ...], ...]
) -> None:
    clean = await media.cleaned(with_orientation(kind, orientation), kind)
    assert shown(clean).size == ((64, 48) if orientation < 5 else (48, 64))
    assert near(corners(clean), *wanted)
    assert not any(SECRET in text for text in (clean, *(png_texts(clean) if kind is Kind.PNG else ())))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
async def test_colours_are_converted_and_the_profile_is_gone(media: Bench, kind: Kind, mode: str) -> None:
    """In this profile the first channel means green."""
    picture = drawing().convert("RGB" if kind is Kind.JPEG else mode)
    original = encoded(
        picture, FORMATS[kind], icc_profile=foreign_profile(), **({"lossless": True} if kind is Kind.WEBP else {})
    )
    clean = await media.cleaned(original, kind)
    assert near(corners(clean), GREEN, RED, BLUE, WHITE)
    assert "icc_profile" not in shown(clean).info


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_broken_profile_or_broken_exif_costs_nothing_but_itself(media: Bench, kind: Kind) -> None:
    broken = {"icc_profile": SECRET, "exif": b"Exif\0\0II*\0\xff\xff\xff\x00" + SECRET}
    clean = await media.cleaned(encoded(drawing(), FORMATS[kind], **broken), kind)
    assert not any(SECRET in text for text in (clean, *(png_texts(clean) if kind is Kind.PNG else ())))
    assert near(corners(clean), RED, GREEN, BLUE, WHITE)


async def test_a_clean_picture_stays_as_it_is(media: Bench) -> None:
    """Cleaning twice changes nothing: what is stored can be cleaned again after the rules become stricter."""
    for kind, content in (
        (Kind.PNG, encoded(drawing(), "PNG")),
        (Kind.GIF, encoded(drawing(), "GIF")),
        (Kind.WEBP, encoded(drawing(), "WEBP", lossless=True)),
    ):
        once = await media.cleaned(content, kind)
        assert await media.cleaned(once, kind) == once
