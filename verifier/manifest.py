"""Manifests of certificate kinds: how deep a kind's tree is, and what its slots are called. Signed with the bundle.

    {1: 4, 2: 1, 3: 5, 4: "minimum-living-allowance", 5: {"zh": "最低生活保障证", "en": "Minimum living allowance"},
     6: [["cert_identifier", "电子证照标识", "certificate identifier"], …], 7: {"zh": "…", "en": "…"}}

Members: 1 number, 2 version, 3 depth of the commitment tree, 4 name, 5 title, 6 slots in order, 7 (optional) what the
certificate does not prove. With them a verifier of today reads the kinds of tomorrow; without the manifest of a kind
its fields are neither proven nor refuted. A name in a slot that is another's in the manifest is a forgery: who may
exchange names may call an amount a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from . import fields
from .errors import Malformed
from .labels import SLOT_DEPTH

FORMAT: Final = "kind-manifest"
MAX_KINDS: Final = 1024
MAX_DEPTH: Final = 6
_NAME: Final = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class SlotLabel:
    """A slot's name on the wire, and what people call it."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class KindManifest:
    """One version of a kind. `slots` in order from 0; `notice` in Chinese and English, or None."""

    number: int
    version: int
    depth: int
    name: str
    zh: str
    en: str
    slots: tuple[SlotLabel, ...]
    notice: tuple[str, str] | None = None

    def label(self, name: str, lang: str) -> str | None:
        """What people call the slot of that name ("zh" or "en"); None for a name that the kind does not have."""
        return next((s.zh if lang == "zh" else s.en for s in self.slots if s.name == name), None)

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        m: dict[int, Any] = {
            1: self.number,
            2: self.version,
            3: self.depth,
            4: self.name,
            5: {"zh": self.zh, "en": self.en},
            6: [[s.name, s.zh, s.en] for s in self.slots],
        }
        if self.notice is not None:
            m[7] = dict(zip(_LANGUAGES, self.notice, strict=True))
        return m

    @classmethod
    def from_map(cls, value: object) -> KindManifest:
        """Parse the wire form. Raises Malformed."""
        m = fields.mapping(FORMAT, value, (1, 2, 3, 4, 5, 6), (7,))
        depth = fields.uint(FORMAT, m, 3, MAX_DEPTH)
        slots = tuple(_slot(item) for item in fields.array(FORMAT, m, 6, 1 << depth))
        if len({s.name for s in slots}) != len(slots):
            raise Malformed(FORMAT, "slot-repeated")
        name = fields.text(FORMAT, m, 4, 64)
        if not _NAME.fullmatch(name):
            raise Malformed(FORMAT, "name")
        notice = _both(m[7]) if 7 in m else None
        number, version = fields.uint(FORMAT, m, 1, 0xFFFF), fields.uint(FORMAT, m, 2, 0xFFFF)
        return cls(number, version, depth, name, *_both(m[5]), slots, notice)


def _slot(item: object) -> SlotLabel:
    if type(item) is not list or len(item) != 3 or any(type(t) is not str or not 0 < len(t) <= 64 for t in item):
        raise Malformed(FORMAT, "slot")
    if not _NAME.fullmatch(item[0]):
        raise Malformed(FORMAT, "slot-name")
    return SlotLabel(*item)


def _both(value: object) -> tuple[str, str]:
    m = fields.mapping(FORMAT, value, _LANGUAGES)
    return fields.text(FORMAT, m, "zh"), fields.text(FORMAT, m, "en")


def read_manifests(items: Iterable[object]) -> tuple[KindManifest, ...]:
    """Member 10 of a bundle: ascending by number and version, each once. Raises Malformed."""
    kinds = tuple(KindManifest.from_map(item) for item in items)
    order = [(k.number, k.version) for k in kinds]
    if order != sorted(set(order)):
        raise Malformed(FORMAT, "order")
    return kinds


def depths(kinds: Iterable[KindManifest]) -> Mapping[tuple[int, int], int]:
    """Depth by (number, version): of the manifests, and of the kinds that this verifier knows by itself.

    Raises Malformed if a manifest gives a kind that is known by itself another depth.
    """
    found = dict(SLOT_DEPTH)
    for kind in kinds:
        if found.setdefault((kind.number, kind.version), kind.depth) != kind.depth:
            raise Malformed(FORMAT, "depth", "not that of a kind which this verifier knows by itself")
    return MappingProxyType(found)
