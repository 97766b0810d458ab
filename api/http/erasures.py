"""Erasing a record, and its receipt: for whoever issued it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.errors import NotFound
from api.http.auth import require
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.schemas import Cti, FileRequest
from api.http.state import service_of
from api.services.parties import Principal
from certs.erasure import ErasureReason

router = APIRouter(tags=["certificates"])

RECEIPT = "application/vnd.minzheng.erasure+cose"
_CTI = "00112233445566778899aabbccddeeff"
_ERRORS = ("unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large",
           "unsupported-media-type", "not-found")  # fmt: skip
_DONE = {"cti": _CTI, "erased_at": 1767225600, "again": False, "registration_events": 0, "settled": True}
Issuing = Annotated[Principal, Depends(require("registry", "charity"))]


class EraseRequest(BaseModel):
    """One record whose content is to be destroyed for good.

    `registration`: its registration file too, which takes the reason STATUTORY_ORDER.
    """

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    cti: Cti
    reason: str = Field(pattern=f"^({'|'.join(ErasureReason)})$", examples=["RETENTION_ENDED"])
    registration: bool = False


@router.post(
    "/v1/certificates/erase",
    openapi_extra=json_request(EraseRequest, {"cti": _CTI, "reason": "RETENTION_ENDED"}),
    responses=declared(*_ERRORS, "registration-kept", "unavailable", "self-check-failed", ok=examples(_DONE)),
)
async def erase(request: Request, party: Issuing) -> Response:
    """Destroy what opens one record. Statement, log entry and status stay valid; the content is gone. Again changes
    nothing. `settled` false: an old copy of a database page waits for a reader to end, and goes by itself."""
    body = await read_json(request, EraseRequest)
    done = await service_of(request).erasing.erase(
        party, bytes.fromhex(body.cti), ErasureReason(body.reason), registration=body.registration
    )
    answer = {
        "cti": done.cti.hex(),
        "erased_at": done.at,
        "again": done.again,
        "registration_events": done.events,
        "settled": done.settled,
    }
    return JSONResponse(answer)


@router.post(
    "/v1/certificates/erasure",
    openapi_extra=json_request(FileRequest, {"cti": _CTI}),
    responses=declared(*_ERRORS, ok={"description": "erasure receipt", "content": {RECEIPT: {}}}),
)
async def receipt(request: Request, party: Issuing) -> Response:
    """The signed erasure receipt, with its log receipt once a checkpoint covers it. Not a GET: a certificate's
    identifier must not stand in an address."""
    body = await read_json(request, FileRequest)
    data = await service_of(request).erasing.receipt(party, bytes.fromhex(body.cti))
    if data is None:
        raise NotFound
    return Response(data, media_type=RECEIPT)
