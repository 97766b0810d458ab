"""What a handler may reach: the service the application was built around, and nothing global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from api.http.ratelimit import TokenBuckets
from api.metrics import Metrics
from api.services.service import Service


@dataclass(frozen=True, slots=True)
class AppState:
    service: Service
    metrics: Metrics
    buckets: TokenBuckets
    web_bundle: bool  # whether the verify page was built


def state_of(request: Request) -> AppState:
    return cast(AppState, request.app.state.mzt)


def service_of(request: Request) -> Service:
    return state_of(request).service


def request_id(request: Request) -> str:
    return cast(str, request.scope["state"]["request_id"])


def client_address(request: Request) -> str:
    """Address to count by. Behind a proxy the *last* X-Forwarded-For entry is the one that the proxy itself wrote;
    the earlier ones are the client's own words."""
    if service_of(request).settings.behind_proxy:
        # Joined, since some proxies add a line of their own instead of extending the client's.
        forwarded = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return request.client.host if request.client else "unknown"
