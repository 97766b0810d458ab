"""Everything a stranger needs to check a Minzheng certificate, and nothing else.

Bytes in, report out. No clock, environment, network or database is read here but at the edge (command line and
`verify`), and no package outside the standard library is imported: a bank audits one folder and installs one wheel.
What uses the network is in `online`, and nothing here imports it.

    from minzheng_verify import Outcome, verify
    report = verify("certificate.mzc", "/var/lib/mz")        # a folder that `mz-trust update` keeps
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assess import Verifier as Verifier
    from .errors import VerifierError as VerifierError
    from .facade import load as load
    from .facade import verify as verify
    from .inputs import UsageError as UsageError
    from .policy import TrustBundle as TrustBundle
    from .report import Outcome as Outcome
    from .report import Reason as Reason
    from .report import Report as Report

# Resolved at first use: who only wants the CBOR reader or one hash does not load the whole verifier.
_HOME = {
    "Outcome": "report",
    "Reason": "report",
    "Report": "report",
    "TrustBundle": "policy",
    "UsageError": "inputs",
    "Verifier": "assess",
    "VerifierError": "errors",
    "load": "facade",
    "verify": "facade",
}
__all__ = [
    "Outcome",
    "Reason",
    "Report",
    "TrustBundle",
    "UsageError",
    "Verifier",
    "VerifierError",
    "load",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value
