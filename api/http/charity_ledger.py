"""What a charity does with its funds: open them, record donations and acts, see them as they are now."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from api.http.auth import require
from api.http.charity_schemas import (
    ACT_EXAMPLE,
    BOOK_EXAMPLE,
    FUND_EXAMPLE,
    ROW_EXAMPLE,
    DonationsRequest,
    EventRequest,
    FindRequest,
    FundRequest,
)
from api.http.docs import declared, examples, json_request
from api.http.problems import language
from api.http.reading import read_json
from api.http.state import service_of
from api.services.charity.commands import NewFund, Recorded
from api.services.charity.donations import Taken
from api.services.charity.funds import iso_day
from api.services.messages import reason_of
from api.services.parties import Principal
from verifier.charity.eventform import Restriction, Unit
from verifier.charity.opening import ReceiptCode
from verifier.merkle import TreeHash

router = APIRouter(tags=["charity"])
CharityParty = Annotated[Principal, Depends(require("charity"))]
BookId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="book id, lower-case hexadecimal")]
_ROOT: Final = "/v1/charity/books/{book}"
DONATIONS: Final = "/donations"
"""How the path of a batch of donations ends: it takes a larger body."""
_NO_STORE: Final = {"Cache-Control": "no-store"}
_PARTY: Final = ("unauthenticated", "forbidden", "rate-limited", "unavailable")
_BODY: Final = ("malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type")
_PUBLISHED: Final = ("malformed", "rejected")
_CODE: Final = {"donation": BOOK_EXAMPLE, "code": "MZD1:…", "url": "https://minzheng.example/d#…"}
_RECORDED: Final = {
    "book": BOOK_EXAMPLE, "seq": 4, "kind": "allocated", "day": "2027-01-15", "event": "ab" * 32, "no": 1,
    "created": True,
}  # fmt: skip
_OWN: Final = {
    "book": BOOK_EXAMPLE, "charity": "53990000MJ9T00037A", "title": FUND_EXAMPLE["title"],
    "restriction": FUND_EXAMPLE["restriction"], "unit": None, "plan": FUND_EXAMPLE["plan"], "closed": False,
    "epoch": None, "totals": {"received": 10000, "unallocated": 4000, "allocated": 6000, "reserved": 0, "paid": 0,
    "acknowledged": 0, "returned": 0, "out": 0},
    "allocations": [{"no": 1, "project": "reading-corner", "purpose": "books", "amount": 6000, "used": 0}],
}  # fmt: skip
_PAYMENT: Final = {
    "no": 1, "allocation": 1, "cost_class": "direct_aid", "amount": 6000, "state": "paid", "acknowledged": 0,
    "returned": 0, "day": "2027-01-15",
}  # fmt: skip
_ANSWER: Final = examples(_RECORDED, description="Recorded now (201) or before (200)")


@router.post(
    "/v1/charity/books",
    openapi_extra=json_request(FundRequest, FUND_EXAMPLE),
    responses={**declared(*_PARTY, *_BODY, *_PUBLISHED, "conflict", ok=_ANSWER), 201: _ANSWER},
)
async def open_fund(request: Request, party: CharityParty) -> Response:
    """Open a fund. Its book is public from its first epoch on."""
    body = await read_json(request, FundRequest)
    fund = NewFund(
        title=(body.title.zh, body.title.en),
        restriction=Restriction(body.restriction.project, body.restriction.purpose),
        unit=None if body.unit is None else Unit(body.unit.item, body.unit.unit),
        plan=body.plan,
        since=None if body.since is None else date.fromisoformat(body.since),
        tree=TreeHash(body.tree),
    )
    return _recorded(await service_of(request).charity.commands.open_fund(party, party.uscc, body.ref, fund))


@router.get("/v1/charity/books", responses=declared(*_PARTY, ok=examples({"funds": [_OWN]})))
async def own_funds(request: Request, party: CharityParty) -> Response:
    """The charity's own funds as they are now, also before their first epoch."""
    return JSONResponse({"funds": await service_of(request).charity.funds.every_own(party)}, headers=_NO_STORE)


