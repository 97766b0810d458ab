"""Endpoints of relying parties for messages to them (docs/webhooks.md). Every route takes a party's signed request."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.db.repositories.webhooks import Delivery, Endpoint
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.signed import Caller, signed_party
from api.http.state import service_of
from api.services.webhooks.addresses import MAX_URL
from api.services.webhooks.endpoints import PAGE, Registered
from api.services.webhooks.signing import message_id

router = APIRouter(tags=["webhooks"])

_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
_ID = "00112233445566778899aabbccddeeff"
_URL = "https://hooks.bank.example/minzheng"
_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # noqa: S105 - a sample
_BODY = ("malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type")
_WHO = ("unauthenticated", "forbidden", "unavailable", "rate-limited")
_TEXT: dict[str, Any] = {"type": "string"}
_TIME: dict[str, Any] = {"type": "integer", "description": "UTC seconds"}
_MAYBE: dict[str, Any] = {"type": ["integer", "null"]}
_STATE: dict[str, Any] = {
    "id": _TEXT,
    "url": _TEXT,
    "created_at": _TIME,
    "disabled_at": _MAYBE,
    "disabled_why": {"enum": ["party", "failing", "gone", None]},
    "failing_since": _MAYBE,
}
_DELIVERY: dict[str, Any] = {
    "id": _TEXT,
    "event": _TEXT,
    "state": {"enum": ["waiting", "delivered", "failed"]},
    "created_at": _TIME,
    "attempts": {"type": "integer"},
    "tried_at": _MAYBE,
    "next_at": _MAYBE,
    "status": _MAYBE,
    "trouble": {"type": ["string", "null"]},
}
_SHOWN = {"id": _ID, "url": _URL, "created_at": 1800000000, "disabled_at": None, "disabled_why": None}
_ENDPOINT = {**_SHOWN, "failing_since": None}
_SENT = {
    "id": f"msg_{_ID}",
    "event": "certificate.invalidated",
    "state": "waiting",
    "created_at": 1800000000,
    "attempts": 2,
    "tried_at": 1800000007,
    "next_at": 1800000021,
    "status": 503,
    "trouble": "status",
}

Party = Annotated[Caller, Depends(signed_party("verifier"))]
EndpointId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
MessageId = Annotated[str, Field(pattern="^msg_[0-9a-f]{32}$")]
Before = Annotated[str | None, Query(pattern="^msg_[0-9a-f]{32}$")]


class WebhookRequest(BaseModel):
    """Where to send. https only; what is there must answer 2xx within 15 seconds."""

    model_config = _STRICT

    url: str = Field(max_length=MAX_URL, examples=[_URL])


class NoMembers(BaseModel):
    """An empty object: the address says it all."""

    model_config = _STRICT


class ReplayRequest(BaseModel):
    """One message that is done, or every one given up that was created at `since` (UTC seconds) or later."""

    model_config = _STRICT

    message: MessageId | None = None
    since: int = Field(default=0, ge=0, le=1 << 40)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


def _endpoint_answer() -> dict[int | str, dict[str, Any]]:
    ok = examples(_ENDPOINT, schema=_object(_STATE))
    return declared(*_WHO, *_BODY, "bad-parameter", "not-found", ok=ok)


@router.post(
    "/v1/webhooks",
    status_code=201,
    openapi_extra=json_request(WebhookRequest, {"url": _URL}),
    responses=declared(
        *_WHO,
        *_BODY,
        ok=examples(
            {**_ENDPOINT, "secret": _SECRET},
            description="Registered; the secret is shown here only",
            schema=_object({**_STATE, "secret": _TEXT}),
        ),
        status=201,
    ),
)
async def register(request: Request, caller: Party) -> Response:
    """Register an endpoint; its signing secret is in the answer and nowhere else. At most five, each address once."""
    body = await read_json(request, WebhookRequest)
    made = await service_of(request).webhooks.register(caller.uscc, body.url)
    return _secret(made, 201)


@router.get(
    "/v1/webhooks",
    responses=declared(
        *_WHO,
        ok=examples(
            {"endpoints": [_ENDPOINT]}, schema=_object({"endpoints": {"type": "array", "items": _object(_STATE)}})
        ),
    ),
)
async def endpoints(request: Request, caller: Party) -> Response:
    """The party's own endpoints, with whether they are enabled and since when nothing has reached them."""
    mine = await service_of(request).webhooks.endpoints(caller.uscc)
    return JSONResponse({"endpoints": [_shown(e) for e in mine]})


@router.post(
    "/v1/webhooks/{endpoint}/rotate",
    openapi_extra=json_request(NoMembers, {}),
    responses=declared(
        *_WHO,
        *_BODY,
        "bad-parameter",
        "not-found",
        ok=examples(
            {**_ENDPOINT, "secret": _SECRET, "previous_until": 1800086400},
            schema=_object({**_STATE, "secret": _TEXT, "previous_until": _TIME}),
        ),
    ),
)
async def rotate(request: Request, endpoint: EndpointId, caller: Party) -> Response:
    """A new secret. For a day every message carries two signatures, one by each."""
    await read_json(request, NoMembers)
    return _secret(await service_of(request).webhooks.rotate(caller.uscc, bytes.fromhex(endpoint)), 200)


