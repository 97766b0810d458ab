"""Where a private key is, as a URI: `software:/var/lib/mzt/keys/office-1.key`, or `pkcs11:token=…` (pkcs11_uri.py).

The passphrase comes from the caller (settings, a prompt): it is never part of the URI, which reaches logs and tables.
Other schemes (a certified signing server) are further entries of `_SCHEMES`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from certs.errors import SignerUnavailable
from certs.ports import Entropy

from ._evp import PrivateKey
from .keyfile import SCRYPT_N, load_key, save_key
from .pkcs11 import Pkcs11Signer
from .pkcs11_uri import TokenKey
from .software import SoftwareSigner

Passphrase = Callable[[], str]


def _path(rest: str) -> Path:
    path = Path(rest)
    if not path.is_absolute() or rest.startswith("//"):
        raise SignerUnavailable("software: expects an absolute path")
    return path


def _software(rest: str, passphrase: Passphrase, process: bool) -> SoftwareSigner:
    return SoftwareSigner(load_key(_path(rest), passphrase()), process=process)


def _pkcs11(rest: str, _passphrase: Passphrase, _process: bool) -> Pkcs11Signer:
    return Pkcs11Signer(TokenKey.parse(rest))


_SCHEMES: Final[dict[str, Callable[[str, Passphrase, bool], SoftwareSigner | Pkcs11Signer]]] = {
    "software": _software,
    "pkcs11": _pkcs11,
}


def open_signer(uri: str, passphrase: Passphrase, *, process: bool = True) -> SoftwareSigner | Pkcs11Signer:
    """The signer of a key URI. Raises SignerUnavailable for a scheme not known, KeyStoreError for the rest."""
    scheme, separator, rest = uri.partition(":")
    if not separator or scheme not in _SCHEMES:
        raise SignerUnavailable("signer URI of an unknown scheme")
    return _SCHEMES[scheme](rest, passphrase, process)


def create_software_key(path: Path, passphrase: str, entropy: Entropy, *, n: int = SCRYPT_N) -> SoftwareSigner:
    """Make a key in libcrypto, keep it in a new file, and open it. Raises KeyStoreError."""
    key = PrivateKey.generate()
    save_key(path, key, passphrase, entropy, n=n)
    return SoftwareSigner(key)
