"""Server errors of the health routes: the reply holds no exception text."""

from __future__ import annotations

from wondernest.platform.http.errors import ApiError


class ReadinessBroken(ApiError):
    """500 of /health/ready."""

    def __init__(self) -> None:
        super().__init__(500, {"status": "ERROR", "message": None})


class DetailsBroken(ApiError):
    """500 of /health/detailed."""

    def __init__(self, timestamp: str, environment: str) -> None:
        application = {"status": "DOWN", "message": "Internal error", "responseTime": None}
        super().__init__(
            500,
            {
                "status": "DOWN",
                "timestamp": timestamp,
                "version": "",
                "environment": environment,
                "services": {"application": application},
            },
        )
