"""The routes of the family (auth contract §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption
from wondernest.family import errors, wire
from wondernest.family.service import ChildChanges, ChildDraft, FamilyService
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.clock import latest_day
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.http.shapes import Message
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from datetime import date

    from wondernest.family.model import Child
    from wondernest.platform.clock import Clock

ONE: Final = "/family/children/{childId}"
CHILD: Final = uuid_parameter("childId", errors.InvalidChildId, person=True)
CHILD_TO_CHANGE: Final = uuid_parameter("childId", errors.NoUuid, person=True)
GROUP: Final = RouteGroup(
    tag="Family",
    caller=CallerKind.USER,
    accesses=Look.PROFILE,
    authority=Authority.MANAGER,
    exempt=Exemption.PROFILE,
    rules_in_sql=True,
    denied=errors.NotParent,
    unproven=errors.StepUpRequired,
    parameters=(CHILD,),
    bad_body=errors.InvalidJson,
    failure=errors.Failed,
)
BAD_REQUEST: Final = Response(wire.Refusal, "Unreadable, a rule is broken, or the caller has no family")
OF_ONE_CHILD: Final = {
    400: BAD_REQUEST,
    403: Response(wire.Refusal, "A child of another family, or the caller is no parent"),
    404: Response(wire.Refusal, "No such child, or an archived one"),
}
INSTEAD: Final = Message("Use /family/profile instead")


class FamilyRoutes:
    """Profile, children and settings."""

    def __init__(self, service: FamilyService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/family/profile",
        unrecorded=Unrecorded.OWN_DEVICE,
        authority=Authority.MEMBER,
        replies={200: Response(wire.ProfileReply), 400: BAD_REQUEST},
        failure="Failed to retrieve family profile",
        summary="The caller's family",
    )
    async def profile(self, request: Request[None]) -> Reply:
        """The family."""
        household = await self._service.household(request.caller)
        return reply_json(wire.ProfileReply(wire.Profile.of(household, self._today())))

    @GROUP.get(
        "/family/children",
        "/children",
        unrecorded=Unrecorded.OWN_DEVICE,
        authority=Authority.MEMBER,
        replies={200: Response(wire.ChildrenReply), 400: BAD_REQUEST},
        failure="Failed to retrieve children",
        summary="The family's active children",
    )
    async def children(self, request: Request[None]) -> Reply:
        """The children."""
        children = await self._service.children(request.caller)
        today = self._today()
        return reply_json(wire.ChildrenReply([wire.ChildProfile.of(child, today) for child in children]))

    @GROUP.post(
        "/family/children",
        "/children",
        body=wire.NewChildBody,
        example={"name": "Zoe", "birthDate": "2020-01-15"},
        unit=True,
        replayable=True,
        replies={
            201: Response(wire.ChildReply, "Added; its content settings and time restrictions follow from its age"),
            400: BAD_REQUEST,
            404: Response(wire.Refusal, "The family does not exist"),
        },
        failure="Failed to create child profile",
        summary="Add a child",
    )
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
        child = await self._service.create_child(request.caller, draft, request.unit)
        request.concerns([child.id])
        return self._shown(child, 201)

    @GROUP.get(
        ONE,
        unrecorded=Unrecorded.OWN_DEVICE,
        authority=Authority.MEMBER,
        replies={200: Response(wire.ChildReply), **OF_ONE_CHILD},
        failure="Failed to retrieve child profile",
        summary="A child's profile",
    )
    async def child(self, request: Request[None]) -> Reply:
        """A child."""
        return self._shown(await self._service.child(request.caller, request.path(CHILD)))

    @GROUP.put(
        ONE,
        parameters=(CHILD_TO_CHANGE,),
        body=wire.ChildChangesBody,
        example={"name": "Zoe"},
        unit=True,
        replies={200: Response(wire.ChildReply), **OF_ONE_CHILD},
        failure="Failed to update child profile",
        summary="Change a child's profile",
    )
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
        child_id = request.path(CHILD_TO_CHANGE)
        return self._shown(await self._service.update_child(request.caller, child_id, changes, request.unit))

    @GROUP.delete(
        ONE,
        unit=True,
        replies={200: Response(wire.Archived, "Archived, now or before"), **OF_ONE_CHILD},
        failure="Failed to delete child profile",
        summary="Archive a child",
    )
    async def archive_child(self, request: Request[None]) -> Reply:
        """Archive a child."""
        await self._service.archive_child(request.caller, request.path(CHILD), request.unit)
        return reply_json(wire.Archived())

    @GROUP.post(
        ONE + "/select",
        unrecorded=Unrecorded.OWN_DEVICE,
        authority=Authority.MEMBER,
        replies={200: Response(wire.Selected), **OF_ONE_CHILD},
        failure="Failed to select child",
        summary="Select a child",
    )
    async def select_child(self, request: Request[None]) -> Reply:
        """Select a child."""
        child, token = await self._service.select_child(request.caller, request.path(CHILD))
        profile = wire.ChildProfile.of(child, self._today())
        return reply_json(wire.Selected(active_child=profile, session_token=token))

    @GROUP.get(
        "/family/settings",
        accesses=Look.SETTINGS,
        authority=Authority.MEMBER,
        replies={200: Response(wire.SettingsShown, "All settings, defaults included"), 400: BAD_REQUEST},
        failure="Failed to retrieve settings",
        summary="The family's settings; `weeklyLetter` is the caller's own",
    )
    async def settings(self, request: Request[None]) -> Reply:
        """The settings."""
        return reply_json(wire.SettingsShown(await self._service.settings(request.caller)))

    @GROUP.put(
        "/family/settings",
        accesses=Look.SETTINGS,
        body=dict[str, Any],
        example={"maxScreenTimeMinutes": 30},
        unit=True,
        replies={200: Response(wire.SettingsReply, "All settings that are stored now"), 400: BAD_REQUEST},
        failure="Failed to update settings",
        summary="Merge settings into those of the family",
    )
    async def save_settings(self, request: Request[dict[str, Any]]) -> Reply:
        """Merge settings."""
        stored = await self._service.save_settings(request.caller, request.body, request.unit)
        return reply_json(wire.SettingsReply(stored))

    @GROUP.get(
        "/families",
        unrecorded=Unrecorded.NOBODY,
        authority=Authority.MEMBER,
        rules_in_sql=False,
        replies={200: Response(Message)},
        failure="Failed to retrieve families",
        summary="Where the family is found",
    )
    async def families(self, _request: Request[None]) -> Reply:
        """Point to the profile."""
        return reply_json(INSTEAD)

    def _shown(self, child: Child, status: int = 200) -> Reply:
        return reply_json(wire.ChildReply(wire.ChildProfile.of(child, self._today())), status)

    def _today(self) -> date:
        return latest_day(self._clock.now())
