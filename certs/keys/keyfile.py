"""A private key's file: JSON envelope, scrypt (RFC 7914) and SM4-GCM, mode 0600. SM2 and Ed25519 keys share it.

    {"format": "mzt-sm2-key/1", "public_key": "04…", "kdf": "scrypt", "n": 32768, "r": 8, "p": 1,
     "salt": "…32 hex", "cipher": "SM4-GCM", "nonce": "…24 hex", "ciphertext": "…96 hex"}

Everything but the ciphertext is authenticated as additional data, so that neither the public key nor the derivation
parameters can be exchanged. PKCS#8 is not used: the `cryptography` package cannot serialise SM2 keys. An Ed25519 key's
file says `mzt-ed25519-key/1`, its public key has 32 bytes, and the sealed 32 bytes are the seed of RFC 8032.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any, Final

from certs.errors import KeyFileLocked, KeyFileMalformed, KeyFileUnsafe, SealBroken, SigningFailed
from certs.ports import Entropy
from certs.sealing import sm4_gcm_decrypt, sm4_gcm_encrypt

from ._evp import POINT_BYTES, SCALAR_BYTES, PrivateKey

FORMAT: Final = "mzt-sm2-key/1"
SCRYPT_N: Final = 32768  # 32 MiB and some 80 ms: what RFC 7914 section 2 means for interactive use, doubled
_MEMBERS: Final = frozenset({"format", "public_key", "kdf", "n", "r", "p", "salt", "cipher", "nonce", "ciphertext"})
_MAX_BYTES: Final = 4096
_MAX_MEMORY: Final = 256 << 20  # bytes that a key file may make us use
MIN_PASSPHRASE: Final = 12  # characters
# no links; not inherited by children; a pipe under the path must not hang the start
_OPEN_FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))


def save_key(path: Path, key: PrivateKey, passphrase: str, entropy: Entropy, *, n: int = SCRYPT_N) -> None:
    """Write a new SM2 key file, mode 0600, whole or not at all. An existing file is never overwritten.

    Raises KeyFileUnsafe if the path exists, ValueError for a passphrase below 12 characters.
    """
    scalar = key.scalar()
    try:
        save_secret(path, FORMAT, key.public(), scalar, passphrase, entropy, n=n)
    finally:
        wipe(scalar)


def load_key(path: Path, passphrase: str) -> PrivateKey:
    """Read an SM2 key file. Raises KeyFileUnsafe, KeyFileMalformed or KeyFileLocked."""
    public, scalar = load_secret(path, FORMAT, POINT_BYTES, passphrase)
    try:
        return PrivateKey.load(scalar, public)
    except SigningFailed:
        raise KeyFileMalformed("the key file's two halves do not belong together") from None
    finally:
        wipe(scalar)


def save_secret(
    path: Path,
    format: str,
    public: bytes,
    secret: bytearray,
    passphrase: str,
    entropy: Entropy,
    *,
    n: int = SCRYPT_N,
) -> None:
    """Seal 32 secret bytes into a new key file of `format`. The caller wipes `secret`. Raises as `save_key`."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise ValueError("a passphrase has at least 12 characters")
    random = entropy(28)
    header: dict[str, Any] = {
        "format": format,
        "public_key": public.hex(),
        "kdf": "scrypt",
        "n": n,
        "r": 8,
        "p": 1,
        "salt": random[:16].hex(),
        "cipher": "SM4-GCM",
        "nonce": random[16:].hex(),
    }
    wrapping = _derive(passphrase, header)
    header["ciphertext"] = sm4_gcm_encrypt(wrapping, random[16:], bytes(secret), _aad(header)).hex()
    _write_new(path, json.dumps(header, indent=1).encode("ascii") + b"\n")


def load_secret(path: Path, format: str, public_bytes: int, passphrase: str) -> tuple[bytes, bytearray]:
    """(public key, 32 secret bytes) of a key file; the caller wipes the secret and checks that the two belong together.

    Raises KeyFileUnsafe, KeyFileMalformed or KeyFileLocked.
    """
    header = _parse(read_private(path), format, public_bytes)
    wrapping = _derive(passphrase, header)
    nonce, sealed = bytes.fromhex(header["nonce"]), bytes.fromhex(header["ciphertext"])
    try:
        secret = bytearray(sm4_gcm_decrypt(wrapping, nonce, sealed, _aad(header)))
    except SealBroken:
        raise KeyFileLocked("wrong passphrase, or the key file was altered") from None
    return bytes.fromhex(header["public_key"]), secret


def wipe(secret: bytearray) -> None:
    """Overwrite in place. Copies that the interpreter made of it on the way are beyond reach."""
    if secret:
        ctypes.memset((ctypes.c_ubyte * len(secret)).from_buffer(secret), 0, len(secret))


def _aad(header: dict[str, Any]) -> bytes:
    public = {k: v for k, v in header.items() if k != "ciphertext"}
    return json.dumps(public, sort_keys=True, separators=(",", ":")).encode("ascii")


def _derive(passphrase: str, header: dict[str, Any]) -> bytes:
    return hashlib.scrypt(
        passphrase.encode("utf-8"),
        salt=bytes.fromhex(header["salt"]),
        n=header["n"],
        r=header["r"],
        p=header["p"],
        maxmem=_MAX_MEMORY,
        dklen=16,
    )


def _parse(raw: bytes, format: str, public_bytes: int) -> dict[str, Any]:
    try:
        header = json.loads(raw.decode("ascii"))
    except ValueError:
        raise KeyFileMalformed("not a key file: no JSON") from None
    if not isinstance(header, dict) or set(header) != _MEMBERS:
        raise KeyFileMalformed("not a key file: other members")
    if (header["format"], header["kdf"], header["cipher"]) != (format, "scrypt", "SM4-GCM"):
        raise KeyFileMalformed("a key file of another format or version")
    n, r, p = header["n"], header["r"], header["p"]
    if any(type(v) is not int for v in (n, r, p)) or n not in {1 << i for i in range(10, 18)} or (r, p) != (8, 1):
        raise KeyFileMalformed("key derivation parameters out of bounds")
    lengths = (("public_key", public_bytes), ("salt", 16), ("nonce", 12), ("ciphertext", SCALAR_BYTES + 16))
    for member, length in lengths:
        value = header[member]
        if not isinstance(value, str) or len(value) != 2 * length or set(value) - set("0123456789abcdef"):
            raise KeyFileMalformed(f"key file: {member}")
    return header


def read_private(path: Path) -> bytes:
    """Contents of a regular file that nobody but its owner, who is us, can touch."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _OPEN_FLAGS)
    except OSError:
        raise KeyFileUnsafe("the key file cannot be opened, or is a link") from None
    try:
        info = os.fstat(descriptor)  # of the open file: the path may be exchanged meanwhile
        if not stat.S_ISREG(info.st_mode):
            raise KeyFileUnsafe("the key file is not a regular file")
        if hasattr(os, "geteuid") and (info.st_uid != os.geteuid() or info.st_mode & 0o077):
            raise KeyFileUnsafe("the key file must belong to the service and have mode 0600")
        return os.read(descriptor, _MAX_BYTES)
    finally:
        os.close(descriptor)


def _write_new(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike rename, fails if the path exists
    except FileExistsError:
        raise KeyFileUnsafe("the key file exists already") from None
    except OSError:
        raise KeyFileUnsafe("the key file cannot be written") from None
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # a lost directory entry would be a lost key
    finally:
        os.close(directory)
