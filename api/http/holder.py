"""What a holder's page asks, every request signed by the device's key. See docs/consent.md.

All are POSTs: neither a certificate's identifier nor a transaction's may stand in an address.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from api.db.repositories.clients import ClientKey
from api.errors import BadRequest
from api.http.consents import NO_STORE, TRX, Trx
from api.http.context import STRICT
from api.http.docs import binary, declared, examples, json_request
from api.http.reading import read_json
from api.http.schemas import Cti
from api.http.signed import Caller, signed_holder
from api.http.state import client_address, service_of, state_of
from api.services.access import Use
from api.services.consent.viewing import Item
from certs.consent.machine import Decision
from certs.purposes import Catalogue

router = APIRouter(prefix="/v1/holder", tags=["holder"])
Holder = Annotated[Caller, Depends(signed_holder())]
Base64 = Annotated[str, Field(max_length=2048, pattern="^[A-Za-z0-9+/]+=*$")]
_ERRORS: Final = ("unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large",
                  "unsupported-media-type", "bad-parameter", "not-found", "rate-limited", "unavailable")  # fmt: skip
_DECISIONS: Final = {"grant": Decision.GRANT, "refuse": Decision.REFUSE}


class Empty(BaseModel):
    """Nothing beside who asks."""

    model_config = STRICT


class ActivateRequest(BaseModel):
    """`proof`: signature of the new key over code and key, 64 bytes r‖s."""

    model_config = STRICT

    code: str = Field(min_length=16, max_length=40, examples=["0A1B-2C3D-4E5F-6G7H"])
    public_key: Base64
    proof: Base64


class DevicesRequest(BaseModel):
    """`keyid` for revoking only."""

    model_config = STRICT

    action: Literal["list", "revoke", "invite"]
    keyid: str | None = Field(default=None, pattern="^[0-9a-f]{16}$")


class HolderFileRequest(BaseModel):
    """`slots`: names of what is disclosed; all without it, none with []."""

    model_config = STRICT

    cti: Cti
    slots: list[Annotated[str, Field(max_length=64)]] | None = Field(default=None, max_length=64)


class BindingRequest(BaseModel):
    """One certificate of one's own."""

    model_config = STRICT

    cti: Cti


class DecideRequest(BaseModel):
    """`statement`: COSE_Sign1 of docs/formats/consent.md, by a device's key."""

    model_config = STRICT

    trx: Trx
    decision: Literal["grant", "refuse"]
    statement: Base64


class WithdrawRequest(BaseModel):
    """`statement` with decision 3."""

    model_config = STRICT

    trx: Trx
    statement: Base64


class UsesRequest(BaseModel):
    """`before`: what an earlier page gave as `next`."""

    model_config = STRICT

    before: int | None = Field(default=None, ge=1, le=2**62)


_CTI: Final = TRX
_KEYID: Final = "0123456789abcdef"
_DEVICE: Final = {"keyid": _KEYID, "since": 1800000000, "not_after": 1863072000, "revoked_at": None, "current": True}
_ITEM: Final = {
    "trx": TRX,
    "role": "subject",
    "state": "waiting",
    "decision": None,
    "decided_at": None,
    "withdrawable": False,
    "notice": '{"asks":[…],…,"v":1}',
    "notice_sm3": "00" * 32,
}
_USE: Final = {
    "at": 1800000000,
    "recipient": {"uscc": "91990000MB9T071099", "name": "示例银行"},
    "purpose": {"code": "mortgage-joint-debt", "zh": "…", "en": "…"},
    "action": "consent-fetch",
    "what": ["registered_married"],
    "result": "TRUE",
}
_OUTCOME: Final = {"trx": TRX, "state": "authorised", "decided_at": 1800000000}


