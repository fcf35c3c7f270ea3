"""What is held, erasing, taking back, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.conditional import tagged_json
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.pages import LANGUAGE, language_of
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.recording import Unrecorded
from wondernest.privacy import errors, wire
from wondernest.privacy.routes.files import zip_reply
from wondernest.privacy.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from wondernest.coppa.trail import Trail
    from wondernest.platform.http.replies import BlobReply
    from wondernest.privacy.catalogue import Entry
    from wondernest.privacy.exporting import ExportService
    from wondernest.privacy.rules import Erasure
    from wondernest.privacy.service import ErasureService
    from wondernest.privacy.summary import SummaryService

CHILD: Final = uuid_parameter("childId", errors.InvalidChildId, person=True)
TAG: Final = "Privacy"
PUBLIC: Final = RouteGroup(tag=TAG, caller=CallerKind.PUBLIC, failure=errors.Failed)
GROUP: Final = RouteGroup(
    tag=TAG,
    caller=CallerKind.USER,
    accesses=Look.ERASURE,
    authority=Authority.MANAGER,
    exempt=Exemption.ENDING,
    denied=errors.NotParent,
    unproven=errors.StepUpRequired,
    parameters=(CHILD,),
    failure=errors.Failed,
)
ACCESS: Final = RouteGroup(
    tag=TAG,
    caller=CallerKind.USER,
    accesses=Look.TRAIL,
    authority=Authority.MANAGER,
    rules_in_sql=True,
    denied=errors.NotParent,
    parameters=(CHILD,),
    failure=errors.Failed,
)
ACCESSES_SHOWN: Final = 100
EXPORT_ID: Final = uuid_parameter("exportId", errors.InvalidExportId)
EXPORTS: Final = RouteGroup(
    tag=TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.ELSEWHERE,
    authority=Authority.OWN,
    exempt=Exemption.ACCOUNT,
    unproven=errors.StepUpRequired,
    failure=errors.Failed,
)
ZIP: Final = Response(None, "The file", "application/zip", blob=True)
NO_EXPORT: Final = Response(wire.Refusal, "None, not ready, or expired")
ACCEPTED: Final = Response(
    wire.ErasureReply, "Hidden and frozen now; erased at `dueAt` unless it is taken back. Again: the open request"
)
REFUSED: Final = Response(wire.Refusal, "The caller is no parent, or the step-up proof is missing")
NO_CHILD: Final = Response(wire.Refusal, "No such child in the caller's family")
NO_FAMILY: Final = Response(wire.Refusal, "The caller has no family")
TOO_LATE: Final = Response(wire.Refusal, "The erasure has begun, or the child is part of a larger one")
FAILED: Final = "Failed to handle the request"


class CatalogueRoutes:
    """What is held about people, for everybody."""

    def __init__(self, entries: Callable[[], Iterable[Entry]]) -> None:
        self._entries = entries

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return PUBLIC.endpoints(self)

    @PUBLIC.get(
        "/privacy/catalogue",
        replies={200: Response(wire.CatalogueReply)},
        failure=FAILED,
        summary="Every class of personal data: where, why, on which legal ground, who sees it, for how long",
    )
    async def catalogue(self, request: Request[None]) -> Reply:
        """GET /privacy/catalogue."""
        entries = [wire.CataloguedClass.of(entry) for entry in self._entries()]
        return tagged_json(request, wire.CatalogueReply(data=entries, legend=wire.Legend.whole()))


class PrivacyRoutes:
    """Erasing, taking back, receipts; and what is held about a family."""

    def __init__(self, erasures: ErasureService, summaries: SummaryService) -> None:
        self._erasures = erasures
        self._summaries = summaries

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.delete(
        "/privacy/children/{childId}",
        step_up=True,
        unit=True,
        replies={202: ACCEPTED, 400: Response(wire.Refusal, "No id"), 403: REFUSED, 404: NO_CHILD},
        failure=FAILED,
        summary="Erase a child",
    )
    async def erase_child(self, request: Request[None]) -> Reply:
        """DELETE /privacy/children/{childId}."""
        return _accepted(await self._erasures.erase_child(request.caller, request.path(CHILD), request.unit))

    @GROUP.delete(
        "/privacy/family",
        step_up=True,
        unit=True,
        replies={202: ACCEPTED, 403: REFUSED, 404: NO_FAMILY},
        failure=FAILED,
        summary="Erase the family with all of its children",
    )
    async def erase_family(self, request: Request[None]) -> Reply:
        """DELETE /privacy/family."""
        erasure, children = await self._erasures.erase_family(request.caller, request.unit)
        request.concerns(children)
        return _accepted(erasure)

    @GROUP.delete(
        "/privacy/account",
        authority=Authority.OWN,
        step_up=True,
        unit=True,
        replies={202: ACCEPTED, 403: REFUSED},
        failure=FAILED,
        summary="Erase the caller's account, and each family in which nobody else is a parent",
    )
    async def erase_account(self, request: Request[None]) -> Reply:
        """DELETE /privacy/account."""
        erasure, children = await self._erasures.erase_account(request.caller, request.unit)
        request.concerns(children)
        return _accepted(erasure)

    @GROUP.post(
        "/privacy/children/{childId}/restore",
        accesses=Look.RESTORE,
        exempt=Exemption.PROFILE,
        unit=True,
        replies={
            200: Response(wire.RestoredReply),
            400: Response(wire.Refusal, "No id"),
            403: REFUSED,
            404: NO_CHILD,
            409: TOO_LATE,
        },
        failure=FAILED,
        summary="Take a child out of the archive, and its erasure back",
    )
    async def restore_child(self, request: Request[None]) -> Reply:
        """POST /privacy/children/{childId}/restore."""
        child_id = request.path(CHILD)
        archived = await self._erasures.restore_child(request.caller, child_id, request.unit)
        return _restored(request, [child_id] if archived else None)

    @GROUP.post(
        "/privacy/family/restore",
        accesses=Look.RESTORE,
        exempt=Exemption.PROFILE,
        unit=True,
        replies={200: Response(wire.RestoredReply), 403: REFUSED, 404: NO_FAMILY, 409: TOO_LATE},
        failure=FAILED,
        summary="Take the erasure of the family back",
    )
    async def restore_family(self, request: Request[None]) -> Reply:
        """POST /privacy/family/restore."""
        return _restored(request, await self._erasures.restore_family(request.caller, request.unit))

    @GROUP.post(
        "/privacy/account/restore",
        accesses=Look.RESTORE,
        exempt=Exemption.ACCOUNT,
        authority=Authority.OWN,
        unit=True,
        replies={200: Response(wire.RestoredReply), 409: TOO_LATE},
        failure=FAILED,
        summary="Take the erasure of the account back",
    )
    async def restore_account(self, request: Request[None]) -> Reply:
        """POST /privacy/account/restore."""
        return _restored(request, await self._erasures.restore_account(request.caller, request.unit))

    @GROUP.get(
        "/privacy/erasures",
        unrecorded=Unrecorded.ELSEWHERE,
        authority=Authority.MEMBER,
        replies={200: Response(wire.ErasuresReply)},
        failure=FAILED,
        summary="Requests to erase, and their receipts",
    )
    async def erasures(self, request: Request[None]) -> Reply:
        """GET /privacy/erasures."""
        found = await self._erasures.seen_by(request.caller)
        return tagged_json(request, wire.ErasuresReply(data=[wire.ErasureReceipt.of(one) for one in found]))

    @GROUP.get(
        "/privacy/summary",
        accesses=Look.SUMMARY,
        replies={200: Response(wire.SummaryReply), 403: REFUSED},
        failure=FAILED,
        summary="What is held about the caller, their family and each of its children: counts, sizes, oldest dates; what is erased when",
    )
    async def summary(self, request: Request[None]) -> Reply:
        """GET /privacy/summary."""
        found = await self._summaries.of(request.caller)
        return tagged_json(request, wire.SummaryReply(data=[wire.HeldAbout.of(one) for one in found]))


class AccessRoutes:
    """Who used a child's data."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return ACCESS.endpoints(self)

    @ACCESS.get(
        "/privacy/children/{childId}/access",
        queries=(Query("after", description="`next` of the page before"), LANGUAGE),
        replies={
            200: Response(wire.AccessReply),
            400: Response(wire.Refusal, "No id, or not the `next` of a page"),
            403: REFUSED,
            404: NO_CHILD,
        },
        failure=FAILED,
        summary="Who used a child's data besides its own devices: adults, the service, its operator; the newest first",
    )
    async def access(self, request: Request[None]) -> Reply:
        """GET /privacy/children/{childId}/access."""
        child_id = request.path(CHILD)
        text = request.query("after")
        after = wire.place_of(child_id, text) if text else None
        if text and after is None:
            raise errors.InvalidPlace
        found = await self._trail.of_child(request.caller.user_id, child_id, after, ACCESSES_SHOWN + 1)
        if found is None:
            raise errors.ChildNotFound
        chosen = words(language_of(request)).trail
        return tagged_json(request, wire.AccessReply.of(found, ACCESSES_SHOWN, request.caller.user_id, chosen))


