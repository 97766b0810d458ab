"""A charity's general book, what the law asks of it, and the regulator's lists (docs/charity-rules.md)."""

from __future__ import annotations

import time
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from api.errors import BadRequest
from api.http import headers
from api.http.auth import require
from api.http.charity_events import SAMPLE, GeneralRequest
from api.http.context import DATE
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.state import client_address, service_of, state_of
from api.services.parties import Principal
from certs.charity.rules.calendar import day_number

router = APIRouter()
SECONDS: Final = 30  # caches may keep a public answer that long
_WRITING: Final = (
    "unauthenticated", "forbidden", "malformed-json", "invalid-fields", "rejected", "malformed", "ledger-refused",
    "conflict", "body-too-large", "unsupported-media-type", "unavailable",
)  # fmt: skip
_READING: Final = ("not-found", "bad-parameter", "rate-limited", "unavailable")
_LISTS: Final = ("unauthenticated", "forbidden", "unavailable")
_RECORDED: Final = {"book": "00112233445566778899aabbccddeeff", "seq": 7, "kind": "plan_ended", "day": "2026-11-02",
                    "ref": "5f…", "party": None, "created": True}  # fmt: skip
_BOTH: Final = {"zh": "…", "en": "…"}
_ONE: Final[dict[str, Any]] = {
    "rule": "D11", "title": _BOTH, "subject": "2025", "aspect": _BOTH, "state": "overdue", "said": _BOTH,
    "due": "2026-06-01", "counted": "2026-05-31", "days_off_known": True, "published": None, "recorded": None,
    "days_late": 1, "event": None, "notes": [], "missing": None, "source": _BOTH, "certainty": "reported", "bad": True,
}  # fmt: skip
_RATIO: Final[dict[str, Any]] = {"year": 2025, "rule": "D23", "ratio": "spending", "title": _BOTH, "value": "72.00 %",
                 "limit": "≥ 70 %", "state": "met", "source": _BOTH}  # fmt: skip
_OBLIGATIONS: Final = {
    "charity": "53990000MJ9T00037A", "name": _BOTH, "book": _RECORDED["book"], "day": "2026-06-02", "events": 12,
    "signed_events": 12, "obligations": [_ONE], "ratios": [_RATIO],
    "limits": {"spend": 70, "base": "income", "admin": 10, "source": _BOTH},
    "bank_days": [{"day": "2026-06-01", "credits": 100, "debits": 0, "signed": True}],
    "corrections": [{"event": 9, "about": 4, "day": "2026-05-02", "effect": "amended", "reason": _BOTH}],
}  # fmt: skip
_QUALIFICATION: Final = {
    "charity": "53990000MJ9T00037A", "day": "2026-06-02", "stated_by": "charity", "qualified": True,
    "certificate_no": "…", "valid_to": None,
    "plan": {"filing_no": "53990000MJ9T00037AA26001", "known": True, "valid": True, "platform_named": True,
             "starts_on": "2026-05-01", "ends_on": "2026-12-31", "title": _BOTH},
    "platform_designated": None, "may_raise": True,
}  # fmt: skip
_WHO: Final[dict[str, Any]] = {"charity": "53990000MJ9T00037A", "name": _BOTH}
Charity = Annotated[Principal, Depends(require("charity"))]
Auditor = Annotated[Principal, Depends(require("auditor"))]
Uscc = Annotated[str, Path(pattern="^[0-9A-HJ-NPQRTUWXY]{18}$", description="unified social credit code")]
Day = Annotated[str | None, Query(pattern=DATE, description="as it could be known on that day; today without")]


@router.post(
    "/v1/charity/general",
    status_code=201,
    tags=["charity"],
    openapi_extra=json_request(GeneralRequest, SAMPLE),
    responses=declared(*_WRITING, ok=examples(_RECORDED, description="In the book, or known"), status=201),
)
async def general(request: Request, party: Charity) -> Response:
    """Record an event of the charity's general book: registration, qualification, plans, projects, disclosures,
    correction notes, figures of a year, related parties, transactions, trusts. Append-only: what is wrong is corrected
    by a note. Everything but a related party's name is public."""
    body = await read_json(request, GeneralRequest)
    made = await service_of(request).oversight.register.record(party, body.ref, body.event.model_dump())
    shown = {
        "book": made.book.hex(),
        "seq": made.seq,
        "kind": made.kind,
        "day": date.fromordinal(made.day + date(1970, 1, 1).toordinal()).isoformat(),
        "ref": made.ref.hex(),
        "party": None if made.party is None else made.party.hex(),
        "created": made.created,
    }
    return JSONResponse(shown, status_code=201)


