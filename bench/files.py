"""S6b: uploads of photos, and reads of stored files as browsers send them."""

from __future__ import annotations

import asyncio
import http
import io
import itertools
import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import psycopg
from PIL import Image

from bench.client import Answer, Client
from bench.generator import generate
from bench.load import press
from bench.setup import UPLOADS, Setup, Target, say
from bench.steady import measured
from bench.table import Figures, Row, medians
from bench.tally import Load
from bench.work import Actor, Work, request

HOST: Final = "127.0.0.1"
UPLOAD: Final = b"/api/v1/files/upload"
BOUNDARY: Final = b"wondernest-bench-7b41f0c2"
UPLOADERS: Final = 8
"""Uploads at once: they are bound by the helper processes, whose queue of two workers this does not fill."""
STORED: Final = 16
"""Files of each size that are read in turn."""
LARGE: Final = (3000, 2000, 90)
"""Width, height and quality of a JPEG of 2 MB, as a phone takes it."""
SMALL: Final = (1024, 768, 85)
"""Of a JPEG of 200 kB, as an illustration is."""
RANGE: Final = (524_288, 1_572_863)
"""First and last byte: 1 MiB in the middle of the large file, as a player asks for it."""
WARM_UP_S: Final = 2.0
_GRAIN: Final = 8
"""Pixels of the photos' noise, which does not compress better than a real photo's details."""
_SEED: Final = 7
_MB: Final = 1e6
_SHOWN_BYTES: Final = 120
_CLEAN: Final = "delete from core.uploaded_files; delete from wondernest.blob_removals"


@dataclass(frozen=True, slots=True)
class _Read:
    """One kind of request for a stored file. `answer_bytes`: of each answer, None for the file's whole size."""

    title: str
    size: str
    headers: Sequence[bytes]
    status: int
    answer_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class _Trial:
    """One kind of request on one server: an example, the status of its answer, load for some seconds, payload in bytes."""

    target: Target
    example: bytes
    status: int
    load: Callable[[float], Load]
    size: int


_READS: Final = (
    _Read("GET file of 2 MB", "large", (), http.HTTPStatus.OK),
    _Read(
        "GET 1 MiB of it by range",
        "large",
        (b"Range: bytes=%d-%d" % RANGE,),
        http.HTTPStatus.PARTIAL_CONTENT,
        RANGE[1] - RANGE[0] + 1,
    ),
    _Read("GET file of 200 kB", "small", (), http.HTTPStatus.OK),
)


def run_files(setup: Setup) -> list[Row]:
    """A row for each kind of request and server; the files of our own server are removed before and afterwards."""
    photos = {"large": photo(*LARGE), "small": photo(*SMALL)}
    actors = setup.data.parents(*setup.token_terms)
    clean(setup)
    try:
        rows = _uploads(setup, photos["large"], actors)
        stored = {
            size: {target.name: _stored(target, content, actors) for target in setup.targets}
            for size, content in photos.items()
        }
        for read in _READS:
            rows += _reads(setup, read, stored[read.size])
    finally:
        clean(setup)
    return rows


def photo(width: int, height: int, quality: int) -> bytes:
    """A JPEG that is the same in each run."""
    columns, lines = width // _GRAIN, height // _GRAIN
    noise = Image.frombytes("RGB", (columns, lines), random.Random(_SEED).randbytes(columns * lines * 3))
    content = io.BytesIO()
    noise.resize((width, height), Image.Resampling.BICUBIC).save(content, "JPEG", quality=quality)
    return content.getvalue()


def upload_requests(content: bytes, actors: Sequence[Actor]) -> Iterator[bytes]:
    """Uploads of the file, by one actor after another, without an end. The file may hold any byte, so `Work` cannot fill it in."""
    form = _form(content)
    for actor in itertools.cycle(actors):
        head = [
            b"POST %s?category=artwork&tags=bench HTTP/1.1" % UPLOAD,
            b"Host: " + HOST.encode(),
            b"Authorization: Bearer " + actor.token.encode(),
            b"Content-Type: multipart/form-data; boundary=" + BOUNDARY,
            b"Content-Length: %d" % len(form),
        ]
        yield b"\r\n".join([*head, b"", form])


