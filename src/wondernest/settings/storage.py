"""The groups of the settings tree about files: storage, scanner, uploads, inspection."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wondernest.settings.kinds import MAX_PORT, MIB, NonNegative, Positive, Seconds, Secret

_HOST_PORT: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")


class Storage(
    Struct,
    frozen=True,
    rename={
        "provider": "STORAGE_PROVIDER",
        "local_path": "STORAGE_LOCAL_PATH",
        "timeout_s": "STORAGE_TIMEOUT_S",
        "http_allowed": "STORAGE_HTTP_ALLOWED",
    },
):
    """Where blobs are stored (files contract §3.0, server contract §5.11)."""

    provider: Literal["local", "s3", "minio"] = "local"
    local_path: str = "./uploads"
    timeout_s: Seconds = 10.0
    http_allowed: bool = False
    """Whether a bucket on another machine may be reached without TLS outside development."""


class S3(
    Struct,
    frozen=True,
    rename={
        "endpoint": "S3_ENDPOINT",
        "bucket": "S3_BUCKET",
        "region": "S3_REGION",
        "access_key": "S3_ACCESS_KEY",
        "secret_key": "S3_SECRET_KEY",
        "path_style": "S3_FORCE_PATH_STYLE",
    },
):
    """The bucket of the provider `s3`."""

    endpoint: str = ""
    """Empty: AWS."""
    bucket: str = ""
    region: str = "us-east-1"
    access_key: Secret = Secret()
    """Empty: the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or those of the machine's role."""
    secret_key: Secret = Secret()
    path_style: bool | None = None
    """None: only with an endpoint."""


class Minio(
    Struct,
    frozen=True,
    rename={
        "endpoint": "MINIO_ENDPOINT",
        "bucket": "MINIO_BUCKET",
        "region": "MINIO_REGION",
        "access_key": "MINIO_ACCESS_KEY",
        "secret_key": "MINIO_SECRET_KEY",
        "path_style": "MINIO_FORCE_PATH_STYLE",
    },
):
    """The bucket of the provider `minio`: the variables and defaults of an earlier backend."""

    endpoint: str = "http://localhost:9000"
    bucket: str = "wondernest-dev"
    region: str = "us-east-1"
    access_key: Secret = Secret("minioadmin")
    secret_key: Secret = Secret("minioadmin")
    path_style: bool = True


class BucketAddress(Struct, frozen=True, kw_only=True):
    """A bucket, and how it is reached."""

    endpoint: str
    """`http://` or `https://`, host and port; empty: AWS."""
    name: str
    region: str
    access_key: Secret
    secret_key: Secret
    path_style: bool
    """Whether the bucket is the first segment of the path, not a part of the host's name."""


class ScanEndpoint(Struct, frozen=True):
    """A unix socket, or host and port."""

    path: str = ""
    host: str = ""
    port: int = 0


class Scan(
    Struct,
    frozen=True,
    rename={"address": "CLAMD_ADDRESS", "timeout_s": "CLAMD_TIMEOUT_S", "required": "SCAN_REQUIRED"},
):
    """The virus scanner."""

    address: str = ""
    """`host:port` or the path of a unix socket; empty: nothing is scanned."""
    timeout_s: Seconds = 30.0
    required: bool = False
    """Whether content is refused while it cannot be scanned."""

    @property
    def endpoint(self) -> ScanEndpoint:
        """The scanner's address. Raises ValueError for a malformed one."""
        if not self.address or self.address.startswith("/"):
            return ScanEndpoint(path=self.address)
        found = _HOST_PORT.fullmatch(self.address)
        port = int(found["port"]) if found else 0
        if found is None or not 0 < port <= MAX_PORT:
            raise ValueError
        return ScanEndpoint(host=found["host"].strip("[]"), port=port)


class Files(
    Struct,
    frozen=True,
    rename={
        "file_bytes": "MAX_FILE_SIZE",
        "family_bytes": "FILE_BYTES_PER_FAMILY",
        "family_files": "FILES_PER_FAMILY",
        "uploads_per_minute": "RATE_LIMIT_UPLOAD",
        "grace_days": "FILES_GRACE_DAYS",
        "recording_days": "RECORDING_DAYS",
        "public_base_url": "PUBLIC_BASE_URL",
        "signing_secret": "SIGNED_URL_SECRET",
        "presigned_redirects": "FILES_PRESIGNED_REDIRECTS",
    },
):
    """Uploaded files (files contract §3)."""

    file_bytes: Annotated[int, Meta(ge=1, le=10 * MIB)] = 10 * MIB
    family_bytes: Positive = 1024 * MIB
    family_files: Positive = 5_000
    uploads_per_minute: NonNegative = 10
    """Of one user; 0: no limit."""
    grace_days: Positive = 30
    """After this a deleted file that nothing shows any more, and a blob that no row owns, are removed."""
    recording_days: Annotated[int, Meta(ge=1, le=365)] = 90
    """How long a file of sound or film about a child is kept (16 CFR 312.10: never without an end)."""
    public_base_url: str = ""
    """The origin of addresses of files; empty: the one that the client asked."""
    signing_secret: Secret = Secret()
    """For signed addresses of an earlier backend; empty: JWT_SECRET."""
    presigned_redirects: bool = False
    """Whether a download is answered with the bucket's own address."""


class Media(
    Struct,
    frozen=True,
    rename={
        "processes": "MEDIA_PROCESSES",
        "queue": "MEDIA_QUEUE",
        "timeout_s": "MEDIA_TIMEOUT_S",
        "memory_mib": "MEDIA_MEMORY_MIB",
        "scratch_path": "MEDIA_SCRATCH_PATH",
    },
):
    """Inspection of uploaded files, in helper processes of each worker."""

    processes: Annotated[int, Meta(ge=1, le=16)] = 2
    """How many files one worker inspects at the same time."""
    queue: NonNegative = 16
    """How many more may wait; the next is refused at once."""
    timeout_s: Annotated[float, Meta(ge=1, le=300)] = 20.0
    """The longest time for one file, and the longest wait before it."""
    memory_mib: Annotated[int, Meta(ge=512)] = 1024
    """The address space of one helper process in MiB."""
    scratch_path: str = ""
    """The folder for unnamed temporary files; empty: the system's."""
