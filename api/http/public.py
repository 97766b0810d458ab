"""What anybody may fetch: signed artefacts and the log. Static bytes with ETags; nothing depends on who asks."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from api.errors import NotFound
from api.http import headers
from api.http.catalogue import CATALOGUE
from api.http.docs import binary, declared, examples
from api.http.state import service_of
from chain.log.tiles import parse_address, parse_level

router = APIRouter()

_PLAN = {
    "plan_filing_no": "53990000MJ9T00037AA26001",
    "charity": "53990000MJ9T00037A",
    "donations": 12,
    "amount_fen": 120000,
}
_INCLUSION = {"index": 3, "size": 8, "path": ["00…"], "root": "00…"}
_PROBLEM = {"code": "not-found", "status": 404, "title": {"zh": "未找到。", "en": "Not found."}}
_OCTETS = declared("not-found", "malformed", ok=binary("application/octet-stream"))
LeafHash = Annotated[str, Query(pattern="^[0-9a-f]{64}$", description="leaf hash, lower-case hexadecimal")]
Size = Annotated[int | None, Query(ge=1, le=1 << 62, description="tree size of a signed checkpoint")]


def artefact(request: Request, data: bytes, media_type: str, *, seconds: int | None) -> Response:
    """Bytes with an ETag; 304 if the client has them. `seconds` None: they never change."""
    etag = base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:16]).rstrip(b"=").decode()
    extra = headers.immutable(etag) if seconds is None else headers.short_lived(etag, seconds)
    if f'"{etag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=extra)
    return Response(data, media_type=media_type, headers=extra)


@router.get(
    "/v1/status-lists/{number}", tags=["artefacts"], responses=declared("not-found", ok=binary(headers.STATUS_LIST))
)
async def status_list(request: Request, number: Annotated[int, Path(ge=1, le=1_000_000)]) -> Response:
    """Signed status list (IETF Token Status List, CWT). One bit a certificate: valid or not valid, never why."""
    service = service_of(request)
    found = await service.publishing.latest(number)
    left = max(0, min(service.settings.schedule.status_ttl, found.expires_at - service.clock()))
    return artefact(request, found.signed, headers.STATUS_LIST, seconds=left)


_LISTS = {
    "status_lists": ["https://minzheng.example/v1/status-lists/1"],
    "publish_seconds": 60,
    "ttl": 3600,
    "life_seconds": 172800,
}


@router.get("/v1/status-lists", tags=["artefacts"], responses=declared(ok=examples(_LISTS)))
async def status_lists(request: Request) -> Response:
    """Every status list (status list aggregation, draft section 9.3), and how soon a change of status shows in one:
    `publish_seconds` is how often it is looked for changes, `ttl` how long a cache may keep a list, `life_seconds` how
    long a list can be believed."""
    service = service_of(request)
    schedule = service.settings.schedule
    body = {
        "status_lists": await service.publishing.addresses(),
        "publish_seconds": schedule.publish,
        "ttl": schedule.status_ttl,
        "life_seconds": schedule.status_life,
    }
    return JSONResponse(body, headers={"Cache-Control": f"public, max-age={min(60, schedule.status_ttl)}"})


@router.get("/v1/trust-bundle", tags=["artefacts"], responses=declared(ok=binary(headers.CBOR)))
async def trust_bundle(request: Request) -> Response:
    """Issuers, their keys, the log's and chain's, signed by the root. Compare the root with the pin you were given."""
    bundle = await service_of(request).trust.latest()
    return artefact(request, bundle.signed, headers.CBOR, seconds=3600)


@router.get("/log/checkpoint", tags=["log"], responses=declared("not-found", ok=binary("text/plain")))
async def checkpoint(request: Request) -> Response:
    """The latest signed checkpoint (C2SP tlog-checkpoint), with the cosignatures of witnesses that came in so far."""
    found = await service_of(request).proofs.note()
    return artefact(request, found, headers.TEXT, seconds=5)


@router.get(
    "/v1/log/checkpoint", tags=["log"], responses=declared("not-found", "bad-parameter", ok=binary("text/plain"))
)
async def checkpoint_of(request: Request, size: Size = None) -> Response:
    """The signed checkpoint of a size, or the latest; cosignatures as above. `mz-verify --checkpoint` reads it."""
    found = await service_of(request).proofs.note(size)
    return artefact(request, found, headers.TEXT, seconds=5)


@router.get("/log/tile/entries/{place:path}", tags=["log"], responses=_OCTETS)
@router.get("/log/entries/{place:path}", tags=["log"], responses=_OCTETS)
async def entries(request: Request, place: Annotated[str, Path(max_length=40)]) -> Response:
    """An entry bundle (C2SP tlog-tiles), e.g. `x001/234` or, partial, `000.p/5`."""
    found = await service_of(request).proofs.entries(parse_address(place))
    return artefact(request, found, "application/octet-stream", seconds=None)


@router.get("/log/tile/{level}/{place:path}", tags=["log"], responses=_OCTETS)
async def tile(request: Request, level: str, place: Annotated[str, Path(max_length=40)]) -> Response:
    """A tile of hashes (C2SP tlog-tiles)."""
    found = await service_of(request).proofs.tile(parse_level(level), parse_address(place))
    return artefact(request, found, "application/octet-stream", seconds=None)


@router.get(
    "/v1/log/receipt", tags=["log"], responses=declared("not-found", "bad-parameter", ok=binary(headers.RECEIPT))
)
async def receipt(request: Request, leaf: LeafHash, size: Size = None) -> Response:
    """COSE receipt (RFC 9942) of an entry. Without `size`: of the smallest anchored checkpoint that covers it."""
    data = await service_of(request).proofs.receipt(bytes.fromhex(leaf), size)
    return artefact(request, data, headers.RECEIPT, seconds=60)


@router.get("/v1/log/proof", tags=["log"], responses=declared("not-found", "bad-parameter", ok=binary("text/plain")))
async def tlog_proof(request: Request, leaf: LeafHash, size: Size = None) -> Response:
    """The same as C2SP tlog-proof text, cosignatures included; 404 unless the log is of the SHA-256 profile."""
    data = await service_of(request).proofs.tlog_proof(bytes.fromhex(leaf), size)
    return artefact(request, data, headers.TEXT, seconds=60)


@router.get(
    "/v1/log/inclusion",
    tags=["log"],
    responses=declared("not-found", "bad-parameter", ok=examples(_INCLUSION)),
)
async def inclusion(request: Request, leaf: LeafHash, size: Size = None) -> Response:
    """Inclusion proof as JSON; hashes in hexadecimal, leaf side first."""
    found = await service_of(request).proofs.inclusion(bytes.fromhex(leaf), size)
    path = [h.hex() for h in found.path]
    return _public_json({"index": found.index, "size": found.size, "path": path, "root": found.root.hex()})


@router.get(
    "/v1/log/consistency",
    tags=["log"],
    responses=declared("not-found", "bad-parameter", ok=examples({"old": 3, "new": 8, "proof": ["00…"]})),
)
async def consistency(request: Request, old: Annotated[int, Query(ge=1, le=1 << 62)], new: Size = None) -> Response:
    """Consistency proof (RFC 9162 §2.1.4) between two signed checkpoints."""
    size, proof = await service_of(request).proofs.consistency(old, new)
    return _public_json({"old": old, "new": size, "proof": [h.hex() for h in proof]})


@router.get(
    "/v1/anchors/latest",
    tags=["artefacts"],
    responses=declared("not-found", "chain-unavailable", ok=binary(headers.CBOR)),
)
async def anchor(request: Request, size: Size = None) -> Response:
    """Anchor observation (anchor.cbor), read from the chain by this service just now.

    It is worth what this service's word is worth; a relying party that wants level L5 for itself reads the chain
    through its own node.
    """
    data = await service_of(request).anchors.observation(size)
    return artefact(request, data.encode(), headers.CBOR, seconds=30)


@router.get("/v1/anchors/proof", tags=["artefacts"], responses=declared("not-found", ok=binary(headers.CBOR)))
async def anchor_proof(request: Request, size: Size = None) -> Response:
    """Proof that an anchor is final (anchor-proof.cbor), for the size given or the largest that has one.

    It carries the signatures of the chain's validators: `mz-verify --anchor` checks it against the trust bundle,
    without this service and without the chain. 404 for chains that prove no finality, and until the proof is fetched.
    """
    data = await service_of(request).anchors.proof(size)
    return artefact(request, data, headers.CBOR, seconds=60)


@router.get(
    "/v1/donations/summary",
    tags=["donations"],
    responses=declared(ok=examples({"plans": [_PLAN]})),
)
async def donation_summary(request: Request) -> Response:
    """Totals per fundraising plan, in fen. No donor appears."""
    totals = await service_of(request).donations.totals()
    plans = [
        {"plan_filing_no": t.plan_filing_no, "charity": charity, "donations": t.count, "amount_fen": t.amount_fen}
        for charity, t in totals
    ]
    return _public_json({"plans": plans})


@router.get("/problems/{code}", tags=["service"], responses=declared("not-found", ok=examples(_PROBLEM)))
async def problem(code: str) -> Response:
    """What a problem's `type` address leads to."""
    row = CATALOGUE.get(code)
    if row is None:
        raise NotFound
    return _public_json({"code": row.code, "status": row.status, "title": {"zh": row.zh, "en": row.en}})


def _public_json(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers={**headers.PUBLIC, "Cache-Control": "public, max-age=5"})