@router.post(
    "/activate",
    openapi_extra=json_request(
        ActivateRequest, {"code": "0A1B-2C3D-4E5F-6G7H", "public_key": "BA…", "proof": "MEUC…"}
    ),
    responses=declared(
        "malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type", "bad-parameter",
        "activation-refused", "rate-limited", "unavailable",
        ok=examples({"holder": TRX, "keyid": _KEYID, "not_after": 1863072000}),
    ),
)  # fmt: skip
async def activate(request: Request) -> Response:
    """Bind a new device key with a printed code. The one request that is not signed as such: the proof is in it."""
    state = state_of(request)
    state.buckets.take(client_address(request), time.monotonic())
    body = await read_json(request, ActivateRequest)
    enrolling = state.service.holders.enrolling
    key = await enrolling.activate(body.code, _bytes(body.public_key, "public_key"), _bytes(body.proof, "proof"))
    return _json({"holder": key.owner, "keyid": key.keyid, "not_after": key.not_after})


@router.post(
    "/devices",
    openapi_extra=json_request(DevicesRequest, {"action": "list"}),
    responses=declared(*_ERRORS, ok=examples({"devices": [_DEVICE]})),
)
async def devices(request: Request, caller: Holder) -> Response:
    """List or revoke devices, or get an activation code for another one. A revoked device can sign nothing from now
    on; what it signed stays."""
    body = await read_json(request, DevicesRequest)
    enrolling, holder = service_of(request).holders.enrolling, bytes.fromhex(caller.owner)
    if (body.action == "revoke") != (body.keyid is not None):
        raise BadRequest("bad-parameter", "keyid", "for revoking, and only then")
    if body.action == "invite":
        code, expires_at = await enrolling.invite(holder)
        return _json({"activation_code": code, "expires_at": expires_at})
    if body.keyid is not None:
        await enrolling.revoke(holder, body.keyid)
    return _json({"devices": [_device(key, caller) for key in await enrolling.devices(holder)]})


@router.post(
    "/certificates",
    openapi_extra=json_request(Empty, {}),
    responses=declared(*_ERRORS, ok=examples({"certificates": []})),
)
async def certificates(request: Request, caller: Holder) -> Response:
    """The holder's own certificates with every value. The other spouse's are not among them."""
    await read_json(request, Empty)
    found = await service_of(request).holders.own.certificates(bytes.fromhex(caller.owner))
    return _json({"certificates": found})


@router.post(
    "/file",
    openapi_extra=json_request(HolderFileRequest, {"cti": _CTI, "slots": ["holder_name", "registration_date"]}),
    responses=declared(*_ERRORS, "rejected", "self-check-failed", ok=binary("application/vnd.minzheng.mzc")),
)
async def file(request: Request, caller: Holder) -> Response:
    """The file of one certificate of one's own, with chosen slots disclosed."""
    body = await read_json(request, HolderFileRequest)
    data = await service_of(request).holders.own.file(bytes.fromhex(caller.owner), bytes.fromhex(body.cti), body.slots)
    return Response(data, media_type="application/vnd.minzheng.mzc", headers=NO_STORE)


@router.post(
    "/bindings",
    openapi_extra=json_request(BindingRequest, {"cti": _CTI}),
    responses=declared(
        *_ERRORS, "self-check-failed", ok=examples({"binding": "0oRY…", "expires_at": 1802592000})
    ),
)  # fmt: skip
async def bindings(request: Request, caller: Holder) -> Response:
    """The issuer's statement that the device that asks holds this certificate: for showing it without this service."""
    body = await read_json(request, BindingRequest)
    service, holder = service_of(request), bytes.fromhex(caller.owner)
    keys = await service.holders.enrolling.devices(holder)
    public_key = next(key.public_key for key in keys if key.keyid == caller.keyid)
    bound = await service.holders.own.bind(holder, bytes.fromhex(body.cti), public_key)
    return _json({"binding": base64.b64encode(bound.binding).decode(), "expires_at": bound.expires_at})


@router.post(
    "/codes",
    openapi_extra=json_request(Empty, {}),
    responses=declared(*_ERRORS, ok=examples({
        "code": "Dz0cN8p2Qk6vXw1yZ3aB5g", "url": "https://minzheng.example/h#Dz0cN8p2Qk6vXw1yZ3aB5g",
        "show_until": 1800000060, "expires_at": 1800000120,
    })),
)  # fmt: skip
async def codes(request: Request, caller: Holder) -> Response:
    """A new code to show; the one before it ends."""
    await read_json(request, Empty)
    shown = await service_of(request).holders.codes.new(bytes.fromhex(caller.owner))
    return _json(
        {"code": shown.code, "url": shown.url, "show_until": shown.show_until, "expires_at": shown.expires_at}
    )  # fmt: skip