class ExportRoutes:
    """Everything that is held, as a file."""

    def __init__(self, exports: ExportService, summaries: SummaryService) -> None:
        self._exports = exports
        self._summaries = summaries

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return EXPORTS.endpoints(self)

    @EXPORTS.post(
        "/privacy/exports",
        step_up=True,
        unit=True,
        replies={202: Response(wire.ExportReply, "Being made; a letter comes when it is ready"), 403: REFUSED},
        failure=FAILED,
        summary="Have everything that is held made into a file",
    )
    async def ask(self, request: Request[None]) -> Reply:
        """POST /privacy/exports."""
        family_id = await self._summaries.family_of(request.caller)
        export = await self._exports.ask(request.caller, family_id, request.unit)
        return reply_json(wire.ExportReply(data=wire.ExportShown.of(export)), 202)

    @EXPORTS.get(
        "/privacy/exports",
        replies={200: Response(wire.ExportsReply)},
        failure=FAILED,
        summary="The caller's exports",
    )
    async def own(self, request: Request[None]) -> Reply:
        """GET /privacy/exports."""
        found = await self._exports.own(request.caller)
        return tagged_json(request, wire.ExportsReply(data=[wire.ExportShown.of(one) for one in found]))

    @EXPORTS.get(
        "/privacy/exports/{exportId}/content",
        accesses=Look.DOWNLOAD,
        parameters=(EXPORT_ID,),
        replies={200: ZIP, 400: Response(wire.Refusal, "No id"), 404: NO_EXPORT},
        failure=FAILED,
        summary="Download an export of the caller's",
    )
    async def content(self, request: Request[None]) -> BlobReply:
        """GET /privacy/exports/{exportId}/content."""
        content, children = await self._exports.content(request.caller, request.path(EXPORT_ID))
        request.concerns(children)
        return zip_reply(content)


def _accepted(erasure: Erasure) -> Reply:
    return reply_json(wire.ErasureReply(data=wire.ErasureReceipt.of(erasure)), 202)


def _restored(request: Request[None], children: Sequence[UUID] | None) -> Reply:
    """`children`: those that are there again; None: nothing waited to be erased."""
    request.concerns(children or ())
    return reply_json(wire.RestoredReply(data=wire.Restored(restored=children is not None)))
