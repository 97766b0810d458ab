"""The application around one service: routes, problems, the edge, and the background work in its lifespan."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from api.http import (
    accesslog,
    administration,
    authenticity,
    casefiles,
    charity_certificate,
    charity_compare,
    charity_law,
    charity_ledger,
    charity_money,
    charity_open,
    charity_public,
    charity_watches,
    consents,
    documents,
    erasures,
    holder,
    holders,
    imports,
    match,
    metadata,
    operations,
    pki,
    presentations,
    public,
    purposes,
    registry,
    relationships,
    verify,
    webhooks,
)
from api.http.handlers import ProblemMaker, install
from api.http.middleware import Edge
from api.http.openapi import document
from api.http.ratelimit import TokenBuckets
from api.http.state import AppState
from api.metrics import Metrics
from api.services.service import Service
from api.settings import Limits
from api.web import routes as web

Background = Callable[[Service, Metrics], Coroutine[Any, Any, None]]


def create_app(service: Service, background: Background | None = None) -> ASGIApp:
    """The ASGI application. `background` runs from startup to shutdown (see `api.jobs`); tests go without.

    Reading nothing from the environment and keeping nothing global, two of them can live in one process.
    """
    metrics = Metrics()
    limits = service.settings.limits
    app = FastAPI(
        title="Minzheng Trust 民政信",
        version="0.1.0",
        openapi_url="/openapi.json",
        docs_url=None,  # the interactive page loads scripts from elsewhere, which our CSP forbids
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(service, metrics, background),
    )
    buckets = TokenBuckets(limits.verify_burst, limits.verify_per_minute, limits.verify_addresses)
    app.state.mzt = AppState(service, metrics, buckets, web.is_built())
    for router in (  # tried one after the other: those that are asked most come first
        verify.router,
        authenticity.router,
        match.router,
        presentations.router,
        administration.router,
        registry.router,
        relationships.router,
        documents.router,
        erasures.router,
        casefiles.router,
        imports.router,
        consents.router,
        holder.router,
        holders.router,
        metadata.router,
        accesslog.router,
        public.router,
        purposes.router,
        pki.router,
        webhooks.router,
        charity_ledger.router,
        charity_public.router,
        charity_watches.router,
        charity_certificate.router,
        charity_open.router,
        charity_money.router,
        charity_compare.router,
        charity_law.router,
        operations.router,
        web.router,
    ):
        app.include_router(router)
    problems = ProblemMaker(service.settings.public_base_url)
    install(app, problems)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return Edge(app, metrics=metrics, limit_of=_body_limit(limits), problem=problems)


def _body_limit(limits: Limits) -> Callable[[str], int]:
    by_path = {
        "/v1/verify": limits.verify_body,
        "/v1/certificates/batch": limits.batch_body,
        "/v1/imports": limits.import_body,
        "/v1/charity/imports/bank": limits.batch_body,
        "/v1/charity/imports/platform": limits.batch_body,
        "/v1/certificates/document": limits.document_body,
        "/v1/admin/purposes": purposes.BODY,
        "/v1/authenticity": limits.party_file,
        "/v1/authenticity/bulk": limits.bulk_body,
        "/v1/match": limits.party_file,
        "/v1/presentations/verify": limits.party_file,
    }

    def limit_of(path: str) -> int:
        if path.startswith("/v1/charity/books/") and path.endswith(charity_ledger.DONATIONS):
            return limits.donations_body
        return by_path.get(path, limits.json_body)

    return limit_of


def _lifespan(service: Service, metrics: Metrics, background: Background | None) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if background is None:
            yield
            return
        task = asyncio.create_task(background(service, metrics))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return lifespan
