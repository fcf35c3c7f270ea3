"""MP4: what is not needed to play is blanked in place. No byte moves, so that all offsets in the file stay right.

Kept are picture and sound tracks with the tables to play them. Everything else becomes zeros: user data, metadata (places, devices,
titles, covers), XMP, unknown boxes, dates, names of handlers and encoders, other tracks (GPS, sensors, time codes, subtitles) with
their samples, and bytes between samples. The compressed pictures and sound themselves are not looked into.
"""

from __future__ import annotations

import struct
from typing import IO, Final

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker import boxes
from wondernest.platform.media.worker.boxes import Box
from wondernest.platform.media.worker.faults import Refusal, require
from wondernest.platform.media.worker.files import read_all, write_all
from wondernest.platform.media.worker.samples import sample_ranges

_FILE: Final = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra"})
_MOOV: Final = frozenset({b"mvhd", b"trak", b"mvex"})
_MVEX: Final = frozenset({b"mehd", b"trex", b"leva"})
_TRAK: Final = frozenset({b"tkhd", b"edts", b"mdia"})
_MDIA: Final = frozenset({b"mdhd", b"hdlr", b"minf"})
_MINF: Final = frozenset({b"vmhd", b"smhd", b"dinf", b"stbl"})
_STBL: Final = frozenset(
    {
        b"stsd",
        b"stts",
        b"ctts",
        b"cslg",
        b"stsc",
        b"stsz",
        b"stz2",
        b"stco",
        b"co64",
        b"stss",
        b"sdtp",
        b"sbgp",
        b"sgpd",
    }
)
_MOOF: Final = frozenset({b"mfhd", b"traf"})
_TRAF: Final = frozenset({b"tfhd", b"trun", b"tfdt", b"sdtp", b"sbgp", b"sgpd"})
_PLAYED: Final = frozenset({b"vide", b"soun"})
_STILLS: Final = frozenset({b"jpeg", b"mjpa", b"mjpb", b"png ", b"tiff"})
"""Sample entries of tracks with whole picture files: covers, thumbnails, chapter pictures."""
_VISUAL_BYTES: Final = 78
_COMPRESSOR: Final = slice(42, 74)
"""Where a visual sample entry names the encoder."""
_SOUND_BYTES: Final = {0: 28, 1: 44, 2: 64}
"""Sizes of a sound sample entry's fields by its version."""
_ENTRY: Final = frozenset(
    {b"avcC", b"hvcC", b"av1C", b"vpcC", b"dvcC", b"dvvC", b"esds", b"dOps", b"dac3", b"dec3", b"alac"}
    | {b"colr", b"pasp", b"clap", b"btrt", b"fiel", b"mdcv", b"clli", b"chan", b"wave"}
)
_WAVE: Final = frozenset({b"frma", b"esds", b"mp4a", b"enda", bytes(4)})
_MAX_FTYP_BYTES: Final = 1024
_SELF_CONTAINED: Final = 1


def clean(given: IO[bytes], written: IO[bytes], _: Task) -> Outcome:
    """Write a file of the same size with everything blanked that is not needed to play it."""
    content = read_all(given)
    _cut_trailing(content)
    found = boxes.keep(content, Box(b"", 0, 0, len(content)), _FILE)
    kind, film = boxes.one(found, b"ftyp"), boxes.one(found, b"moov")
    require(kind.start == 0 and kind.end <= _MAX_FTYP_BYTES)
    inside = boxes.keep(content, film, _MOOV)
    _forget_times(content, boxes.one(inside, b"mvhd"))
    tracks = inside.get(b"trak", [])
    played = [track for track in tracks if _is_played(content, track)]
    require(played)
    for extends in inside.get(b"mvex", []):
        boxes.keep(content, extends, _MVEX)
    fragments = found.get(b"moof", [])
    require(not fragments or len(played) == len(tracks))  # samples of other tracks are not looked for in fragments
    for fragment in fragments:
        for part in boxes.keep(content, fragment, _MOOF).get(b"traf", []):
            boxes.keep(content, part, _TRAF)
    kept = [place for track in played for place in _clean_track(content, track)]
    for track in tracks:
        if track not in played:
            boxes.blank(content, track)
    if not fragments:
        _blank_between(content, found.get(b"mdat", []), kept)
    write_all(written, content)
    return Outcome()


