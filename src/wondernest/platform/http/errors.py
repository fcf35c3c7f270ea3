"""Errors with a wire form. Rooms derive theirs from `ApiError`; the generic ones of server contract §5.1 are here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode

TYPE_JSON = "application/json"
TYPE_TEXT = "text/plain; charset=utf-8"
STEP_UP_REQUIRED = "STEP_UP_REQUIRED"
"""The code of every route's refusal of a request without a step-up proof."""
STEP_UP_MESSAGE = "Confirm that it is you, and send the request again"


class ApiError(Exception):
    """An error reply in its exact wire form.

    body: a mapping is sent as JSON, a text as text/plain. stamped: adds `timestamp`, epoch milliseconds.
    """

    closes = False
    """Whether the connection is closed after the reply."""

    def __init__(
        self,
        status: int,
        body: Mapping[str, Any] | str,
        *,
        stamped: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.stamped = stamped
        self.headers: Mapping[str, str] = headers or {}

    def render(self, now_ms: int) -> tuple[bytes, str]:
        """The body as bytes, and its content type."""
        if isinstance(self.body, str):
            return self.body.encode(), TYPE_TEXT
        body = {**self.body, "timestamp": now_ms} if self.stamped else self.body
        return _encode(body), TYPE_JSON


class GenericError(ApiError):
    """The body `{"error","message","timestamp"}` of routes without an error body of their own."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, {"error": code, "message": message}, stamped=True, headers=headers)


class Unauthenticated(GenericError):
    """401: no bearer token, or a malformed, expired or revoked one."""

    def __init__(self, realm: str) -> None:
        challenge = {"WWW-Authenticate": f'Bearer realm="{realm}"'}
        super().__init__(401, "UNAUTHORIZED", "Authentication required", challenge)


class AccessDenied(GenericError):
    """403: the caller's role does not allow it; for routes without an error body of their own."""

    def __init__(self) -> None:
        super().__init__(403, "access_denied", "Your role does not allow this")


class StepUpRequired(GenericError):
    """403: the request needs a step-up proof of this session; for routes without an error body of their own."""

    def __init__(self) -> None:
        super().__init__(403, STEP_UP_REQUIRED, STEP_UP_MESSAGE)


class RouteNotFound(GenericError):
    """404: no such path."""

    def __init__(self) -> None:
        super().__init__(404, "NOT_FOUND", "The requested resource was not found")


class MethodNotAllowed(GenericError):
    """405 with the allowed methods."""

    def __init__(self, allowed: str) -> None:
        super().__init__(405, "METHOD_NOT_ALLOWED", "Method not allowed", {"Allow": allowed})


class BadRequest(GenericError):
    """400 of routes without an error body of their own."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "VALIDATION_ERROR", message)


class RepeatedHeader(BadRequest):
    """400: a header that has one value was sent more than once."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The header {name} was sent more than once")


class UnsupportedCoding(GenericError):
    """415: a Content-Encoding other than identity. The connection is closed, because the body was not read."""

    closes = True

    def __init__(self) -> None:
        headers = {"Accept-Encoding": "identity"}
        super().__init__(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Encoding is not supported", headers)


class PayloadTooLarge(GenericError):
    """413. The connection is closed, because the rest of the body was not read."""

    closes = True

    def __init__(self) -> None:
        super().__init__(413, "PAYLOAD_TOO_LARGE", "Request body too large")


class BodyTimeout(GenericError):
    """408: the body did not arrive in time."""

    closes = True

    def __init__(self) -> None:
        super().__init__(408, "REQUEST_TIMEOUT", "Request body was not received in time")


class MisdirectedRequest(GenericError):
    """421: the request's Host is not a name of this server."""

    def __init__(self) -> None:
        super().__init__(421, "MISDIRECTED_REQUEST", "This server does not answer to that host name")


class RangeNotSatisfiable(GenericError):
    """416 with the actual size."""

    def __init__(self, size: int) -> None:
        headers = {"Content-Range": f"bytes */{size}"}
        super().__init__(416, "RANGE_NOT_SATISFIABLE", "No byte of the range exists", headers)


class RateLimited(GenericError):
    """429 with Retry-After in seconds."""

    def __init__(self, retry_after_s: int, headers: Mapping[str, str] | None = None) -> None:
        message = "Too many requests. Please try again later."
        super().__init__(429, "RATE_LIMITED", message, {"Retry-After": str(retry_after_s), **(headers or {})})
        self.retry_after_s = retry_after_s


class ServiceUnavailable(GenericError):
    """503: a dependency is down or a queue is full."""

    def __init__(self, retry_after_s: int) -> None:
        headers = {"Retry-After": str(retry_after_s)}
        super().__init__(503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable", headers)


class InternalError(GenericError):
    """500: an unexpected exception."""

    def __init__(self) -> None:
        super().__init__(500, "INTERNAL_ERROR", "An unexpected error occurred")


class IdempotencyMismatch(GenericError):
    """409: the key was used for another request (the contract has no 422)."""

    def __init__(self) -> None:
        super().__init__(409, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for another request")
