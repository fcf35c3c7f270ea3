"""The OpenAPI document made from declarations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jsonschema_rs
import pytest
import yaml
from schemathesis.specs.openapi import definitions

from tests.fixtures.endpoints import Child, endpoint
from wondernest.app import create_app
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.body import Multipart, RawStream
from wondernest.platform.http.endpoint import V1, V2, Endpoint, HeaderField, Query, Response
from wondernest.platform.http.errors import ApiError
from wondernest.platform.http.openapi import Version, build_document, render
from wondernest.platform.http.paths import uuid_parameter
from wondernest.settings import load_settings

METASCHEMAS: dict[Version, Any] = {"3.1": definitions.OPENAPI_31, "3.0": definitions.OPENAPI_30}


def described(**fields: Any) -> dict[str, Any]:
    return build_document([endpoint(**fields)])


def operation(method: str = "get", path: str = "/api/v1/things", **fields: Any) -> dict[str, Any]:
    return described(method=method.upper(), **fields)["paths"][path][method]


@pytest.fixture(scope="module")
def declared() -> list[Endpoint]:
    routes = create_app(load_settings({"APP_ENV": "test"})).router.routes
    return list({id(route.endpoint): route.endpoint for route in routes}.values())


# Streams --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", METASCHEMAS)
def test_streams_of_either_kind_are_documented(version: Version) -> None:
    upload = endpoint(path="/raw", method="POST", body=RawStream(max_bytes=9, media="image/*"))
    form = endpoint(path="/form", method="POST", body=Multipart(max_bytes=9, fields=("title",), files=("file",)))
    blob = endpoint(path="/blob", replies={200: Response(blob=True, media="image/png")})
    document = build_document([upload, form, blob], version)
    jsonschema_rs.validator_for(METASCHEMAS[version]).validate(document)
    binary = {"contentMediaType": "application/octet-stream"} if version == "3.1" else {"format": "binary"}
    paths = document["paths"]
    raw = paths["/api/v1/raw"]["post"]
    assert list(raw["requestBody"]["content"]) == ["image/*"]
    assert {"408", "413"} <= set(raw["responses"])
    assert "400" not in raw["responses"]
    parts = paths["/api/v1/form"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert parts == {"title": {"type": "string"}, "file": {"type": "string", **binary}}
    assert "400" in paths["/api/v1/form"]["post"]["responses"]
    answers = paths["/api/v1/blob"]["get"]["responses"]
    assert {"200", "206", "304", "416"} <= set(answers)
    assert list(answers["206"]["content"]) == ["image/png"]


# The whole service ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", METASCHEMAS)
def test_the_document_is_valid_in_both_dialects(declared: list[Endpoint], version: Version) -> None:
    jsonschema_rs.validator_for(METASCHEMAS[version]).validate(build_document(declared, version))


@pytest.mark.parametrize("version", METASCHEMAS)
def test_every_reference_has_a_target(declared: list[Endpoint], version: Version) -> None:
    document = build_document(declared, version)
    for reference in _references(document):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_documented_route_is_there(declared: list[Endpoint]) -> None:
    paths = build_document(declared)["paths"]
    for entry in declared:
        for template in entry.templates() if entry.documented else ():
            assert entry.method.lower() in paths[template]


def test_the_same_declarations_give_the_same_bytes(declared: list[Endpoint]) -> None:
    assert render(declared, "yaml") == render(declared, "yaml")
    assert render(declared, "json", "3.0") == render(declared, "json", "3.0")


def test_yaml_and_json_have_the_same_content(declared: list[Endpoint]) -> None:
    assert yaml.load(render(declared, "yaml"), yaml.CSafeLoader) == build_document(declared)


def test_nothing_of_3_1_is_left_in_3_0(declared: list[Endpoint]) -> None:
    for schema in _mappings(build_document(declared, "3.0")):
        assert not isinstance(schema.get("type"), list)
        assert schema.get("type") != "null"
        assert "const" not in schema
        assert set(schema) == {"$ref"} or "$ref" not in schema


def _mappings(node: Any) -> Iterable[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _mappings(part)


def _references(node: Any) -> Iterable[str]:
    return (found["$ref"] for found in _mappings(node) if isinstance(found.get("$ref"), str))


# Operations -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"path": "/family/children/{childId}"}, "getFamilyChildrenByChildIdV1"),
        ({"path": "/content-packs/owned", "mounts": (V2,)}, "getContentPacksOwnedV2"),
        ({"path": "/health", "mounts": ("",)}, "getHealth"),
    ],
)
def test_an_operation_is_named_after_method_and_path(fields: dict[str, Any], expected: str) -> None:
    [path] = described(**fields)["paths"].values()
    assert path["get"]["operationId"] == expected


def test_each_mount_is_an_operation_of_its_own() -> None:
    paths = described(mounts=(V1, V2))["paths"]
    assert [path["get"]["operationId"] for path in paths.values()] == ["getThingsV1", "getThingsV2"]


def test_two_operations_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="getAB"):
        build_document([endpoint(path="/a-b"), endpoint(path="/a/b")])


def test_two_wire_types_of_one_name_are_refused() -> None:
    twin = type("Child", (Child,), {"__module__": Child.__module__})
    with pytest.raises(ValueError, match="FixturesChild"):
        build_document([endpoint(), endpoint(path="/others", replies={200: Response(twin)})])


def test_an_undocumented_endpoint_is_left_out() -> None:
    assert described(documented=False)["paths"] == {}


def test_path_query_and_header_parameters_are_listed() -> None:
    queries, headers = (Query("limit", int, "At most"),), (HeaderField("If-Match"),)
    paths = described(path="/things/{thingId}", queries=queries, headers=headers)["paths"]
    found = paths["/api/v1/things/{thingId}"]["get"]
    assert found["parameters"] == [
        {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "description": "At most", "required": False, "schema": {"type": "integer"}},
        {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}},
    ]


def test_a_path_parameter_is_described_with_its_type_and_its_refusal() -> None:
    parameter = uuid_parameter("thingId", lambda _text: ApiError(400, "no thing"), "Which one")
    [path] = described(path="/things/{thingId}", parameters=(parameter,))["paths"].values()
    found = path["get"]
    assert found["parameters"] == [
        {
            "name": "thingId",
            "in": "path",
            "description": "Which one",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
    ]
    assert found["responses"]["400"]["content"] == {"text/plain": {"schema": {"type": "string"}}}


def test_a_refused_path_and_an_unreadable_body_of_one_status_are_both_described() -> None:
    parameter = uuid_parameter("thingId", lambda _text: ApiError(400, "no thing"))
    [path] = described(method="PUT", path="/things/{thingId}", parameters=(parameter,), body=Child)["paths"].values()
    assert set(path["put"]["responses"]["400"]["content"]) == {"text/plain", "application/json"}


def test_a_replayable_route_takes_a_key_and_may_refuse_it() -> None:
    found = operation("post", caller=CallerKind.USER, replayable=True, unit=True)
    assert [parameter["name"] for parameter in found["parameters"]] == ["Idempotency-Key"]
    assert {"400", "409"} <= set(found["responses"])


@pytest.mark.parametrize(
    ("caller", "security"),
    [
        (CallerKind.PUBLIC, []),
        (CallerKind.OPTIONAL, [{}, {"bearer": []}]),
        (CallerKind.USER, [{"bearer": []}]),
        (CallerKind.OPERATOR, [{}, {"operator": []}]),
    ],
)
def test_the_caller_decides_the_security(caller: CallerKind, security: list[Any]) -> None:
    assert operation(caller=caller)["security"] == security


@pytest.mark.parametrize(
    ("fields", "statuses"),
    [
        ({}, {"200", "500", "503"}),
        ({"caller": CallerKind.USER}, {"200", "401", "429", "500", "503"}),
        ({"limits": ("auth",)}, {"200", "429", "500", "503"}),
        ({"body": Child}, {"200", "400", "408", "413", "415", "500", "503"}),
    ],
)
def test_the_common_answers_are_added(fields: dict[str, Any], statuses: set[str]) -> None:
    assert set(operation(**fields)["responses"]) == statuses


def test_a_path_parameter_may_be_unreadable() -> None:
    found = described(path="/things/{thingId}")["paths"]["/api/v1/things/{thingId}"]["get"]
    assert "404" in found["responses"]


class OwnRefusal(ApiError):
    def __init__(self, why: str = "") -> None:
        super().__init__(400, {"verified": False, "message": why, "sessionToken": None})


class TextRefusal(ApiError):
    def __init__(self, why: str = "") -> None:
        super().__init__(400, why)


def test_a_route_s_own_refusal_has_its_own_shape() -> None:
    found = operation("post", body=Child, bad_body=OwnRefusal)["responses"]["400"]
    assert found["content"]["application/json"]["schema"]["properties"] == {
        "verified": {"type": "boolean"},
        "message": {"type": "string"},
        "sessionToken": {"type": "null"},
    }


def test_a_text_refusal_is_text() -> None:
    found = operation("post", body=Child, bad_body=TextRefusal)["responses"]["400"]
    assert found["content"] == {"text/plain": {"schema": {"type": "string"}}}


def test_the_handler_s_refusal_and_the_common_one_are_both_listed() -> None:
    replies = {200: Response(Child), 401: Response(Child, "Wrong")}
    found = operation(caller=CallerKind.USER, replies=replies)["responses"]["401"]
    assert found["description"] == "Wrong"
    assert found["content"]["application/json"]["schema"]["anyOf"] == [
        {"$ref": "#/components/schemas/FixturesChild"},
        {"$ref": "#/components/schemas/Error"},
    ]
    assert "WWW-Authenticate" in found["headers"]


def test_a_reply_without_body_has_no_content() -> None:
    assert operation(replies={204: Response()})["responses"]["204"] == {"description": "No Content"}


# Schemas --------------------------------------------------------------------------------------------------------------


def component(name: str, **fields: Any) -> dict[str, Any]:
    return described(**fields)["components"]["schemas"][name]


def test_a_reply_requires_every_field_except_those_that_may_be_unset() -> None:
    found = component("FixturesChild")
    assert set(found["properties"]) - set(found["required"]) == {"secret"}


def test_a_body_may_leave_out_what_has_a_default() -> None:
    found = component("FixturesChildInput", body=Child)
    assert found["required"] == ["firstName", "mood"]
    assert found["properties"]["age"] == {"type": "integer", "default": 3}


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        ("firstName", {"type": "string"}),
        ("nickname", {"type": ["string", "null"]}),
        ("mood", {"anyOf": [{"type": "string", "enum": ["happy", "sad"]}, {"type": "null"}]}),
        ("notes", {"type": "array", "items": {"type": "string"}}),
        ("friend", {"anyOf": [{"$ref": "#/components/schemas/FixturesChild"}, {"type": "null"}]}),
        ("document", {"type": ["object", "null"], "additionalProperties": True}),
        ("anything", {}),
    ],
)
def test_fields_have_the_schema_of_their_type(field: str, schema: dict[str, Any]) -> None:
    assert component("FixturesChild")["properties"][field] == schema


def test_a_type_that_the_wire_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="has no wire form"):
        described(replies={200: Response(bytes)})
