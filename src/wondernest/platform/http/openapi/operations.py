"""One operation of the document: an endpoint at one of its mounts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from wondernest.platform.caller import STEP_UP_HEADER, Authority, CallerKind
from wondernest.platform.db.idempotency import MAX_KEY_CHARS
from wondernest.platform.http.body import Multipart, RawStream
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.errors import TYPE_JSON, TYPE_TEXT, ApiError, GenericError, ServiceUnavailable
from wondernest.platform.http.openapi.schemas import Schema, Schemas, of_example

SHARED: Final = "#/components/responses/"
BINARY: Final = "application/octet-stream"
EXAMPLE_ID: Final = "50cb1b31-bd85-4604-8cd1-efc1a73c9359"
SERVER_ERROR: Final = 500
TEXT: Final = TYPE_TEXT.partition(";")[0]
STANDARD: Final[dict[int, tuple[str, str, tuple[str, ...]]]] = {
    400: ("BadRequest", "The request cannot be read", ()),
    401: ("Unauthenticated", "No valid bearer token, or a deactivated account", ("WWW-Authenticate",)),
    403: ("Forbidden", "The caller's role does not allow it, or a step-up proof is missing", ()),
    404: ("NotFound", "A path segment that cannot be read", ()),
    408: ("Timeout", "The body did not arrive in time", ()),
    409: ("KeyReused", "The Idempotency-Key was used for another request", ()),
    413: ("TooLarge", "The body is too large", ()),
    415: ("UnsupportedCoding", "The body has a Content-Encoding", ("Accept-Encoding",)),
    416: ("RangeNotSatisfiable", "No byte of the range exists", ("Content-Range",)),
    429: ("RateLimited", "Too many requests", ("Retry-After", "X-RateLimit-Limit", "X-RateLimit-Reset")),
    500: ("InternalError", "A fault of ours", ()),
    503: ("Unavailable", "A dependency is down or a queue is full", ("Retry-After",)),
}
"""The application's own responses, all with the schema `Error`: name, description, headers."""
SECURITY: Final[dict[CallerKind, list[dict[str, list[str]]]]] = {
    CallerKind.PUBLIC: [],
    CallerKind.OPTIONAL: [{}, {"bearer": []}],
    CallerKind.USER: [{"bearer": []}],
    CallerKind.OPERATOR: [{}, {"operator": []}],
}
_PARAMETER = re.compile(r"\{(\w+)\}")

_PLACEHOLDER: Final = re.compile(r"\{\w+\}")


def operation(endpoint: Endpoint, template: str, schemas: Schemas) -> Schema:
    """The operation object."""
    parameters = _parameters(endpoint, template, schemas)
    found: Schema = {
        "operationId": operation_id(endpoint.method, template),
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        **({"description": endpoint.note} if endpoint.note else {}),
        **({"parameters": parameters} if parameters else {}),
    }
    if isinstance(endpoint.body, RawStream):
        found["requestBody"] = {
            "required": True,
            "content": {endpoint.body.media: {"schema": _of_stream(endpoint.body)}},
        }
    elif endpoint.body is not None:
        media: Schema = {"schema": schemas.of(endpoint.body, "in")}
        if endpoint.example is not None:
            media["example"] = _with_ids(endpoint.example)
        found["requestBody"] = {"required": not endpoint.body_optional, "content": {TYPE_JSON: media}}
    found["responses"] = _responses(endpoint, schemas)
    found["security"] = SECURITY[endpoint.caller]
    return found


def _with_ids(example: Any) -> Any:
    """The example with EXAMPLE_ID for each `{name}` of a path parameter."""
    return json.loads(_PLACEHOLDER.sub(EXAMPLE_ID, json.dumps(example)))


def _of_stream(kind: RawStream) -> Schema:
    if not isinstance(kind, Multipart):
        return {"type": "string", "contentMediaType": kind.media}
    texts = {name: {"type": "string"} for name in kind.fields}
    files = {name: {"type": "string", "contentMediaType": BINARY} for name in kind.files}
    return {"type": "object", "properties": {**texts, **files}}


