"""Private keys live here and nowhere else. A signer is chosen by URI."""

from __future__ import annotations

from ._evp import PrivateKey
from .bls import BlsSigner, create_bls_key, open_bls_key
from .ed25519 import Ed25519Signer, create_ed25519_key, open_ed25519_key
from .pkcs11 import Pkcs11Signer
from .software import SoftwareSigner
from .uri import create_software_key, open_signer

__all__ = [
    "BlsSigner",
    "Ed25519Signer",
    "Pkcs11Signer",
    "PrivateKey",
    "SoftwareSigner",
    "create_bls_key",
    "create_ed25519_key",
    "create_software_key",
    "open_bls_key",
    "open_ed25519_key",
    "open_signer",
]