@router.get(
    "/v1/charity/{uscc}/obligations", tags=["charity"], responses=declared(*_READING, ok=examples(_OBLIGATIONS))
)
async def obligations(request: Request, uscc: Uscc, day: Day = None) -> Response:
    """What the law asks of a charity, rule by rule, with last days and lateness; its yearly shares against the legal
    ones; days confirmed by its bank; its correction notes. Judged from its public book, as anybody can."""
    return _public(await service_of(request).oversight.obligations.of(uscc, _day(request, day)))


@router.get(
    "/v1/charity/{uscc}/qualification", tags=["charity"], responses=declared(*_READING, ok=examples(_QUALIFICATION))
)
async def qualification(
    request: Request,
    uscc: Uscc,
    plan: Annotated[str | None, Query(pattern="^[0-9A-Z]{24}$", description="filing number")] = None,
    platform: Annotated[str | None, Query(pattern="^[0-9A-Z]{18}$", description="whose platform")] = None,
    day: Day = None,
) -> Response:
    """Whether a charity may raise funds in public on a day: its qualification, and the plan if one is named, which must
    name the platform if one is. By what the charity recorded in its signed book (`stated_by`)."""
    found = await service_of(request).oversight.obligations.qualification(uscc, plan, platform, _day(request, day))
    return _public(found)


@router.get(
    "/v1/regulator/overdue", tags=["regulator"], responses=declared(*_LISTS, ok=examples({"rows": [_WHO | _ONE]}))
)
async def overdue(request: Request, _: Auditor) -> Response:
    """What is overdue or does not comply, of every charity, the latest first."""
    return _rows(await service_of(request).oversight.regulator.overdue())


@router.get(
    "/v1/regulator/ratios", tags=["regulator"], responses=declared(*_LISTS, ok=examples({"rows": [_WHO | _RATIO]}))
)
async def ratios(request: Request, _: Auditor) -> Response:
    """Yearly shares of every charity against the legal ones, breaches first."""
    return _rows(await service_of(request).oversight.regulator.ratios())


@router.get(
    "/v1/regulator/related-parties",
    tags=["regulator"],
    responses=declared(
        *_LISTS,
        ok=examples({"rows": [_WHO | {"party": "…", "commitment": "5f…", "relation": _BOTH, "important": True,
                                      "since": "2026-01-01", "until": None, "dealings": 1, "what": [_BOTH],
                                      "amount": 100}]}),
    ),
)  # fmt: skip
async def related_parties(request: Request, party: Auditor) -> Response:
    """Related parties of every charity by name. Each call is in the access log before it is answered."""
    return _rows(await service_of(request).oversight.regulator.related_parties(party))


@router.get(
    "/v1/regulator/gaps",
    tags=["regulator"],
    responses=declared(
        *_LISTS,
        ok=examples({"rows": [_WHO | {"day": "2026-06-01", "code": "amount-differs", "what": _BOTH, "bank": 100,
                                      "recorded": 99, "difference": 1, "book": "00…"}]}),
    ),
)  # fmt: skip
async def gaps(request: Request, _: Auditor) -> Response:
    """Where the banks' statements and the books do not agree, in the last three months."""
    return _rows(await service_of(request).oversight.regulator.gaps())


def _day(request: Request, text: str | None) -> int | None:
    """Raises BadRequest for what is no date, or to come: nobody is late on a day that nobody has seen. Raises
    RateLimited: today's answer is kept, one of another day has to be worked out."""
    if text is None:
        return None
    try:
        day = day_number(date.fromisoformat(text))
    except ValueError:
        raise BadRequest("bad-parameter", "day", "not a date") from None
    if day > service_of(request).oversight.obligations.today():
        raise BadRequest("bad-parameter", "day", "a day to come")
    state_of(request).buckets.take(client_address(request), time.monotonic())
    return day


def _rows(rows: list[dict[str, Any]]) -> Response:
    return JSONResponse({"rows": rows}, headers={"Cache-Control": "no-store"})


def _public(shown: dict[str, Any]) -> Response:
    return JSONResponse(shown, headers={**headers.PUBLIC, "Cache-Control": f"public, max-age={SECONDS}"})
