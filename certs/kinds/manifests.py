"""What the trust bundle tells verifiers about the kinds that are issued here (verifier/manifest.py)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from verifier.manifest import KindManifest, SlotLabel

from .base import Kind, KindInfo


def manifest_of(info: KindInfo) -> KindManifest:
    """The manifest of a kind's present version."""
    slots = tuple(SlotLabel(s.name, s.zh, s.en) for s in info.slots)
    return KindManifest(info.number, info.version, info.depth, info.name, info.zh, info.en, slots, info.notice)


def manifests(kinds: Iterable[Kind[Any]]) -> tuple[KindManifest, ...]:
    """Of all kinds, in the order that a bundle has them."""
    return tuple(sorted((manifest_of(k.info) for k in kinds), key=lambda m: (m.number, m.version)))
