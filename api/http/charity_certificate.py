"""The printed sheet of a donation, for who has its receipt code (docs/donor-page.md)."""

from __future__ import annotations

import time
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.errors import InvalidFields
from api.http.context import STRICT
from api.http.docs import binary, declared, json_request
from api.http.reading import read_json
from api.http.state import client_address, service_of, state_of
from verifier.charity.opening import ReceiptCode
from verifier.errors import Malformed

router = APIRouter(tags=["charity"])
PDF: Final = "application/pdf"
_EXAMPLE: Final[dict[str, Any]] = {"code": "MZD1:100KB0*M0DY0W016C1PN1:Y1I12$C2BO2UZ2423ND3.O3G 3A4D", "lang": "en"}


class TraceCertificateRequest(BaseModel):
    """`code`: of the receipt, in either form."""

    model_config = STRICT

    code: str = Field(max_length=320)
    lang: Literal["zh", "en", "zh-en"] = "zh"


@router.post(
    "/v1/charity/trace/certificate",
    openapi_extra=json_request(TraceCertificateRequest, _EXAMPLE),
    responses=declared(
        "malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type", "not-found", "rate-limited",
        "self-check-failed", "unavailable", ok=binary(PDF),
    ),
)  # fmt: skip
async def certificate(request: Request) -> Response:
    """Where a donation went, as PDF: no fiscal receipt, no name on it, the trace inside. `not-found` also for a code
    whose secret is wrong, and while no signed epoch has the donation."""
    state_of(request).buckets.take(client_address(request), time.monotonic())
    body = await read_json(request, TraceCertificateRequest)
    try:
        code = ReceiptCode.parse(body.code)
    except Malformed:
        raise InvalidFields((("code", "value"),)) from None
    service = service_of(request)
    pdf = await service.charity_sheets.sheet(code, body.lang, service.settings.code_host)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="donation-trace.pdf"'}
    return Response(pdf, media_type=PDF, headers=headers)
