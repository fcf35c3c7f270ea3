"""The metrics of the auth room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

Operation: TypeAlias = Literal[
    "register",
    "login",
    "oauth",
    "refresh",
    "logout",
    "verify_pin",
    "setup_pin",
    "verify_email",
    "verify_email_request",
    "password_reset",
    "password_reset_confirm",
    "end_session",
    "step_up",
    "change_password",
]
NAMES: Final = ("wondernest_auth_operations",)


class AccountMetrics:
    """Counts operations on accounts by outcome. Every counter exists from the start, at 0."""

    def __init__(self, metrics: Metrics) -> None:
        operations = metrics.counter("auth_operations", "Authentication operations", "operation", "status", bare=True)
        self._successes = {name: operations.labels(name, "success") for name in get_args(Operation)}
        self._failures = {name: operations.labels(name, "failure") for name in get_args(Operation)}

    def succeeded(self, operation: Operation) -> None:
        """Count a success."""
        self._successes[operation].inc()

    def failed(self, operation: Operation) -> None:
        """Count a refusal."""
        self._failures[operation].inc()


class AttemptMetrics:
    """Counts attempts that a limit refused: passwords of an account, and PINs."""

    def __init__(self, metrics: Metrics) -> None:
        self.passwords = metrics.tally(metrics.limited.labels("password"))
        self.pins = metrics.tally(metrics.limited.labels("pin"))
