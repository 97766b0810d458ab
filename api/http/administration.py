"""What administrators do to the registers of parties and administrators, and what a party may read of itself.

Three roles, apart: a system administrator registers, a security administrator releases, suspends and stops, an audit
administrator reads. Every change is the administrator's signed request itself, kept and logged (`certs.acts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.db.repositories.clients import Act, ClientKey, RelyingParty
from api.db.repositories.parties import Party
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.signed import Caller, signed_admin, signed_party
from api.http.state import service_of
from certs.acts import AUDIT, PATHS, SECURITY, SYSTEM, WHO

router = APIRouter()
ACTS_AT_ONCE: Final = 100

_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
_ERRORS = ("unauthenticated", "forbidden", "rate-limited", "unavailable")
_ACT_ERRORS = (*_ERRORS, "malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type", "act-refused")
_UNKNOWN = "not-found"

Uscc = Annotated[str, Field(pattern="^[0-9A-Z]{18}$")]
KeyId = Annotated[str, Field(pattern="^([0-9a-f]{16}|[0-9a-f]{64})$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Seconds = Annotated[int, Field(ge=0, lt=1 << 40)]

System = Annotated[Caller, Depends(signed_admin(SYSTEM))]
Security = Annotated[Caller, Depends(signed_admin(SECURITY))]
Either = Annotated[Caller, Depends(signed_admin(*WHO["key-revoke"]))]
Auditor = Annotated[Caller, Depends(signed_admin(AUDIT))]
Reader = Annotated[Caller, Depends(signed_admin(SYSTEM, SECURITY, AUDIT))]
Anyone = Annotated[Caller, Depends(signed_party())]


class PartyRequest(BaseModel):
    """A relying party. `contact` is shown to holders: of an office, never a person's."""

    model_config = _STRICT

    uscc: Uscc
    name_zh: Name
    name_en: Name
    category: Annotated[str, Field(max_length=32)]
    contact: Name


class KeyRequest(BaseModel):
    """A public key of a party: 65 bytes `04 || x || y` in hexadecimal, for "x509" the SHA-256 of the TLS certificate.
    Times are UTC seconds."""

    model_config = _STRICT

    uscc: Uscc
    purpose: Literal["sign", "encrypt", "tls"]
    alg: Literal["sm2", "es256", "x509"]
    public_key: Annotated[str, Field(pattern="^([0-9a-f]{130}|[0-9a-f]{64})$")]
    not_before: Seconds
    not_after: Seconds


class KeyIdRequest(BaseModel):
    model_config = _STRICT

    keyid: KeyId


class UsccRequest(BaseModel):
    model_config = _STRICT

    uscc: Uscc


class AdministratorRequest(BaseModel):
    model_config = _STRICT

    admin_id: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9-]{1,31}$")]


_KEY = {
    "keyid": "00ee5b9f1c2d3e4f", "purpose": "sign", "alg": -65537, "not_before": 1800000000, "not_after": 1863072000,
    "released_at": None, "revoked_at": None,
}  # fmt: skip
_PARTY = {
    "uscc": "91990000MB9T071099", "name_zh": "示例银行", "name_en": "Example Bank", "category": "bank",
    "contact": "示例银行合规部 010-00000000", "created_at": 1800000000, "suspended_at": None, "keys": [_KEY],
}  # fmt: skip
_OFFICE = {
    "uscc": "53990000MJ9T00037A", "name_zh": "示例慈善基金会", "name_en": "Example Charity Foundation",
    "role": "charity", "keys": [_KEY],
}  # fmt: skip
_NEW_KEY = {"uscc": "91990000MB9T071099", "purpose": "sign", "alg": "sm2", "public_key": "04" + "5a" * 64,
            "not_before": 1800000000, "not_after": 1863072000}  # fmt: skip
_NEW_PARTY = {name: _PARTY[name] for name in ("uscc", "name_zh", "name_en", "category", "contact")}
_OK = {"done": True}


