"""PIN, e-mail verification, password reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.auth import errors, wire
from wondernest.auth.routes.declaring import ALL, BAD_REQUEST, CREDENTIALS, MOUNTS, TAG, counted
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.request import Reply, Request, reply_json

if TYPE_CHECKING:
    from wondernest.auth.metrics import AccountMetrics
    from wondernest.auth.pins import PinService
    from wondernest.auth.recovery import RecoveryService

PIN_VERIFIED: Final = "PIN verified successfully"
PIN_SET: Final = "PIN setup successfully"
EMAIL_VERIFIED: Final = "Email verified successfully"
RESET_MAILED: Final = "Password reset email sent"
RESET_DONE: Final = "Password reset successful"


class ProofRoutes:
    """The routes by which an account proves itself besides its password."""

    def __init__(self, pins: PinService, recovery: RecoveryService, metrics: AccountMetrics) -> None:
        self._pins = pins
        self._recovery = recovery
        self._metrics = metrics

    def endpoints(self) -> list[Endpoint]:
        """The declarations."""
        return [self._verify_pin(), self._set_up_pin(), self._verify_email(), self._request_reset(), self._reset()]

    def _verify_pin(self) -> Endpoint:
        return Endpoint(
            method="POST",
            path="/auth/parent/verify-pin",
            handler=counted(self._metrics, "verify_pin", self.verify_pin),
            caller=CallerKind.OPTIONAL,
            mounts=MOUNTS,
            body=wire.PinBody,
            bad_body=errors.UnreadablePin,
            failure=errors.PinCheckFailed,
            limits=CREDENTIALS,
            replies={
                200: Response(wire.PinVerdict, "The PIN is right"),
                400: Response(wire.PinRefusal, "Not a PIN"),
                401: Response(wire.PinRefusal, "Not the PIN"),
                429: Response(wire.PinRefusal, "Locked after too many wrong PINs; see Retry-After"),
            },
            summary="Check the parent's PIN",
            tag=TAG,
        )

    def _set_up_pin(self) -> Endpoint:
        return Endpoint(
            method="POST",
            path="/auth/parent/setup-pin",
            handler=counted(self._metrics, "setup_pin", self.set_up_pin),
            caller=CallerKind.PARENT,
            mounts=MOUNTS,
            body=wire.NewPinBody,
            bad_body=errors.InvalidJson,
            failure=errors.failure("PIN setup failed"),
            limits=ALL,
            replies={
                200: Response(wire.Done, PIN_SET),
                400: BAD_REQUEST,
                409: Response(wire.Message, "A PIN is set and `currentPin` is not it"),
                429: Response(wire.Refusal, "Too many wrong PINs; see Retry-After"),
            },
            summary="Set the parent's PIN, or replace it",
            tag=TAG,
        )

    def _verify_email(self) -> Endpoint:
        return Endpoint(
            method="POST",
            path="/auth/verify-email",
            handler=counted(self._metrics, "verify_email", self.verify_email),
            caller=CallerKind.PARENT,
            mounts=MOUNTS,
            body=wire.VerificationBody,
            body_optional=True,
            bad_body=errors.InvalidJson,
            failure=errors.failure("Email verification failed"),
            limits=ALL,
            replies={200: Response(wire.Message, EMAIL_VERIFIED), 400: BAD_REQUEST},
            summary="Mark the bearer's e-mail address as verified",
            tag=TAG,
        )

    def _request_reset(self) -> Endpoint:
        return Endpoint(
            method="POST",
            path="/auth/password-reset",
            handler=counted(self._metrics, "password_reset", self.request_reset),
            caller=CallerKind.PUBLIC,
            mounts=MOUNTS,
            body=wire.ResetRequestBody,
            bad_body=errors.InvalidJson,
            failure=errors.failure("Password reset request failed"),
            limits=CREDENTIALS,
            replies={200: Response(wire.Message, "Said whether or not there is such an account"), 400: BAD_REQUEST},
            summary="Have a password reset mailed",
            tag=TAG,
        )

    def _reset(self) -> Endpoint:
        return Endpoint(
            method="POST",
            path="/auth/password-reset/confirm",
            handler=counted(self._metrics, "password_reset_confirm", self.reset),
            caller=CallerKind.PUBLIC,
            mounts=MOUNTS,
            body=wire.ResetBody,
            bad_body=errors.InvalidJson,
            failure=errors.failure("Password reset failed"),
            limits=CREDENTIALS,
            unit=True,
            replies={200: Response(wire.Message, RESET_DONE), 400: BAD_REQUEST},
            summary="Choose a new password with a mailed token; signs every device out",
            tag=TAG,
        )

    async def verify_pin(self, request: Request[wire.PinBody]) -> Reply:
        """Check a PIN."""
        token = await self._pins.verify(request.body.pin, request.optional_caller, request.client_ip)
        return reply_json(wire.PinVerdict(PIN_VERIFIED, token))

    async def set_up_pin(self, request: Request[wire.NewPinBody]) -> Reply:
        """Set a PIN."""
        await self._pins.set_up(request.body.pin, request.body.current_pin, request.caller)
        return reply_json(wire.Done(PIN_SET))

    async def verify_email(self, request: Request[wire.VerificationBody]) -> Reply:
        """Mark an address as verified."""
        await self._recovery.verify_email(request.body.token, request.caller)
        return reply_json(wire.Message(EMAIL_VERIFIED))

    async def request_reset(self, request: Request[wire.ResetRequestBody]) -> Reply:
        """Ask for a reset."""
        await self._recovery.request_reset(request.body.email)
        return reply_json(wire.Message(RESET_MAILED))

    async def reset(self, request: Request[wire.ResetBody]) -> Reply:
        """Reset a password."""
        await self._recovery.reset(request.body.token, request.body.new_password, request.unit)
        return reply_json(wire.Message(RESET_DONE))
