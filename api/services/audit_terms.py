"""The shapes of all kinds' records: each stands in its kind's folder, in `audit.py`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

from certs.kinds import KINDS
from certs.kinds.base import Kind
from certs.kinds.shape import Shape


def shapes() -> Mapping[int, Shape]:
    """By kind number. Raises ModuleNotFoundError for a kind whose folder has no `audit.py`: it could not be audited."""
    return {number: _shape(kind) for number, kind in KINDS.items()}


@lru_cache(maxsize=64)
def _shape(kind: Kind[Any]) -> Shape:
    found = import_module(f"{kind.package}.audit").SHAPE
    if not isinstance(found, Shape):
        raise TypeError(f"{kind.package}.audit.SHAPE is not a Shape")
    return found
