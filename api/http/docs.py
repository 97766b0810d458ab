"""Pieces of the OpenAPI document: request bodies that we parse ourselves, and every error a route may answer with."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.http import headers
from api.http.catalogue import CATALOGUE

INNER = "x-inner-schemas"
"""Member of an operation with the models inside its body's model, until the document is put together."""

_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details. `code` is stable; `title` follows Accept-Language (zh, en).",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(CATALOGUE)},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code"],
                "properties": {k: {"type": "string"} for k in ("field", "code", "reason")},
            },
        },
    },
}


_TEXT = {"schema": {"type": "string"}}
RECORD_FILES: dict[str, Any] = {
    "text/csv": _TEXT,
    "application/x-ndjson": _TEXT,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
        "schema": {"type": "string", "format": "binary"}
    },
}


def binary(media_type: str) -> dict[str, Any]:
    """A 200 answer of bytes."""
    return {"description": "OK", "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}


def examples(example: object, *, description: str = "OK", schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A JSON answer with an example."""
    return {
        "description": description,
        "content": {"application/json": {"schema": schema or {"type": "object"}, "example": example}},
    }


def declared(*codes: str, ok: dict[str, Any] | None = None, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: its answer and its problems. Every route may also answer 500."""
    answers: dict[int | str, dict[str, Any]] = {} if ok is None else {status: ok}
    by_status: dict[int, list[str]] = {}
    for code in (*codes, "internal"):
        by_status.setdefault(CATALOGUE[code].status, []).append(code)
    for number, of_status in sorted(by_status.items()):
        answers[number] = _problem_answer(number, of_status)
    return answers


def _problem_answer(status: int, codes: list[str]) -> dict[str, Any]:
    shown = {code: {"value": _sample(code)} for code in codes}
    content = {headers.PROBLEM: {"schema": _PROBLEM_REF, "examples": shown}}
    answer: dict[str, Any] = {"description": " / ".join(CATALOGUE[c].en for c in codes), "content": content}
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return answer


def _sample(code: str) -> dict[str, Any]:
    row = CATALOGUE[code]
    address = f"https://minzheng.example/problems/{code}"
    return {"type": address, "title": row.en, "status": row.status, "code": code, "request_id": "0f1e2d3c4b5a6978"}


def json_request(model: type[BaseModel], example: object) -> dict[str, Any]:
    """`openapi_extra=` of a route whose JSON body `reading.read_json` parses."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = schema.pop("$defs", {})  # `http.openapi` puts them where the references point
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}, INNER: inner}


def request_of(content: dict[str, Any]) -> dict[str, Any]:
    """`openapi_extra=` for bodies of several media types."""
    return {"requestBody": {"required": True, "content": content}}
