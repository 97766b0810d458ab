"""Certificate kinds: data and rules, one folder each (docs/formats/kinds.md, docs/adding-a-kind.md).

A kind is a package below this one whose `KIND` is a `base.Kind`. Packages are discovered, so that adding a kind
touches its own folder and nothing else. The folder's other parts are found by name: `audit.SHAPE` (shape.py) says what
an auditor expects of its records, `page` (if there is one) how its page differs from the plain one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from certs.errors import UnknownKind

from .base import Kind
from .messages import adopt


def discover(path: Iterable[str], package: str) -> Mapping[int, Kind[Any]]:
    """Kinds in the sub-packages of `package`, by number. Raises ValueError on a number or name used twice."""
    importlib.invalidate_caches()
    found: dict[int, Kind[Any]] = {}
    for info in pkgutil.iter_modules(path):
        if not info.ispkg:
            continue
        kind = importlib.import_module(f"{package}.{info.name}").KIND
        if kind.number in found or kind.name in {k.name for k in found.values()}:
            raise ValueError(f"kind {kind.number} {kind.name} is defined twice")
        kind.package = f"{package}.{info.name}"
        found[kind.number] = kind
    return MappingProxyType(dict(sorted(found.items())))


_FOUND: dict[int, Kind[Any]] = {}
KINDS: Mapping[int, Kind[Any]] = MappingProxyType(_FOUND)
"""All kinds by number, ascending."""


def refresh() -> None:
    """Look at the folders again: what is below this package's path now is what there is."""
    found = discover(__path__, __name__)
    adopt(kind.info.messages for kind in found.values())
    _FOUND.clear()
    _FOUND.update(found)


refresh()


def kind_by_number(number: int) -> Kind[Any]:
    """The kind of that number. Raises UnknownKind."""
    if number not in KINDS:
        raise UnknownKind(f"kind number {number}")
    return KINDS[number]


def kind_by_name(name: str) -> Kind[Any]:
    """The kind of that name ("marriage", "donation"). Raises UnknownKind."""
    for kind in KINDS.values():
        if kind.name == name:
            return kind
    raise UnknownKind(f"the kinds are {', '.join(kind.name for kind in KINDS.values())}")
