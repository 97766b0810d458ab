"""Open verification: the same procedure that the bank runs, with the server's own trust material.

What is sent here is held in memory for the length of the request and nowhere else: no row, no log line, no metric but
the count of outcomes. Whoever prefers not to send it uses the page (checked in the browser) or `mz-verify`.
"""

from __future__ import annotations

import time
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.responses import JSONResponse, Response

from api.errors import BadRequest, UnsupportedMedia
from api.http.docs import declared, examples, request_of
from api.http.reading import media_type, read_json
from api.http.state import client_address, state_of

# An upload is bounded by the body's limit already; by default a larger part of it would be written to a file in clear.
MultiPartParser.spool_max_size = 1 << 30

router = APIRouter()
LEVELS = ("L1", "L2", "L3", "L4", "L5")


class VerifyRequest(BaseModel):
    """A code as text, in either form. `level` is what the caller requires (default L1 for a code)."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    code: str = Field(max_length=4096)
    level: Literal["L1", "L2", "L3", "L4", "L5"] | None = None


_BODY = {
    "application/json": {
        "schema": VerifyRequest.model_json_schema(),
        "example": {"code": "https://minzheng.example/v#0oRYIKMBOgABAAAE…"},
    },
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "string", "format": "binary", "description": "holder's file (.mzc)"},
                "level": {"type": "string", "enum": list(LEVELS)},
            },
        }
    },
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
}
_ANSWER = examples(
    {
        "outcome": "PASSED",
        "reason": "OK",
        "level": "L1",
        "levels": {"L1": {"outcome": "PASSED", "reason": "OK"}},
        "certificate": {
            "kind": 1,
            "kind_name": "marriage",
            "kind_title": {"zh": "结婚证", "en": "marriage certificate"},
            "issuer": "11990000MB9T010142",
            "issuer_name": {"zh": "示例婚姻登记处", "en": "Example Marriage Registry Office"},
            "issued_at": "2026-01-01T00:00:00Z",
        },
        "disclosed": {},
        "public": {},
        "findings": [],
        "needs": [],
    },
    description="The report: PASSED, FAILED or INDETERMINATE. All three are answers, hence all are 200.",
)


@router.post(
    "/v1/verify",
    tags=["verification"],
    openapi_extra=request_of(_BODY),
    responses=declared(
        "malformed-json", "malformed-multipart", "invalid-fields", "body-too-large", "unsupported-media-type",
        "rate-limited", "chain-unavailable", ok=_ANSWER,
    ),
)  # fmt: skip
async def verify(request: Request) -> Response:
    """Check a code (JSON) or a holder's file (multipart, or the bare bytes with `?level=`)."""
    state = state_of(request)
    state.buckets.take(client_address(request), time.monotonic())
    data, level = await _presented(request)
    report = await state.service.verification.verify(data, level)
    state.metrics.verifications.labels(report.outcome.value).inc()
    return JSONResponse(report.to_json(), headers={"Cache-Control": "no-store"})


async def _presented(request: Request) -> tuple[bytes | str, str | None]:
    kind = media_type(request)
    if kind == "application/json":
        body = await read_json(request, VerifyRequest)
        return body.code, body.level
    if kind == "application/octet-stream":
        return await request.body(), _level(request.query_params.get("level"))
    if kind == "multipart/form-data":
        return await _uploaded(request)
    raise UnsupportedMedia("application/json, multipart/form-data or application/octet-stream")


async def _uploaded(request: Request) -> tuple[bytes, str | None]:
    try:
        async with request.form(max_files=1, max_fields=2, max_part_size=4096) as form:
            upload = form.get("file")
            if not isinstance(upload, UploadFile):
                raise BadRequest("malformed-multipart", "file")
            level = form.get("level")
            return await upload.read(), _level(level if isinstance(level, str) else None)
    except HTTPException:  # the framework's, whose text quotes the body
        raise BadRequest("malformed-multipart") from None


def _level(text: str | None) -> str | None:
    if text is not None and text not in LEVELS:
        raise BadRequest("bad-parameter", "level")
    return text
