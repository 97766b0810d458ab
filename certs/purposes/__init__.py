"""The catalogue of purposes: party category × purpose × legal basis × what may be asked, as data two persons change.

`model` decides, `parse` reads and refuses what the law does not allow, `statement` is what administrators sign.
`default.json` is version 1. See docs/purposes.md.
"""

from __future__ import annotations

from importlib.resources import files

from .model import BASES, PREDICATES, REASONS, Allowed, Catalogue, Decision, Options, Purpose, Refusal, Refused, Text
from .parse import parse_catalogue

__all__ = [
    "BASES",
    "PREDICATES",
    "REASONS",
    "Allowed",
    "Catalogue",
    "Decision",
    "Options",
    "Purpose",
    "Refusal",
    "Refused",
    "Text",
    "default_document",
    "parse_catalogue",
]


def default_document() -> bytes:
    """Bytes of the catalogue that an instance begins with."""
    return files(__name__).joinpath("default.json").read_bytes()
