"""Films come back without places, devices and names, at their old size, and with every sample where it was."""

from __future__ import annotations

import pytest

from tests.fixtures.films import BLOCKS, GPS, SAMPLES, SOUNDS, WHEN, mp4, sample_places, webm
from tests.fixtures.media import SECRET, Bench, box
from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.refusals import Reason, Refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_mp4_has_no_place_no_device_and_no_track_of_positions(media: Bench) -> None:
    original = mp4()
    assert original.count(SECRET) >= 18
    clean = await media.cleaned(original, Kind.MP4)
    assert SECRET not in clean
    assert SECRET[:31] not in clean
    assert not any(piece in clean for piece in (b"GPMF", b"gpmd", b"\xa9xyz", b"location", b"udta", b"uuid"))
    assert WHEN.to_bytes(4) in original
    assert WHEN.to_bytes(4) not in clean


async def test_every_sample_of_an_mp4_is_where_it_was(media: Bench) -> None:
    original = mp4()
    clean = await media.cleaned(original, Kind.MP4)
    assert len(clean) == len(original)
    played = [place for place in sample_places(original) if not any(original.startswith(gps, place) for gps in GPS)]
    assert sample_places(clean) == played
    for place, sample in zip(played, SAMPLES + SOUNDS, strict=True):
        assert clean[place : place + len(sample)] == sample


async def test_what_stands_behind_an_mp4_is_cut_off(media: Bench) -> None:
    clean = await media.cleaned(mp4(trailing=b"SEFT" + SECRET), Kind.MP4)
    assert clean == await media.cleaned(mp4(), Kind.MP4)


async def test_an_mp4_that_is_cut_off_is_refused(media: Bench) -> None:
    original = mp4()
    data = original.index(b"mdat")
    for end in (40, data + 300, original.index(b"moov") + 60):
        result = await media.inspect(original[:end], Kind.MP4)
        assert isinstance(result, Refused)
        assert result.reason is Reason.WRONG_CONTENT


@pytest.mark.parametrize(
    "change",
    [
        (b"url \0\0\0\1", b"url \0\0\0\0"),  # the samples are in another file
        (b"vide", b"sbtl"),
        (b"stco", b"xxxx"),
        (b"moov", b"moof"),
    ],
)
async def test_an_mp4_that_cannot_be_cleaned_is_refused(media: Bench, change: tuple[bytes, bytes]) -> None:
    content = mp4().replace(*change)
    if change[0] == b"vide":
        content = content.replace(b"soun", b"text")
    assert isinstance(await media.inspect(content, Kind.MP4), Refused)


async def test_a_picture_in_the_container_of_films_is_refused(media: Bench) -> None:
    heic = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", SECRET)
    assert isinstance(await media.inspect(heic, Kind.MP4), Refused)


@pytest.mark.parametrize("live", [False, True])
async def test_a_webm_has_no_tags_no_attachments_and_no_names(media: Bench, *, live: bool) -> None:
    original = webm(live=live)
    assert original.count(SECRET) >= 22
    clean = await media.cleaned(original, Kind.WEBM)
    assert SECRET not in clean
    assert b"LOCATION" not in clean
    assert b"WEBVTT" not in clean
    assert len(clean) == len(original)


@pytest.mark.parametrize("live", [False, True])
async def test_every_block_of_a_webm_is_where_it_was(media: Bench, *, live: bool) -> None:
    original = webm(live=live)
    clean = await media.cleaned(original, Kind.WEBM)
    for block in BLOCKS:
        assert clean.find(block) == original.find(block) > 0
    assert clean.count(b"\x01vorbis") == clean.count(b"\x03vorbis") == clean.count(b"\x05vorbis") == 1


async def test_what_stands_behind_a_webm_is_cut_off(media: Bench) -> None:
    assert await media.cleaned(webm(trailing=SECRET), Kind.WEBM) == await media.cleaned(webm(), Kind.WEBM)


async def test_a_webm_that_is_cut_off_is_refused(media: Bench) -> None:
    original = webm()
    for end in (60, len(original) // 2, len(original) - 10):
        assert isinstance(await media.inspect(original[:end], Kind.WEBM), Refused)


async def test_a_clean_film_stays_as_it_is(media: Bench) -> None:
    for kind, content in ((Kind.MP4, mp4()), (Kind.WEBM, webm())):
        once = await media.cleaned(content, kind)
        assert await media.cleaned(once, kind) == once
