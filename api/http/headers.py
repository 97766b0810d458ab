"""Headers that every answer carries, and the caching rules of what the service publishes."""

from __future__ import annotations

PROBLEM = "application/problem+json"
CBOR = "application/cbor"
STATUS_LIST = "application/statuslist+cwt"
RECEIPT = "application/cose"
TEXT = "text/plain; charset=utf-8"

# Answers of the API are never documents: should one be opened as such, nothing in it may run or load.
API_CSP = "default-src 'none'; frame-ancestors 'none'"

COMMON: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=()"),
)

# Public artefacts may be fetched by any site's verifier; they carry nothing that depends on who asks.
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def immutable(etag: str) -> dict[str, str]:
    """Tiles and entry bundles, partial ones too: the log is append-only, so what stands at an address never changes."""
    return {**PUBLIC, "ETag": f'"{etag}"', "Cache-Control": "public, max-age=31536000, immutable"}


def short_lived(etag: str, seconds: int) -> dict[str, str]:
    """Checkpoint, status lists, trust bundle, receipts and anchors: what a newer one replaces."""
    return {**PUBLIC, "ETag": f'"{etag}"', "Cache-Control": f"public, max-age={seconds}, must-revalidate"}
