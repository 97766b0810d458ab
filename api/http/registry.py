"""What authenticated parties do: issue, batch, look up, revoke, fetch holders' files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from api.errors import BadRequest, UnsupportedMedia
from api.http.auth import require
from api.http.docs import RECORD_FILES, declared, examples, json_request, request_of
from api.http.problems import language
from api.http.reading import charset, media_type, read_json
from api.http.schemas import (
    DONATION_EXAMPLE,
    MARRIAGE_EXAMPLE,
    AppendRequest,
    DonationRequest,
    FileRequest,
    IssueRequest,
    LookupRequest,
    RevokeRequest,
)
from api.http.state import service_of, state_of
from api.services.batch import BatchReport
from api.services.importing.reading import MEDIA
from api.services.messages import reason_of
from api.services.parties import Principal
from api.services.views import Answer
from certs.kinds import kind_by_name

router = APIRouter()
_PIECE: Final = 1000  # reasons of one piece of an answer

_BODY_ERRORS = ("malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type")
_PARTY_ERRORS = ("unauthenticated", "forbidden", *_BODY_ERRORS)
_ISSUE_ERRORS = (*_PARTY_ERRORS, "rejected", "conflict", "idempotency-conflict", "bad-header", "busy", "unavailable",
                 "self-check-failed")  # fmt: skip
_VIEW = {
    "cti": "00112233445566778899aabbccddeeff",
    "kind": "marriage",
    "role": "man",
    "issued_at": "2026-01-01T00:00:00Z",
    "valid": True,
    "code": "https://minzheng.example/v#0oRYIKMBOgABAAAE…",
    "leaf": "00…",
    "status": {"uri": "https://minzheng.example/v1/status-lists/1", "idx": 70001},
}
_MZC = {"description": "holder's file", "content": {"application/vnd.minzheng.mzc": {}}}
_APPEND = {"idem": "AZtkXEAAcACAAAAAAAAAAQ", "commitment": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}
_APPENDED = examples({"index": 1042, "leaf_hash": "00…"}, description="In the log now (201) or before (200)")
_ISSUED = examples({"created": True, "certificates": [_VIEW]}, description="Issued now (201) or before (200)")
Registry = Annotated[Principal, Depends(require("registry"))]
Charity = Annotated[Principal, Depends(require("charity"))]
Issuing = Annotated[Principal, Depends(require("registry", "charity"))]


@router.post(
    "/v1/certificates",
    tags=["certificates"],
    openapi_extra=json_request(IssueRequest, {"kind": "marriage", "record": MARRIAGE_EXAMPLE}),
    responses={**declared(*_ISSUE_ERRORS, ok=_ISSUED), 201: _ISSUED},
)
async def issue(request: Request, party: Issuing) -> Response:
    """Issue the certificates of one registration. The same record again gives the same certificates."""
    body = await read_json(request, IssueRequest)
    return await _issue(request, party, body.kind, body.record)


@router.post(
    "/v1/donations",
    tags=["donations"],
    openapi_extra=json_request(DonationRequest, {"record": DONATION_EXAMPLE}),
    responses={**declared(*_ISSUE_ERRORS, ok=_ISSUED), 201: _ISSUED},
)
async def donate(request: Request, party: Charity) -> Response:
    """Record one donation and issue its certificate. It is not the fiscal receipt."""
    body = await read_json(request, DonationRequest)
    return await _issue(request, party, "donation", body.record)


async def _issue(request: Request, party: Principal, kind: str, record: dict[str, str]) -> Response:
    answer = await service_of(request).issuing.issue(party, kind, record, _idempotency_key(request))
    if answer.created:
        state_of(request).metrics.issued.labels(kind_by_name(kind).name).inc(len(answer.certificates))
    return _answer(answer)


@router.post(
    "/v1/certificates/batch",
    tags=["certificates"],
    openapi_extra=request_of(RECORD_FILES),
    responses=declared(*_PARTY_ERRORS, "batch-unreadable", "rejected", "busy", "unavailable", "self-check-failed",
        ok=examples(
        {"kind": "marriage", "rows": 27, "issued": 26, "existing": 0, "certificates": 52,
         "rejected": [{"line": 9, "field": "op_date", "code": "DATE", "reason": "no such date"}]})),
)  # fmt: skip
async def batch(request: Request, party: Issuing, kind: Annotated[str, Query(max_length=32)]) -> Response:
    """Issue a small file of records: CSV or NDJSON in UTF-8 or GB18030, or XLSX. Larger ones go to /v1/imports.

    Good rows are issued once; bad ones are reported by line, field and rule. The same file again issues nothing twice.
    """
    media = media_type(request)
    if media not in MEDIA:
        raise UnsupportedMedia("text/csv, application/x-ndjson or XLSX")
    service = service_of(request)
    report = await service.issuing.issue_file(
        party,
        kind,
        await request.body(),
        form=MEDIA[media],
        encoding=charset(request),
        per_transaction=service.settings.limits.served_transaction,
    )
    state_of(request).metrics.issued.labels(report.kind).inc(report.certificates)
    lang = language(request.headers.get("accept-language", ""))
    return StreamingResponse(_batch_json(report, lang), media_type="application/json")


def _batch_json(report: BatchReport, lang: str) -> Iterator[str]:
    """In pieces, made in a thread: a hundred thousand empty rows have two million reasons, which nobody else waits for
    and which need not be in memory as text."""
    head = {
        "kind": report.kind,
        "rows": report.rows,
        "issued": report.issued,
        "existing": report.existing,
        "certificates": report.certificates,
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "rejected": ['
    for at in range(0, len(report.rejected), _PIECE):
        rejected = [
            {"line": bad.line, "field": bad.field, "code": bad.code, "reason": reason_of(bad.code, lang)}
            for bad in report.rejected[at : at + _PIECE]
        ]
        yield ("," if at else "") + json.dumps(rejected, ensure_ascii=False)[1:-1]
    yield "]}"


@router.post(
    "/v1/certificates/lookup",
    tags=["certificates"],
    openapi_extra=json_request(LookupRequest, {"zihao": "J990101-2025-000001"}),
    responses=declared(*_PARTY_ERRORS, ok=examples({"certificates": [_VIEW]})),
)
async def lookup(request: Request, party: Issuing) -> Response:
    """Certificates that the asking party issued under a number or to a holder. Others' are never found."""
    body = await read_json(request, LookupRequest)
    sought = body.sought()
    if sought is None:
        raise BadRequest("bad-parameter", "zihao, holder, donation_no, certificate_no, or term and value")
    return _answer(Answer(False, await service_of(request).lookups.find(party, *sought)))


