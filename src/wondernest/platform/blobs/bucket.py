"""The client of a bucket. Imported at the first use: a service with a local folder needs neither library."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import httpx2
import obstore
from msgspec import structs
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import S3Store

from wondernest.platform.blobs.blobs import Blob, BlobMissing, BucketFault

if TYPE_CHECKING:
    from collections.abc import Generator

    from obstore import BytesStream, ListStream, ObjectMeta

    from wondernest.platform.blobs.spool import Spool
    from wondernest.settings import BucketAddress

CONNECT_TIMEOUT_S: Final = 2.0
ATTEMPTS: Final = 3
"""Requests in total, when the server is busy or the connection breaks. Every request of ours may be repeated: a key's content is
written whole, and a delete deletes nothing else."""
FIRST_PAUSE_S: Final = 0.2
BUSY: Final = frozenset({429, 500, 502, 503, 504})
STREAM_LIFE: Final = timedelta(hours=1)
"""The longest download. Its reader may be slow; each piece has its own time limit."""
UPLOAD_ADDRESS_LIFE: Final = timedelta(minutes=10)
PIECE_BYTES: Final = 64 * 1024
LISTED_AT_ONCE: Final = 1000
EMPTY_FOLDER: Final = "wondernest-no-such-folder"
OK: Final = 200
NOT_FOUND: Final = 404
NO_BUCKET: Final = "there is no such bucket"
_STATUS: Final = re.compile(r"status code: (\d{3})")


class Pieces:
    """The rest of an object while it is downloaded. `blob`: the object, with its ETag."""

    def __init__(self, blob: Blob, stream: BytesStream) -> None:
        self.blob = blob
        self._stream = stream

    async def next(self) -> bytes:
        """The next piece. Raises BucketFault, also at the end: the caller knows how much there is to read."""
        with _faults():
            try:
                return await self._stream.__anext__()
            except StopAsyncIteration:
                raise BucketFault("a download ended too early") from None


class Bucket:
    """One bucket. Every fault is raised as BucketFault."""

    def __init__(self, address: BucketAddress, timeout_s: float) -> None:
        with _faults():
            self._store = S3Store(
                address.name,
                config=_configuration(address),  # pyright: ignore[reportArgumentType] - the names are checked at run time
                client_options={
                    "allow_http": address.endpoint.startswith("http://"),
                    "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
                    "timeout": STREAM_LIFE,
                },
                retry_config={
                    "max_retries": ATTEMPTS - 1,
                    "retry_timeout": timedelta(seconds=timeout_s),
                    "backoff": {"init_backoff": timedelta(seconds=FIRST_PAUSE_S), "max_backoff": timedelta(seconds=1)},
                },
            )
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S), follow_redirects=False
        )

    async def put(self, key: str, spool: Spool) -> Blob:
        """Store the content, in one request. The library would hold all of it, or parts of 5 MiB, in memory."""
        fault = BucketFault("no attempt")
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
            try:
                response = await self._send(key, spool)
            except (httpx2.HTTPError, OSError) as error:
                fault = BucketFault(_connection(error))
            else:
                if response.status_code == OK:
                    return Blob(
                        key=key,
                        size=spool.size,
                        etag=response.headers.get("etag", ""),
                        modified=_date(response.headers.get("date")),
                    )
                missing = response.status_code == NOT_FOUND  # a new object is never missing, so it is the bucket
                fault = BucketFault(NO_BUCKET if missing else f"HTTP {response.status_code}")
                if response.status_code not in BUSY:
                    break
        raise fault

    async def stat(self, key: str) -> Blob:
        """Describe an object; raises BlobMissing, also when there is no bucket."""
        with _faults():
            return _blob(await obstore.head_async(self._store, key))

    async def read(self, blob: Blob, start: int, end: int) -> Pieces:
        """Begin to download a part of an object; raises BlobMissing."""
        options: dict[str, Any] = {"range": (start, end)}
        if blob.etag:
            options["if_match"] = blob.etag
        with _faults():
            found = await obstore.get_async(self._store, blob.key, options=options)  # pyright: ignore[reportArgumentType]
            same = structs.replace(blob, etag=blob.etag or found.meta["e_tag"] or "")
            return Pieces(same, found.stream(min_chunk_size=PIECE_BYTES))

    async def delete(self, key: str) -> None:
        """Delete an object; nothing happens if there is none."""
        try:
            with _faults():
                await obstore.delete_async(self._store, key)
        except BlobMissing:  # an object that is missing is no error, so it is the bucket
            raise BucketFault(NO_BUCKET) from None

    async def list(self, prefix: str) -> AsyncGenerator[Sequence[Blob]]:
        """The objects below a folder, in pages."""
        pages = self._pages(prefix or None, LISTED_AT_ONCE)
        while True:
            with _faults():
                try:
                    page = await pages.__anext__()
                except StopAsyncIteration:
                    return
            yield [_blob(meta) for meta in page]

    async def require_there(self) -> None:
        """Raise BucketFault if there is no such bucket."""
        with _faults():
            await self._pages(EMPTY_FOLDER, 1).collect_async()

    async def presign(self, key: str, life: timedelta) -> str:
        """An address to read an object from."""
        with _faults():
            return await obstore.sign_async(self._store, "GET", key, life)

    async def close(self) -> None:
        """Release connections."""
        await self._http.aclose()

    def _pages(self, prefix: str | None, size: int) -> ListStream[Sequence[ObjectMeta]]:
        return obstore.list(self._store, prefix, chunk_size=size)  # pyright: ignore[reportUnknownMemberType] - of Arrow

    async def _send(self, key: str, spool: Spool) -> httpx2.Response:
        with _faults():
            url = await obstore.sign_async(self._store, "PUT", key, UPLOAD_ADDRESS_LIFE)
        return await self._http.put(
            url,
            content=_content(spool),
            headers={"content-length": str(spool.size), "content-type": "application/octet-stream"},
        )


def _configuration(address: BucketAddress) -> Mapping[str, object]:
    """Without keys the library takes those of the environment or of the machine's role."""
    config: dict[str, object] = {
        "region": address.region,
        "virtual_hosted_style_request": not address.path_style,
    }
    if address.endpoint:
        scheme, _, host = address.endpoint.partition("://")
        config["endpoint"] = address.endpoint if address.path_style else f"{scheme}://{address.name}.{host}"
    if address.access_key:
        config |= {"access_key_id": str(address.access_key), "secret_access_key": str(address.secret_key)}
    return config


