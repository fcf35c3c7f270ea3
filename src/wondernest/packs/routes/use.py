"""What a family does with packs: get, download, use, review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.consent import Exemption, Purpose
from wondernest.packs import errors, wire
from wondernest.packs.model import Use
from wondernest.packs.purchases import Order
from wondernest.packs.routes import parsing
from wondernest.packs.routes.parsing import FREE_DEMO_PACK, PACKS, REFUSED
from wondernest.packs.rules import (
    LEAST_STARS,
    MAX_FEATURE_CHARS,
    MAX_TEXT_CHARS,
    MAX_USAGE_S,
    MOST_STARS,
    BadStatus,
    Download,
)
from wondernest.platform.caller import STEP_UP_HEADER, Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, HeaderField, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.ids import parse_uuid
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.packs.purchases import PurchaseService
    from wondernest.packs.service import PackService

PACK: Final = parsing.pack_parameter(errors.DOWNLOAD)
REVIEWED: Final = parsing.pack_parameter(errors.REVIEW)
BAD_RATING: Final = f"Rating must be {LEAST_STARS} to {MOST_STARS}"
REVIEW_DELETED: Final = "Review deleted"
PENDING: Final = "Payment is pending"
DOWNLOAD_NOTED: Final = "Download status updated"
USE_NOTED: Final = "Usage recorded"
OBJECT: Final = b"{"
GROUP: Final = RouteGroup(
    tag=parsing.TAG,
    caller=CallerKind.USER,
    unrecorded=Unrecorded.OWN_DEVICE,
    authority=Authority.MEMBER,
    exempt=Exemption.PURCHASE,
    unpermitted=errors.ConsentRequired,
    denied=errors.NotParent,
    unproven=errors.StepUpRequired,
    failure=errors.Failed,
    unavailable=errors.Unavailable,
)


class UseRoutes:
    """Purchase, download, usage and reviews."""

    def __init__(self, service: PackService, purchases: PurchaseService) -> None:
        self._service = service
        self._purchases = purchases

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.post(
        PACKS + "/purchase",
        unrecorded=Unrecorded.ELSEWHERE,
        authority=Authority.MANAGER,
        body=wire.PurchaseBody,
        example={"packId": FREE_DEMO_PACK, "childId": "{childId}"},
        bad_body=errors.unreadable(errors.PURCHASE),
        headers=(HeaderField(STEP_UP_HEADER.decode(), "A step-up proof: for a pack that costs money"),),
        replies={
            200: Response(wire.BoughtReply, "Owned; sent again, it is not paid again"),
            202: Response(wire.BoughtReply, "The payment is pending; send it again later, or wait for the gateway"),
            400: REFUSED,
            403: Response(wire.PackRefusal, "The caller is no parent, or has not confirmed that it is them"),
            429: Response(wire.PackRefusal, "Too many payments today"),
        },
        failure=errors.PURCHASE,
        summary="Get a pack, for a child or for all children",
    )
    async def buy(self, request: Request[wire.PurchaseBody]) -> Reply:
        """POST /content-packs/purchase."""
        body = request.body
        order = Order(
            pack_id=parsing.pack_in(body.pack_id, errors.PURCHASE),
            child_id=parsing.child_in(body.child_id, errors.PURCHASE),
            method=None if body.payment_method is None else body.payment_method[:MAX_TEXT_CHARS],
            proof=request.proof,
        )
        result = await self._purchases.buy(request.caller, order)
        if result.ownership is None:
            waiting = wire.Bought(success=False, transaction_id=result.transaction_id, ownership=None, error=PENDING)
            return reply_json(wire.BoughtReply(waiting, PENDING, success=False), 202)
        owned = wire.OwnershipInfo.of(result.ownership)
        return reply_json(
            wire.BoughtReply(wire.Bought(success=True, transaction_id=result.transaction_id, ownership=owned))
        )

    @GROUP.patch(
        parsing.ONE + "/download",
        parameters=(PACK,),
        rules_in_sql=True,
        body=wire.DownloadBody,
        example={"status": "completed", "progress": 100, "childId": "{childId}"},
        bad_body=errors.unreadable(errors.DOWNLOAD),
        replies={
            200: Response(wire.NotedReply),
            400: REFUSED,
            404: Response(wire.PackRefusal, "The caller owns no such pack"),
        },
        failure=errors.DOWNLOAD,
        summary="Report how far a download is",
    )
    async def download(self, request: Request[wire.DownloadBody]) -> Reply:
        """PATCH /content-packs/{packId}/download."""
        body = request.body
        if body.status is None or not body.status.strip():
            raise errors.Refused(errors.DOWNLOAD, "Status is required")
        try:
            download = Download.of(body.status, body.progress)
        except BadStatus:
            raise errors.Refused(errors.DOWNLOAD, "Invalid status") from None
        child_id = parsing.child_in(body.child_id, errors.DOWNLOAD)
        await self._service.downloaded(request.caller, child_id, request.path(PACK), download)
        return reply_json(wire.NotedReply(wire.Noted(DOWNLOAD_NOTED)))

    @GROUP.post(
        PACKS + "/usage",
        purpose=Purpose.ANALYTICS,
        rules_in_sql=True,
        replayable=True,
        body=wire.UsageBody,
        example={"packId": FREE_DEMO_PACK, "usedInFeature": "ai_story", "childId": "{childId}"},
        bad_body=errors.unreadable(errors.USAGE),
        replies={
            200: Response(wire.NotedReply),
            400: REFUSED,
            413: Response(wire.PackRefusal, "Too many uses today"),
        },
        failure=errors.USAGE,
        summary="Report that a pack was used",
    )
    async def use(self, request: Request[wire.UsageBody]) -> Reply:
        """POST /content-packs/usage."""
        body = request.body
        pack_id = parsing.pack_in(body.pack_id, errors.USAGE)
        feature = (body.used_in_feature or "").strip()
        if not feature:
            raise errors.Refused(errors.USAGE, "Feature is required")
        asset_id = None if not body.asset_id else parse_uuid(body.asset_id)
        if body.asset_id and asset_id is None:
            raise errors.Refused(errors.USAGE, "Invalid asset ID")
        metadata, seconds = bytes(body.metadata).strip(), body.usage_duration_seconds
        use = Use(
            pack_id=pack_id,
            child_id=parsing.child_in(body.child_id, errors.USAGE),
            asset_id=asset_id,
            session_id=parse_uuid(body.session_id) if body.session_id else None,
            feature=feature[:MAX_FEATURE_CHARS],
            duration_s=None if seconds is None else min(max(seconds, 0), MAX_USAGE_S),
            metadata=metadata if metadata.startswith(OBJECT) else None,
        )
        await self._service.used(request.caller, use, request.optional_unit)
        return reply_json(wire.NotedReply(wire.Noted(USE_NOTED)))

    @GROUP.put(
        parsing.ONE + "/review",
        unrecorded=Unrecorded.NOBODY,
        authority=Authority.MANAGER,
        parameters=(REVIEWED,),
        rules_in_sql=True,
        body=wire.ReviewBody,
        example={"rating": 5},
        bad_body=errors.unreadable(errors.REVIEW),
        replies={
            200: Response(wire.ReviewReply, "In place of an earlier one; it counts in `ratingAverage` a little later"),
            400: REFUSED,
            403: Response(wire.PackRefusal, "The caller is no parent"),
            404: Response(wire.PackRefusal, "The caller owns no such pack"),
        },
        failure=errors.REVIEW,
        summary="Give a pack stars",
    )
    async def review(self, request: Request[wire.ReviewBody]) -> Reply:
        """PUT /content-packs/{packId}/review."""
        stars = request.body.rating
        if stars is None or not LEAST_STARS <= stars <= MOST_STARS:
            raise errors.Refused(errors.REVIEW, BAD_RATING)
        review = await self._service.review(request.caller, request.path(REVIEWED), stars)
        return reply_json(wire.ReviewReply(wire.Reviewed(wire.ReviewInfo.of(review))))

    @GROUP.delete(
        parsing.ONE + "/review",
        unrecorded=Unrecorded.NOBODY,
        authority=Authority.MANAGER,
        parameters=(REVIEWED,),
        rules_in_sql=True,
        replies={
            200: Response(wire.NotedReply, "Also if there was none"),
            400: REFUSED,
            403: Response(wire.PackRefusal, "The caller is no parent"),
        },
        failure=errors.REVIEW,
        summary="Take the stars of a pack back",
    )
    async def forget_review(self, request: Request[None]) -> Reply:
        """DELETE /content-packs/{packId}/review."""
        await self._service.forget_review(request.caller, request.path(REVIEWED))
        return reply_json(wire.NotedReply(wire.Noted(REVIEW_DELETED)))
