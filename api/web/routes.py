"""`GET /v` (the verify page), `/h` (the holder's page) and `/static/*`: the only documents that the service serves."""

from __future__ import annotations

from functools import cache
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.errors import BundleMissing, NotFound
from api.web.assets import CHARITY_PAGE, CONSOLE_PAGE, DONOR_PAGE, HOLDER_PAGE, PAGE, PAGES, REGULATOR_PAGE, Asset, load

router = APIRouter(include_in_schema=False)

# Nothing inline, nothing from elsewhere, and no way out but to this origin: the browser itself enforces that a code
# cannot leave. Trusted Types: the only string that ever becomes a script is the worker's fixed address.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # data: for the empty icon
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types mz-worker",
    )
)
# A page that starts no worker, makes no script from a string and sees no camera.
PLAIN_POLICY: Final = CONTENT_SECURITY_POLICY.replace("; worker-src 'self'", "").replace(
    "trusted-types mz-worker", "trusted-types 'none'"
)
_COMMON: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), usb=(), payment=()",
    "Vary": "Accept-Encoding",
}

assets = cache(load)
"""The built files, read at the first request. Raises BundleMissing (and reads again next time) if there are none."""


def is_built() -> bool:
    """Whether there is a page to serve."""
    try:
        assets()
    except BundleMissing:
        return False
    return True


@router.get("/v")
async def page(request: Request) -> Response:
    """The verify page. Revalidated each time, so that it always names assets which exist."""
    return _answer(request, assets()[PAGE])


@router.get("/h")
async def holder(request: Request) -> Response:
    """The holder's page. What stands behind `#` in a one-time code's address never gets here."""
    return _plain(request, HOLDER_PAGE)


@router.get("/d")
async def donor(request: Request) -> Response:
    """The donor's page. The receipt code behind `#` never gets here; the camera may read one."""
    return _answer(request, assets()[DONOR_PAGE])


@router.get("/c")
async def charity(request: Request) -> Response:
    """What charities and funds publish. Which one is looked at stands behind `#` and does not get here."""
    return _plain(request, CHARITY_PAGE)


@router.get("/console")
async def console(request: Request) -> Response:
    """The page of a charity's officer. Whoever opens it can do nothing without a key that administrators released."""
    return _plain(request, CONSOLE_PAGE)


@router.get("/regulator")
async def regulator(request: Request) -> Response:
    """The regulator's page; the same holds."""
    return _plain(request, REGULATOR_PAGE)


@router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """A built file of the page."""
    asset = assets().get(name)
    if asset is None or name in PAGES:
        raise NotFound
    return _answer(request, asset)


def _plain(request: Request, page: str) -> Response:
    answer = _answer(request, assets()[page])
    answer.headers["Content-Security-Policy"] = PLAIN_POLICY
    answer.headers["Permissions-Policy"] = _COMMON["Permissions-Policy"].replace("camera=(self)", "camera=()")
    return answer


def _answer(request: Request, asset: Asset) -> Response:
    lifetime = "public, max-age=31536000, immutable" if asset.immutable else "no-cache"
    headers = {**_COMMON, "Cache-Control": lifetime, "ETag": f'"{asset.etag}"'}
    if f'"{asset.etag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body, encoding = asset.encoded(request.headers.get("accept-encoding", ""))
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return Response(body, media_type=asset.media_type, headers=headers)