async def _content(spool: Spool) -> AsyncIterator[bytes]:
    async for chunk in spool.chunks():
        yield chunk


def _blob(meta: ObjectMeta) -> Blob:
    return Blob(key=meta["path"], size=meta["size"], etag=meta["e_tag"] or "", modified=meta["last_modified"])


def _date(text: str | None) -> datetime:
    """The time of a reply; ours if the server does not say it."""
    try:
        return parsedate_to_datetime(text or "").astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


@contextmanager
def _faults() -> Generator[None]:
    """Raise BlobMissing or BucketFault for the library's errors. Their texts contain keys and addresses: none is passed on."""
    try:
        yield
    except (FileNotFoundError, PreconditionError) as error:
        if "NoSuchBucket" in str(error):
            raise BucketFault(NO_BUCKET) from None
        raise BlobMissing from None
    except (BaseError, OSError, ValueError, TypeError) as error:
        raise BucketFault(_reason(error)) from None


def _reason(error: Exception) -> str:
    text = str(error)
    if "NoSuchBucket" in text:
        return NO_BUCKET
    if status := _STATUS.search(text):
        return f"HTTP {status[1]}"
    return _connection(error)


def _connection(error: Exception) -> str:
    return "timed out" if isinstance(error, TimeoutError | httpx2.TimeoutException) else "no connection"