def clean(setup: Setup) -> None:
    """Remove the files of earlier runs, if database and folder are the bench's own."""
    if setup.servers.postgres is None:
        return
    with psycopg.connect(setup.servers.database_url) as connection:
        connection.execute(_CLEAN)
    for folder in UPLOADS.glob("*"):
        shutil.rmtree(folder)


def _form(content: bytes) -> bytes:
    part = (
        b'--%s\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    return part % BOUNDARY + content + b"\r\n--%s--\r\n" % BOUNDARY


def _uploads(setup: Setup, content: bytes, actors: Sequence[Actor]) -> list[Row]:
    title, connections = "S6b POST file of 2 MB", min(UPLOADERS, setup.options.connections)
    requests = upload_requests(content, actors)

    def load(target: Target) -> Callable[[float], Load]:
        return lambda seconds: generate(target.port, requests, connections, seconds, None)

    trials = [
        _Trial(target, next(requests), http.HTTPStatus.CREATED, load(target), len(content)) for target in setup.targets
    ]
    return _rounds(setup, title, trials)


def _stored(target: Target, content: bytes, actors: Sequence[Actor]) -> list[tuple[bytes, int]]:
    """Paths and sizes of files uploaded to a server; none if it takes none."""
    found: list[tuple[bytes, int]] = []
    for upload in itertools.islice(upload_requests(content, actors), STORED):
        answer = _asked(target, upload)
        if answer.status != http.HTTPStatus.CREATED:
            return []
        data = json.loads(answer.body)["data"]
        found.append((urlsplit(data["url"]).path.encode(), data["fileSize"]))
    return found


def _reads(setup: Setup, read: _Read, stored: dict[str, list[tuple[bytes, int]]]) -> list[Row]:
    options = setup.options

    def load(target: Target, variants: Sequence[bytes]) -> Callable[[float], Load]:
        work = Work(tuple(variants), [Actor("", "")])
        return lambda seconds: press(target.port, work, options.connections, seconds)

    trials: list[_Trial] = []
    for target in setup.targets:
        files = stored[target.name]
        if files:  # otherwise the row of uploads says why there are none
            variants = [
                request("GET", path, HOST, bearer=False, gzip=options.gzip, more=read.headers) for path, _ in files
            ]
            size = read.answer_bytes or files[0][1]
            trials.append(_Trial(target, variants[0], read.status, load(target, variants), size))
    return _rounds(setup, f"S6b {read.title}", trials)


def _rounds(setup: Setup, title: str, trials: Sequence[_Trial]) -> list[Row]:
    """Rounds with the servers in turn; medians for each that answers as it should, and the answer of each that does not."""
    rows: list[Row] = []
    good: list[_Trial] = []
    for trial in trials:
        answer = _asked(trial.target, trial.example)
        if answer.status == trial.status:
            good.append(trial)
            trial.load(WARM_UP_S)
        else:
            note = f"{answer.status} {answer.body[:_SHOWN_BYTES].decode(errors='replace')}"
            rows.append(Row(title, trial.target.name, Figures(), note))
    rounds: list[list[Figures]] = [[] for _ in good]
    for number in range(setup.options.rounds):
        for trial, found in zip(good, rounds, strict=True):
            say(f"{title}: {trial.target.name}, round {number + 1} of {setup.options.rounds}")
            found.append(measured(setup, trial.target, lambda load=trial.load: load(setup.options.seconds)))
    for trial, found in zip(good, rounds, strict=True):
        figures = medians(found)
        moved = trial.size * (figures.per_second or 0.0) / _MB
        rows.append(Row(title, trial.target.name, figures, f"{moved:,.0f} MB/s"))
    return rows


def _asked(target: Target, content: bytes) -> Answer:
    async def once() -> Answer:
        async with Client(HOST, target.port) as client:
            return await client.ask(content)

    return asyncio.run(once())
