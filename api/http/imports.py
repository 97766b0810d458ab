"""Large files of records: received to disk, worked through later, reported on. See docs/import.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from api.db.repositories.imports import ImportJob
from api.errors import UnsupportedMedia
from api.http.auth import require
from api.http.docs import RECORD_FILES, declared, examples, request_of
from api.http.problems import language
from api.http.reading import charset, media_type
from api.http.state import service_of
from api.services.importing import report
from api.services.importing.deciding import Mode
from api.services.importing.reading import MEDIA
from api.services.parties import Principal
from certs.kinds import kind_by_number

router = APIRouter(tags=["imports"])

_PARTY_ERRORS = ("unauthenticated", "forbidden")
_JOB = {
    "id": "00112233445566778899aabbccddeeff",
    "kind": "marriage",
    "mode": "archive",
    "dry_run": False,
    "state": "running",
    "rows": 1000000,
    "position": 250000,
    "issued": 249990,
    "existing": 0,
    "rejected": 10,
    "created_at": 1800000000,
    "updated_at": 1800000100,
}
_SHOWN = examples(_JOB)
_TABLE = {
    "description": "Rows that were not taken, and notes on others, in order of line",
    "content": {
        "text/csv": {"schema": {"type": "string"}, "example": "line,field,code,message,severity\r\n"},
        "application/x-ndjson": {"schema": {"type": "string"}},
    },
}
Issuing = Annotated[Principal, Depends(require("registry", "charity"))]
JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


@router.post(
    "/v1/imports",
    openapi_extra=request_of(RECORD_FILES),
    responses=declared(
        *_PARTY_ERRORS,
        "bad-parameter",
        "body-too-large",
        "unsupported-media-type",
        "rejected",
        "rate-limited",
        "busy",
        "unavailable",
        ok=examples({**_JOB, "state": "received", "position": 0}, description="Taken; it is worked through later"),
        status=202,
    ),
)
async def receive(
    request: Request,
    party: Issuing,
    kind: Annotated[str, Query(max_length=32)],
    mode: Literal["issue", "archive"] = "issue",
    dry_run: bool = False,
) -> Response:
    """Take a file of records. Good rows are issued (or, of an archive, recorded) once, bad ones reported by line, field
    and rule. The same file again, while it is not at its end, gives the same job; afterwards, nothing twice."""
    media = media_type(request)
    if media not in MEDIA:
        raise UnsupportedMedia("text/csv, application/x-ndjson or XLSX")
    encoding, service = charset(request), service_of(request)
    wanted = service.makers.kind_for(party, kind)
    how = Mode.of(archive=mode == "archive", check=dry_run)
    job = await service.imports.receive(party, wanted, how, MEDIA[media], encoding, request.stream())
    return JSONResponse(_json(job), status_code=202, headers={"Location": f"/v1/imports/{job.job_id.hex()}"})


@router.get("/v1/imports/{job}", responses=declared(*_PARTY_ERRORS, "bad-parameter", "not-found", ok=_SHOWN))
async def show(request: Request, party: Issuing, job: JobId) -> Response:
    """How far it is. States: received, running, then done, stopped (the file cannot be read) or cancelled."""
    return JSONResponse(_json(await service_of(request).imports.get(party, bytes.fromhex(job))))


@router.get("/v1/imports/{job}/report", responses=declared(*_PARTY_ERRORS, "bad-parameter", "not-found", ok=_TABLE))
async def rows_not_taken(
    request: Request, party: Issuing, job: JobId, format: Literal["csv", "ndjson"] = "csv"
) -> Response:
    """Every reason so far, in the reader's language, without any value. Line 0 or a line of the file's own: what
    stopped the whole file."""
    imports = service_of(request).imports
    found = await imports.get(party, bytes.fromhex(job))
    lang = language(request.headers.get("accept-language", ""))

    async def lines() -> AsyncIterator[str]:
        yield report.head(format)
        async for remark in imports.remarks(found.job_id):
            yield report.line_of(remark, format, lang)

    media = "text/csv" if format == "csv" else "application/x-ndjson"
    return StreamingResponse(lines(), media_type=media, headers={"Content-Language": lang, "Vary": "Accept-Language"})


@router.delete("/v1/imports/{job}", responses=declared(*_PARTY_ERRORS, "bad-parameter", "not-found", ok=_SHOWN))
async def cancel(request: Request, party: Issuing, job: JobId) -> Response:
    """End it, and delete the file. What its rows made so far stays made."""
    return JSONResponse(_json(await service_of(request).imports.cancel(party, bytes.fromhex(job))))


def _json(job: ImportJob) -> dict[str, Any]:
    mode = Mode(job.mode)
    return {
        "id": job.job_id.hex(),
        "kind": kind_by_number(job.kind).name,
        "mode": "archive" if mode.is_archive else "issue",
        "dry_run": mode.is_check,
        "state": job.state,
        "rows": job.rows,
        "position": job.position,
        "issued": job.issued,
        "existing": job.existing,
        "rejected": job.rejected,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }
