"""The OpenAPI 3.1 document: what FastAPI derives from the routes, and what only we know."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.docs import INNER, PROBLEM_SCHEMA, declared
from api.http.schemas import record_schemas

_DESCRIPTION = (
    "Issues SM2-signed e-certificates and donation records, logs them, anchors the log, and verifies. "
    "Verification is open and answers with one of three outcomes; issuing needs a party's access token. "
    "Errors are RFC 9457 problems with stable codes."
)


def document(app: FastAPI) -> dict[str, Any]:
    """Built once per application."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            description=_DESCRIPTION,
            routes=app.routes,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        components = made.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        schemas.update({"Problem": PROBLEM_SCHEMA, **record_schemas()})
        components["securitySchemes"] = {"party": {"type": "http", "scheme": "bearer", "bearerFormat": "mzt"}}
        for path in made["paths"].values():
            for operation in path.values():
                schemas.update(operation.pop(INNER, {}))
                _finish(operation)
        app.openapi_schema = made
    return app.openapi_schema


def _finish(operation: dict[str, Any]) -> None:
    # FastAPI documents a 422 of its own form wherever a parameter is validated; ours are 400 problems.
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
        for status, answer in declared("bad-parameter").items():
            answers.setdefault(str(status), answer)
    if "401" in answers:
        operation["security"] = [{"party": []}]
