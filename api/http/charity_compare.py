"""A charity's books beside its bank: reconciliation with imported statements, and the bank's own daily totals (see
docs/charity-import.md)."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from api.errors import BadRequest, NotFound
from api.http.auth import require
from api.http.context import FIRST_DAY, STRICT
from api.http.docs import declared, examples, json_request
from api.http.problems import language
from api.http.reading import read_json
from api.http.state import service_of
from api.services.charity.bankdays import ComparedDay, Sender
from api.services.charity.books import civil_day_number
from api.services.charity.imports import AUDITOR
from api.services.charity.reconciling import LEEWAY, MAX_LEEWAY, Reconciled
from api.services.parties import Principal
from certs.charity import bankdays
from certs.charity.reconcile import AMOUNT_DIFFERS, CLASSES, Finding, counts

router = APIRouter(prefix="/v1/charity", tags=["charity"])

_EPOCH: Final = date(1970, 1, 1)
_SPAN: Final = 92
"""Days that are looked at where nobody says which."""
_TOLD: Final = 1000
_ID: Final = "00112233445566778899aabbccddeeff"
_ERRORS: Final = ("unauthenticated", "forbidden", "bad-parameter")
_STATE: Final = {
    "charity": "53990000MJ9T00037A", "from": "2026-09-01", "to": "2026-11-30", "covered": [["2026-09-01",
    "2026-10-31"]], "classes": {"matched": 812, "amount-differs": 1}, "gaps": [{"code": "amount-differs",
    "meaning": "the amounts differ", "difference": -100, "line": {"import": _ID, "line": 17, "day": "2026-10-05"},
    "booking": {"source": "donation", "place": _ID, "index": 40, "day": "2026-10-05"}}], "left_out": 0,
}  # fmt: skip
_BANK_ERRORS: Final = (
    "unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type",
    "malformed", "statement-refused", "ledger-refused", "unavailable",
)  # fmt: skip
_NOTED: Final = {"book": _ID, "seq": 12, "created": True}
_DAY: Final = {
    "day": "2026-11-21", "credits": 1250000, "credit_count": 17, "debits": 300000, "debit_count": 2, "signed": True,
    "code": "totals-agree", "meaning": "the bank's totals are those of its statement", "received": 1250000,
    "paid": 300000, "running": 0,
}  # fmt: skip
BANK_ROLE: Final = "verifier"


class BankDayRequest(BaseModel):
    """The bank's statement (docs/formats/bank-day.md), base64."""

    model_config = STRICT

    statement: str = Field(min_length=4, max_length=4096)


Bringer = Annotated[Principal, Depends(require("charity", BANK_ROLE))]
Overseer = Annotated[Principal, Depends(require("charity", "auditor"))]
Uscc = Annotated[str | None, Query(pattern="^[0-9A-Z]{18}$", description="whose; an auditor says it")]


@router.get("/reconciliation", responses=declared(*_ERRORS, "not-found", "unavailable", ok=examples(_STATE)))
async def reconciliation(
    request: Request,
    party: Overseer,
    charity: Uscc = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    leeway: Annotated[int, Query(ge=0, le=MAX_LEEWAY, description="days")] = LEEWAY,
) -> Response:
    """The books held against the imported statements, as of now: every line and every booking in one class."""
    service = service_of(request)
    since, until = _span(service.clock(), first, last)
    charity_code = whose(party, charity)
    found = await service.charity_reconciliation.of(charity_code, _days(since), _days(until), leeway=leeway)
    return JSONResponse(_state(found, lang_of(request)))


