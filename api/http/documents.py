"""Documents of certificates for the party that issued them, and the public statements about rendered files."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.errors import BadRequest
from api.http.auth import require
from api.http.docs import binary, declared, json_request
from api.http.public import artefact
from api.http.reading import read_json
from api.http.schemas import Cti
from api.http.state import service_of
from api.services.documents import FORMATS, Copy, Order
from api.services.parties import Principal
from verifier.rendition import MEDIA

router = APIRouter()
Issuing = Annotated[Principal, Depends(require("registry", "charity"))]
STATEMENT = "application/vnd.minzheng.rendition"
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
_PHOTO = 2 << 20  # bytes; certs.documents.photo has the other limits


class CopyRequest(BaseModel):
    """Marks of an annotated copy (加注件), printed on every page: for what, for whom, until when (seconds UTC)."""

    model_config = _STRICT

    purpose: str = Field(min_length=1, max_length=60)
    recipient: str = Field(min_length=1, max_length=60)
    expires: int = Field(ge=0, le=253402300799)


class DocumentRequest(BaseModel):
    """The document of one certificate. `photo`: JPEG or PNG, base64, at most 2 MiB; it is re-encoded, never kept."""

    model_config = _STRICT

    cti: Cti
    format: Literal["pdf", "ofd"] = "pdf"
    lang: Literal["zh", "en", "zh-en"] = "zh-en"
    copy_for: CopyRequest | None = None
    photo: str | None = Field(default=None, max_length=_PHOTO * 4 // 3 + 4)


_EXAMPLE = {
    "cti": "00112233445566778899aabbccddeeff",
    "format": "ofd",
    "lang": "zh",
    "copy_for": {"purpose": "示例用途", "recipient": "示例银行", "expires": 1_800_000_000},
}
_ERRORS = ("unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large",
           "unsupported-media-type", "not-found", "rejected", "bad-parameter", "unavailable",
           "self-check-failed")  # fmt: skip
_FILE = {"description": "The document, its statement inside", "content": {MEDIA[n]: {} for n in FORMATS.values()}}


@router.post(
    "/v1/certificates/document",
    tags=["certificates"],
    openapi_extra=json_request(DocumentRequest, _EXAMPLE),
    responses=declared(*_ERRORS, ok=_FILE),
)
async def document(request: Request, party: Issuing) -> Response:
    """PDF or OFD of a certificate, stated by its issuer, an OFD also under the issuer's electronic seal.

    The answer waits until the log has the statement, some tenths of a second. Not a GET: a certificate's identifier
    must not stand in an address.
    """
    body = await read_json(request, DocumentRequest)
    wanted, mark = body.copy_for, None
    if wanted is not None:
        mark = Copy(wanted.purpose, wanted.recipient, wanted.expires)
    order = Order(FORMATS[body.format], body.lang, mark, _photo(body.photo))
    data = await service_of(request).documents.document(party, bytes.fromhex(body.cti), order)
    return Response(data, media_type=MEDIA[order.media], headers={"Cache-Control": "no-store"})


def _photo(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadRequest("bad-parameter", "photo", "base64") from None


@router.get("/v1/renditions/{sm3}", tags=["artefacts"], responses=declared("not-found", ok=binary(STATEMENT)))
async def rendition(request: Request, sm3: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """The issuer's statement about the rendered bytes with this SM3, with its receipt. Only who has a file knows its
    digest, which holds the certificate's random salts and says nothing by itself."""
    found = await service_of(request).documents.by_digest(bytes.fromhex(sm3))
    return artefact(request, found, STATEMENT, seconds=60)
