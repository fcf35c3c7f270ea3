"""PIN, e-mail verification, password reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.consent import Exemption
from wondernest.auth import errors, wire
from wondernest.auth.routes.declaring import (
    ALL,
    BAD_REQUEST,
    CREDENTIALS,
    LIMITED,
    MAX_BODY_BYTES,
    MOUNTS,
    REFUSED,
    TAG,
    client_of,
)
from wondernest.auth.routes.outcomes import counted
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Error, Message
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.auth.metrics import AccountMetrics
    from wondernest.auth.pins import PinService
    from wondernest.auth.recovery import RecoveryService

PIN_VERIFIED: Final = "PIN verified successfully"
PIN_SET: Final = "PIN setup successfully"
EMAIL_VERIFIED: Final = "Email verified successfully"
VERIFICATION_MAILED: Final = "Verification email sent"
RESET_MAILED: Final = "Password reset email sent"
RESET_DONE: Final = "Password reset successful"


GROUP: Final = RouteGroup(
    max_body_bytes=MAX_BODY_BYTES,
    tag=TAG,
    caller=CallerKind.PUBLIC,
    exempt=Exemption.ACCOUNT,
    mounts=MOUNTS,
    bad_body=errors.InvalidJson,
    failure=errors.Failed,
)


class ProofRoutes:
    """The routes of PIN, e-mail verification and password reset."""

    def __init__(self, pins: PinService, recovery: RecoveryService, metrics: AccountMetrics) -> None:
        self.metrics = metrics
        self._pins = pins
        self._recovery = recovery

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.post(
        "/auth/parent/verify-pin",
        caller=CallerKind.OPTIONAL,
        body=wire.PinBody,
        example={"pin": "2580"},
        bad_body=errors.UnreadablePin,
        limits=CREDENTIALS,
        limited=errors.pin_limited,
        replies={
            200: Response(wire.PinAccepted, "The PIN is right"),
            400: Response(wire.PinRefusal, "Wrong format"),
            401: Response(wire.PinRefusal, "Wrong PIN"),
            429: Response(wire.PinRefusal, "Locked after too many wrong PINs; see Retry-After"),
        },
        failure=errors.PinCheckFailed,
        summary="Check the parent's PIN",
    )
    @counted("verify_pin")
    async def verify_pin(self, request: Request[wire.PinBody]) -> Reply:
        """Check a PIN."""
        token = await self._pins.verify(request.body.pin, request.optional_caller, client_of(request))
        return reply_json(wire.PinAccepted(message=PIN_VERIFIED, session_token=token))

    @GROUP.post(
        "/auth/parent/setup-pin",
        unrecorded=Unrecorded.NOBODY,
        caller=CallerKind.USER,
        authority=Authority.OWN,
        body=wire.NewPinBody,
        example={"pin": "2580"},
        limits=CREDENTIALS,
        replies={
            200: Response(wire.Done, PIN_SET),
            400: BAD_REQUEST,
            409: Response(Message, "A PIN is set and `currentPin` is not it"),
            429: Response(Error, "Too many wrong PINs; see Retry-After"),
        },
        failure="PIN setup failed",
        summary="Set the parent's PIN, or replace it",
    )
    @counted("setup_pin")
    async def set_up_pin(self, request: Request[wire.NewPinBody]) -> Reply:
        """Set a PIN."""
        await self._pins.set_up(request.body.pin, request.body.current_pin, request.caller, client_of(request).language)
        return reply_json(wire.Done(PIN_SET))

    @GROUP.post(
        "/auth/verify-email",
        unrecorded=Unrecorded.NOBODY,
        caller=CallerKind.USER,
        authority=Authority.OWN,
        body=wire.VerificationBody,
        example={},
        body_optional=True,
        limits=ALL,
        replies={200: Response(Message, EMAIL_VERIFIED), 400: BAD_REQUEST},
        failure="Email verification failed",
        summary="Prove the bearer's e-mail address with the mailed token",
        note="Without a token the address is only shown as verified: nothing that depends on the owner of the address trusts that.",
    )
    @counted("verify_email")
    async def verify_email(self, request: Request[wire.VerificationBody]) -> Reply:
        """Prove an address, or show it as verified."""
        await self._recovery.verify_email(request.body.token, request.caller)
        return reply_json(Message(EMAIL_VERIFIED))

    @GROUP.post(
        "/auth/verify-email/request",
        unrecorded=Unrecorded.NOBODY,
        caller=CallerKind.USER,
        authority=Authority.OWN,
        limits=ALL,
        replies={
            200: Response(Message, "The token is mailed; nothing is mailed if the address is proven"),
            401: REFUSED,
            429: LIMITED,
        },
        failure="Verification request failed",
        summary="Mail a new token that proves the bearer's e-mail address",
    )
    @counted("verify_email_request")
    async def request_verification(self, request: Request[None]) -> Reply:
        """Request the letter again."""
        await self._recovery.request_verification(request.caller, client_of(request).language)
        return reply_json(Message(VERIFICATION_MAILED))

    @GROUP.post(
        "/auth/password-reset",
        body=wire.ResetRequestBody,
        example={"email": "ann@example.com"},
        limits=CREDENTIALS,
        replies={200: Response(Message, "The same reply whether or not the account exists"), 400: BAD_REQUEST},
        failure="Password reset request failed",
        summary="Request a password reset by mail",
    )
    @counted("password_reset")
    async def request_reset(self, request: Request[wire.ResetRequestBody]) -> Reply:
        """Request a reset."""
        await self._recovery.request_reset(request.body.email, client_of(request).language)
        return reply_json(Message(RESET_MAILED))

    @GROUP.post(
        "/auth/password-reset/confirm",
        body=wire.ResetBody,
        example={"token": "the mailed token", "newPassword": "Sunny-Day-8"},
        limits=CREDENTIALS,
        unit=True,
        replies={200: Response(Message, RESET_DONE), 400: BAD_REQUEST},
        failure="Password reset failed",
        summary="Set a new password with a mailed token; signs every device out",
    )
    @counted("password_reset_confirm")
    async def reset(self, request: Request[wire.ResetBody]) -> Reply:
        """Reset a password."""
        body, language = request.body, client_of(request).language
        await self._recovery.reset(body.token, body.new_password, language, request.unit)
        return reply_json(Message(RESET_DONE))
