"""A ZIP that is written in parts is the file that one process would have written; names are safe on every system."""

from __future__ import annotations

import asyncio
import io
import random
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform import zipping
from wondernest.platform.zipping import MOST_NAME_CHARS, Written, ZipStream, directory, safe_name

AT: Final = datetime(2026, 11, 27, 10, 30, 12, tzinfo=UTC)
NOISE: Final = random.Random(7).randbytes(300_000)
CONTENTS: Final = {"data/saves.json": b"[1, 2, 3]\n" * 40_000, "empty.csv": b"", "files/Zoë 🦊.png": NOISE}


async def written(parts_of: int) -> bytes:
    """The file of CONTENTS, with a new part after so many bytes of content, each by a stream that knows only what is recorded."""
    parts, finished = list[bytes](), list[Written]()
    opened: Written | None = None

    def next_part() -> ZipStream:
        return ZipStream(sum(map(len, parts)), opened)

    stream, part = next_part(), b""
    for name, content in CONTENTS.items():
        part += stream.begin(name, AT, dense=content is NOISE)
        for start in range(0, len(content), parts_of):
            part += await stream.write(content[start : start + parts_of])
            part += await stream.pause()
            parts.append(part)
            finished += stream.finished
            opened = stream.opened
            stream, part = next_part(), b""
        part += await stream.end()
        opened = None
    parts.append(part)
    finished += stream.finished
    whole = b"".join(parts)
    return whole + directory(finished, len(whole))


@pytest.mark.parametrize("parts_of", [1_000_000, 70_000])
async def test_parts_behind_each_other_are_one_valid_file(parts_of: int, tmp_path: Path) -> None:
    content = await written(parts_of)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert {info.filename: archive.read(info) for info in archive.infolist()} == CONTENTS
    assert all(info.flag_bits & zipping.UTF_8 for info in archive.infolist())
    assert {info.date_time for info in archive.infolist()} == {(2026, 11, 27, 10, 30, 12)}
    if program := shutil.which("unzip"):
        (tmp_path / "all.zip").write_bytes(content)
        tested = await asyncio.create_subprocess_exec(program, "-tqq", tmp_path / "all.zip")
        assert await tested.wait() == 0


def test_a_table_of_contents_of_a_large_file_has_fields_of_8_bytes() -> None:
    large = 5 * 1024**3
    entries = [Written("a", AT, 0, 1, large, large), Written("b", AT, large + 100, 2, 3, 5)]
    found = zipfile.ZipFile(_Sparse(2 * large, directory(entries, 2 * large))).infolist()
    assert [(one.filename, one.header_offset, one.CRC, one.file_size, one.compress_size) for one in found] == [
        ("a", 0, 1, large, large),
        ("b", large + 100, 2, 3, 5),
    ]


def test_a_file_of_more_than_65535_entries_can_be_read() -> None:
    entries = [Written(f"{number}", AT, 0) for number in range(65_536)]
    assert len(zipfile.ZipFile(io.BytesIO(directory(entries, 0))).infolist()) == 65_536


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat", "cat"),
        ("Zoë  und 🦊", "Zoë und 🦊"),
        ("../../etc/passwd", "______etc_passwd"),
        ("C:\\boot.ini", "C__boot_ini"),
        ("CON", "_CON"),
        ("lpt1", "_lpt1"),
        ("nul.txt", "nul_txt"),
        ("a\0b\n\u202egnp.exe", "abgnp_exe"),
        ("trailing. ", "trailing_"),
        ("...", "_"),
        ("", "_"),
        ("x" * 500, "x" * MOST_NAME_CHARS),
    ],
)
def test_a_name_that_a_person_chose_is_a_name_on_every_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text())
def test_no_name_leaves_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= MOST_NAME_CHARS + 1
    assert not set(safe) & set('/\\:.<>"|?*\0')
    assert safe == safe.strip()


class _Sparse(io.RawIOBase):
    """A file that is zeros but for its end."""

    def __init__(self, zeros: int, end: bytes) -> None:
        self._zeros, self._end, self._place = zeros, end, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = offset + {0: 0, 1: self._place, 2: self._zeros + len(self._end)}[whence]
        return self._place

    def readall(self) -> bytes:
        return self.read(-1)

    def read(self, size: int = -1) -> bytes:
        assert self._place >= self._zeros, "only the end is read"
        start = self._place - self._zeros
        piece = self._end[start:] if size < 0 else self._end[start : start + size]
        self._place += len(piece)
        return piece
