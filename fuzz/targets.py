"""All targets, by name."""

from __future__ import annotations

from fuzz import charity, files, money, proofs, service, statements, texts
from fuzz.model import Target

MODULES = (statements, proofs, texts, files, charity, money, service)
TARGETS: dict[str, Target] = {target.name: target for module in MODULES for target in module.TARGETS}

HOME: dict[str, str] = {target.name: module.__name__ for module in MODULES for target in module.TARGETS}
