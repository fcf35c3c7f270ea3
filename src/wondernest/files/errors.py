"""What can go wrong with files, each with its wire form (server contract §3)."""

from __future__ import annotations

from wondernest.access.consent import CONSENT_MESSAGE, CONSENT_REQUIRED
from wondernest.files.signing import Fault
from wondernest.platform.http.errors import ApiError, ServiceUnavailable


class FileError(ApiError):
    """The shape `{"success":false,"error":{"code","message"}}` of this room."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, {"success": False, "error": {"code": code, "message": message}})
        self.message = message


class NoFile(FileError):
    """The body has no file part, or is no multipart body."""

    def __init__(self, reason: str = "") -> None:
        del reason  # the wire has one text
        super().__init__(400, "NO_FILE", "No file provided in the request")


class Refused(FileError):
    """A file, or what was said about it, that is not accepted."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "VALIDATION_ERROR", message)


class TooLarge(Refused):
    """The file has more bytes than allowed; found while it arrives."""

    closes = True

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"File size exceeds maximum allowed size of {max_bytes // (1024 * 1024)}MB")


class InvalidChildId(Refused):
    """The child is not the caller's, or the filter is no UUID."""

    def __init__(self) -> None:
        super().__init__("Invalid child ID")


class ConsentRequired(ApiError):
    """403: no parent permitted this purpose."""

    def __init__(self, purpose: str) -> None:
        error = {"code": CONSENT_REQUIRED, "message": CONSENT_MESSAGE, "purpose": purpose}
        super().__init__(403, {"success": False, "error": error})


class InvalidFileId(FileError):
    """The path's file id is no UUID."""

    def __init__(self, text: str) -> None:
        del text  # the wire does not repeat it
        super().__init__(400, "INVALID_FILE_ID", "Invalid file ID format")


class InvalidJson(FileError):
    """The body cannot be read."""

    def __init__(self, reason: str) -> None:
        del reason  # the wire has one text
        super().__init__(400, "VALIDATION_ERROR", "Invalid JSON format")


class FileNotFound(FileError):
    """No such file, or one that the caller may not see."""

    def __init__(self) -> None:
        super().__init__(404, "FILE_NOT_FOUND", "File not found")


class NotPublic(FileError):
    """No such file, or one that is not public."""

    def __init__(self) -> None:
        super().__init__(404, "FILE_NOT_FOUND", "File not found or not public")


class SignedAddressRefused(ApiError):
    """A signed address that is not accepted: the shape of the backend that made it."""

    def __init__(self, fault: Fault) -> None:
        status, message = SIGNED_FAULTS[fault]
        super().__init__(status, {"error": message, "status": status})


class SignatureMissing(ApiError):
    """A signed address without one of its parts."""

    def __init__(self, part: str) -> None:
        super().__init__(400, {"error": f"Missing {part} parameter", "status": 400})


class SignedFileNotFound(ApiError):
    """No such file, or one that the user who signed the address may not see (any more)."""

    def __init__(self) -> None:
        super().__init__(404, {"error": "File not found", "status": 404})


SIGNED_FAULTS = {
    Fault.FORMAT: (400, "Invalid signed URL format"),
    Fault.OTHER_FILE: (400, "File ID mismatch"),
    Fault.SIGNATURE: (401, "Unauthorized"),
    Fault.EXPIRED: (403, "Signed URL has expired"),
}


class Protected(FileError):
    """System files are not deleted."""

    def __init__(self) -> None:
        super().__init__(403, "FILE_PROTECTED", "System files cannot be deleted")


class QuotaExceeded(FileError):
    """The family's files would hold more than allowed."""

    def __init__(self) -> None:
        super().__init__(413, "QUOTA_EXCEEDED", "Storage quota exceeded")


class KeyUsed(FileError):
    """The Idempotency-Key belongs to another upload."""

    def __init__(self) -> None:
        super().__init__(409, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for another request")


class TooManyUploads(FileError):
    """The caller has as many uploads running as are allowed."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(429, "RATE_LIMITED", "Too many uploads at once. Please try again later.")
        self.headers = {"Retry-After": str(retry_after_s)}


class Unavailable(FileError):
    """A dependency is down or a queue is full."""

    def __init__(self, outage: ServiceUnavailable) -> None:
        super().__init__(503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable")
        self.headers = outage.headers


UPLOAD_FAILED = "UPLOAD_FAILED", "Failed to upload file"
LIST_FAILED = "LIST_FAILED", "Failed to list files"
GET_FAILED = "GET_FAILED", "Failed to get file"
DOWNLOAD_FAILED = "DOWNLOAD_FAILED", "Failed to download file"
USAGE_CHECK_FAILED = "USAGE_CHECK_FAILED", "Failed to check file usage"
DELETE_FAILED = "DELETE_FAILED", "Failed to delete file"
UPDATE_FAILED = "UPDATE_FAILED", "Failed to update file"


class Failed(FileError):
    """A server error, with the route's own code and message."""

    def __init__(self, message: str) -> None:
        super().__init__(500, CODES[message], message)


CODES = {
    message: code
    for code, message in (
        UPLOAD_FAILED,
        LIST_FAILED,
        GET_FAILED,
        DOWNLOAD_FAILED,
        USAGE_CHECK_FAILED,
        DELETE_FAILED,
        UPDATE_FAILED,
    )
}
