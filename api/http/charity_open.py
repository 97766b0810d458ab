"""Open data of charities: what a fund's books add up to, payment by payment and leaf by leaf, and a badge of it.

Public, the same for everybody, and as of the fund's last signed epoch. Columns and members are documented in
docs/open-data.md and do not change their meaning.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from api.http import headers
from api.http.context import STRICT
from api.http.docs import binary, declared, examples, json_request
from api.http.public import artefact
from api.http.reading import read_json
from api.http.state import client_address, service_of, state_of
from api.services.charity.badge import badge
from api.services.charity.opendata import Payments
from certs.charity import opencsv
from certs.charity.overview import iso

router = APIRouter()
SECONDS: Final = 30  # caches may keep an answer that long; an epoch is signed every minute at most
CSV: Final = "text/csv; charset=utf-8; header=present"
FLOW_COLUMNS: Final = (
    "line", "index", "kind", "day", "first_serial", "amount", "ref", "payment", "allocation", "class", "acknowledged",
    "returned", "settlement",
)  # fmt: skip
PAYMENT_COLUMNS: Final = (
    "no", "allocation", "project", "class", "payee", "amount", "reserved", "paid", "voucher", "state", "acknowledged",
    "returned", "evidence", "out_indices", "first_serials", "paid_recorded", "acknowledged_on",
)  # fmt: skip
BookId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="book id, lower-case hexadecimal")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Line = Literal["in", "out"]
_FLOW: Final = {
    "line": "in",
    "index": 0,
    "kind": "donation",
    "day": "2026-09-04",
    "first_serial": 0,
    "amount": 10000,
    "ref": "5f…",
}
_PROOF: Final = {
    "epoch": 3, "line": "in", "index": 0, "size": 2, "first_serial": 0, "leaf": "01…", "path": ["5f…"], "root": "ab…",
}  # fmt: skip
_PAYMENT: Final = {
    "no": 1, "allocation": 1, "project": "school-meals", "class": "direct_aid", "payee": "beneficiary", "amount": 6240,
    "reserved": "2026-09-05", "paid": "2026-09-06", "paid_recorded": "2026-09-08", "voucher": "ab…", "state": "paid",
    "acknowledged": 0, "acknowledged_on": None, "returned": 0,
    "evidence": [], "segments": [{"index": 0, "first_serial": 0, "amount": 6240}],
}  # fmt: skip
_OVERVIEW: Final = {
    "book": "00112233445566778899aabbccddeeff", "charity": {"uscc": "53990000MJ9T00037A", "name": "…", "name_en": "…"},
    "title": {"zh": "…", "en": "School meals"}, "totals": {"raised": 10000, "paid": 6240, "balance": 3760},
    "costs": {"direct_aid": 6240, "service_cost": 0, "fundraising_cost": 0, "admin": 0},
    "epoch": {"number": 3, "at": 1800000000, "day": "2027-01-15"},
}  # fmt: skip
_ROOT: Final = "/v1/charity/books/{book}"
_TEXT_CSV: Final = declared("not-found", "bad-parameter", ok=binary("text/csv"))


@router.get(
    f"{_ROOT}/overview", tags=["charity"], responses=declared("not-found", "bad-parameter", ok=examples(_OVERVIEW))
)
async def overview(request: Request, book: BookId) -> Response:
    """What the page of a fund shows: totals, costs by class, allocations, corrections with their published reasons,
    and what came in and went out by day."""
    _, shown = await service_of(request).open_data.overview(bytes.fromhex(book))
    return _json(request, shown)


@router.get(
    f"{_ROOT}/payments.json",
    tags=["charity"],
    responses=declared("not-found", "bad-parameter", ok=examples({"epoch": 3, "payments": [_PAYMENT], "next": None})),
)
async def payments_json(
    request: Request,
    book: BookId,
    before: Annotated[int | None, Query(ge=1, le=1 << 32)] = None,
    limit: Limit = 100,
    project: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Payments, the newest first, `limit` of them with numbers below `before`; `next` is the `before` of the next
    page, null at the end. `segments` are the leaves of the out-line that a payment owns."""
    found = await service_of(request).open_data.payments(
        bytes.fromhex(book), before=before, limit=limit, project=project
    )
    items = [
        payment.shown()
        | {"segments": [{"index": s.idx, "first_serial": s.start, "amount": s.amount} for s in segments]}
        for payment, segments in found.items
    ]
    return _json(request, {"epoch": found.frozen.epoch.epoch, "payments": items, "next": found.next})


@router.get(f"{_ROOT}/payments.csv", tags=["charity"], responses=_TEXT_CSV)
async def payments_csv(request: Request, book: BookId) -> Response:
    """All payments, the newest first, as CSV."""
    every = await service_of(request).open_data.payments(bytes.fromhex(book), before=None, limit=1 << 32, project=None)
    return artefact(request, opencsv.table(PAYMENT_COLUMNS, _payment_rows(every)).encode(), CSV, seconds=SECONDS)


def _payment_rows(found: Payments) -> Iterable[list[opencsv.Cell]]:
    for payment, segments in found.items:
        lists = {
            "evidence": " ".join(digest.hex() for digest in payment.evidence),
            "out_indices": " ".join(str(s.idx) for s in segments),
            "first_serials": " ".join(str(s.start) for s in segments),
        }
        shown = payment.shown() | lists
        yield [shown[name] for name in PAYMENT_COLUMNS]


