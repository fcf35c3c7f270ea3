"""WAV: a new file of format and samples; all other chunks (LIST, bext, id3, iXML, …) are left out."""

from __future__ import annotations

import struct
from typing import IO, Final

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import read_all, write_all
from wondernest.platform.media.worker.riff import HEAD_BYTES, chunks, packed, riff

_EXTENSIBLE: Final = 0xFFFE
_SAMPLES: Final = frozenset({0x0001, 0x0002, 0x0003, 0x0006, 0x0007, 0x0011, _EXTENSIBLE})
"""PCM, ADPCM, float, A-law, mu-law, IMA ADPCM: formats whose data is nothing but samples."""
_FORMAT_BYTES: Final = range(16, 65)


def clean(given: IO[bytes], written: IO[bytes], _: Task) -> Outcome:
    """Write format and samples alone. The size of the whole, in the head, is not trusted: recorders often leave it 0."""
    content = read_all(given)
    require(content.startswith(b"RIFF") and bytes(content[8:12]) == b"WAVE")
    found: dict[bytes, bytes] = {}
    for name, body in chunks(content, HEAD_BYTES, len(content), tolerant=True):
        found.setdefault(name, body)
        if name == b"data":
            break
    form, samples, fact = found.get(b"fmt ", b""), found.get(b"data", b""), found.get(b"fact", b"")
    require(len(form) in _FORMAT_BYTES and samples)
    code, channels, rate = struct.unpack_from("<HHI", form)
    (block,) = struct.unpack_from("<H", form, 12)
    require(code in _SAMPLES and channels and rate and block)
    counted = packed(b"fact", fact) if len(fact) == 4 else b""
    samples = samples[: len(samples) - len(samples) % block]
    require(samples)
    write_all(written, riff(b"WAVE", packed(b"fmt ", form) + counted + packed(b"data", samples)))
    return Outcome()