def operation_id(method: str, template: str) -> str:
    """`getPostcardsByPostcardIdV1` for GET /api/v1/postcards/{postcardId}."""
    segments = template.strip("/").split("/")
    version = ""
    if segments[0] == "api":
        version = segments[1].upper()
        segments = segments[2:]
    words = [f"By-{name[1:-1]}" if name.startswith("{") else name for name in segments]
    parts = [part for word in words for part in re.split(r"[^A-Za-z0-9]+", word) if part]
    return method.lower() + "".join(part[0].upper() + part[1:] for part in parts) + version


def _parameters(endpoint: Endpoint, template: str, schemas: Schemas) -> list[Schema]:
    declared = {parameter.name: parameter for parameter in endpoint.parameters}
    path = [
        _parameter("path", name, schemas.of(declared[name].schema, "in"), declared[name].description, required=True)
        for name in _PARAMETER.findall(template)
    ]
    query = [
        _parameter("query", q.name, schemas.of(q.schema, "in"), q.description, required=bool(q.example))
        for q in endpoint.queries
    ]
    header = [_parameter("header", h.name, {"type": "string"}, h.description) for h in endpoint.headers]
    if endpoint.step_up:
        words = "A step-up proof of the same session"
        header.append(_parameter("header", STEP_UP_HEADER.decode().title(), {"type": "string"}, words, required=True))
    if endpoint.replayable:
        schema = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARS}
        words = "A retry with the same key and request gets the first reply again"
        header.append(_parameter("header", "Idempotency-Key", schema, words))
    return [*path, *query, *header]


def _parameter(place: str, name: str, schema: Schema, description: str = "", *, required: bool = False) -> Schema:
    words = {"description": description} if description else {}
    return {"name": name, "in": place, **words, "required": required, "schema": schema}


def _responses(endpoint: Endpoint, schemas: Schemas) -> dict[str, Schema]:
    """Every response: the handler's own, and those of the application that are possible for the endpoint."""
    own = {status: _own(status, reply, schemas) for status, reply in endpoint.replies.items()}
    for reply in endpoint.replies.values():
        if reply.blob:
            own = {**_of_blob(reply), **own}
    answers: dict[int, Schema] = dict(own)
    for status, content in _own_of_application(endpoint, schemas).items():
        if status not in own:
            answers[status] = content
        elif status < SERVER_ERROR:
            answers[status] = _merged(own[status], content, schemas)
    return {str(status): answers[status] for status in sorted(answers)}


def _own(status: int, reply: Response, schemas: Schemas) -> Schema:
    answer: Schema = {"description": reply.description or HTTPStatus(status).phrase}
    if reply.schema is not None:
        answer["content"] = {reply.media: {"schema": schemas.of(reply.schema, "out")}}
    elif reply.blob:
        answer["content"] = {reply.media: {"schema": {"type": "string", "contentMediaType": reply.media}}}
    elif reply.media != TYPE_JSON:
        answer["content"] = {reply.media.partition(";")[0]: {"schema": {"type": "string"}}}
    return answer


def _of_blob(reply: Response) -> dict[int, Schema]:
    """The responses of a blob other than 200."""
    content = {reply.media: {"schema": {"type": "string", "contentMediaType": reply.media}}}
    shown = {"Content-Range": {"schema": {"type": "string"}}}
    return {
        206: {"description": "The range that was asked for", "headers": shown, "content": content},
        304: {"description": "Not modified"},
        416: _shared(416),
    }


