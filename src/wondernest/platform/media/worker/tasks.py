"""Runs one task in a helper: reads the task, works, writes the outcome."""

from __future__ import annotations

import socket
from collections.abc import Callable
from importlib import import_module
from typing import IO, Final, TypeAlias

import msgspec

from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.messages import MAX_LINE_BYTES, Outcome, Task
from wondernest.platform.media.refusals import Reason

# Loaded once, before any fork: a helper must not pay for it.
from wondernest.platform.media.worker import faults, gif, jpeg, mp3, mp4, png, texts, variants, wav, webm, webp

Cleaner: TypeAlias = Callable[[IO[bytes], IO[bytes], Task], Outcome]

PDF_HEAD: Final = b"d"
"""The byte on the control socket that announces a PDF: only then is its library loaded."""
OTHER_HEAD: Final = b"o"
_PDF_MODULE: Final = "wondernest.platform.media.worker.pdf"
CLEANERS: Final[dict[str, Cleaner]] = {
    Kind.JPEG: jpeg.clean,
    Kind.PNG: png.clean,
    Kind.GIF: gif.clean,
    Kind.WEBP: webp.clean,
    Kind.MP4: mp4.clean,
    Kind.WEBM: webm.clean,
    Kind.MP3: mp3.clean,
    Kind.WAV: wav.clean,
    Kind.TEXT: texts.clean,
}


def prepare(head: bytes) -> None:
    """Load what the announced task needs, in the process that forks."""
    if head == PDF_HEAD:
        import_module(_PDF_MODULE)


def work(channel: socket.socket, source: int, target: int) -> None:
    """Read the task from the channel, do it, and write its outcome there. A refusal is an outcome; so is an unexpected exception."""
    with channel.makefile("rb") as lines:
        task = msgspec.json.decode(lines.readline(MAX_LINE_BYTES), type=Task)
    try:
        with open(source, "rb", buffering=0) as given, open(target, "wb", buffering=0) as written:
            outcome = _choose(task)(given, written, task)
    except faults.Refusal as refusal:
        outcome = Outcome(refused=refusal.reason)
    except faults.MALFORMED as error:
        outcome = Outcome(refused=Reason.WRONG_CONTENT)
        if isinstance(error, OSError) and error.errno in faults.STORAGE_ERRORS:
            outcome = Outcome(storage_failed=True)
    except Exception as error:  # decoders raise what they like on broken files; the pool counts it
        outcome = Outcome(failed=type(error).__qualname__)
    channel.sendall(msgspec.json.encode(outcome) + b"\n")


def _choose(task: Task) -> Cleaner:
    if task.width:
        return variants.make
    if task.kind == Kind.PDF:
        return import_module(_PDF_MODULE).clean
    return CLEANERS[task.kind]
