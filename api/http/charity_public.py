"""What anybody gets of the ledger: funds, their events and files as of the last epoch, and one donation's trace."""

from __future__ import annotations

import base64
import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from api.http import headers
from api.http.auth import require
from api.http.charity_schemas import BOOK_EXAMPLE, TraceRequest
from api.http.docs import binary, declared, examples, json_request
from api.http.public import artefact
from api.http.reading import read_json
from api.http.signed import client_certificate, has_signature
from api.http.state import client_address, service_of, state_of
from api.services.charity.export import PublicBook

router = APIRouter(tags=["charity"])
BookId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="book id, lower-case hexadecimal")]
SECONDS: Final = 30  # caches may keep an answer that long; an epoch is signed every minute at most
OCTETS: Final = "application/octet-stream"
_ROOT: Final = "/v1/charity/books/{book}"
_FUND: Final[dict[str, Any]] = {
    "book": BOOK_EXAMPLE,
    "charity": "53990000MJ9T00037A",
    "title": {"zh": "示例儿童阅读基金", "en": "Example reading fund"},
    "restriction": {"project": "reading-corner", "purpose": None},
    "unit": None,
    "plan": "53990000MJ9T00037AA26001",
    "closed": False,
    "epoch": {"epoch": 3, "day": "2027-01-15", "at": 1800000000, "events": 5, "inflows": 2, "outflows": 1},
    "totals": {"received": 10000, "out": 6000, "acknowledged": 0, "returned": 0},
}
_CHARITIES: Final = {
    "charities": [
        {
            "uscc": "53990000MJ9T00037A",
            "name": "示例慈善基金会",
            "name_en": "Example Charity Foundation",
            "funds": [
                {
                    "book": BOOK_EXAMPLE,
                    "title_zh": "示例儿童阅读基金",
                    "title_en": "Example reading fund",
                    "closed": False,
                }
            ],
        }
    ]
}
_INDEX: Final = {"version": 1, "books": [BOOK_EXAMPLE]}
_EVENTS: Final = {
    "events": [{"seq": 4, "body": "a8…", "kind": "allocated", "day": "2027-01-15"}],
    "next": None,
}
_TRACED: Final = {"donation": BOOK_EXAMPLE, "trace": "pQEB…", "details": "qgFQ…", "waiting": None, "unit": None}
_FILE: Final = declared("not-found", "bad-parameter", ok=binary(OCTETS))


@router.get("/v1/charity", responses=declared("unavailable", ok=examples(_CHARITIES)))
async def charities(request: Request) -> Response:
    """Charities and their funds, once an epoch covers them."""
    return _public({"charities": await service_of(request).charity.funds.charities()})


@router.get("/v1/charity/index.json", responses=declared("unavailable", ok=examples(_INDEX)))
async def index(request: Request) -> Response:
    """Every book that anybody can audit: the index of an export (docs/formats/charity-export.md)."""
    found = await service_of(request).charity.export.index()
    return artefact(request, found, "application/json", seconds=SECONDS)


@router.get(
    _ROOT,
    responses=declared("unauthenticated", "forbidden", "not-found", "bad-parameter", "unavailable", ok=examples(_FUND)),
)
async def fund(request: Request, book: BookId) -> Response:
    """A fund as of its last epoch. Its own charity, with its token or signature, sees it as it is now, with its
    accounts and allocations."""
    funds, book_id = service_of(request).charity.funds, bytes.fromhex(book)
    known = "authorization" in request.headers or has_signature(request) or client_certificate(request) is not None
    if not known:
        return _public(await funds.public(book_id))
    party = await require("charity")(request)
    return JSONResponse(await funds.own(party, book_id), headers={"Cache-Control": "no-store"})


@router.get(_ROOT + "/events", responses=declared("not-found", "bad-parameter", "unavailable", ok=examples(_EVENTS)))
async def events(
    request: Request,
    book: BookId,
    start: Annotated[int, Query(alias="from", ge=0, le=1 << 32)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """Public events as of the last epoch, in order; `body` is the deterministic CBOR that the tree's leaf is made of,
    `next` is `from` of the following page."""
    found, following = await service_of(request).charity.funds.events(bytes.fromhex(book), start, limit)
    return _public({"events": found, "next": following})


@router.get(_ROOT + "/events.bin", responses=_FILE)
@router.get(_ROOT + "/in.bin", responses=_FILE)
@router.get(_ROOT + "/out.bin", responses=_FILE)
async def line(request: Request, book: BookId) -> Response:
    """All events, in-leaves or out-leaves as of the last epoch: bytes that only ever grow at their end."""
    export = service_of(request).charity.export
    found = await export.book(bytes.fromhex(book))
    name = request.scope["path"].rpartition("/")[2]
    etag = f"{book}-{name}-{found.epoch.events}-{found.epoch.inflows}-{found.epoch.outflows}"
    extra = headers.short_lived(etag, SECONDS) | {"X-Epoch": str(found.epoch.epoch)}
    if f'"{etag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=extra)
    length = {"in.bin": 45 * found.epoch.inflows, "out.bin": 50 * found.epoch.outflows}.get(name)
    if length is not None:
        extra["Content-Length"] = str(length)
    return StreamingResponse(export.pieces(found, name), media_type=OCTETS, headers=extra)


@router.get(_ROOT + "/settlement.bin", responses=_FILE)
async def settlement(request: Request, book: BookId) -> Response:
    """How every outflow was settled, as of the last epoch."""
    return artefact(request, await _whole(request, book, "settlement.bin"), OCTETS, seconds=SECONDS)


@router.get(_ROOT + "/epochs.bin", responses=_FILE)
async def epochs(request: Request, book: BookId) -> Response:
    """Every epoch's statement with its way into the log: receipts get better with time, statements never change."""
    return artefact(request, await _whole(request, book, "epochs.bin"), OCTETS, seconds=SECONDS)


async def _whole(request: Request, book: str, name: str) -> bytes:
    export = service_of(request).charity.export
    found: PublicBook = await export.book(bytes.fromhex(book))
    return b"".join([piece async for piece in export.pieces(found, name)])


@router.post(
    "/v1/charity/trace",
    openapi_extra=json_request(TraceRequest, {"donation": BOOK_EXAMPLE}),
    responses=declared(
        "malformed-json",
        "invalid-fields",
        "body-too-large",
        "unsupported-media-type",
        "not-found",
        "rate-limited",
        "unavailable",
        ok=examples(_TRACED),
    ),
)
async def trace(request: Request) -> Response:
    """What became of one donation: a file that proves it (`mz-verify` reads it), from the last signed epochs, base64.

    `trace` is null while the donation waits: for enough others, if its donor wants no single amount shown (`waiting` is
    "group"), or for the fund's next epoch ("epoch"). `details` (dCBOR, base64) and the secret of the receipt code open
    the file; a request with the secret gets it opened. Not a GET: whose donation it is must not stand in an address.
    """
    state_of(request).buckets.take(client_address(request), time.monotonic())
    body = await read_json(request, TraceRequest)
    secret = None if body.secret is None else bytes.fromhex(body.secret)
    found = await service_of(request).charity.traces.trace(bytes.fromhex(body.donation), secret)
    answer = {
        "donation": body.donation,
        "trace": None if found.file is None else base64.b64encode(found.file).decode(),
        "details": None if found.details is None else base64.b64encode(found.details).decode(),
        "waiting": found.waiting,
        "unit": None if found.unit is None else {"item": found.unit[0], "unit": found.unit[1]},
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _public(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers={**headers.PUBLIC, "Cache-Control": f"public, max-age={SECONDS}"})