@router.post(
    "/consents",
    openapi_extra=json_request(Empty, {}),
    responses=declared(*_ERRORS, ok=examples({"pending": [_ITEM], "past": []})),
)
async def consents(request: Request, caller: Holder) -> Response:
    """What waits for this holder's decision, with the text to read, and what was."""
    await read_json(request, Empty)
    items = await service_of(request).consents.viewing.items(bytes.fromhex(caller.owner))
    return _json(
        {"pending": [_item(i) for i in items if i.pending], "past": [_item(i) for i in items if not i.pending]}
    )  # fmt: skip


@router.post(
    "/consents/decide",
    openapi_extra=json_request(DecideRequest, {"trx": TRX, "decision": "grant", "statement": "0oRY"}),
    responses=declared(*_ERRORS, "consent-state", "statement-refused", "busy", ok=examples(_OUTCOME)),
)
async def decide(request: Request, caller: Holder) -> Response:
    """Grant or refuse, by a statement over the very text that was read. Of two spouses one alone releases nothing."""
    body = await read_json(request, DecideRequest)
    return await _decided(request, caller, body.trx, _DECISIONS[body.decision], body.statement)


@router.post(
    "/consents/withdraw",
    openapi_extra=json_request(WithdrawRequest, {"trx": TRX, "statement": "0oRY"}),
    responses=declared(*_ERRORS, "consent-state", "statement-refused", "busy", ok=examples(_OUTCOME)),
)
async def withdraw(request: Request, caller: Holder) -> Response:
    """Withdraw a consent. Nothing more is answered under it from this answer on."""
    body = await read_json(request, WithdrawRequest)
    return await _decided(request, caller, body.trx, Decision.WITHDRAW, body.statement)


@router.post(
    "/uses",
    openapi_extra=json_request(UsesRequest, {}),
    responses=declared(*_ERRORS, ok=examples({"uses": [_USE], "next": None})),
)
async def uses(request: Request, caller: Holder) -> Response:
    """Who asked what about this holder, and when. What was asked with another person's code is not here."""
    body = await read_json(request, UsesRequest)
    service = service_of(request)
    found, following = await service.consents.viewing.uses(bytes.fromhex(caller.owner), body.before)
    names = await service.consents.viewing.names([use.uscc for use in found])
    catalogue = await service.purposes.current()
    return _json({"uses": [_use(use, names, catalogue) for use in found], "next": following})


async def _decided(request: Request, caller: Caller, trx: str, decision: Decision, statement: str) -> Response:
    deciding = service_of(request).consents.deciding
    data = _bytes(statement, "statement")
    done = await deciding.decide(bytes.fromhex(caller.owner), bytes.fromhex(trx), decision, data)
    return _json({"trx": trx, "state": done.state, "decided_at": done.at})


def _device(key: ClientKey, caller: Caller) -> dict[str, Any]:
    current = key.keyid == caller.keyid
    times = {"since": key.not_before, "not_after": key.not_after, "revoked_at": key.revoked_at}
    return {"keyid": key.keyid, **times, "current": current}


def _item(item: Item) -> dict[str, Any]:
    return {
        "trx": item.trx.hex(),
        "role": item.role,
        "state": item.state,
        "decision": item.decision,
        "decided_at": item.decided_at,
        "withdrawable": item.withdrawable,
        "notice": item.notice,
        "notice_sm3": item.digest.hex(),
    }


def _use(use: Use, names: dict[str, str], catalogue: Catalogue) -> dict[str, Any]:
    known = catalogue.purposes.get(use.purpose)
    words = {"zh": known.title.zh, "en": known.title.en} if known is not None else {"zh": "", "en": ""}
    return {
        "at": use.at,
        "recipient": {"uscc": use.uscc, "name": names.get(use.uscc, "")},
        "purpose": {"code": use.purpose, **words},
        "action": use.action,
        "what": [name for name in use.predicate.split(",") if name],
        "result": use.result,
    }


def _bytes(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("bad-parameter", field, "not base64") from None


def _json(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers=NO_STORE)