@router.post(
    "/v1/certificates/revoke",
    tags=["certificates"],
    openapi_extra=json_request(RevokeRequest, {"cti": ["00112233445566778899aabbccddeeff"], "reason": "annulled"}),
    responses=declared(*_PARTY_ERRORS, "not-found", "unavailable", ok=examples({"revoked": 1, "already": 0})),
)
async def revoke(request: Request, party: Issuing) -> Response:
    """Make certificates not valid, all or none. Shown by the next published status list. Again changes nothing."""
    body = await read_json(request, RevokeRequest)
    done = await service_of(request).revoking.revoke(party, [bytes.fromhex(cti) for cti in body.cti], body.reason)
    state_of(request).metrics.revoked.inc(done.revoked)
    return JSONResponse({"revoked": done.revoked, "already": done.already})


@router.post(
    "/v1/certificates/file",
    tags=["certificates"],
    openapi_extra=json_request(FileRequest, {"cti": "00112233445566778899aabbccddeeff"}),
    responses=declared(*_PARTY_ERRORS, "not-found", ok=_MZC),
)
async def holder_file(request: Request, party: Issuing) -> Response:
    """The holder's file with every disclosure and, once a checkpoint covers it, its receipt. For the issuing party,
    which hands it to the holder. Not a GET: a certificate's identifier must not stand in an address."""
    body = await read_json(request, FileRequest)
    data = await service_of(request).files.holder_file(party, bytes.fromhex(body.cti))
    return Response(data, media_type="application/vnd.minzheng.mzc")


@router.post(
    "/v1/log/entries",
    tags=["log"],
    openapi_extra=json_request(AppendRequest, _APPEND),
    responses={**declared(*_PARTY_ERRORS, "conflict", "busy", "unavailable", ok=_APPENDED), 201: _APPENDED},
)
async def append(request: Request, party: Registry) -> Response:
    """Log a commitment of a register that is kept elsewhere. The answer comes when the entry is durable; a receipt for
    its leaf hash can be had as soon as a checkpoint covers it. The same again gives the same index, also after a 503.
    """
    body = await read_json(request, AppendRequest)
    done = await service_of(request).ledger.append(party.uscc, _decoded(body.idem), _decoded(body.commitment))
    answer = {"index": done.index, "leaf_hash": done.leaf_hash.hex()}
    return JSONResponse(answer, status_code=200 if done.duplicate else 201)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (8 <= len(key) <= 128 and key.isascii() and key.isprintable()):
        raise BadRequest("bad-header", "Idempotency-Key")
    return key


def _answer(answer: Answer) -> Response:
    return JSONResponse(answer.to_json(), status_code=201 if answer.created else 200)
