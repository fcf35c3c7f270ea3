"""Sound comes back without tags. The tags are written, and their absence is read, by mutagen, which is no part of the service."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, COMM, ID3, TIT2
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

from tests.fixtures.media import SECRET, Bench, drawing, encoded, mp3_frames, riff_chunk, wav
from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.refusals import Refused

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEXT = SECRET.decode()


def id3() -> ID3:
    tags = ID3()
    tags.add(TIT2(encoding=3, text=TEXT))
    tags.add(COMM(encoding=1, lang="eng", desc="", text=TEXT))
    tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc=TEXT, data=encoded(drawing(), "JPEG") + SECRET))
    return tags


def tagged(frames: bytes, **options: Any) -> bytes:
    """ID3v2 with a picture in front; Lyrics3, APEv2 and ID3v1 behind."""
    file = BytesIO(frames)
    ape = APEv2()
    ape["Title"] = TEXT
    ape.save(file)
    id3().save(file, v1=0, **options)
    lyrics = b"LYRICSBEGIN" + b"LYR%05d" % len(SECRET) + SECRET
    trailer = b"%06dLYRICS200" % len(lyrics)
    return file.getvalue() + lyrics + trailer + b"TAG" + SECRET[:30].ljust(125, b"\0")


@pytest.mark.parametrize("version", [3, 4])
async def test_an_mp3_has_no_tags_and_every_frame(media: Bench, version: int) -> None:
    frames = mp3_frames()
    original = tagged(frames, v2_version=version)
    assert MP3(BytesIO(original)).tags is not None
    clean = await media.cleaned(original, Kind.MP3)
    assert clean == frames
    assert MP3(BytesIO(clean)).tags is None
    assert abs(MP3(BytesIO(clean)).info.length - MP3(BytesIO(frames)).info.length) < 0.001


async def test_tags_between_the_frames_of_an_mp3_are_gone(media: Bench) -> None:
    first, second = mp3_frames(8), mp3_frames(9)
    assert await media.cleaned(tagged(first) + tagged(second), Kind.MP3) == first + second


async def test_the_encoder_in_the_seek_table_of_an_mp3_is_gone(media: Bench) -> None:
    table = bytearray(417)
    table[:4] = b"\xff\xfb\x90\x00"
    table[36:44] = b"Xing\0\0\0\3"
    table[44:52] = struct.pack(">II", 20, 8340)
    table[52:61] = b"LAME3.100"
    table[100 : 100 + len(SECRET)] = SECRET
    clean = await media.cleaned(bytes(table) + mp3_frames(), Kind.MP3)
    assert clean[417:] == mp3_frames()
    assert clean[36:61] == b"Xing\0\0\0\3" + struct.pack(">II", 20, 8340) + b"LAME".ljust(9, b"\0")
    assert SECRET not in clean


async def test_a_wav_has_no_tags_and_every_sample(media: Bench) -> None:
    information = b"INFO" + riff_chunk(b"IART", SECRET) + riff_chunk(b"ICMT", SECRET)
    hidden = (
        riff_chunk(b"LIST", information),
        riff_chunk(b"bext", SECRET.ljust(602, b"\0")),
        riff_chunk(b"iXML", SECRET),
    )
    file = BytesIO(wav(*hidden))
    sound: Any = WAVE(file)
    sound.add_tags()
    sound.tags.add(TIT2(encoding=3, text=TEXT))
    sound.save(file)
    original = file.getvalue() + SECRET
    assert original.count(SECRET) >= 6
    clean = await media.cleaned(original, Kind.WAV)
    assert clean == wav()
    assert WAVE(BytesIO(clean)).tags is None


async def test_a_recording_whose_sizes_were_never_filled_in_is_accepted(media: Bench) -> None:
    broken = bytearray(wav())
    broken[4:8] = bytes(4)
    place = broken.index(b"data") + 4
    broken[place : place + 4] = b"\xff\xff\xff\xff"
    assert await media.cleaned(bytes(broken), Kind.WAV) == wav()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.MP3, b"ID3\4\0\0\0\0\0\0" + SECRET * 20),
        (Kind.MP3, mp3_frames(2)),
        (Kind.MP3, mp3_frames(20)[:600]),
        (Kind.WAV, wav(samples=b"")),
        (Kind.WAV, wav()[:30]),
        (Kind.WAV, b"RIFF\x24\0\0\0WAVE" + SECRET),
    ],
)
async def test_a_file_without_sound_is_refused(media: Bench, kind: Kind, content: bytes) -> None:
    assert isinstance(await media.inspect(content, kind), Refused)
