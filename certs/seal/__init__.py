"""Electronic seals (GB/T 38540-2020): made by the seal's maker, then put on OFD documents by the issuer's seal key."""

from __future__ import annotations

from .document import seal_package
from .object import Picture, SealOrder, make_seal

__all__ = ["Picture", "SealOrder", "make_seal", "seal_package"]
