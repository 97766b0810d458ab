"""X.509 for whoever does not read trust bundles: authorities' certificates and revocation lists. Public, cacheable."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.http.docs import binary, declared
from api.http.public import artefact
from api.http.state import service_of

router = APIRouter()
CERTIFICATE = "application/pkix-cert"
CRL = "application/pkix-crl"
CRL_SECONDS = 3600


@router.get("/v1/pki/ca/{number}.cer", tags=["artefacts"], responses=declared("not-found", ok=binary(CERTIFICATE)))
async def authority(request: Request, number: Annotated[int, Path(ge=1, le=10_000)]) -> Response:
    """Certificate of an authority, DER, counted from 1 in order of making. 1 is the first root."""
    return artefact(request, await service_of(request).pki.authority(number), CERTIFICATE, seconds=None)


@router.get("/v1/pki/crl/{kid}.crl", tags=["artefacts"], responses=declared("not-found", ok=binary(CRL)))
async def revocation_list(request: Request, kid: Annotated[str, Path(pattern="^[0-9a-f]{16}$")]) -> Response:
    """Revocation list of the authority with this key id, DER."""
    service = service_of(request)
    found = await service.pki.revocation_list(bytes.fromhex(kid))
    left = max(0, min(CRL_SECONDS, found.next_update - service.clock()))
    return artefact(request, found.der, CRL, seconds=left)
