"""Private keys live here and nowhere else. A signer is chosen by URI."""

from __future__ import annotations

from ._evp import PrivateKey
from .software import SoftwareSigner
from .uri import create_software_key, open_signer

__all__ = ["PrivateKey", "SoftwareSigner", "create_software_key", "open_signer"]
