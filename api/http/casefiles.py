"""Case files for courts. Not a GET: neither a certificate's identifier nor a case's may stand in an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.http.auth import require
from api.http.docs import binary, declared, json_request
from api.http.reading import read_json
from api.http.schemas import CaseRequest
from api.http.state import service_of
from api.services.parties import Principal

router = APIRouter(tags=["certificates"])

_EXAMPLE = {"cti": "00112233445566778899aabbccddeeff", "reference": "(2027)示例9901调令1号"}
_ERRORS = ("unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large",
           "unsupported-media-type", "bad-parameter", "not-found", "unavailable", "self-check-failed")  # fmt: skip


@router.post(
    "/v1/certificates/casefile",
    openapi_extra=json_request(CaseRequest, _EXAMPLE),
    responses=declared(*_ERRORS, ok=binary("application/zip")),
)
async def case_file(request: Request, party: Annotated[Principal, Depends(require("registry", "charity"))]) -> Response:
    """Statement, record, registrations, status events, receipts, anchors and report of custody of one certificate, in
    one signed archive that `mz-verify` checks. For the issuing party, and recorded with the case it is for."""
    body = await read_json(request, CaseRequest)
    data = await service_of(request).casefiles.export(party, bytes.fromhex(body.cti), body.reference)
    return Response(data, media_type="application/zip")
