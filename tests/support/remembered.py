"""Answers of pure functions of bytes kept for a while: hundreds of audits read the same certificates and signatures.

Nothing is left out by that: a changed byte is another question. Errors are not kept, and what is kept is immutable.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

import api.services.audit_x509
from verifier.cose import CoseKey
from verifier.credential import Certificate
from verifier.policy import TrustBundle

_READERS = ("read_certificate", "read_crl", "organisation_of")


@contextmanager
def remembered() -> Iterator[None]:
    """Until the end of the block each of them is asked once about the same bytes."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _READERS:
            patch.setattr(api.services.audit_x509, name, cache(getattr(api.services.audit_x509, name)))
        patch.setattr(CoseKey, "verify", cache(CoseKey.verify))
        for parsed in (Certificate, TrustBundle):
            patch.setattr(parsed, "parse", staticmethod(cache(parsed.parse)))
        yield
