"""Statements of the bank and files of platforms: what a charity brings in (see docs/charity-import.md)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from api.db.repositories.charity_imports import ImportRow
from api.errors import UnsupportedMedia
from api.http.auth import require
from api.http.charity_compare import Overseer, Uscc, iso, lang_of, whose
from api.http.docs import RECORD_FILES, declared, examples, request_of
from api.http.reading import charset, media_type
from api.http.state import service_of
from api.services.charity.donations import Taken
from api.services.charity.imports import Imported
from api.services.charity.moneyreport import decode_report
from api.services.importing.reading import MEDIA
from api.services.messages import reason_of
from api.services.parties import Principal

router = APIRouter(prefix="/v1/charity", tags=["charity"])

_ID: Final = "00112233445566778899aabbccddeeff"
_ERRORS: Final = ("unauthenticated", "forbidden", "bad-parameter")
_FILE_ERRORS: Final = (*_ERRORS, "batch-unreadable", "body-too-large", "unsupported-media-type", "busy", "unavailable")
_REPORT: Final = {
    "id": _ID, "source": "bank", "recorded_at": 1800000000, "rows": 3, "classes": {"taken": 2, "known": 0,
    "rejected": 1}, "first_day": "2026-11-02", "last_day": "2026-11-03", "credits": 123456, "credits_count": 1,
    "debits": 8800, "debits_count": 1, "problems": [{"line": 6, "field": "credit", "code": "AMOUNT_FRACTION",
    "reason": "smaller than a fen (or than one unit): write it exactly"}], "left_out": 0,
}  # fmt: skip
_PLATFORM: Final = {
    **{k: v for k, v in _REPORT.items() if not k.startswith(("credits", "debits"))}, "source": "platform",
    "book": _ID, "amount": 20000, "classes": {"recorded": 2, "waiting": 0, "existing": 0, "rejected": 1},
    "donations": [{"line": 2, "state": "recorded", "donation": _ID, "code": "MZD1:…", "url": "https://…/d#…"}],
}  # fmt: skip
Charity = Annotated[Principal, Depends(require("charity"))]
BookId = Annotated[str, Query(pattern="^[0-9a-f]{32}$", description="the fund")]


@router.post(
    "/imports/bank",
    status_code=201,
    openapi_extra=request_of({"text/csv": RECORD_FILES["text/csv"]}),
    responses=declared(*_FILE_ERRORS, ok=examples(_REPORT, description="Kept, or known"), status=201),
)
async def bank(request: Request, party: Charity) -> Response:
    """Keep the movements of a bank statement, to hold the books against. Nothing is posted. The same file again gives
    the first report."""
    if media_type(request) != "text/csv":
        raise UnsupportedMedia("text/csv")
    imports = service_of(request).charity_imports
    made = await imports.bank(party, await request.body(), charset(request))
    return JSONResponse(_report(made.row, lang_of(request)), status_code=201, headers=_location(made.row))


@router.post(
    "/imports/platform",
    status_code=201,
    openapi_extra=request_of(RECORD_FILES),
    responses=declared(
        *_FILE_ERRORS, "not-found", "rejected", "ledger-refused", "conflict", ok=examples(_PLATFORM), status=201
    ),
)
async def platform(
    request: Request,
    party: Charity,
    book: BookId,
    settlement: Annotated[
        str | None, Query(max_length=64, description="the bank's reference of the one credit that pays for the file")
    ] = None,
) -> Response:
    """Record the donations of a platform's file in a fund. Good rows are recorded once, bad ones reported by line,
    field and rule. The receipt codes in the answer are not kept in any report; the same file again gives them again."""
    media = media_type(request)
    if media not in MEDIA:
        raise UnsupportedMedia("text/csv, application/x-ndjson or XLSX")
    service = service_of(request)
    encoding, data = charset(request), await request.body()
    made = await service.charity_imports.platform(
        party, bytes.fromhex(book), data, MEDIA[media], encoding, settlement or None
    )
    donations = _donations(made, service.settings.code_host)
    answer = {**_report(made.row, lang_of(request)), "donations": donations}
    return JSONResponse(answer, status_code=201, headers=_location(made.row))


@router.get("/imports", responses=declared(*_ERRORS, "not-found", ok=examples({"imports": [_REPORT]})))
async def newest(request: Request, party: Overseer, charity: Uscc = None) -> Response:
    """A charity's last hundred imports, the newest first, without their problems."""
    rows = await service_of(request).charity_imports.newest(whose(party, charity))
    lang = lang_of(request)
    return JSONResponse({"imports": [_report(row, lang, problems=False) for row in rows]})


@router.get("/imports/{number}", responses=declared(*_ERRORS, "not-found", ok=examples(_REPORT)))
async def one(request: Request, party: Overseer, number: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> Response:
    """What became of a file: every row in one class, and why the others were not taken."""
    row = await service_of(request).charity_imports.get(party, bytes.fromhex(number))
    return JSONResponse(_report(row, lang_of(request)))


def _location(row: ImportRow) -> dict[str, str]:
    return {"Location": f"/v1/charity/imports/{row.import_id.hex()}"}


def _report(row: ImportRow, lang: str, *, problems: bool = True) -> dict[str, Any]:
    said = decode_report(row.report)
    told = [{**problem, "reason": reason_of(problem["code"], lang)} for problem in said.pop("problems")]
    days = {name: iso(said.get(name)) for name in ("first_day", "last_day")}
    book = {} if row.book_id is None else {"book": row.book_id.hex()}
    answer = {"id": row.import_id.hex(), "recorded_at": row.recorded_at, **said, **days, **book}
    return {**answer, "problems": told} if problems else answer


def _donations(made: Imported, host: str) -> list[dict[str, Any]]:
    return [_donation(line, taken, host) for line, taken in made.taken if taken.code is not None]


def _donation(line: int, taken: Taken, host: str) -> dict[str, Any]:
    assert taken.code is not None
    code = taken.code
    return {
        "line": line, "state": taken.state, "donation": code.donation.hex(), "code": code.text(), "url": code.url(host)
    }  # fmt: skip