def _cut_trailing(content: bytearray) -> None:
    """Cut off what stands behind the last whole box."""
    end = 0
    try:
        for box in boxes.boxes(content, 0, len(content)):
            end = box.end
    except Refusal:
        del content[end:]


def _inner(content: bytearray, outer: Box, name: bytes) -> Box:
    found = [box for box in boxes.boxes(content, outer.body, outer.end) if box.name == name]
    require(len(found) == 1)
    return found[0]


def _is_played(content: bytearray, track: Box) -> bool:
    media = _inner(content, track, b"mdia")
    handler = _inner(content, media, b"hdlr")
    if bytes(content[handler.body + 8 : handler.body + 12]) not in _PLAYED:
        return False
    entries = _inner(content, _inner(content, _inner(content, media, b"minf"), b"stbl"), b"stsd")
    return all(entry.name not in _STILLS for entry in boxes.boxes(content, entries.body + 8, entries.end))


def _forget_times(content: bytearray, box: Box) -> None:
    """Zero the times of creation and change: they say when a film was taken."""
    width = 8 if content[box.body] == 1 else 4
    require(box.end - box.body >= 4 + 2 * width)
    boxes.zero(content, box.body + 4, box.body + 4 + 2 * width)


def _clean_track(content: bytearray, track: Box) -> list[tuple[int, int]]:
    """Blank what the track does not need; returns where its samples are."""
    found = boxes.keep(content, track, _TRAK)
    _forget_times(content, boxes.one(found, b"tkhd"))
    media = boxes.keep(content, boxes.one(found, b"mdia"), _MDIA)
    _forget_times(content, boxes.one(media, b"mdhd"))
    handler = boxes.one(media, b"hdlr")
    require(handler.end - handler.body >= 24)
    boxes.zero(content, handler.body + 12, handler.end)  # reserved fields and the name
    inside = boxes.keep(content, boxes.one(media, b"minf"), _MINF)
    for place in inside.get(b"dinf", []):
        _require_own_data(content, place)
    tables = boxes.keep(content, boxes.one(inside, b"stbl"), _STBL)
    entries = boxes.one(tables, b"stsd")
    for entry in boxes.boxes(content, entries.body + 8, entries.end):
        _clean_entry(content, entry, visual=bytes(content[handler.body + 8 : handler.body + 12]) == b"vide")
    return list(sample_ranges(content, tables))


def _require_own_data(content: bytearray, place: Box) -> None:
    """Refuse a track whose samples are in another file."""
    for references in boxes.keep(content, place, frozenset({b"dref"})).get(b"dref", []):
        for reference in boxes.boxes(content, references.body + 8, references.end):
            (flags,) = struct.unpack_from(">I", content, reference.body)
            require(flags & _SELF_CONTAINED)
            boxes.zero(content, reference.body + 4, reference.end)


def _clean_entry(content: bytearray, entry: Box, *, visual: bool) -> None:
    fields = _VISUAL_BYTES
    if visual:
        require(entry.end - entry.body >= fields)
        boxes.zero(content, entry.body + _COMPRESSOR.start, entry.body + _COMPRESSOR.stop)
    else:
        require(entry.end - entry.body >= _SOUND_BYTES[0])
        (version,) = struct.unpack_from(">H", content, entry.body + 8)
        require(version in _SOUND_BYTES)
        fields = _SOUND_BYTES[version]
        require(entry.end - entry.body >= fields)
    rest = entry.body + fields
    if entry.end - rest < 8:  # QuickTime ends the list with four zeros
        boxes.zero(content, rest, entry.end)
        return
    terminator = 4 if not any(content[entry.end - 4 : entry.end]) and not _ends_in_box(content, rest, entry.end) else 0
    for wave in boxes.keep(content, Box(entry.name, rest, rest, entry.end - terminator), _ENTRY).get(b"wave", []):
        boxes.keep(content, wave, _WAVE)


def _ends_in_box(content: bytearray, start: int, end: int) -> bool:
    place = start
    while end - place >= 8:
        (size,) = struct.unpack_from(">I", content, place)
        if size < 8:
            return False
        place += size
    return place == end


def _blank_between(content: bytearray, data: list[Box], kept: list[tuple[int, int]]) -> None:
    """Zero everything in the data boxes that is no sample of a played track."""
    kept.sort()
    for box in data:
        place = box.body
        for start, end in kept:
            if end <= place or start >= box.end:
                continue
            if start > place:
                boxes.zero(content, place, start)
            place = max(place, min(end, box.end))
        boxes.zero(content, place, box.end)
