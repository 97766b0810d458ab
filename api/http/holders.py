"""What a registry does for holders: enrol them, print cards, decide with them at the counter, note guardians."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from api.errors import BadRequest
from api.http.auth import require
from api.http.consents import NO_STORE, TRX, Trx
from api.http.context import DATE, STRICT
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.signed import Caller, signed_party
from api.http.state import service_of
from api.services.holders.cards import card_page
from api.services.parties import Principal
from certs.consent.machine import Decision
from certs.consent.persons import Person
from verifier.hazmat.sm3 import sm3

router = APIRouter(prefix="/v1/holders", tags=["holders"])
Registry = Annotated[Principal, Depends(require("registry"))]
Counter = Annotated[Caller, Depends(signed_party("registry"))]
HolderId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
_ERRORS: Final = ("unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large",
                  "unsupported-media-type", "bad-parameter", "rejected", "not-found", "unavailable")  # fmt: skip
_CARD: Final = "MZ1C:ABCDEFGHIJKLMNOPQRSTUVWXYZ23456"
_DECISIONS: Final = {"grant": Decision.GRANT, "refuse": Decision.REFUSE, "withdraw": Decision.WITHDRAW}


class EnrolRequest(BaseModel):
    """Somebody whose document the officer has before him."""

    model_config = STRICT

    cert_type: str = Field(pattern="^[0-9]{3}$")
    cert_num: str = Field(pattern="^[0-9A-Za-z][0-9A-Za-z()/-]{3,29}$")
    name: str = Field(min_length=1, max_length=60)
    birth: str | None = Field(default=None, pattern=DATE)
    nation: str = Field(default="156", pattern="^[0-9]{3}$")


class CardRequest(BaseModel):
    """`pin`: six digits of the holder's choice, or none and one is made. `form`: "pdf" is the printable card."""

    model_config = STRICT

    holder: HolderId
    pin: str | None = Field(default=None, pattern="^[0-9]{6}$")
    form: Literal["json", "pdf"] = "json"


class CardRevokeRequest(BaseModel):
    """All cards of one holder."""

    model_config = STRICT

    holder: HolderId


class CounterRequest(BaseModel):
    """Without decision and statement the text to read is given; with them the decision is taken."""

    model_config = STRICT

    trx: Trx
    card: str = Field(min_length=30, max_length=40)
    pin: str = Field(pattern="^[0-9]{6}$")
    decision: Literal["grant", "refuse", "withdraw"] | None = None
    statement: str | None = Field(default=None, max_length=2048, pattern="^[A-Za-z0-9+/]+=*$")


class EndRequest(BaseModel):
    """Whose enrolment ends."""

    model_config = STRICT

    holder: HolderId


class GuardianRequest(BaseModel):
    """Both are enrolled; the officer has seen the papers."""

    model_config = STRICT

    ward: HolderId
    guardian: HolderId
    action: Literal["add", "end"]


ENROL_EXAMPLE: Final = {
    "cert_type": "111", "cert_num": "990101199803070013", "name": "张示例", "birth": "1998-03-07", "nation": "156",
}  # fmt: skip
_ENROLLED: Final = examples(
    {"holder": TRX, "activation_code": "0A1B-2C3D-4E5F-6G7H", "expires_at": 1800604800},
    description="Enrolled now (201) or before (200)",
)


@router.post(
    "/enrol",
    openapi_extra=json_request(EnrolRequest, ENROL_EXAMPLE),
    responses={**declared(*_ERRORS, ok=_ENROLLED), 201: _ENROLLED},
)
async def enrol(request: Request, party: Registry) -> Response:
    """Enrol a holder and get the activation code that is printed for him. Again: a new code, the unused one is void."""
    body = await read_json(request, EnrolRequest)
    person = Person(body.cert_type, body.nation, body.cert_num, body.name, body.birth or "")
    done = await service_of(request).holders.enrolling.enrol(party.uscc, person)
    answer = {"holder": done.holder_id.hex(), "activation_code": done.code, "expires_at": done.expires_at}
    return JSONResponse(answer, status_code=201 if done.created else 200, headers=NO_STORE)


