"""Plain text: checked and copied as it is."""

from __future__ import annotations

from typing import IO

from wondernest.platform.media.kinds import has_markup
from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.worker.faults import require
from wondernest.platform.media.worker.files import read_all, write_all


def clean(given: IO[bytes], written: IO[bytes], _: Task) -> Outcome:
    """Copy UTF-8 without NUL that does not begin as markup, however much white space stands before it."""
    content = read_all(given)
    require(content and b"\0" not in content and not has_markup(bytes(content)))
    content.decode("utf-8")
    write_all(written, content)
    return Outcome()
