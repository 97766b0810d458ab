"""Being told when something moves in a donation (docs/donor-page.md). No login: the donation's number is the right to
ask, the token that was sent to the address is the right to confirm and to end. All are POSTs: no number in an address.
"""

from __future__ import annotations

import time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from api.http.context import STRICT
from api.http.docs import declared, examples, json_request
from api.http.reading import Model, read_json
from api.http.state import client_address, service_of, state_of
from api.services.webhooks.addresses import MAX_URL

router = APIRouter(prefix="/v1/charity/watches", tags=["charity"])

_ID: Final = "00112233445566778899aabbccddeeff"
_TOKEN: Final = "ffeeddccbbaa99887766554433221100"  # noqa: S105 - a sample
_SECRET: Final = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # noqa: S105 - a sample
_ERRORS: Final = ("malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type", "not-found",
                  "rate-limited", "unavailable")  # fmt: skip
_TEXT: Final[dict[str, Any]] = {"type": "string"}
Hex16 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class WatchRequest(BaseModel):
    """`address`: of a mailbox, or an https URL that takes Standard Webhooks."""

    model_config = STRICT

    donation: Hex16
    channel: Literal["mail", "webhook"]
    address: str = Field(min_length=3, max_length=MAX_URL)


class WatchTokenRequest(BaseModel):
    """What the message to that address held."""

    model_config = STRICT

    watch: Hex16
    token: Hex16


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": properties, "additionalProperties": False}


_ASKED: Final = _object({"watch": _TEXT, "state": {"const": "asked"}, "secret": _TEXT}, "watch", "state")


@router.post(
    "",
    status_code=202,
    openapi_extra=json_request(WatchRequest, {"donation": _ID, "channel": "mail", "address": "donor@example.org"}),
    responses=declared(
        *_ERRORS,
        ok=examples(
            {"watch": _ID, "state": "asked", "secret": _SECRET},
            description="A message asks for confirmation; `secret` (of a webhook) is shown here only",
            schema=_ASKED,
        ),
        status=202,
    ),
)
async def ask(request: Request) -> Response:
    """Ask to be told. Nothing else is sent until the token in that message came back."""
    body = await _read(request, WatchRequest)
    made = await service_of(request).charity_watches.ask(bytes.fromhex(body.donation), body.channel, body.address)
    secret = {} if made.secret is None else {"secret": made.secret}
    return _json({"watch": made.watch_id.hex(), "state": "asked", **secret}, 202)


@router.post(
    "/confirm",
    openapi_extra=json_request(WatchTokenRequest, {"watch": _ID, "token": _TOKEN}),
    responses=declared(*_ERRORS, ok=examples({"state": "live"}, schema=_object({"state": {"const": "live"}}, "state"))),
)
async def confirm(request: Request) -> Response:
    """From now on what moves is told. Doing it again changes nothing."""
    body = await _read(request, WatchTokenRequest)
    await service_of(request).charity_watches.confirm(bytes.fromhex(body.watch), bytes.fromhex(body.token))
    return _json({"state": "live"})


@router.post(
    "/end",
    openapi_extra=json_request(WatchTokenRequest, {"watch": _ID, "token": _TOKEN}),
    responses=declared(
        *_ERRORS, ok=examples({"state": "ended"}, schema=_object({"state": {"const": "ended"}}, "state"))
    ),
)
async def end(request: Request) -> Response:
    """Erase the watch with its address. A second time it is not found: nothing of it is left."""
    body = await _read(request, WatchTokenRequest)
    await service_of(request).charity_watches.end(bytes.fromhex(body.watch), bytes.fromhex(body.token))
    return _json({"state": "ended"})


async def _read(request: Request, model: type[Model]) -> Model:
    state_of(request).buckets.take(client_address(request), time.monotonic())
    return await read_json(request, model)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})
