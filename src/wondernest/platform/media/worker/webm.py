"""WebM: what is not needed to play is blanked in place. No byte moves, so that the positions in the file stay right.

Kept are picture and sound tracks, their blocks and the index. Everything else becomes Void elements or empty texts: tags, attachments,
chapters, titles, dates, names of programs and files, other tracks with their blocks. The compressed data is not looked into.
"""

from __future__ import annotations

from typing import IO, Final

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker import ebml
from wondernest.platform.media.worker.ebml import Element
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import read_all, write_all

_HEAD: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
_SEEK: Final = 0x114D9B74
_INFO: Final = 0x1549A966
_TRACKS: Final = 0x1654AE6B
_CLUSTER: Final = 0x1F43B675
_CUES: Final = 0x1C53BB6B
_OTHER_TOP: Final = frozenset({0x1254C367, 0x1941A469, 0x1043A770})
"""Tags, Attachments, Chapters."""
_APPS: Final = frozenset({0x4D80, 0x5741})
"""MuxingApp and WritingApp: required, so they stay, as empty texts."""
_ENTRY: Final = 0xAE
_NUMBER: Final = 0xD7
_TYPE: Final = 0x83
_CODEC: Final = 0x86
_PRIVATE: Final = 0x63A2
_SIMPLE_BLOCK: Final = 0xA3
_GROUP: Final = 0xA0
_BLOCK: Final = 0xA1
_KEPT: Final = {
    _HEAD: frozenset({0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285}),
    _SEEK: frozenset({0x4DBB}),
    0x4DBB: frozenset({0x53AB, 0x53AC}),
    _INFO: frozenset({0x2AD7B1, 0x4489}) | _APPS,
    _TRACKS: frozenset({_ENTRY}),
    _ENTRY: frozenset(
        {_NUMBER, 0x73C5, _TYPE, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x55EE}
        | {0x22B59C, 0x22B59D, _CODEC, _PRIVATE, 0x56AA, 0x56BB, 0xE0, 0xE1}
    ),
    0xE0: frozenset(
        {0x9A, 0x9D, 0x53B8, 0x53C0, 0xB0, 0xBA, 0x54AA, 0x54BB, 0x54CC, 0x54DD, 0x54B0, 0x54BA, 0x54B2, 0x55B0}
    ),
    0xE1: frozenset({0xB5, 0x78B5, 0x9F, 0x6264}),
    _CLUSTER: frozenset({0xE7, _SIMPLE_BLOCK, _GROUP, 0xA7, 0xAB}),
    _GROUP: frozenset({_BLOCK, 0x9B, 0xFB, 0xFA, 0x75A1, 0x75A2}),
    0x75A1: frozenset({0xA6}),
    0xA6: frozenset({0xEE, 0xA5}),
    _CUES: frozenset({0xBB}),
    0xBB: frozenset({0xB3, 0xB7}),
    0xB7: frozenset({0xF7, 0xF1, 0xF0, 0xB2, 0x5378, 0xEA}),
}
"""What is kept in each element that holds others (RFC 9559): what playing needs, and nothing that is a name, a text or a date."""
_TOP: Final = frozenset({_SEEK, _INFO, _TRACKS, _CLUSTER, _CUES})
_PLAYED: Final = frozenset({1, 2})
"""Track types: picture and sound."""
_CODECS: Final = frozenset({b"V_VP8", b"V_VP9", b"V_AV1", b"V_MPEG4/ISO/AVC", b"A_VORBIS", b"A_OPUS"})


