"""The routes of consent (auth contract §4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption
from wondernest.coppa import errors, wire
from wondernest.coppa.rules import DATA_COLLECTION, TRACES_KEPT, WORK_KEPT, ChildReference, Consent
from wondernest.coppa.service import Asked, Changes, ConsentService, Given, Grant
from wondernest.coppa.terms import Terms
from wondernest.coppa.wishes import Origin
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.ids import parse_uuid
from wondernest.platform.json import instant
from wondernest.platform.languages import accepted
from wondernest.platform.recording import Unrecorded

ONE: Final = "/coppa/consent/{childId}"


def _reference(text: str) -> ChildReference:
    return ChildReference.read(text, parse_uuid(text.strip()))


CHILD: Final = PathParameter("childId", _reference, description="A UUID, or the id that the app made for the child")
GROUP: Final = RouteGroup(
    tag="Consent",
    caller=CallerKind.USER,
    accesses=Look.CONSENT,
    authority=Authority.MANAGER,
    exempt=Exemption.ASKING,
    rules_in_sql=True,
    denied=errors.NotParent,
    unproven=errors.StepUpRequired,
    parameters=(CHILD,),
    bad_body=errors.InvalidJson,
    failure=errors.Failed,
)
REFUSALS: Final = {
    400: Response(wire.ConsentMessage, "Unreadable, incomplete, or the caller has no family"),
    403: Response(wire.ConsentMessage, "A child of another family, or the caller is no parent"),
    404: Response(wire.ConsentMessage, "No such child, or no open consent to change"),
}
TOO_OFTEN: Final = {429: Response(wire.ConsentMessage, "Consent of this child was granted or changed too often today")}
ERASED_SOON: Final = (
    f"What only this consent allowed is erased: figures after {TRACES_KEPT // timedelta(hours=1)} hours, what the child made after"
    f" {WORK_KEPT // timedelta(days=1)} days. A new consent before then keeps it"
)
NOT_ERASED: Final = "Data collected before the revocation has not been deleted; deletion must be requested"


class ConsentRoutes:
    """Ask for, read, change and revoke consent. `unverified`: the `verificationStatus` of an unconfirmed consent."""

    def __init__(self, service: ConsentService, unverified: str, *, confirms: bool, erases: bool) -> None:
        """`confirms`: whether a parent has to confirm a consent. `erases`: whether a withdrawal is followed by an erasure."""
        self._service = service
        self._unverified = unverified
        self._warnings = wire.CONFIRMED_WARNINGS if confirms else wire.COMPLIANCE_WARNINGS
        warning = ERASED_SOON if erases else NOT_ERASED
        self._revoked = wire.ConsentMessage(message="COPPA consent revoked", warning=warning)
        self._next_steps = wire.CONFIRMED_NEXT_STEPS if confirms else wire.NEXT_STEPS

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.post(
        "/coppa/consent",
        body=wire.ConsentBody,
        example={
            "childId": "{childId}",
            "consentType": "full",
            "permissions": {"dataCollection": True},
            "verificationMethod": "credit_card",
        },
        unit=True,
        replayable=True,
        replies={
            201: Response(
                wire.Granted,
                "In force in place of an earlier consent, or asked for by a letter. What it refuses is taken away at once",
            ),
            **REFUSALS,
            **TOO_OFTEN,
        },
        failure="Failed to process COPPA consent",
        summary="Grant consent for a child",
    )
    async def grant(self, request: Request[wire.ConsentBody]) -> Reply:
        """Grant consent."""
        body = request.body
        terms = Terms(body.permissions, body.verification_method, body.verification_data)
        grant = Grant(_reference(body.child_id), body.consent_type, terms, _language(request))
        given = await self._service.grant(request.caller, grant, _origin(request), request.unit)
        request.concerns([given.child_id])
        known, ends_at = _shown(given)
        granted = wire.Granted(
            consent_id=str(known.id),
            child_id=body.child_id,
            resolved_child_id=str(given.child_id),
            consent_type=body.consent_type,
            permissions=known.permissions,
            consent_granted=given.consent is not None and known.permissions.get(DATA_COLLECTION) is not False,
            expires_at=instant(ends_at),
            verification_status=self._unverified,
            compliance_warnings=self._warnings,
        )
        return reply_json(granted, 201)

    @GROUP.get(
        ONE,
        unrecorded=Unrecorded.OWN_DEVICE,
        authority=Authority.MEMBER,
        replies={200: Response(wire.StatusReply), **REFUSALS},
        failure="Failed to retrieve COPPA consent status",
        summary="The status of a child's consent",
    )
    async def status(self, request: Request[None]) -> Reply:
        """Read the status of consent."""
        child = request.path(CHILD)
        current = await self._service.status(request.caller, child)
        newest = current.newest
        shown = wire.StatusReply(
            child_id=child.text,
            consent_status=current.status,
            consent_required=current.is_required,
            data_collection_allowed=current.collection_allowed,
            consent_id=None if newest is None else str(newest.id),
            permissions=None if newest is None else newest.permissions,
            expires_at=None if current.ends_at is None else instant(current.ends_at),
            pending=_pending(current.pending),
            verification_required=not current.verified,
            next_steps=self._next_steps,
        )
        return reply_json(shown)

    @GROUP.put(
        ONE,
        body=wire.ChangeBody,
        example={"permissions": {"dataCollection": True}},
        body_optional=True,
        unit=True,
        replies={
            200: Response(
                wire.Changed, "Replaced; the old one is kept, revoked. What was added may wait for a confirmation"
            ),
            **REFUSALS,
            **TOO_OFTEN,
        },
        failure="Failed to update COPPA consent",
        summary="Change a consent",
    )
    async def change(self, request: Request[wire.ChangeBody]) -> Reply:
        """Change a consent."""
        body = request.body
        changes = Changes(
            body.consent_type, body.permissions, body.verification_method, body.verification_data, _language(request)
        )
        given = await self._service.change(request.caller, request.path(CHILD), changes, _origin(request), request.unit)
        request.concerns([given.child_id])
        assert given.consent is not None  # only an open one can be changed
        changed = wire.Changed(
            consent_id=str(given.consent.id),
            permissions=given.consent.permissions,
            pending=_pending(given.pending),
            warning=None if given.pending is None else wire.WAITS,
        )
        return reply_json(changed)

    @GROUP.delete(
        ONE,
        unit=True,
        replies={200: Response(wire.ConsentMessage, "No consent is open now"), **REFUSALS},
        failure="Failed to revoke COPPA consent",
        summary="Revoke consent",
    )
    async def revoke(self, request: Request[None]) -> Reply:
        """Revoke consent."""
        request.concerns([await self._service.revoke(request.caller, request.path(CHILD), request.unit)])
        return reply_json(self._revoked)

    @GROUP.get(
        "/coppa/compliance-info",
        unrecorded=Unrecorded.NOBODY,
        authority=Authority.MEMBER,
        rules_in_sql=False,
        replies={200: Response(wire.ComplianceInfo)},
        failure="Failed to retrieve compliance information",
        summary="What is missing for compliance",
    )
    async def compliance_info(self, _request: Request[None]) -> Reply:
        """List what is missing."""
        return reply_json(wire.ComplianceInfo())


def _origin(request: Request[Any]) -> Origin:
    return Origin(request.client_ip, request.header(b"user-agent"))


def _language(request: Request[Any]) -> str:
    return accepted(request.header(b"accept-language"))


def _shown(given: Given) -> tuple[Asked | Consent, datetime]:
    """What a wish led to, and when it ends: a consent, or the wait for one."""
    if given.pending is not None:
        return given.pending, given.pending.ends_at
    assert given.consent is not None  # one of them was made
    return given.consent, given.consent.expires_at


def _pending(asked: Asked | None) -> wire.Pending | None:
    if asked is None:
        return None
    return wire.Pending(
        consent_id=str(asked.id),
        reason=asked.reason,
        method=asked.method,
        permissions=asked.permissions,
        requested_at=instant(asked.requested_at),
        expires_at=instant(asked.ends_at),
        notice_version=asked.notice_version,
    )
