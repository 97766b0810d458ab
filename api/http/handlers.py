"""Turns whatever a route raised into a problem, in the reader's language."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Scope

from api.errors import BadRequest, InvalidFields, PurposeRefused, RateLimited, SignatureRefused
from api.http.catalogue import CATALOGUE, Problem
from api.http.mapping import TABLE
from api.http.problems import FieldError, body, language, problem_for, response
from api.logs import describe, log
from api.services.messages import reason_of
from certs.documents.errors import AnnotationInvalid, MissingGlyph, PhotoError
from certs.errors import ActRefused, CatalogueInvalid, InvalidField, UnknownKind
from verifier.charity.errors import LedgerRefused
from verifier.charity.wording import REFUSALS
from verifier.errors import Malformed
from verifier.httpsig import ACCEPT

_FRAMEWORK = {
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "body-too-large",
    415: "unsupported-media-type",
}


class ProblemMaker:
    """`base` is the public base URL: problem types are addresses under it."""

    def __init__(self, base: str) -> None:
        self._base = base

    def __call__(self, scope: Scope, error: Exception) -> Response:
        request = Request(scope)
        lang = language(request.headers.get("accept-language", ""))
        problem = _problem(error)
        members = body(
            problem,
            base=self._base,
            lang=lang,
            request_id=scope["state"]["request_id"],
            errors=_fields(error, lang),
            detail=_detail(error),
        )
        return response(members, lang, _extra(error, problem))


def _problem(error: Exception) -> Problem:
    if isinstance(error, HTTPException):
        return CATALOGUE[_FRAMEWORK.get(error.status_code, "internal")]
    if isinstance(error, RequestValidationError):
        return CATALOGUE["bad-parameter"]
    if isinstance(error, ClientDisconnect):  # nobody reads the answer; as a 5xx anybody could set off alarms with it
        return CATALOGUE["malformed"]
    if type(error) is BadRequest and error.code in CATALOGUE:
        return CATALOGUE[error.code]
    return problem_for(error)


def _detail(error: Exception) -> str:
    if isinstance(error, ActRefused):
        return error.rule
    return error.detail if isinstance(error, (BadRequest, SignatureRefused)) else ""


def _fields(error: Exception, lang: str) -> tuple[FieldError, ...]:
    if isinstance(error, InvalidFields):
        return tuple(FieldError(field, code, reason_of(code, lang)) for field, code in error.errors)
    if isinstance(error, InvalidField):
        return (FieldError(error.field, error.rule, reason_of(error.rule, lang)),)
    if isinstance(error, MissingGlyph):
        return (FieldError(error.field, "MISSING_GLYPH", reason_of("MISSING_GLYPH", lang)),)
    if isinstance(error, PurposeRefused):
        return (FieldError("purpose", error.code, error.zh if lang == "zh" else error.en),)
    if isinstance(error, CatalogueInvalid):
        return (FieldError(error.place, "CATALOGUE", error.rule),)
    if isinstance(error, UnknownKind):
        return (FieldError("kind", "CODE", reason_of("CODE", lang)),)
    if isinstance(error, PhotoError):
        return (FieldError("photo", error.code, error.zh if lang == "zh" else error.en),)
    if isinstance(error, AnnotationInvalid):
        return (FieldError(error.field, "ANNOTATION", reason_of("ANNOTATION", lang)),)
    if isinstance(error, LedgerRefused):
        return (FieldError("event", error.code.value, REFUSALS[error.code][lang == "en"]),)
    if isinstance(error, Malformed):
        return (FieldError(error.format, error.reason),)
    if isinstance(error, BadRequest):
        return (FieldError(error.field, error.code, reason_of(error.code, lang)),)
    if isinstance(error, RequestValidationError):  # only addresses and headers: bodies are read by `reading`
        return tuple(FieldError(".".join(str(p) for p in e["loc"][1:]), "value") for e in error.errors())
    return ()


def _extra(error: Exception, problem: Problem) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, SignatureRefused):
        return {"WWW-Authenticate": "Signature", "Accept-Signature": ACCEPT}
    if problem.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if problem.status == 503:
        return {"Retry-After": "1" if problem.code == "busy" else "5"}
    if isinstance(error, HTTPException) and error.headers:
        return {name: value for name, value in error.headers.items() if name.lower() == "allow"}
    return {}


def install(app: FastAPI, make: ProblemMaker) -> None:
    """Register one handler for every class of the table; the rest falls through to the edge, as internal."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = _problem(error)
        if problem.status >= 500 and type(error) in TABLE:  # what is not in the table, the edge logs
            log("failed", level=logging.ERROR, request_id=request.scope["state"]["request_id"], error=describe(error))
        return make(request.scope, error)

    for error in (*TABLE, HTTPException, RequestValidationError, ClientDisconnect, Exception):
        app.add_exception_handler(error, handle)