@router.post(
    _ROOT + DONATIONS,
    openapi_extra=json_request(DonationsRequest, {"donations": [ROW_EXAMPLE]}),
    responses=declared(
        *_PARTY,
        *_BODY,
        "bad-parameter",
        "not-found",
        "ledger-refused",
        ok=examples({"donations": [{"state": "recorded", **_CODE}]}),
    ),
)
async def donate(request: Request, party: CharityParty, book: BookId) -> Response:
    """Record up to 2,000 donations in one transaction. Each row is recorded whole or refused with all its reasons; the
    same row again gives the first answer. The receipt code is the donor's alone."""
    body = await read_json(request, DonationsRequest)
    service = service_of(request)
    taken = await service.charity.intake.take(party, bytes.fromhex(book), body.donations)
    lang = language(request.headers.get("accept-language", ""))
    host = service.settings.code_host
    return JSONResponse({"donations": [_taken(one, host, lang) for one in taken]}, headers=_NO_STORE)


@router.post(
    "/v1/charity/donations/find",
    openapi_extra=json_request(FindRequest, {"donation_no": "DN-2026-000001"}),
    responses=declared(
        *_PARTY,
        *_BODY,
        "not-found",
        ok=examples({"book": BOOK_EXAMPLE, "amount": 10000, "day": "2027-01-15", "state": "recorded", **_CODE}),
    ),
)
async def find(request: Request, party: CharityParty) -> Response:
    """A donation by the charity's own number, with its receipt code once more."""
    body = await read_json(request, FindRequest)
    service = service_of(request)
    found, code = await service.charity.funds.find(party, body.donation_no)
    return JSONResponse({**found, **_code(code, service.settings.code_host)}, headers=_NO_STORE)


@router.post(
    _ROOT + "/events",
    openapi_extra=json_request(EventRequest, ACT_EXAMPLE),
    responses={
        **declared(
            *_PARTY, *_BODY, *_PUBLISHED, "bad-parameter", "not-found", "conflict", "ledger-refused", ok=_ANSWER
        ),
        201: _ANSWER,
    },
)
async def act(request: Request, party: CharityParty, book: BookId) -> Response:
    """Record an act in a fund's book. What the book's rules refuse changes nothing and is named."""
    body = await read_json(request, EventRequest)
    commands = service_of(request).charity.commands
    return _recorded(
        await commands.act(party, bytes.fromhex(book), body.ref, body.event.model_dump(), dict(body.notes))
    )


@router.get(
    _ROOT + "/disbursements",
    responses=declared(*_PARTY, "bad-parameter", "not-found", ok=examples({"disbursements": [_PAYMENT], "next": None})),
)
async def disbursements(
    request: Request,
    party: CharityParty,
    book: BookId,
    state: Literal["reserved", "cancelled", "paid", "acknowledged", "returned"] | None = None,
    before: Annotated[int | None, Query(ge=1, le=1 << 32)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """Payments as they are now, the newest first; `next` is `before` of the following page."""
    funds = service_of(request).charity.funds
    found, following = await funds.disbursements(party, bytes.fromhex(book), state, before, limit)
    return JSONResponse({"disbursements": found, "next": following}, headers=_NO_STORE)


def _recorded(done: Recorded) -> Response:
    answer = {
        "book": done.book.hex(),
        "seq": done.seq,
        "kind": done.kind,
        "day": iso_day(done.day),
        "event": done.ref.hex(),
        "no": done.no,
        "created": done.created,
    }
    return JSONResponse(answer, status_code=201 if done.created else 200, headers=_NO_STORE)


def _code(code: ReceiptCode, host: str) -> dict[str, str]:
    return {"donation": code.donation.hex(), "code": code.text(), "url": code.url(host)}


def _taken(one: Taken, host: str, lang: str) -> dict[str, Any]:
    if one.code is not None:
        return {"state": one.state, **_code(one.code, host)}
    errors = [{"field": field, "code": code, "reason": reason_of(code, lang)} for field, code in one.errors]
    return {"state": one.state, "errors": errors}
