"""Health, readiness, metrics: for operators and their load balancers."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from api.errors import Unavailable
from api.http.docs import declared, examples
from api.http.state import state_of
from api.metrics import Metrics
from api.services.service import Figures
from chain.witness.collector import WitnessState

router = APIRouter(tags=["service"])

_READY = {
    "ready": True,
    "degraded": ["chain"],
    "parts": {"database": "ok", "keys": "ok", "log": "ok", "chain": "down", "pages": "ok"},
}


@router.get("/healthz", responses=declared(ok=examples({"alive": True})))
async def health() -> Response:
    """The process answers. Says nothing about its parts."""
    return JSONResponse({"alive": True})


@router.get("/readyz", responses={**declared(ok=examples(_READY)), 503: examples({**_READY, "ready": False})})
async def ready(request: Request) -> Response:
    """Whether issuing and verifying work. A chain that is down degrades the service and does not unready it: anchors
    wait, everything else goes on."""
    state = state_of(request)
    parts = await state.service.readiness()
    parts["pages"] = "ok" if state.web_bundle else "missing: run `make web`"
    bad = [name for name, word in parts.items() if word != "ok"]
    up = not set(bad) & {"database", "keys", "log"}
    content = {"ready": up, "degraded": bad if up else [], "parts": parts}
    return JSONResponse(content, status_code=200 if up else 503)


@router.get("/metrics", responses=declared(ok={"description": "Prometheus text", "content": {"text/plain": {}}}))
async def metrics(request: Request) -> Response:
    """Counters and gauges. No label and no value concerns a person.

    Without the database the log's sizes are NaN, and the rest is told: an outage is when somebody looks."""
    state = state_of(request)
    try:
        _sizes(state.metrics, await state.service.figures())
        state.metrics.webhooks_waiting.set(await state.service.webhooks.waiting())
        state.metrics.database_up.set(1)
    except Unavailable:
        _sizes(state.metrics, None)
        state.metrics.database_up.set(0)
    for name, word in state.service.witnesses.states.items():
        state.metrics.witness_ok.labels(name).set(word is WitnessState.COSIGNED)
    state.metrics.slow_signers.set(state.service.slow_signers())
    for purpose, days in state.service.keys.days_left().items():
        state.metrics.key_days.labels(purpose).set(days)
    return Response(state.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _sizes(metrics: Metrics, figures: Figures | None) -> None:
    """NaN where nothing is known: a zero would be read as an empty log."""
    metrics.log_size.set(math.nan if figures is None else figures.entries)
    metrics.checkpoint_size.set(math.nan if figures is None else figures.checkpoint)
    metrics.anchored_size.set(math.nan if figures is None else figures.anchored)
    metrics.parked.set(math.nan if figures is None else figures.parked)
    metrics.anchor_failures.set(math.nan if figures is None else figures.failing)
    metrics.cosigned_size.set(math.nan if figures is None else figures.cosigned)