def clean(given: IO[bytes], written: IO[bytes], _: Task) -> Outcome:
    """Write a file of the same size with everything blanked that is not needed to play it; what stands behind it is cut off."""
    content = read_all(given)
    head = next(ebml.elements(content, 0, len(content)))
    segment = next(ebml.elements(content, head.end, len(content)))
    require(head.id == _HEAD and segment.id == _SEGMENT)
    del content[segment.end :]
    _prune(content, head)
    played: set[int] = set()
    clusters = False
    for element in _inside(content, segment):
        if element.id not in _TOP:
            ebml.blank(content, element)
        elif element.id == _TRACKS:
            require(not clusters and not played)
            played = _clean_tracks(content, element)
        elif element.id == _CLUSTER:
            clusters = True
            _clean_cluster(content, element, played)
        else:
            _prune(content, element)
    require(played and clusters)
    write_all(written, content)
    return Outcome()


def _prune(content: bytearray, outer: Element) -> None:
    """Blank what is not kept in the element, at every depth, and empty the names of programs."""
    for element in ebml.keep(content, outer, _KEPT[outer.id]):
        if element.id in _KEPT:
            _prune(content, element)
        elif element.id in _APPS:
            ebml.zero(content, element)


def _inside(content: bytearray, segment: Element) -> list[Element]:
    """The segment's elements. A cluster of unknown size, as live recorders write it, ends where the next top element begins."""
    found: list[Element] = []
    place = segment.body
    while place < segment.end:
        element = next(ebml.elements(content, place, segment.end))
        if element.unknown:
            require(element.id == _CLUSTER)
            last = element.body
            for inner in ebml.elements(content, element.body, segment.end, _TOP | _OTHER_TOP):
                last = inner.end
            element = Element(element.id, element.start, element.body, last)
        found.append(element)
        place = element.end
    return found


def _clean_tracks(content: bytearray, tracks: Element) -> set[int]:
    """Blank the tracks that are not played; returns the numbers of the others."""
    played: set[int] = set()
    for entry in ebml.keep(content, tracks, frozenset({_ENTRY})):
        fields = {field.id: field for field in ebml.elements(content, entry.body, entry.end)}
        require(fields.keys() >= {_NUMBER, _TYPE, _CODEC})
        if ebml.unsigned(content, fields[_TYPE]) not in _PLAYED:
            ebml.blank(content, entry)
            continue
        _prune(content, entry)
        codec = bytes(content[fields[_CODEC].body : fields[_CODEC].end]).rstrip(b"\0")
        require(codec in _CODECS)
        if codec == b"A_VORBIS":
            _blank_comments(content, fields[_PRIVATE])
        played.add(ebml.unsigned(content, fields[_NUMBER]))
    return played


def _clean_cluster(content: bytearray, cluster: Element, played: set[int]) -> None:
    for element in ebml.keep(content, cluster, _KEPT[_CLUSTER]):
        block = element
        if element.id == _GROUP:
            _prune(content, element)
            blocks = [inner for inner in ebml.elements(content, element.body, element.end) if inner.id == _BLOCK]
            require(len(blocks) == 1)
            block = blocks[0]
        elif element.id != _SIMPLE_BLOCK:
            continue
        track, _ = ebml.number(content, block.body, 8, marked=False)
        if track not in played:
            ebml.blank(content, element)


def _blank_comments(content: bytearray, private: Element) -> None:
    """Overwrite the texts of a Vorbis comment header with spaces; the header keeps its size."""
    place = private.body
    require(content[place] == 2)  # three packets
    place, sizes = place + 1, list[int]()
    for _ in range(2):
        size = 0
        while content[place] == 0xFF:
            size, place = size + 0xFF, place + 1
        sizes.append(size + content[place])
        place += 1
    comments, end = place + sizes[0], place + sizes[0] + sizes[1]
    require(end <= private.end and content.startswith(b"\x03vorbis", comments))
    place, texts = comments + 7, 1
    for turn in (0, 1):
        for _ in range(texts):
            size = int.from_bytes(content[place : place + 4], "little")
            require(place + 4 + size <= end)
            content[place + 4 : place + 4 + size] = b" " * size
            place += 4 + size
        if turn == 0:
            texts = int.from_bytes(content[place : place + 4], "little")
            require(texts <= end - place)
            place += 4
    require(place < end)
    content[place + 1 : end] = bytes(end - place - 1)