@router.post(
    "/v1/admin/parties",
    tags=["administration"],
    openapi_extra=json_request(PartyRequest, _NEW_PARTY),
    responses=declared(*_ACT_ERRORS, ok=examples(_PARTY)),
)
async def add_party(request: Request, caller: System) -> Response:
    """Register a relying party. It can ask nothing until a key of its own is registered and released."""
    body = await read_json(request, PartyRequest)
    await _act(request, caller)
    return JSONResponse(await _shown(request, body.uscc))


@router.get(
    "/v1/admin/parties",
    tags=["administration"],
    responses=declared(*_ERRORS, ok=examples({"parties": [_PARTY], "offices": [_OFFICE]})),
)
async def parties(request: Request, caller: Reader) -> Response:
    """All relying parties and their keys, also those that were revoked; and the institution's own (registries,
    charities, auditors) that have keys."""
    service = service_of(request).administration
    known, offices = await service.parties(), await service.offices()
    shown = [_party(record.party, record.keys) for record in known]
    return JSONResponse({"parties": shown, "offices": [_office(party, keys) for party, keys in offices]})


@router.post(
    "/v1/admin/parties/keys",
    tags=["administration"],
    openapi_extra=json_request(KeyRequest, _NEW_KEY),
    responses=declared(*_ACT_ERRORS, ok=examples({"keyid": "00ee5b9f1c2d3e4f"})),
)
async def add_key(request: Request, caller: System) -> Response:
    """Register a public key of a party, also of a registry. A security administrator must release it; both have
    compared it with the party over another channel. Several keys may be good at a time: so one follows another.
    """
    body = await read_json(request, KeyRequest)
    register = await _act(request, caller)
    mine = [k.keyid for k in register.keys.values() if k.public.hex() == body.public_key and k.purpose == body.purpose]
    return JSONResponse({"keyid": mine[0]})


@router.post(
    "/v1/admin/parties/release",
    tags=["administration"],
    openapi_extra=json_request(KeyIdRequest, {"keyid": "00ee5b9f1c2d3e4f"}),
    responses=declared(*_ACT_ERRORS, ok=examples(_OK)),
)
async def release(request: Request, caller: Security) -> Response:
    """Release a key that a system administrator registered. From now on it is good."""
    return await _done(request, caller, KeyIdRequest)


@router.post(
    "/v1/admin/parties/keys/revoke",
    tags=["administration"],
    openapi_extra=json_request(KeyIdRequest, {"keyid": "00ee5b9f1c2d3e4f"}),
    responses=declared(*_ACT_ERRORS, ok=examples(_OK)),
)
async def revoke_key(request: Request, caller: Either) -> Response:
    """Revoke a party's key, at once and for good. One person is enough to stop."""
    return await _done(request, caller, KeyIdRequest)


@router.post(
    "/v1/admin/parties/suspend",
    tags=["administration"],
    openapi_extra=json_request(UsccRequest, {"uscc": "91990000MB9T071099"}),
    responses=declared(*_ACT_ERRORS, ok=examples(_OK)),
)
async def suspend(request: Request, caller: Security) -> Response:
    """Answer a relying party nothing any more, until it is resumed."""
    return await _done(request, caller, UsccRequest)


@router.post(
    "/v1/admin/parties/resume",
    tags=["administration"],
    openapi_extra=json_request(UsccRequest, {"uscc": "91990000MB9T071099"}),
    responses=declared(*_ACT_ERRORS, ok=examples(_OK)),
)
async def resume(request: Request, caller: Security) -> Response:
    """Let a suspended party ask again."""
    return await _done(request, caller, UsccRequest)


