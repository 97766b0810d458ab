"""C2SP/wycheproof ecdsa_secp256r1_sha256_p1363: every case, on every backend."""

from __future__ import annotations

import pytest

from tests.support.outside_vectors import read_json
from verifier.hazmat import p256

VECTORS = read_json("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json")


@pytest.mark.parametrize("backend", p256.available_backends())
def test_every_case(backend: str) -> None:
    wrong, count = [], 0
    with p256.forced_backend(backend):
        for group in VECTORS["testGroups"]:
            key = p256.P256PublicKey.parse(bytes.fromhex(group["publicKey"]["uncompressed"]))
            for case in group["tests"]:
                count += 1
                verdict = key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
                if verdict is not (case["result"] == "valid"):
                    wrong.append(case["tcId"])
    assert count == VECTORS["numberOfTests"] == 262
    assert wrong == []
