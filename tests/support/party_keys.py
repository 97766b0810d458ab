"""Keys of a relying party as it would make them: by the openssl command, in files with a PIN."""

from __future__ import annotations

import subprocess
from functools import cache

PIN = "synthetic pin"


@cache
def party_key(curve: str, number: int = 0) -> bytes:
    """PEM of an encrypted PKCS#8 key, "SM2" or "P-256"; another for each number."""
    choice = ["-algorithm", "SM2"] if curve == "SM2" else ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    plain = subprocess.run(["openssl", "genpkey", *choice], check=True, capture_output=True, timeout=30).stdout
    wrap = ["openssl", "pkcs8", "-topk8", "-scrypt", "-passout", f"pass:{PIN}"]
    return subprocess.run(wrap, input=plain, check=True, capture_output=True, timeout=30).stdout


@cache
def plain_key() -> bytes:
    """One that nobody protected."""
    return subprocess.run(["openssl", "genpkey", "-algorithm", "SM2"], check=True, capture_output=True).stdout
