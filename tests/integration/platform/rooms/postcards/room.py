"""The whole room in one file."""

from __future__ import annotations

from msgspec import Struct

from wondernest.access.accesses import Look
from wondernest.access.consent import Exemption
from wondernest.access.guardianship import guards
from wondernest.access.people import CHILD, Relation
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.errors import GenericError
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import uuid_parameter
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.jobs import Job, Running
from wondernest.platform.personal_data import GeneralGround, Holding
from wondernest.platform.recording import Unrecorded
from wondernest.platform.rooms import Parts, Room, Table

SENT_TO = uuid_parameter("childId", lambda _: GenericError(400, "INVALID_ID", "No child has such an id"), person=True)
GROUP = RouteGroup(
    tag="Postcards",
    caller=CallerKind.USER,
    authority=Authority.MEMBER,
    exempt=Exemption.PROFILE,
    accesses=Look.PROFILE,
    parameters=(SENT_TO,),
)
STORE = f"insert into wondernest.postcards (child_id, text) select $2, $3 where {guards('$2', '$1')} returning id"
STAMP = "update wondernest.postcards set stamped_at = now() where child_id = $1 and stamped_at is null"


class Postcard(Struct):
    text: str


class Postcards:
    def __init__(self, parts: Parts) -> None:
        self._database, self._stamp = parts.database, parts.jobs.sender("postcards.stamp")
        self._sent = parts.metrics.tally(parts.metrics.counter("postcards", "Postcards sent"))

    @GROUP.post(
        "/postcards/{childId}", body=Postcard, unit=True, example={"text": "Hi"}, summary="Send one",
        replies={201: Response(Postcard), 404: Response(None, "Not a child of the caller's")},
    )  # fmt: skip
    async def send(self, request: Request[Postcard]) -> Reply:
        child_id, text = request.path(SENT_TO), request.body.text
        if await request.unit.fetchval(STORE, request.caller.user_id, child_id, text) is None:
            raise GenericError(404, "NOT_FOUND", "Child not found")
        await self._stamp(request.unit, {"child": child_id})
        self._sent.inc()
        return reply_json(request.body, 201)

    async def stamp(self, job: Running) -> None:
        await self._database.execute(STAMP, job.uuid("child"))

    def endpoints(self) -> list[Endpoint]:
        return GROUP.endpoints(self)


def build(parts: Parts) -> Room:
    postcards = Postcards(parts)
    held = Holding(table="wondernest.postcards", people={"child_id": CHILD}, personal=("text",),
                   what="Postcards", why="Joy", kept="Until the child is erased", grounds=(GeneralGround.CONTRACT,), seen_by=(Relation.ADULTS,))  # fmt: skip
    return Room(
        name="postcards",
        endpoints=postcards.endpoints(),
        tables=[Table("wondernest.postcards")],
        jobs=[Job("postcards.stamp", postcards.stamp, unrecorded=Unrecorded.NOBODY)],
        metrics=["wondernest_postcards"],
        personal_data=[held],
    )
