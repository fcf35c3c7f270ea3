"""The routes of consent (auth contract §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.coppa import errors, wire
from wondernest.coppa.rules import DATA_COLLECTION
from wondernest.coppa.service import Changes, ConsentService, Grant, Origin
from wondernest.coppa.terms import Terms
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import instant

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Handler, Method

TAG: Final = "Consent"
ONE: Final = "/coppa/consent/{childId}"
REFUSALS: Final = {
    400: Response(wire.Message, "Unreadable, incomplete, or the caller has no family"),
    403: Response(wire.Message, "A child of another family"),
    404: Response(wire.Message, "No such child, or no open consent to change"),
}
REVOKED: Final = wire.Message(
    "COPPA consent revoked", "Data collected before the revocation has not been deleted; deletion must be requested"
)


class ConsentRoutes:
    """Granting, asking for, changing and revoking consent. `unverified`: what an unconfirmed consent is called."""

    def __init__(self, service: ConsentService, unverified: str) -> None:
        self._service = service
        self._unverified = unverified

    def endpoints(self) -> list[Endpoint]:
        """The declarations."""
        return [self._granting(), *self._of_one_child(), self._information()]

    def _granting(self) -> Endpoint:
        return _endpoint(
            "POST",
            "/coppa/consent",
            self.grant,
            "Grant consent for a child",
            {201: Response(wire.Granted, "Stored; an earlier consent is revoked")},
            "Failed to process COPPA consent",
            body=wire.ConsentBody,
            unit=True,
            replayable=True,
        )

    def _of_one_child(self) -> list[Endpoint]:
        return [
            _endpoint(
                "GET",
                ONE,
                self.standing,
                "Where a child's consent stands",
                {200: Response(wire.Standing)},
                "Failed to retrieve COPPA consent status",
            ),
            _endpoint(
                "PUT",
                ONE,
                self.change,
                "Change a consent",
                {200: Response(wire.Changed, "Replaced; the old one is kept, revoked")},
                "Failed to update COPPA consent",
                body=wire.ChangeBody,
                body_optional=True,
                unit=True,
            ),
            _endpoint(
                "DELETE",
                ONE,
                self.revoke,
                "Revoke consent",
                {200: Response(wire.Message, "Nothing is open any more")},
                "Failed to revoke COPPA consent",
            ),
        ]

    def _information(self) -> Endpoint:
        return Endpoint(
            method="GET",
            path="/coppa/compliance-info",
            handler=self.compliance_info,
            caller=CallerKind.PARENT,
            failure=errors.failure("Failed to retrieve compliance information"),
            replies={200: Response(wire.ComplianceInfo)},
            summary="What is missing for compliance",
            tag=TAG,
        )

    async def grant(self, request: Request[wire.ConsentBody]) -> Reply:
        """Grant consent."""
        body = request.body
        terms = Terms(body.permissions, body.verification_method, body.verification_data)
        grant = Grant(body.child_id, body.consent_type, terms)
        consent, child_id = await self._service.grant(request.caller, grant, _origin(request), request.unit)
        granted = wire.Granted(
            consent_id=str(consent.id),
            child_id=body.child_id,
            resolved_child_id=str(child_id),
            consent_type=body.consent_type,
            permissions=consent.permissions,
            consent_granted=consent.permissions.get(DATA_COLLECTION) is not False,
            expires_at=instant(consent.expires_at),
            verification_status=self._unverified,
        )
        return reply_json(granted, 201)

    async def standing(self, request: Request[Any]) -> Reply:
        """Where consent stands."""
        child_id = request.params["childId"]
        standing = await self._service.standing(request.caller, child_id)
        newest = standing.newest
        shown = wire.Standing(
            child_id=child_id,
            consent_status=standing.status,
            consent_required=standing.is_required,
            data_collection_allowed=standing.collection_allowed,
            consent_id=None if newest is None else str(newest.id),
            permissions=None if newest is None else newest.permissions,
            expires_at=None if newest is None else instant(newest.expires_at),
        )
        return reply_json(shown)

    async def change(self, request: Request[wire.ChangeBody]) -> Reply:
        """Change a consent."""
        body = request.body
        changes = Changes(body.consent_type, body.permissions, body.verification_method, body.verification_data)
        consent = await self._service.change(
            request.caller, request.params["childId"], changes, _origin(request), request.unit
        )
        return reply_json(wire.Changed(str(consent.id), consent.permissions))

    async def revoke(self, request: Request[Any]) -> Reply:
        """Revoke consent."""
        await self._service.revoke(request.caller, request.params["childId"])
        return reply_json(REVOKED)

    async def compliance_info(self, request: Request[Any]) -> Reply:
        """What is missing."""
        del request
        return reply_json(wire.ComplianceInfo())


def _endpoint(
    method: Method,
    path: str,
    handler: Handler,
    summary: str,
    replies: dict[int, Response],
    failure: str,
    **more: Any,
) -> Endpoint:
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        caller=CallerKind.PARENT,
        bad_body=errors.InvalidJson,
        failure=errors.failure(failure),
        replies={**replies, **REFUSALS},
        summary=summary,
        tag=TAG,
        **more,
    )


def _origin(request: Request[Any]) -> Origin:
    return Origin(request.client_ip, request.header(b"user-agent"))
