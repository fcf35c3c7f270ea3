"""Uploads by families on a running server, and what is left of them in storage and database."""

from __future__ import annotations

import contextlib
import io
import os
import re
import socket
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from PIL import Image

from tests.faults.household import Household
from tests.fixtures.processes import wait_for

UPLOAD = "/api/v1/files/upload"
BOUNDARY = "the-boundary-of-the-tests"
LONG_AGO_S = 7 * 3600.0
"""Older than what the sweep takes for a running upload."""


def noise(width: int = 320, height: int = 240, kind: str = "PNG", **options: Any) -> bytes:
    """A picture that does not compress."""
    content = io.BytesIO()
    Image.frombytes("RGB", (width, height), os.urandom(width * height * 3)).save(content, kind, **options)
    return content.getvalue()


PICTURE = noise(64, 48)


def upload(
    client: httpx2.Client, content: bytes = PICTURE, name: str = "cat.png", kind: str = "image/png"
) -> httpx2.Response:
    """One upload."""
    return client.post(UPLOAD, files={"file": (name, content, kind)})


def refusal(code: str, message: str) -> dict[str, Any]:
    """The body of a refusal of the files room."""
    return {"success": False, "error": {"code": code, "message": message}}


def message_of(answer: httpx2.Response) -> tuple[int, str]:
    """Status and text of a refusal."""
    return answer.status_code, answer.json()["error"]["message"]


def is_outage(answer: httpx2.Response) -> bool:
    """Whether it is an honest 503, in the shape of the files room (server contract §5.1)."""
    body = refusal("SERVICE_UNAVAILABLE", "Service temporarily unavailable")
    return answer.status_code == 503 and int(answer.headers["retry-after"]) > 0 and answer.json() == body


def path_of(url: str) -> str:
    """The path of an address of a file."""
    return re.sub(r"^https?://[^/]+", "", url)


def part(content: bytes, name: str = "cat.png") -> bytes:
    """A file as a part of a form, without the end of the form."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


@contextlib.contextmanager
def sending(household: Household, *headers: str, token: bool = True) -> Generator[socket.socket]:
    """A connection on which the head of an upload was sent."""
    port = int(household.base_url.rpartition(":")[2])
    lines = [f"POST {UPLOAD} HTTP/1.1", "Host: x", f"Content-Type: multipart/form-data; boundary={BOUNDARY}", *headers]
    if token:
        lines.append(f"Authorization: {household.bearer['Authorization']}")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection


def received(connection: socket.socket) -> bytes:
    """What the server sends until it closes."""
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


@dataclass(frozen=True)
class Shelf:
    """A storage in a local folder, and the database."""

    folder: Path
    database_url: str

    def files(self) -> list[Path]:
        """Every file, unfinished ones too."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, committed."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows of files."""
        return self.run("select file_key from core.uploaded_files")

    def wait_for_blob(self) -> Path:
        """The only stored blob, as soon as it is complete."""
        wait_for(lambda: any(path.suffix == ".png" for path in self.files()), "a blob is stored")
        (blob,) = [path for path in self.files() if path.suffix == ".png"]
        return blob

    def let_time_pass(self) -> None:
        """Make everything that an upload left behind old enough for the jobs."""
        self.run("update wondernest.blob_removals set remove_at = now() - interval '1 second'")
        then = time.time() - LONG_AGO_S
        for path in self.files():
            os.utime(path, times=(then, then))

    def run_jobs(self) -> None:
        """Run the removing jobs one after another; a jobs process must run."""
        for name in ("files.remove_blobs", "files.sweep"):
            self.run(f"select wondernest.enqueue_job('{name}', '{{}}', null)")
            wait_for(lambda: self.run("select status from wondernest.jobs where entrypoint like 'files.%'") == [], name)

    def left(self) -> list[Any]:
        """Rows, blobs, unfinished files and planned removals."""
        return [*self.rows(), *self.files(), *self.run("select file_key, remove_at from wondernest.blob_removals")]

    @contextlib.contextmanager
    def rows_held(self) -> Generator[None]:
        """Keep uploads from storing their rows: they wait with their blob stored."""
        with contextlib.closing(psycopg.connect(self.database_url)) as holder:  # also when the server ends meanwhile
            holder.execute("select from family.families for update")
            yield
