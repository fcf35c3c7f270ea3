"""Path parameters: parsed once, before the body, as declared."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.fixtures.endpoints import NoExchange
from wondernest.platform.addresses import Networks
from wondernest.platform.http.errors import ApiError, RouteNotFound
from wondernest.platform.http.paths import PathParameter, text_parameter, uuid_parameter
from wondernest.platform.http.request import Request

CHILD_ID = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")


def no_child(text: str) -> ApiError:
    return ApiError(400, f"{text} is no child")


CHILD = uuid_parameter("childId", no_child)
GAME = text_parameter("gameKey")


def request(*segments: str) -> Request[None]:
    return Request[None](NoExchange(), segments, Networks(()), "1")


@pytest.mark.parametrize("text", [str(CHILD_ID), str(CHILD_ID).upper(), CHILD_ID.hex])
def test_an_id_is_read_in_every_form_that_the_contract_accepts(text: str) -> None:
    assert CHILD.read(text) == CHILD_ID


@pytest.mark.parametrize("text", ["", "mia", f"{{{CHILD_ID}}}", f"urn:uuid:{CHILD_ID}", str(CHILD_ID)[:-1]])
def test_a_text_that_is_no_id_is_answered_with_the_refusal_that_was_declared(text: str) -> None:
    with pytest.raises(ApiError) as refusal:
        CHILD.read(text)
    assert (refusal.value.status, refusal.value.body) == (400, f"{text} is no child")


@pytest.mark.parametrize("text", ["sticker_book", "ü", "a:b/c", " "])
def test_any_text_is_a_name(text: str) -> None:
    assert GAME.read(text) == text


def test_an_unreadable_value_is_404_unless_a_refusal_is_declared() -> None:
    with pytest.raises(RouteNotFound):
        PathParameter("number", lambda text: int(text) if text.isdigit() else None).read("one")


def test_a_falsy_value_is_a_value() -> None:
    assert PathParameter("number", int).read("0") == 0


def test_a_handler_gets_each_value_by_its_parameter() -> None:
    asked = request("sticker_book", str(CHILD_ID))
    asked.read_path((GAME, CHILD))
    assert (asked.path(GAME), asked.path(CHILD)) == ("sticker_book", CHILD_ID)


def test_the_first_parameter_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ApiError) as refusal:
        request("mia", "zoe").read_path((CHILD, uuid_parameter("otherId", no_child)))
    assert refusal.value.body == "mia is no child"


def test_a_parameter_of_the_same_name_that_the_endpoint_does_not_declare_has_no_value() -> None:
    asked = request(str(CHILD_ID))
    asked.read_path((CHILD,))
    with pytest.raises(KeyError):
        asked.path(text_parameter("childId"))