@router.post(
    "/end",
    openapi_extra=json_request(EndRequest, {"holder": TRX}),
    responses=declared(*_ERRORS, ok=examples({"holder": TRX, "ended_at": 1800000000})),
)
async def end(request: Request, party: Registry) -> Response:
    """End an enrolment, for good: devices, cards, codes and guardians end, what waits expires, and nothing more is
    answered under a consent of this holder. Again changes nothing."""
    body = await read_json(request, EndRequest)
    ended_at = await service_of(request).holders.leaving.end(party.uscc, bytes.fromhex(body.holder))
    return JSONResponse({"holder": body.holder, "ended_at": ended_at}, headers=NO_STORE)


@router.post(
    "/cards",
    openapi_extra=json_request(CardRequest, {"holder": TRX}),
    responses=declared(*_ERRORS, ok=examples({"card": _CARD, "pin": "493027"})),
)
async def cards(request: Request, party: Registry) -> Response:
    """A card for somebody without a telephone; the cards before it end. As PDF it is the page to print, without the
    PIN, which a holder who wants the page has chosen."""
    body = await read_json(request, CardRequest)
    if body.form == "pdf" and body.pin is None:
        raise BadRequest("bad-parameter", "pin", "chosen by the holder where a page is printed")
    service = service_of(request)
    card, pin = await service.holders.cards.issue(party.uscc, bytes.fromhex(body.holder), body.pin)
    if body.form == "pdf":
        page = await card_page(card, service.settings.code_host, service.clock())
        return Response(page, media_type="application/pdf", headers=NO_STORE)
    return JSONResponse({"card": card, "pin": pin}, headers=NO_STORE)


@router.post(
    "/cards/revoke",
    openapi_extra=json_request(CardRevokeRequest, {"holder": TRX}),
    responses=declared(*_ERRORS, ok=examples({"revoked": 1})),
)
async def revoke_cards(request: Request, party: Registry) -> Response:
    """End a holder's cards: lost, or PIN forgotten. Again changes nothing."""
    body = await read_json(request, CardRevokeRequest)
    ended = await service_of(request).holders.cards.revoke(party.uscc, bytes.fromhex(body.holder))
    return JSONResponse({"revoked": ended})


@router.post(
    "/counter/authorise",
    openapi_extra=json_request(CounterRequest, {"trx": TRX, "card": _CARD, "pin": "493027"}),
    responses=declared(
        *_ERRORS, "card-refused", "card-locked", "consent-state", "statement-refused", "busy", "rate-limited",
        ok=examples({"notice": '{"asks":[…],…,"v":1}', "notice_sm3": "00" * 32}),
    ),
)  # fmt: skip
async def counter(request: Request, caller: Counter) -> Response:
    """Somebody at the counter decides: with card and PIN, and under the office's own signature. The request itself must
    be signed: a bearer token is no second factor."""
    body = await read_json(request, CounterRequest)
    deciding, trx = service_of(request).consents.deciding, bytes.fromhex(body.trx)
    if (body.decision is None) != (body.statement is None):
        raise BadRequest("bad-parameter", "statement", "with the decision, and only then")
    if body.decision is None or body.statement is None:
        notice = await deciding.read_at_counter(trx, body.card, body.pin)
        return JSONResponse({"notice": notice, "notice_sm3": sm3(notice.encode()).hex()}, headers=NO_STORE)
    try:
        statement = base64.b64decode(body.statement, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("bad-parameter", "statement", "not base64") from None
    done = await deciding.at_counter(
        caller.uscc, trx, body.card, body.pin, _DECISIONS[body.decision], statement
    )  # fmt: skip
    return JSONResponse({"trx": body.trx, "state": done.state, "decided_at": done.at}, headers=NO_STORE)


@router.post(
    "/guardians",
    openapi_extra=json_request(GuardianRequest, {"ward": TRX, "guardian": TRX[::-1], "action": "add"}),
    responses=declared(*_ERRORS, ok=examples({"guardians": [{"guardian": TRX[::-1], "since": 1800000000}]})),
)
async def guardians(request: Request, party: Registry) -> Response:
    """Note or end that somebody decides in another's place, on a device of his own."""
    body = await read_json(request, GuardianRequest)
    ward, guardian = bytes.fromhex(body.ward), bytes.fromhex(body.guardian)
    service, end = service_of(request).holders.guardians, body.action == "end"
    found = await service.change(party.uscc, ward, guardian, end=end)
    listed: list[dict[str, Any]] = [{"guardian": who.hex(), "since": since} for who, since in found]
    return JSONResponse({"guardians": listed}, headers=NO_STORE)
