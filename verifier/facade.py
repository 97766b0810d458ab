"""The shortest way to an answer: one call, one report.

This is the edge, where files and the machine's clock are read; `Verifier` reads neither, and is what a program uses
that checks many certificates.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from .assess import Verifier
from .errors import VerifierError
from .inputs import MAX_TRUST_BYTES, Sources, UsageError, input_file, is_code, read_file, text_or_bytes
from .policy import TrustBundle
from .report import Report

FileOrBytes = Path | bytes | str


def load(cache: str | Path) -> Verifier:
    """The verifier over a folder that `mz-trust update` keeps. Nothing is fetched. Raises UsageError."""
    return Sources(cache=Path(cache)).read().verifier()


def verify(
    source: FileOrBytes,
    trust: FileOrBytes | TrustBundle | Verifier,
    *,
    root: str | None = None,
    statuses: Iterable[FileOrBytes] = (),
    at: int | None = None,
    level: str | None = None,
) -> Report:
    """Check one certificate: a file (PDF, OFD, .mzc) by its path or its bytes, or the text of a code.

        report = verify("contract.pdf", "trust-bundle.cbor", root=PIN, statuses=["status-1.cbor"])

    `trust`, `statuses`: paths or bytes; a folder as `trust` is a cache of `mz-trust`. `root`: the pin, 64 hexadecimal
    digits, which you were handed on another way than the bundle. `at`: seconds UTC, by default now. `level`: see
    `Verifier.assess`. A bad certificate is a report and never raises; trust material or a path that cannot be read
    raises UsageError.
    """
    verifier = trust if isinstance(trust, Verifier) else _verifier(trust, root, statuses)
    if isinstance(source, str) and is_code(source):
        data: bytes | str = source
    else:
        data = text_or_bytes(source if isinstance(source, bytes) else input_file(Path(source)))
    return verifier.assess(data, at=int(time.time()) if at is None else at, level=level)


def _verifier(trust: FileOrBytes | TrustBundle, root: str | None, statuses: Iterable[FileOrBytes]) -> Verifier:
    lists = [_bytes(s) for s in statuses]
    if not isinstance(trust, TrustBundle | bytes) and Path(trust).is_dir():
        sources = Sources(cache=Path(trust), root=root)
        material = sources.read()
        trust, root, lists = material.trust, material.root, [*material.statuses, *lists]
    try:
        bundle = trust if isinstance(trust, TrustBundle) else TrustBundle.parse(_bytes(trust), root)
    except VerifierError as e:
        raise UsageError(str(e)) from None
    if root is not None and root.lower() != bundle.root_fingerprint:
        raise UsageError("root: not the pinned one")
    return Verifier(bundle, lists)


def _bytes(item: FileOrBytes) -> bytes:
    return item if isinstance(item, bytes) else read_file(Path(item), MAX_TRUST_BYTES)
