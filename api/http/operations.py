"""Health, readiness, metrics: for operators and their load balancers."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from api.http.docs import declared, examples
from api.http.state import state_of
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
    """Counters and gauges. No label and no value concerns a person."""
    state = state_of(request)
    figures = await state.service.figures()
    state.metrics.log_size.set(figures.entries)
    state.metrics.checkpoint_size.set(figures.checkpoint)
    state.metrics.anchored_size.set(figures.anchored)
    state.metrics.parked.set(figures.parked)
    state.metrics.anchor_failures.set(figures.failing)
    state.metrics.cosigned_size.set(figures.cosigned)
    for name, word in state.service.witnesses.states.items():
        state.metrics.witness_ok.labels(name).set(word is WitnessState.COSIGNED)
    state.metrics.slow_signers.set(state.service.slow_signers())
    return Response(state.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
