"""The routes of the family (auth contract §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.family import errors, wire
from wondernest.family.service import ChildChanges, ChildDraft, FamilyService
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.request import Reply, Request, reply_json

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock
    from wondernest.platform.http.endpoint import Handler, Method

TAG: Final = "Family"
CHILD: Final = "/family/children/{childId}"
BAD_REQUEST: Final = Response(wire.Refusal, "Unreadable, against a rule, or the caller has no family")
FORBIDDEN: Final = Response(wire.Refusal, "A child of another family")
NOT_FOUND: Final = Response(wire.Refusal, "No such child, or an archived one")
OF_ONE_CHILD: Final = {400: BAD_REQUEST, 403: FORBIDDEN, 404: NOT_FOUND}
INSTEAD: Final = wire.Message("Use /family/profile instead")


class FamilyRoutes:
    """Profile, children and settings."""

    def __init__(self, service: FamilyService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        """The declarations."""
        return [
            self._read("/family/profile", self.profile, wire.ProfileReply, "family profile", "The caller's family"),
            *(
                self._read(path, self.children, wire.ChildrenReply, "children", "The family's active children")
                for path in ("/family/children", "/children")
            ),
            *(self._creating(path) for path in ("/family/children", "/children")),
            *self._of_one_child(),
            _endpoint(
                "PUT",
                "/family/settings",
                self.save_settings,
                "Merge settings of the family",
                {200: Response(wire.SettingsReply, "All that are stored now"), 400: BAD_REQUEST},
                "Failed to update settings",
                body=dict[str, Any],
                unit=True,
            ),
            _endpoint(
                "GET",
                "/families",
                self.families,
                "Where the family is found",
                {200: Response(wire.Message)},
                "Failed to retrieve families",
            ),
        ]

    def _read(self, path: str, handler: Handler, reply: type, what: str, summary: str) -> Endpoint:
        replies = {200: Response(reply), 400: BAD_REQUEST}
        return _endpoint("GET", path, handler, summary, replies, f"Failed to retrieve {what}")

    def _creating(self, path: str) -> Endpoint:
        return _endpoint(
            "POST",
            path,
            self.create_child,
            "Add a child",
            {
                201: Response(wire.ChildReply, "Added; what it may see and for how long follows its age"),
                400: BAD_REQUEST,
                404: Response(wire.Refusal, "The family is gone"),
            },
            "Failed to create child profile",
            body=wire.NewChildBody,
            replayable=True,
        )

    def _of_one_child(self) -> list[Endpoint]:
        profile = Response(wire.ChildReply)
        return [
            _endpoint(
                "GET",
                CHILD,
                self.child,
                "A child's profile",
                {200: profile, **OF_ONE_CHILD},
                "Failed to retrieve child profile",
            ),
            _endpoint(
                "PUT",
                CHILD,
                self.update_child,
                "Change a child's profile",
                {200: profile, **OF_ONE_CHILD},
                "Failed to update child profile",
                body=wire.ChildChangesBody,
                unit=True,
            ),
            _endpoint(
                "DELETE",
                CHILD,
                self.archive_child,
                "Archive a child",
                {200: Response(wire.Archived, "Archived, now or before"), **OF_ONE_CHILD},
                "Failed to delete child profile",
            ),
            _endpoint(
                "POST",
                f"{CHILD}/select",
                self.select_child,
                "Select a child",
                {200: Response(wire.Selected), **OF_ONE_CHILD},
                "Failed to select child",
            ),
        ]

    async def profile(self, request: Request[Any]) -> Reply:
        """The family."""
        household = await self._service.household(request.caller)
        return reply_json(wire.ProfileReply(wire.Profile.of(household, self._clock.now().date())))

    async def children(self, request: Request[Any]) -> Reply:
        """The children."""
        children = await self._service.children(request.caller)
        today = self._clock.now().date()
        return reply_json(wire.ChildrenReply([wire.ChildProfile.of(child, today) for child in children]))

    async def create_child(self, request: Request[wire.NewChildBody]) -> Reply:
        """Add a child."""
        body = request.body
        draft = ChildDraft(
            name=body.name,
            birth_date=body.birth_date,
            gender=body.gender,
            avatar=body.avatar_url if body.avatar is None else body.avatar,
            interests=body.interests or (),
        )
        child = await self._service.create_child(request.caller, draft, request.optional_unit)
        return reply_json(wire.ChildReply(wire.ChildProfile.of(child, self._clock.now().date())), 201)

    async def child(self, request: Request[Any]) -> Reply:
        """A child."""
        child = await self._service.child(request.caller, request.params["childId"])
        return reply_json(wire.ChildReply(wire.ChildProfile.of(child, self._clock.now().date())))

    async def update_child(self, request: Request[wire.ChildChangesBody]) -> Reply:
        """Change a child."""
        body = request.body
        changes = ChildChanges(
            name=body.name,
            birth_date=body.birth_date,
            gender=body.gender,
            avatar=body.avatar or body.avatar_url,
            interests=body.interests,
            content=body.content_settings,
            times=body.time_restrictions,
        )
        child = await self._service.update_child(request.caller, request.params["childId"], changes, request.unit)
        return reply_json(wire.ChildReply(wire.ChildProfile.of(child, self._clock.now().date())))

    async def archive_child(self, request: Request[Any]) -> Reply:
        """Archive a child."""
        await self._service.archive_child(request.caller, request.params["childId"])
        return reply_json(wire.Archived())

    async def select_child(self, request: Request[Any]) -> Reply:
        """Select a child."""
        child, token = await self._service.select_child(request.caller, request.params["childId"])
        return reply_json(wire.Selected(wire.ChildProfile.of(child, self._clock.now().date()), token))

    async def save_settings(self, request: Request[dict[str, Any]]) -> Reply:
        """Merge settings."""
        return reply_json(
            wire.SettingsReply(await self._service.save_settings(request.caller, request.body, request.unit))
        )

    async def families(self, request: Request[Any]) -> Reply:
        """Point to the profile."""
        del request
        return reply_json(INSTEAD)


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
        replies=replies,
        summary=summary,
        tag=TAG,
        **more,
    )