@router.get(
    f"{_ROOT}/flows.json",
    tags=["charity"],
    responses=declared("not-found", "bad-parameter", ok=examples({"epoch": 3, "flows": [_FLOW], "next": None})),
)
async def flows_json(
    request: Request,
    book: BookId,
    line: Line = "in",
    start: Annotated[int, Query(alias="from", ge=0, le=1 << 62)] = 0,
    limit: Limit = 1000,
) -> Response:
    """Leaves of one line from index `from` on; `next` is the `from` of the next page, null at the end."""
    frozen, rows = await service_of(request).open_data.flows(bytes.fromhex(book), line, start, limit)
    size = frozen.epoch.inflows if line == "in" else frozen.epoch.outflows
    following = start + limit if start + limit < size else None
    return _json(request, {"epoch": frozen.epoch.epoch, "flows": rows, "next": following})


@router.get(f"{_ROOT}/flows.csv", tags=["charity"], responses=_TEXT_CSV)
async def flows_csv(request: Request, book: BookId) -> Response:
    """Both lines, the in-line first, as CSV: a million leaves are some 110 MB, sent as they are read."""
    pieces = _flow_lines(request, bytes.fromhex(book))
    first = await anext(pieces)  # what is no fund is told before anything is sent

    async def whole() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    extra = {**headers.PUBLIC, "Cache-Control": f"public, max-age={SECONDS}"}
    return StreamingResponse(whole(), media_type=CSV, headers=extra)


async def _flow_lines(request: Request, book: bytes) -> AsyncIterator[str]:
    data = service_of(request).open_data
    head = opencsv.line(FLOW_COLUMNS)
    for line in ("in", "out"):
        async for rows in data.every(book, line):
            yield head + "".join(opencsv.line(row.get(name) for name in FLOW_COLUMNS) for row in rows)
            head = ""


@router.get(
    f"{_ROOT}/proof",
    tags=["charity"],
    responses=declared("not-found", "bad-parameter", "unavailable", ok=examples(_PROOF)),
)
async def proof(
    request: Request, book: BookId, index: Annotated[int, Query(ge=0, le=1 << 62)], line: Line = "in"
) -> Response:
    """One leaf and the sum tree's path to the root that the epoch signed, in hexadecimal: `leaf` of the in-line, or of
    the settled tree (settlement, then out-leaf); `path` nodes of 40 bytes, leaf side first."""
    found = await service_of(request).charity.proofs.of(bytes.fromhex(book), line, index)
    nodes = [found.path[at : at + 40].hex() for at in range(0, len(found.path), 40)]
    content = {
        "epoch": found.epoch, "line": line, "index": found.index, "size": found.size, "first_serial": found.start,
        "leaf": found.leaf.hex(), "path": nodes, "root": found.root.hex(),
    }  # fmt: skip
    return _json(request, content)


@router.get(
    f"{_ROOT}/epoch",
    tags=["charity"],
    responses=declared("not-found", "bad-parameter", "unavailable", ok=binary(headers.RECEIPT)),
)
async def epoch(request: Request, book: BookId) -> Response:
    """The last epoch's statement with its way into the log (docs/formats/fund-epoch.md)."""
    data = await service_of(request).charity.proofs.statement(bytes.fromhex(book))
    return artefact(request, data, headers.RECEIPT, seconds=SECONDS)


@router.get(
    f"{_ROOT}/badge.svg", tags=["charity"], responses=declared("not-found", "bad-parameter", ok=binary("image/svg+xml"))
)
async def badge_svg(request: Request, book: BookId, lang: Literal["zh", "en"] = "zh") -> Response:
    """Totals of the last epoch as a picture for other sites. It sets no cookie and refers to nothing."""
    _, shown = await service_of(request).open_data.overview(bytes.fromhex(book))
    return artefact(request, badge(shown, lang), "image/svg+xml", seconds=300)


_CODE: Final = "MZD1:0000000000000000000000000000000000000000000000000000"
_DONOR: Final = {"name": "示例捐赠人", "day": "2026-09-04", "amount": 10000}


class WithdrawPublicationRequest(BaseModel):
    """`code`: the receipt code, as text or as the address that its picture holds."""

    model_config = STRICT

    code: str = Field(min_length=1, max_length=400)


@router.get(
    f"{_ROOT}/donors",
    tags=["charity"],
    responses=declared("not-found", "bad-parameter", ok=examples({"epoch": 3, "donors": [_DONOR], "next": None})),
)
async def donors(
    request: Request, book: BookId, start: Annotated[int, Query(alias="from", ge=0, le=1 << 32)] = 0
) -> Response:
    """Donors who agreed to be named. `day` and `amount` are there only for who agreed to that as well; others stand at
    the end, by name. Not to be cached: whoever takes it back is gone from the next answer."""
    frozen, found, following = await service_of(request).published_donors.page(bytes.fromhex(book), start)
    shown = [{"name": d.name, "day": None if d.day is None else iso(d.day), "amount": d.amount} for d in found]
    content = {"epoch": frozen.epoch.epoch, "donors": shown, "next": following}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


@router.post(
    "/v1/charity/donations/withdraw-publication",
    tags=["charity"],
    openapi_extra=json_request(WithdrawPublicationRequest, {"code": _CODE}),
    responses=declared(
        "malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type", "not-found", "rate-limited",
        "unavailable", ok=examples({"published": False}),
    ),
)  # fmt: skip
async def withdraw_publication(request: Request) -> Response:
    """Have one's name shown no more. The receipt code is the right to it; no login. The donation stays as it is."""
    state_of(request).buckets.take(client_address(request), time.monotonic())
    body = await read_json(request, WithdrawPublicationRequest)
    await service_of(request).published_donors.withdraw(body.code)
    return JSONResponse({"published": False}, headers={"Cache-Control": "no-store"})


def _json(request: Request, content: dict[str, Any]) -> Response:
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return artefact(request, data, "application/json", seconds=SECONDS)