def _own_of_application(endpoint: Endpoint, schemas: Schemas) -> dict[int, Schema]:
    answers = {500: _of_error(500, endpoint.failure()), 503: _of_outage(endpoint)}
    if endpoint.caller in (CallerKind.USER, CallerKind.OPERATOR):
        answers[401] = _shared(401)
    if endpoint.limits or endpoint.caller in (CallerKind.USER, CallerKind.OPTIONAL):
        answers[429] = _shared(429)
    for refusal in _of_callers(endpoint):
        answers[refusal.status] = _either(answers, refusal, schemas)
    if endpoint.parameters:
        answers[404] = _shared(404)
    for parameter in endpoint.parameters:
        refusal = parameter.refusal("why")
        answers[refusal.status] = _either(answers, refusal, schemas)
    if endpoint.body is not None:
        answers[415] = _shared(415)
    if isinstance(endpoint.body, RawStream):
        for error in (endpoint.body.too_large(), endpoint.body.too_slow()):
            answers[error.status] = _of_error(error.status, error)
        if isinstance(endpoint.body, Multipart):
            refusal = endpoint.bad_body("why")
            answers[refusal.status] = _either(answers, refusal, schemas)
    elif endpoint.body is not None:
        refusal = endpoint.bad_body("why")
        answers |= {refusal.status: _either(answers, refusal, schemas), 408: _shared(408), 413: _shared(413)}
    if endpoint.replayable:
        answers[409] = _shared(409)
        answers[400] = _merged(answers[400], _shared(400), schemas) if 400 in answers else _shared(400)
    return answers


def _of_callers(endpoint: Endpoint) -> Iterator[ApiError]:
    """The refusals of a caller with a valid token."""
    if endpoint.authority is Authority.MANAGER:
        yield endpoint.denied()
    if endpoint.step_up:
        yield endpoint.unproven()
    if endpoint.purpose is not None and endpoint.unpermitted is not None:
        yield endpoint.unpermitted(str(endpoint.purpose.value))


def _of_outage(endpoint: Endpoint) -> Schema:
    generic = ServiceUnavailable(1)
    own = endpoint.unavailable(generic)
    return _shared(503) if own is generic else _of_error(503, own)


def _either(answers: dict[int, Schema], refusal: ApiError, schemas: Schemas) -> Schema:
    """An error, merged with a response of the same status if there is one."""
    found, known = _of_error(refusal.status, refusal), answers.get(refusal.status)
    return found if known is None or known == found else _merged(known, found, schemas)


def _shared(status: int) -> Schema:
    return {"$ref": SHARED + STANDARD[status][0]}


def _of_error(status: int, error: ApiError) -> Schema:
    """The response of an error, derived from an instance."""
    if isinstance(error, GenericError):
        return _shared(status)
    if isinstance(error.body, str):
        media, schema = TEXT, {"type": "string"}
    else:
        body = {**error.body, "timestamp": 0} if error.stamped else error.body
        media, schema = TYPE_JSON, of_example(body)
    return {"description": STANDARD[status][1], "content": {media: {"schema": schema}}}


def standard_answer(status: int) -> Schema:
    """A shared response of the application."""
    _, description, headers = STANDARD[status]
    shown: dict[str, Any] = {name: {"schema": {"type": "string"}} for name in headers}
    content = {TYPE_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": description, **({"headers": shown} if shown else {}), "content": content}


def _merged(own: Schema, other: Schema, schemas: Schemas) -> Schema:
    """One response for two with the same status. Schemas with the same fields are listed once."""
    own, other = _resolved(own), _resolved(other)
    content: dict[str, Schema] = dict(own.get("content", {}))
    for media, entry in other.get("content", {}).items():
        if media not in content:
            content[media] = entry
            continue
        variants = _variants(content[media])
        for variant in _variants(entry):
            if not any(schemas.look_alike(known, variant) for known in variants):
                variants = [*variants, variant]
        content[media] = {"schema": variants[0] if len(variants) == 1 else {"anyOf": variants}}
    headers = {**other.get("headers", {}), **own.get("headers", {})}
    return {"description": own["description"], **({"headers": headers} if headers else {}), "content": content}


def _variants(entry: Schema) -> list[Schema]:
    return entry["schema"].get("anyOf", [entry["schema"]])


def _resolved(answer: Schema) -> Schema:
    """The response; a reference is replaced by its target."""
    if "$ref" not in answer:
        return answer
    name = answer["$ref"].removeprefix(SHARED)
    return standard_answer(next(status for status, (known, _, _) in STANDARD.items() if known == name))
