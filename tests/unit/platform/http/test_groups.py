"""Route groups: the endpoints made from declarations beside handlers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from itertools import count
from typing import Any

import pytest
from msgspec import Struct

from tests.fixtures.endpoints import blank_request
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import V1, V2, Response
from wondernest.platform.http.errors import ApiError, BadRequest, InternalError
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.recording import Unrecorded

SHELF = text_parameter("shelf")
BOOK = text_parameter("book")
RARE_BOOK = text_parameter("book")
OK = {200: Response(None, "Done")}


class Form(Struct):
    title: str


class Unreadable(ApiError):
    def __init__(self, reason: str) -> None:
        super().__init__(400, reason)


class Failed(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__(500, message)


BOOKS = RouteGroup(
    tag="Books",
    caller=CallerKind.USER,
    mounts=(V2, V1),
    parameters=(SHELF, BOOK),
    bad_body=Unreadable,
    failure=Failed,
    replies={404: Response(None, "Missing")},
)


class Books:
    def __init__(self, numbers: Iterator[int]) -> None:
        self.numbers = numbers

    @BOOKS.get("/books/{shelf}", replies=OK, failure="Failed to list", summary="List")
    async def find(self, _request: Request[None]) -> Reply:
        return Reply(200, str(next(self.numbers)).encode())

    @BOOKS.post("/books/{shelf}", "/add/{shelf}", body=Form, limits=("upload",), replies=OK, summary="Add")
    async def add(self, _request: Request[Form]) -> Reply:
        raise NotImplementedError

    @BOOKS.put("/books/{shelf}/{book}", parameters=(RARE_BOOK,), body=Form, replies=OK, summary="Change")
    async def change(self, _request: Request[Form]) -> Reply:
        raise NotImplementedError

    @BOOKS.patch("/books/{shelf}/{book}", body=Form, replies={404: Response(None, "Gone")}, summary="Mend")
    async def mend(self, _request: Request[Form]) -> Reply:
        raise NotImplementedError

    @BOOKS.delete(
        "/books/{shelf}/{book}", caller=CallerKind.OPERATOR, mounts=("",), documented=False, replies=OK, summary="Burn"
    )
    async def burn(self, _request: Request[None]) -> Reply:
        raise NotImplementedError


FIND, ADD, ADD_TOO, CHANGE, MEND, BURN = BOOKS.endpoints(Books(count(1)))


def test_endpoints_come_in_the_order_of_their_declaration_one_for_each_path() -> None:
    assert [(endpoint.method, endpoint.path) for endpoint in (FIND, ADD, ADD_TOO, CHANGE, MEND, BURN)] == [
        ("GET", "/books/{shelf}"),
        ("POST", "/books/{shelf}"),
        ("POST", "/add/{shelf}"),
        ("PUT", "/books/{shelf}/{book}"),
        ("PATCH", "/books/{shelf}/{book}"),
        ("DELETE", "/books/{shelf}/{book}"),
    ]


async def test_a_handler_is_bound_to_the_instance_that_was_given() -> None:
    [one, *_], [other, *_] = BOOKS.endpoints(Books(count(1))), BOOKS.endpoints(Books(count(7)))
    replies = [await endpoint.handler(blank_request()) for endpoint in (one, other, one)]
    assert [isinstance(reply, Reply) and reply.content for reply in replies] == [b"1", b"7", b"2"]


def test_a_route_inherits_what_it_leaves_out_from_its_group() -> None:
    assert (FIND.tag, FIND.caller, FIND.mounts, FIND.documented) == ("Books", CallerKind.USER, (V2, V1), True)
    assert (BURN.tag, BURN.caller, BURN.mounts, BURN.documented) == ("Books", CallerKind.OPERATOR, ("",), False)
    assert ADD.bad_body("why").body == "why"
    assert (ADD.body, ADD.limits, FIND.body, FIND.limits) == (Form, ("upload",), None, ())


class Reason(Enum):
    LENDING = "lending"
    CLEANING = "cleaning"


LENT = RouteGroup(
    tag="Lent", caller=CallerKind.USER, purpose=Reason.LENDING, accesses=Reason.LENDING, unpermitted=Unreadable
)


class Lent:
    @LENT.get("/lent", replies=OK, unrecorded=Unrecorded.NOBODY, summary="List")
    async def find(self, _request: Request[None]) -> Reply:
        raise NotImplementedError

    @LENT.post("/lent", replies=OK, unit=True, summary="Lend")
    async def lend(self, _request: Request[None]) -> Reply:
        raise NotImplementedError

    @LENT.delete("/lent", exempt=Reason.CLEANING, accesses=Reason.CLEANING, replies=OK, unit=True, summary="Take back")
    async def take_back(self, _request: Request[None]) -> Reply:
        raise NotImplementedError


def test_the_purpose_of_a_group_is_that_of_its_changes_unless_a_route_has_its_own_or_an_exemption() -> None:
    declared = [(endpoint.purpose, endpoint.exempt) for endpoint in LENT.endpoints(Lent())]
    assert declared == [(None, None), (Reason.LENDING, None), (None, Reason.CLEANING)]


def test_the_access_of_a_group_is_that_of_its_routes_unless_one_has_its_own_or_a_reason() -> None:
    declared = [(endpoint.accesses, endpoint.unrecorded) for endpoint in LENT.endpoints(Lent())]
    assert declared == [(None, Unrecorded.NOBODY), (Reason.LENDING, None), (Reason.CLEANING, None)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"caller": CallerKind.PUBLIC, "unit": True},
        {"unit": False},
        {"unit": True, "unrecorded": Unrecorded.NOBODY},
    ],
    ids=["nobody acts", "no unit for the record of a change", "recorded and not"],
)
def test_an_access_that_cannot_be_recorded_stops_the_start(wrong: dict[str, Any]) -> None:
    [lent] = [endpoint for endpoint in LENT.endpoints(Lent()) if endpoint.method == "POST"]
    with pytest.raises(ValueError, match="record"):
        replace(lent, **wrong)


def test_a_route_has_the_parameters_of_its_path_and_its_own_override_the_groups() -> None:
    assert FIND.parameters == (SHELF,)
    assert set(CHANGE.parameters) == {SHELF, RARE_BOOK}
    assert set(MEND.parameters) == {SHELF, BOOK}


def test_a_route_has_the_replies_of_its_group_and_its_own_override_them() -> None:
    assert {status: reply.description for status, reply in FIND.replies.items()} == {200: "Done", 404: "Missing"}
    assert {status: reply.description for status, reply in MEND.replies.items()} == {404: "Gone"}


def test_a_failure_is_the_routes_text_in_the_groups_shape() -> None:
    failure = FIND.failure()
    assert (type(failure), failure.status, failure.body) == (Failed, 500, "Failed to list")
    assert isinstance(ADD.failure(), InternalError)


def declaring(group: RouteGroup, path: str = "/a", **options: Any) -> object:
    class Routes:
        @group.get(path, replies=OK, summary="A", **options)
        async def answer(self, _request: Request[None]) -> Reply:
            raise NotImplementedError

    return Routes()


def group(**options: Any) -> RouteGroup:
    return RouteGroup(tag="A", caller=CallerKind.PUBLIC, **options)


def test_a_group_that_declares_no_bad_body_or_failure_has_the_generic_answers() -> None:
    plain = group()
    [endpoint] = plain.endpoints(declaring(plain, failure=lambda: Failed("own")))
    assert isinstance(endpoint.bad_body("why"), BadRequest)
    assert endpoint.failure().body == "own"


def test_a_text_for_a_failure_without_a_shape_stops_the_start() -> None:
    shapeless = group()
    with pytest.raises(ValueError, match="has no `failure`"):
        shapeless.endpoints(declaring(shapeless, failure="Failed"))


def test_a_parameter_that_nobody_declares_stops_the_start() -> None:
    lacking = group(parameters=(SHELF,))
    with pytest.raises(ValueError, match=r"declares the parameters \['shelf'\]"):
        lacking.endpoints(declaring(lacking, "/books/{shelf}/{book}"))


def test_a_parameter_of_the_group_that_no_path_has_stops_the_start() -> None:
    idle = group(parameters=(SHELF, BOOK))
    with pytest.raises(ValueError, match=r"\['book'\]"):
        idle.endpoints(declaring(idle, "/books/{shelf}"))


def test_a_group_serves_the_class_that_declared_its_routes_and_no_other() -> None:
    with pytest.raises(ValueError, match="another class than Form"):
        BOOKS.endpoints(Form("Mia"))
