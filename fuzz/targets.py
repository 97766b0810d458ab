"""All targets, by name."""

from __future__ import annotations

from fuzz import files, proofs, service, statements, texts
from fuzz.model import Target

TARGETS: dict[str, Target] = {
    target.name: target for module in (statements, proofs, texts, files, service) for target in module.TARGETS
}
