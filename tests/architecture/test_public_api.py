"""The verifier's public names and signatures: others build on them, so a change here is a decision, not an accident.

After a deliberate change: `python -m tests.architecture.test_public_api > tests/architecture/public_api.txt`.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

import verifier

MODULES = (
    "anchor",
    "assess",
    "cbor",
    "certpath",
    "charity.epoch",
    "charity.line",
    "charity.opening",
    "charity.sumtree",
    "charity.trace",
    "charity.tracefile",
    "charity.tracereport",
    "checkpoint",
    "cli",
    "code",
    "consensus",
    "cose",
    "cosignature",
    "credential",
    "crl",
    "der",
    "errors",
    "facade",
    "finality.proof",
    "merkle",
    "ofd",
    "ofdfile",
    "ofdxml",
    "online.answers",
    "online.cache",
    "online.client",
    "online.envelope",
    "online.errors",
    "online.keys",
    "online.questions",
    "online.session",
    "online.transport",
    "online.trust",
    "online.webhook",
    "package",
    "policy",
    "quorum",
    "receipt",
    "report",
    "sealfault",
    "ses",
    "status_list",
    "wording",
    "x509",
    "hazmat.ed25519",
    "hazmat.p256",
    "hazmat.sm2",
    "hazmat.sm3",
)
PINNED = Path(__file__).with_name("public_api.txt")


def surface() -> Iterator[str]:
    yield from (f"package: {name}" for name in verifier.__all__)
    for short in MODULES:
        module = importlib.import_module(f"verifier.{short}")
        for name, value in sorted(vars(module).items()):
            defined_here = getattr(value, "__module__", "").startswith("verifier.hazmat._sm3") or (
                getattr(value, "__module__", None) == module.__name__
            )
            if name.startswith("_") or not defined_here:
                continue
            yield from _lines(f"{short}.{name}", value)


def _lines(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        yield f"class {name}"
        if issubclass(value, Enum):
            yield from (f"  {name}.{member.name} = {member.value!r}" for member in value)
        for attribute, member in sorted(vars(value).items()):
            raw = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            if not attribute.startswith("_") and inspect.isfunction(raw):
                yield f"  {name}.{attribute}{_signature(raw)}"
    elif inspect.isroutine(value):
        yield f"{name}{_signature(value)}"


def _signature(value: Callable[..., object]) -> str:
    """Without the addresses that functions among the defaults are shown with."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(inspect.signature(value)))


def test_public_names_are_the_pinned_ones() -> None:
    assert list(surface()) == PINNED.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    print("\n".join(surface()))
