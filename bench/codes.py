"""Code pictures: size, speed, and whether a mildly blurred 300-pixel picture is read."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.measure import Figure
from certs.documents.codes import code_png, reads_after
from tests.support import kit
from verifier import code

ROUNDS = 100
BLUR = 1.0  # pixels, Gaussian
PIXELS = 300


def figures() -> Iterator[Figure]:
    """100 certificates and 100 donations, both forms of the code."""
    for name, claims, signer in (
        ("certificate", kit.claims, kit.REGISTRY_KEY),
        ("donation", kit.donation_claims, kit.CHARITY_KEY),
    ):
        statements = [kit.statement(claims(cti=i.to_bytes(16, "big")), signer) for i in range(ROUNDS)]
        for form, texts in (
            ("MZ1:", [code.encode_code(s) for s in statements]),
            ("URL", [code.encode_url("minzheng.example", s) for s in statements]),
        ):
            start = time.process_time()
            pictures = [code_png(t) for t in texts]
            spent = time.process_time() - start
            read = sum(reads_after(p, t, pixels=PIXELS, blur=BLUR) for p, t in zip(pictures, texts, strict=True))
            what = f"{name} code, {form} form"
            yield Figure(f"{what}: read at {PIXELS} px, blur σ {BLUR}", read, f"of {ROUNDS}", target="100 of 100")
            yield Figure(f"{what}: picture, read back", spent / ROUNDS * 1000, "ms")