@router.get(
    "/v1/admin/administrators",
    tags=["administration"],
    responses=declared(*_ERRORS, ok=examples({"administrators": [{"admin_id": "sys-01", "role": "system",
        "created_at": 1800000000, "revoked_at": None, "keys": [_KEY]}]})),
)  # fmt: skip
async def administrators(request: Request, caller: Reader) -> Response:
    """All administrators there were. They are made on the machine only (`mzt admin add`)."""
    known = await service_of(request).administration.administrators()
    shown = [
        {"admin_id": a.admin_id, "role": a.role, "created_at": a.created_at, "revoked_at": a.revoked_at,
         "keys": [_key(key) for key in keys]}
        for a, keys in known
    ]  # fmt: skip
    return JSONResponse({"administrators": shown})


@router.post(
    "/v1/admin/administrators/revoke",
    tags=["administration"],
    openapi_extra=json_request(AdministratorRequest, {"admin_id": "sys-01"}),
    responses=declared(*_ACT_ERRORS, ok=examples(_OK)),
)
async def revoke_administrator(request: Request, caller: Security) -> Response:
    """End an administrator and all keys of his, for good: a lost key must be stoppable without the operator."""
    return await _done(request, caller, AdministratorRequest)


@router.get(
    "/v1/admin/acts",
    tags=["administration"],
    responses=declared(*_ERRORS, "bad-parameter", ok=examples({"acts": [{"act": 1, "at": 1800000000,
        "action": "admin-add", "actor": "operator", "statement": "d284…", "entry_salt": "00…"}]})),
)  # fmt: skip
async def acts(request: Request, caller: Auditor, after: Annotated[int, Query(ge=0, lt=1 << 62)] = 0) -> Response:
    """Who did what to these registers, as it was signed, with the salt that opens its log entry."""
    found = await service_of(request).administration.acts(after, ACTS_AT_ONCE)
    return JSONResponse({"acts": [_shown_act(number, act) for number, act in found]})


@router.get("/v1/party", tags=["parties"], responses=declared(*_ERRORS, _UNKNOWN, ok=examples(_PARTY)))
async def own_record(request: Request, caller: Anyone) -> Response:
    """What the asking party is registered as: category, contact, keys."""
    return JSONResponse(await _shown(request, caller.uscc))


async def _act(request: Request, caller: Caller) -> Any:
    return await service_of(request).administration.act(caller, PATHS[request.url.path])


async def _done(request: Request, caller: Caller, model: type[BaseModel]) -> Response:
    await read_json(request, model)
    await _act(request, caller)
    return JSONResponse(_OK)


async def _shown(request: Request, uscc: str) -> dict[str, Any]:
    relying, party, keys = await service_of(request).administration.own_record(uscc)
    if relying is not None:
        return _party(relying, keys)
    names = {"uscc": uscc, "name_zh": party.name_zh, "name_en": party.name_en, "role": party.role}
    return names | {"keys": [_key(key) for key in keys]}


def _party(party: RelyingParty, keys: Any) -> dict[str, Any]:
    return {
        "uscc": party.uscc, "name_zh": party.name_zh, "name_en": party.name_en, "category": party.category,
        "contact": party.contact, "created_at": party.created_at, "suspended_at": party.suspended_at,
        "keys": [_key(key) for key in keys],
    }  # fmt: skip


def _office(party: Party, keys: Sequence[ClientKey]) -> dict[str, Any]:
    return {
        "uscc": party.uscc, "name_zh": party.name_zh, "name_en": party.name_en, "role": party.role,
        "keys": [_key(key) for key in keys],
    }  # fmt: skip


def _key(key: ClientKey) -> dict[str, Any]:
    return {
        "keyid": key.keyid, "purpose": key.purpose, "alg": key.alg, "not_before": key.not_before,
        "not_after": key.not_after, "released_at": key.released_at, "revoked_at": key.revoked_at,
    }  # fmt: skip


def _shown_act(number: int, act: Act) -> dict[str, Any]:
    return {
        "act": number, "at": act.at, "action": act.action, "actor": act.actor, "statement": act.statement.hex(),
        "entry_salt": act.entry_salt.hex(),
    }  # fmt: skip
