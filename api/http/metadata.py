"""Metadata and directory entries for the body that issued the certificate. Personal data: never in an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from api.http.auth import require
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.schemas import DirectoryRequest, MetadataRequest
from api.http.state import service_of
from api.services.parties import Principal

router = APIRouter()

_ERRORS = (
    "unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type",
    "not-found",
)  # fmt: skip
_CTI = "00112233445566778899aabbccddeeff"
_METADATA = {
    "metadata": {"ZZMC": "结婚证", "ZZLXDM": "11990000MB9T00011H001", "CZZT": "样例甲", "ZZYXQJZRQ": "9999-12-31"},
    "state": {"code": "01", "zh": "有效", "en": "valid"},
}
_SURFACE = [{"name": "registration_date", "label": "登记日期", "value": "2025-05-20"}]
_ENTRY = {"certificate_name": "结婚证", "surface": _SURFACE, "cd_operation": "I", "cd_batch": "20261121-01"}
Issuing = Annotated[Principal, Depends(require("registry", "charity"))]


@router.post(
    "/v1/certificates/metadata",
    tags=["certificates"],
    openapi_extra=json_request(MetadataRequest, {"cti": _CTI}),
    responses=declared(*_ERRORS, ok=examples(_METADATA)),
)
async def metadata(request: Request, party: Issuing) -> Response:
    """Metadata of an own certificate under the keys of GB/T 36903. Personal. Not a GET, like the holder's file."""
    body = await read_json(request, MetadataRequest)
    return JSONResponse(await service_of(request).metadata.metadata(party, bytes.fromhex(body.cti)))


@router.post(
    "/v1/certificates/directory",
    tags=["certificates"],
    openapi_extra=json_request(DirectoryRequest, {"cti": _CTI, "batch": "20261121-01"}),
    responses=declared(*_ERRORS, ok=examples(_ENTRY)),
)
async def directory(request: Request, party: Issuing) -> Response:
    """Directory entry (GB/T 36902) of an own certificate, as provinces exchange them upward. Personal."""
    body = await read_json(request, DirectoryRequest)
    return JSONResponse(await service_of(request).metadata.directory(party, bytes.fromhex(body.cti), body.batch))
