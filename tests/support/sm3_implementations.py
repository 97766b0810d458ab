"""The SM3 modules that work in this interpreter. The pure one always does."""

from __future__ import annotations

import importlib

from verifier.hazmat import _sm3_pure, sm3

IMPLEMENTATIONS = [_sm3_pure]
if sm3.BACKEND == "hashlib":
    IMPLEMENTATIONS.append(importlib.import_module("verifier.hazmat._sm3_hashlib"))