@router.post(
    "/bank-days",
    status_code=201,
    openapi_extra=json_request(BankDayRequest, {"statement": "0oRYIqMBOgABAAAE…"}),
    responses=declared(*_BANK_ERRORS, ok=examples(_NOTED, description="In the charity's general book"), status=201),
)
async def bank_day(request: Request, party: Bringer) -> Response:
    """Put a bank's signed totals of one account and day into the charity's general book. The bank brings them, or the
    charity; either way the bank's signature counts. The same again gives the first answer."""
    body = await read_json(request, BankDayRequest)
    try:
        data = base64.b64decode(body.statement, validate=True)
    except ValueError:  # binascii.Error, or what is not ASCII at all
        raise BadRequest("invalid-fields", "statement") from None
    sender = Sender(party.uscc, bank=party.role == BANK_ROLE)
    noted = await service_of(request).oversight.bank_days.take(sender, data)
    return JSONResponse({"book": noted.book.hex(), "seq": noted.seq, "created": noted.created}, status_code=201)


@router.get("/bank-days", responses=declared(*_ERRORS, "not-found", "unavailable", ok=examples({"days": [_DAY]})))
async def bank_days(
    request: Request,
    party: Overseer,
    charity: Uscc = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
) -> Response:
    """A bank's daily totals beside the imported statements and the books. `running` is what the bank had more than the
    books since the first day shown: cash and payments under way move it, money that never got into a book keeps it up.
    """
    service, lang = service_of(request), lang_of(request)
    since, until = _span(service.clock(), first, last)
    days = await service.oversight.bank_days.compared(whose(party, charity), _days(since), _days(until))
    return JSONResponse({"days": [_day_json(day, lang) for day in days]})


def _span(now: int, first: date | None, last: date | None) -> tuple[date, date]:
    """The days that were asked for, or the last of them. Raises BadRequest."""
    until = _EPOCH + timedelta(days=civil_day_number(now)) if last is None else last
    since = until - timedelta(days=_SPAN) if first is None else first
    if not FIRST_DAY <= since <= until:
        raise BadRequest("bad-parameter", "from")
    return since, until


def _day_json(day: ComparedDay, lang: str) -> dict[str, Any]:
    meaning = None if day.code is None else bankdays.CLASSES[day.code][lang == "en"]
    sums = {name: getattr(day.totals, name) for name in ("credits", "credit_count", "debits", "debit_count")}
    books = {name: getattr(day.books, name) for name in ("received", "paid", "running")}
    return {"day": iso(day.day), **sums, "signed": day.signed, "code": day.code, "meaning": meaning, **books}


def whose(party: Principal, charity: str | None) -> str:
    """The charity that is asked about. Raises NotFound, BadRequest."""
    if party.role == AUDITOR:
        if charity is None:
            raise BadRequest("bad-parameter", "charity")
        return charity
    if charity is not None and not party.acts_for(charity):
        raise NotFound
    return charity or party.uscc


def lang_of(request: Request) -> str:
    """Language "zh" or "en", as the reader asks."""
    return language(request.headers.get("accept-language", ""))


def _days(day: date) -> int:
    return (day - _EPOCH).days


def iso(day: int | None) -> str | None:
    """A day since 1970-01-01 as ISO text."""
    return None if day is None else (_EPOCH + timedelta(days=day)).isoformat()


def _state(found: Reconciled, lang: str) -> dict[str, Any]:
    gaps = found.gaps()
    return {
        "charity": found.charity,
        "from": iso(found.first),
        "to": iso(found.last),
        "covered": [[iso(first), iso(last)] for first, last in found.covered],
        "classes": counts(found.findings),
        "gaps": [gap_json(gap, lang) for gap in gaps[:_TOLD]],
        "left_out": max(0, len(gaps) - _TOLD),
    }


def gap_json(gap: Finding, lang: str) -> dict[str, Any]:
    """A finding as the interface tells it: where to look, and no amount but what is missing."""
    row, item = gap.row, gap.item
    answer: dict[str, Any] = {"code": gap.code, "meaning": CLASSES[gap.code][lang == "en"]}
    if gap.code == AMOUNT_DIFFERS and row is not None and item is not None:
        answer["difference"] = row.amount - item.amount
    if row is not None:
        answer["line"] = {"import": row.place[0].hex(), "line": row.place[1], "day": iso(row.day)}
    if item is not None:
        place, index = item.place
        answer["booking"] = {"source": item.source, "place": place.hex(), "index": index, "day": iso(item.day)}
    return answer
