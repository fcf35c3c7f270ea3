"""Broken and hostile files are refused, each in the contract's order, and the next file is inspected as if nothing had been."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from tests.fixtures.films import mp4, webm
from tests.fixtures.media import (
    SECRET,
    Bench,
    drawing,
    encoded,
    gif_blocks,
    gif_with_everything,
    jpeg_with_everything,
    mp3_frames,
    png_chunk,
    png_with,
    riff_chunk,
    wav,
    written,
)
from wondernest.platform.media.inspector import MAX_FILE_BYTES, Inspected
from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.refusals import Reason, Refused

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLAIN: dict[Kind, Callable[[], bytes]] = {
    Kind.JPEG: lambda: encoded(drawing(), "JPEG"),
    Kind.PNG: lambda: encoded(drawing(), "PNG"),
    Kind.GIF: lambda: encoded(drawing(), "GIF"),
    Kind.WEBP: lambda: encoded(drawing(), "WEBP"),
    Kind.MP4: mp4,
    Kind.WEBM: webm,
    Kind.MP3: mp3_frames,
    Kind.WAV: wav,
}
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


async def refused(media: Bench, content: bytes, kind: Kind, name: str | None = None) -> Reason:
    result = await media.inspect(content, kind, name)
    assert isinstance(result, Refused), result
    return result.reason


@pytest.mark.parametrize("kind", Kind)
async def test_an_empty_file_is_refused(media: Bench, kind: Kind) -> None:
    assert await refused(media, b"", kind) is Reason.WRONG_CONTENT


@pytest.mark.parametrize("kind", PLAIN)
async def test_a_file_of_the_first_bytes_alone_is_refused(media: Bench, kind: Kind) -> None:
    assert await refused(media, PLAIN[kind]()[:40], kind) is Reason.WRONG_CONTENT


@pytest.mark.parametrize("kind", [Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP])
async def test_a_picture_that_is_cut_off_is_refused(media: Bench, kind: Kind) -> None:
    content = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), kind.value.partition("/")[2])
    assert await refused(media, content[: len(content) * 2 // 3], kind) is Reason.WRONG_CONTENT


@pytest.mark.parametrize("kind", [Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP, Kind.TEXT])
@pytest.mark.parametrize("content", [HTML, SVG, b"\n " + SVG], ids=["html", "svg", "svg behind space"])
async def test_markup_under_any_picture_or_text_type_is_refused(media: Bench, kind: Kind, content: bytes) -> None:
    assert await refused(media, content, kind) is Reason.WRONG_CONTENT


@pytest.mark.parametrize("declared", Kind)
async def test_content_of_another_type_than_declared_is_refused(media: Bench, declared: Kind) -> None:
    for kind, make in PLAIN.items():
        if kind is not declared:
            assert await refused(media, make(), declared) is Reason.WRONG_CONTENT


async def test_the_checks_are_made_in_the_order_of_the_contract(media: Bench) -> None:
    large = bytes(MAX_FILE_BYTES + 1)
    inspect = media.inspector.inspect
    for content, declared, name, message in (
        (large, "image/svg+xml", "a.exe", "File size exceeds maximum allowed size of 10MB"),
        (b"", "image/SVG+xml; x=y", "a.exe", "File type 'image/svg+xml' is not allowed"),
        (b"", "image/jpg", "a.exe", "File extension does not match content type"),
        (b"", "image/jpg", "a.jpeg", "File content does not match declared content type"),
    ):
        with written(content) as file:
            result = await inspect(file, declared, name)
        assert isinstance(result, Refused)
        assert result.message == message


async def test_a_file_of_exactly_the_largest_size_is_accepted(media: Bench) -> None:
    assert await media.accepts(b"a" * MAX_FILE_BYTES, Kind.TEXT)


def huge_png(width: int, height: int, pixels: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", zlib.compress(pixels))
        + png_chunk(b"IEND", b"")
    )


def huge_gif(width: int, height: int, frames: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6)
    one = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02" + gif_blocks(b"\x44\x01") + b""
    return head + one * frames + b"\x3b"


def huge_jpeg() -> bytes:
    content = bytearray(PLAIN[Kind.JPEG]())
    place = content.index(b"\xff\xc0")
    struct.pack_into(">HH", content, place + 5, 65_000, 65_000)
    return bytes(content)


def huge_webp() -> bytes:
    head = b"\0\0\0\0" + (16_000).to_bytes(3, "little") + (16_000).to_bytes(3, "little")
    pixels = PLAIN[Kind.WEBP]()[12:]
    body = b"WEBP" + riff_chunk(b"VP8X", head) + pixels
    return riff_chunk(b"RIFF", body)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.PNG, huge_png(30_000, 30_000)),
        (Kind.PNG, huge_png(100_000, 1)),
        (Kind.PNG, huge_png(6_325, 6_325)),
        (Kind.GIF, huge_gif(10_000, 10_000, 1)),
        (Kind.GIF, huge_gif(2_000, 2_000, 200)),
        (Kind.JPEG, huge_jpeg()),
    ],
    ids=["png", "long png", "40 megapixels and a little", "gif", "gif of many frames", "jpeg"],
)
async def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(
    media: Bench, kind: Kind, content: bytes
) -> None:
    assert await refused(media, content, kind) is Reason.TOO_MANY_PIXELS


async def test_a_picture_whose_container_promises_other_sizes_is_refused(media: Bench) -> None:
    assert await refused(media, huge_webp(), Kind.WEBP) in {Reason.WRONG_CONTENT, Reason.TOO_MANY_PIXELS}


async def test_forty_megapixels_are_accepted(media: Bench) -> None:
    result = await media.inspect(huge_png(8_000, 5_000, bytes(5_000 * (1 + 4 * 8_000))), Kind.PNG)
    assert isinstance(result, Inspected)
    with result:
        assert (result.width, result.height) == (8_000, 5_000)


async def test_a_decompression_bomb_is_refused(media: Bench) -> None:
    pixels = huge_png(10, 10, bytes(300_000_000))
    text = png_with(PLAIN[Kind.PNG](), (b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000_000))))
    assert await refused(media, pixels, Kind.PNG) is Reason.WRONG_CONTENT
    assert not await media.accepts(text, Kind.PNG) or len(await media.cleaned(text, Kind.PNG)) < 1000


@pytest.mark.parametrize("attack", [b"PK\x03\x04" + SECRET, HTML + SECRET, b"%PDF-1.7\n" + SECRET, b"MZ" + SECRET])
@pytest.mark.parametrize("kind", PLAIN)
async def test_of_a_file_that_is_two_at_once_only_the_declared_one_is_left(
    media: Bench, kind: Kind, attack: bytes
) -> None:
    clean = await media.cleaned(PLAIN[kind]() + attack, kind)
    assert SECRET not in clean
    assert attack not in clean


async def test_two_pictures_in_one_become_one(media: Bench) -> None:
    for kind, both in (
        (Kind.JPEG, jpeg_with_everything() + jpeg_with_everything()),
        (Kind.PNG, PLAIN[Kind.PNG]() + PLAIN[Kind.PNG]()),
        (Kind.GIF, gif_with_everything() + gif_with_everything()),
        (Kind.WEBP, PLAIN[Kind.WEBP]() + PLAIN[Kind.WEBP]()),
    ):
        clean = await media.cleaned(both, kind)
        head = both[:3] if kind is not Kind.WEBP else b"WEBP"
        assert clean.count(head) == 1


@pytest.mark.parametrize("kind", PLAIN)
async def test_damaged_files_are_cleaned_or_refused_and_break_nothing(media: Bench, kind: Kind) -> None:
    chance = random.Random(kind.value)
    plain = PLAIN[kind]()
    for _ in range(25):
        damaged = bytearray(plain)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(12, len(damaged))] = chance.randrange(256)
        await media.accepts(bytes(damaged), kind)
    assert await media.cleaned(b"still here", Kind.TEXT) == b"still here"
    assert media.count("media_helpers_ended_total", how="crashed") == 0
    assert media.count("media_helpers_ended_total", how="failed") == 0


async def test_a_name_reaches_no_path(media: Bench) -> None:
    result = await media.inspect(PLAIN[Kind.PNG](), Kind.PNG, "../../../etc/passwd\0.png")
    assert isinstance(result, Inspected)
    result.close()
