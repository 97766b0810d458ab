"""The built pages as bytes in memory: read once, served with an ETag, compressed at build time."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.errors import BundleMissing

DIST: Final = Path(__file__).parent / "dist"
PAGE: Final = "verify.html"
HOLDER_PAGE: Final = "holder.html"
CONSOLE_PAGE: Final = "console.html"
REGULATOR_PAGE: Final = "regulator.html"
CHARITY_PAGE: Final = "charity.html"
DONOR_PAGE: Final = "donor.html"
PAGES: Final = (PAGE, HOLDER_PAGE, DONOR_PAGE, CHARITY_PAGE, CONSOLE_PAGE, REGULATOR_PAGE)
MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_HASHED: Final = re.compile(r"[A-Za-z-]+\.[A-Za-z0-9]{8,10}\.(?:js|css)")  # e.g. verify.7cdb856e10.js
_ENCODING: Final = re.compile(r"\s*([a-z]+)\s*(?:;\s*q=([0-9.]+)\s*)?")
_ZERO: Final = re.compile(r"0(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `immutable`: its name contains a hash of its content, so it may be cached for ever."""

    media_type: str
    etag: str
    immutable: bool
    raw: bytes
    gzip: bytes
    brotli: bytes

    def encoded(self, accept_encoding: str) -> tuple[bytes, str | None]:
        """Bytes and Content-Encoding for a client's Accept-Encoding, e.g. "gzip, deflate, br"."""
        offered = {_ENCODING.fullmatch(part) for part in accept_encoding.lower().split(",")}
        accepted = {m[1] for m in offered if m is not None and not _ZERO.fullmatch(m[2] or "1")}
        if "br" in accepted:
            return self.brotli, "br"
        if "gzip" in accepted:
            return self.gzip, "gzip"
        return self.raw, None


def load(directory: Path = DIST) -> Mapping[str, Asset]:
    """Every built file by name. Raises BundleMissing if the pages were not built."""
    if not all((directory / page).is_file() for page in PAGES):
        raise BundleMissing
    return {
        path.name: _read(path) for path in sorted(directory.iterdir()) if path.suffix in MEDIA_TYPES and path.is_file()
    }


def _read(path: Path) -> Asset:
    raw = path.read_bytes()
    return Asset(
        media_type=MEDIA_TYPES[path.suffix],
        etag=base64.urlsafe_b64encode(hashlib.sha256(raw).digest()[:16]).rstrip(b"=").decode(),
        immutable=_HASHED.fullmatch(path.name) is not None,
        raw=raw,
        gzip=Path(f"{path}.gz").read_bytes(),
        brotli=Path(f"{path}.br").read_bytes(),
    )
