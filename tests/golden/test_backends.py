"""Every implementation of the arithmetic gives the same reports on every golden vector."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.golden.test_assess import VECTORS, run
from verifier.hazmat import ed25519, p256, sm2
from verifier.policy import TrustBundle

_MODULES = {"sm2": sm2, "p256": p256, "ed25519": ed25519}
_EVERY = [(name, backend) for name, module in _MODULES.items() for backend in module.available_backends()]
_parse = TrustBundle.parse  # before it is patched


@cache
def _bundle(data: bytes) -> TrustBundle:
    return _parse(data)


def forced(name: str, backend: str) -> AbstractContextManager[None]:
    return _MODULES[name].forced_backend(backend)


def expected() -> list[dict[str, str]]:
    return [v["expected"] for v in VECTORS.values()]


def found() -> list[dict[str, str]]:
    """Bundles are read once for each backend: hundreds of vectors share one."""
    _bundle.cache_clear()
    with patch.object(TrustBundle, "parse", staticmethod(_bundle)):
        reports = [run(v) for v in VECTORS.values()]
    return [{"outcome": r.outcome.value, "reason": r.reason.value} for r in reports]


@pytest.mark.parametrize(("name", "backend"), _EVERY)
def test_backend(name: str, backend: str) -> None:
    with forced(name, backend):
        assert found() == expected()


def test_pure_python_throughout() -> None:
    with ExitStack() as stack:
        for name in _MODULES:
            stack.enter_context(forced(name, "pure"))
        assert found() == expected()


# A machine whose hashlib has no SM3 and where no OpenSSL can be loaded, in a process of its own.
_BARE = """
import ctypes, sys
sys.modules["verifier.hazmat._sm3_hashlib"] = None
def refuse(*_, **__): raise OSError("no library")
ctypes.CDLL = ctypes.PyDLL = refuse
from verifier.hazmat import ed25519, p256, sm2, sm3
assert sm3.BACKEND == "pure"
assert {m.available_backends() for m in (sm2, p256, ed25519)} == {("pure",)}
from tests.golden.test_backends import expected, found
sys.exit(found() != expected())
"""


def test_machine_without_openssl() -> None:
    result = subprocess.run(
        [sys.executable, "-c", _BARE], check=False, timeout=120, cwd=Path(__file__).parents[2], capture_output=True
    )
    assert (result.returncode, result.stderr.decode()) == (0, "")