@router.post(
    "/v1/webhooks/{endpoint}/disable",
    openapi_extra=json_request(NoMembers, {}),
    responses=_endpoint_answer(),
)
async def disable(request: Request, endpoint: EndpointId, caller: Party) -> Response:
    """Send nothing until it is enabled. What happens meanwhile is kept for 30 days."""
    await read_json(request, NoMembers)
    return JSONResponse(_shown(await service_of(request).webhooks.disable(caller.uscc, bytes.fromhex(endpoint))))


@router.post(
    "/v1/webhooks/{endpoint}/enable",
    openapi_extra=json_request(NoMembers, {}),
    responses=_endpoint_answer(),
)
async def enable(request: Request, endpoint: EndpointId, caller: Party) -> Response:
    """Send again, beginning with what waits."""
    await read_json(request, NoMembers)
    return JSONResponse(_shown(await service_of(request).webhooks.enable(caller.uscc, bytes.fromhex(endpoint))))


@router.post(
    "/v1/webhooks/{endpoint}/remove",
    openapi_extra=json_request(NoMembers, {}),
    responses=declared(
        *_WHO, *_BODY, "bad-parameter", "not-found",
        ok=examples({"removed": True}, schema=_object({"removed": {"const": True}})),
    ),
)  # fmt: skip
async def remove(request: Request, endpoint: EndpointId, caller: Party) -> Response:
    """Forget the endpoint, its secret and its messages."""
    await read_json(request, NoMembers)
    await service_of(request).webhooks.remove(caller.uscc, bytes.fromhex(endpoint))
    return JSONResponse({"removed": True})


@router.post(
    "/v1/webhooks/{endpoint}/test",
    status_code=202,
    openapi_extra=json_request(NoMembers, {}),
    responses=declared(
        *_WHO, *_BODY, "bad-parameter", "not-found",
        ok=examples({"message": f"msg_{_ID}"}, description="Waits", schema=_object({"message": _TEXT})), status=202,
    ),
)  # fmt: skip
async def test(request: Request, endpoint: EndpointId, caller: Party) -> Response:
    """Send a message of the type webhook.test, signed and retried like any other."""
    await read_json(request, NoMembers)
    made = await service_of(request).webhooks.test(caller.uscc, bytes.fromhex(endpoint))
    return JSONResponse({"message": message_id(made.delivery_id)}, status_code=202)


@router.post(
    "/v1/webhooks/{endpoint}/replay",
    status_code=202,
    openapi_extra=json_request(ReplayRequest, {"message": f"msg_{_ID}"}),
    responses=declared(
        *_WHO, *_BODY, "bad-parameter", "not-found",
        ok=examples({"messages": 1}, description="Wait again", schema=_object({"messages": {"type": "integer"}})),
        status=202,
    ),
)  # fmt: skip
async def replay(request: Request, endpoint: EndpointId, caller: Party) -> Response:
    """Send again under the same ids: one message, or all that were given up since a time."""
    body = await read_json(request, ReplayRequest)
    only = None if body.message is None else bytes.fromhex(body.message.removeprefix("msg_"))
    since = body.since if only is None else 0
    count = await service_of(request).webhooks.replay(caller.uscc, bytes.fromhex(endpoint), only=only, since=since)
    return JSONResponse({"messages": count}, status_code=202)


@router.get(
    "/v1/webhooks/{endpoint}/deliveries",
    responses=declared(
        *_WHO, "bad-parameter", "not-found",
        ok=examples(
            {"deliveries": [_SENT]},
            schema=_object({"deliveries": {"type": "array", "maxItems": PAGE, "items": _object(_DELIVERY)}}),
        ),
    ),
)  # fmt: skip
async def deliveries(request: Request, endpoint: EndpointId, caller: Party, before: Before = None) -> Response:
    """What became of the messages of the last 30 days, newest first, a hundred at a time; `before`: the last id of the
    page that was read."""
    last = None if before is None else bytes.fromhex(before.removeprefix("msg_"))
    found = await service_of(request).webhooks.deliveries(caller.uscc, bytes.fromhex(endpoint), last)
    return JSONResponse({"deliveries": [_sent(d) for d in found]})


def _secret(made: Registered, status: int) -> Response:
    until = {} if made.until is None else {"previous_until": made.until}
    answer = {**_shown(made.endpoint), "secret": made.secret, **until}
    return JSONResponse(answer, status_code=status, headers={"Cache-Control": "no-store"})


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.endpoint_id.hex(),
        "url": endpoint.url,
        "created_at": endpoint.created_at,
        "disabled_at": endpoint.disabled_at,
        "disabled_why": endpoint.disabled_why,
        "failing_since": endpoint.failing_since,
    }


def _sent(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": message_id(delivery.delivery_id),
        "event": delivery.event,
        "state": delivery.state,
        "created_at": delivery.created_at,
        "attempts": delivery.attempts,
        "tried_at": delivery.tried_at,
        "next_at": delivery.next_at if delivery.state == "waiting" else None,
        "status": delivery.status,
        "trouble": delivery.trouble,
    }
