"""Bodies are accepted exactly when the contract's tolerance allows them, for every wire type of the registry, and read unchanged."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fixtures.application import TEST_ENVIRONMENT
from tests.security.tolerance import Tolerance
from tests.security.tolerance import read as read_document
from wondernest.app import create_app
from wondernest.platform.http.decoding import BadBody, BodyDecoder
from wondernest.platform.http.openapi.schemas import Schemas
from wondernest.platform.json import doubles
from wondernest.platform.large_work import at_once
from wondernest.settings import load_settings

UNREACHED = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
ROUTES = create_app(load_settings({**TEST_ENVIRONMENT, **UNREACHED})).router.routes
BODIES: dict[str, Any] = {
    route.endpoint.body.__name__: route.endpoint.body for route in ROUTES if isinstance(route.endpoint.body, type)
}
each_body = pytest.mark.parametrize("name", sorted(name for name, kind in BODIES.items() if kind is not msgspec.Raw))
"""A body that is one document has no fields that could be checked."""
TEXTS = st.sampled_from(["", "12", "-3", "1.5", "true", "false", "maybe", "22:30", "ü", "null"]) | st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5
)
SCALARS = st.none() | st.booleans() | st.integers(-5, 2000) | st.floats(-5, 5) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
RAW_NUMBERS = ["0", "-0", "1.0", "100.00", "1e2", "1E+2", "4278190080", "123456789012345678901234567890", "0.1e-7"]
DOCUMENTS = st.recursive(
    st.sampled_from([*RAW_NUMBERS, "true", "null", '"\\u00fc"', '"ü"', '"\\/"', '""']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[ " + " ,".join(items) + "]")
        | st.lists(st.tuples(st.sampled_from(['"a"', '"b"', '"\\u0061"']), inner), max_size=3).map(
            lambda pairs: "{" + ",\n".join(f"{key} :{value}" for key, value in pairs) + " }"
        )
    ),
    max_leaves=8,
)


class Envelope(msgspec.Struct, rename="camel"):
    """A document beside fields that are read tolerantly."""

    title: str
    data_value: msgspec.Raw
    count: int = 0


def bodies_like(schema: dict[str, Any], schemas: Schemas) -> st.SearchStrategy[Any]:
    """Bodies similar to a schema: its fields with values of any kind, some left out, some unknown ones added."""
    known = schemas.components.get(schema.get("$ref", "").rpartition("/")[2], schema)
    kinds = known.get("type", [])
    if "anyOf" in known:
        return st.one_of([bodies_like(choice, schemas) for choice in known["anyOf"]]) | VALUES
    if "object" in kinds and "properties" in known:
        required = known.get("required", ())
        fields = {name: bodies_like(field, schemas) for name, field in known["properties"].items()}
        return st.fixed_dictionaries(
            {name: field for name, field in fields.items() if name in required},
            optional={**{name: field for name, field in fields.items() if name not in required}, "strange": VALUES},
        )
    if "object" in kinds:
        return st.dictionaries(TEXTS, VALUES, max_size=3) | VALUES
    if "array" in kinds:
        return st.lists(bodies_like(known["items"], schemas), max_size=3) | VALUES
    return SCALARS | SCALARS | VALUES


def as_decoded(kind: Any, schemas: Schemas) -> dict[str, Any]:
    """The schemas as the decoder checks them; the content of documents is checked by their room."""
    components = deepcopy(schemas.components)
    _free_documents(kind, schemas, components)
    return components


def _free_documents(kind: Any, schemas: Schemas, components: dict[str, Any]) -> None:
    properties = components[schemas.of(kind, "in")["$ref"].rpartition("/")[2]]["properties"]
    for field in msgspec.structs.fields(kind):
        if field.type is msgspec.Raw:
            properties[field.encode_name] = True
        elif field.type == list[msgspec.Raw]:
            properties[field.encode_name]["items"] = True
        for inner in _structs_in(field.type):
            _free_documents(inner, schemas, components)


def _structs_in(kind: Any) -> list[Any]:
    """The wire types in the type of a field."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [inner for part in get_args(kind) for inner in _structs_in(part)]


@each_body
@settings(max_examples=30)
@given(st.data())
def test_a_body_is_accepted_exactly_when_the_tolerance_of_the_contract_allows_it(
    name: str, data: st.DataObject
) -> None:
    schemas = Schemas()
    schema = schemas.of(BODIES[name], "in")
    body = json.dumps(data.draw(bodies_like(schema, schemas)), ensure_ascii=data.draw(st.booleans())).encode()
    try:
        BodyDecoder(BODIES[name]).decode(body)
        taken = True
    except BadBody:
        taken = False
    forgiving = Tolerance({"components": {"schemas": as_decoded(BODIES[name], schemas)}})
    assert taken is forgiving.forgives(read_document(body), schema)


@given(st.dictionaries(st.sampled_from(["title", "count", "dataValue", "other"]), VALUES), DOCUMENTS, st.booleans())
def test_a_document_passes_through_with_its_numbers_as_doubles_beside_any_fields(
    fields: dict[str, Any], document: str, last: bool
) -> None:
    fields = {"title": "t", "count": 1, **fields}
    fields.pop("dataValue", None)
    beside = json.dumps(fields)[1:-1]
    body = f'{{{beside}, "dataValue": {document}}}' if last else f'{{"dataValue": {document}, {beside}}}'
    try:
        read = BodyDecoder(Envelope).decode(body.encode())
    except BadBody:
        return
    assert bytes(read.data_value).strip() == at_once(doubles(document.encode()))


@given(st.sampled_from(sorted(BODIES)), st.binary(max_size=12), st.integers(0, 80), st.integers(0, 12))
def test_a_body_with_a_few_damaged_bytes_is_read_or_refused_never_a_crash(
    name: str, noise: bytes, place: int, gone: int
) -> None:
    good = b'{"email": "ann@example.com", "pin": "1234", "dataValue": {"a": [1.0, "\\u00fc"]}, "operations": [{}]}'
    bent = good[:place] + noise + good[place + gone :]
    try:
        read = BodyDecoder(BODIES[name]).decode(bent)
    except BadBody:
        return
    assert isinstance(read, BODIES[name])
